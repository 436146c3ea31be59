"""What every check must do, whoever wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from matplotlib import pyplot as plt
from static_town import Town

import popest
from popest.checks import CheckResult, all_checks, check_calibration
from popest.checks.result import Context

STUDIES: dict[str, Callable[[], popest.Study]] = {
    "town": lambda: Town().study,
    "a town where nobody counted": lambda: Town(counts={}).study,
    "serbia-report-2024": lambda: popest.load_study("serbia-report-2024"),
}
CONTEXTS: dict[str, Context] = {}
# The engine of chains takes a minute to compile; the page of its check has it on the report.
CASES = [
    *((name, study) for name in all_checks() if name != "engines-agree" for study in STUDIES),
    pytest.param("engines-agree", "town", marks=pytest.mark.nuts),
]


def context_of(study: str) -> Context:
    """One context a study, shared by all checks as in a run."""
    if study not in CONTEXTS:
        CONTEXTS[study] = Context(STUDIES[study](), quick=True)
    return CONTEXTS[study]


@pytest.mark.parametrize("name", list(all_checks()))
def test_a_check_has_a_name_and_a_question(name: str) -> None:
    found = all_checks()[name]
    assert found.name == name
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert found.question.endswith("?")
    assert found.question[0].islower()
    assert found.run.__module__ == f"popest.checks.check_{name.replace('-', '_')}"
    assert found.run.__doc__


@pytest.mark.parametrize(("name", "study"), CASES)
def test_a_check_returns_what_was_promised(
    name: str, study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is promised of a calibration does not depend on how often it is repeated.
    monkeypatch.setattr(check_calibration, "QUICK_REPLICATES", 20)
    result = all_checks()[name].run(context_of(study))
    assert isinstance(result, CheckResult)
    assert result.name == name
    assert result.passed in {True, False, None}
    assert result.sentence.strip().endswith(".")
    assert "  " not in result.sentence and "nan" not in result.sentence.split()
    assert len({tuple(row) for row in result.table}) <= 1, "rows have the same cells in one order"
    document = json.dumps(result.to_dict(), allow_nan=False)
    assert json.loads(document)["name"] == name
    assert (result.figure is None) == (not result.table)
    if result.figure is None:
        return
    figure, ax = plt.subplots(figsize=(9, 5.5), layout="constrained")
    assert result.plot(ax) is ax
    figure.canvas.draw()
    assert ax.get_title(loc="left") or ax.get_title() or len(figure.axes) > 1
    plt.close(figure)


def test_the_ten_questions_of_a_study_are_all_asked() -> None:
    assert set(all_checks()) >= {
        "prior-predictive",
        "posterior-predictive",
        "leave-one-out",
        "conflict",
        "drivers",
        "ridge",
        "sensitivity",
        "variants",
        "tipping",
        "engines-agree",
    }
