"""The checks of panels: what each must do, and that it finds what is planted."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import panel_files
import pytest
from matplotlib import pyplot as plt

import popest
from popest.checks.methods.others import without_population
from popest.checks.panel.check_leave_population_out import cases
from popest.checks.panel.context import PanelContext
from popest.checks.registry import panel_checks
from popest.checks.run import CheckReport, run_checks
from popest.language.catalogue import languages, sentences
from popest.study.panel.panel import load_panel

SIZES = {f"p{number:02}": 4_000 + 700 * number for number in range(12)}
ODD = "p04"
"""A population with a census, whose permits are multiplied: a fault that is planted."""
NAMES = ["conflict", "drivers", "leave-one-out", "leave-population-out"]


def panel_in(folder: Path, *, times: float = 1.0) -> popest.Panel:
    rows = panel_files.observations(SIZES).splitlines(keepends=True)
    for place, row in enumerate(rows):
        if row.startswith(f"permits.{ODD},"):
            cells = row.split(",")
            cells[2] = str(round(times * int(cells[2])))
            rows[place] = ",".join(cells)
    text = panel_files.SPECIFICATION + panel_files.KNOWN_NOISE
    table = panel_files.populations(SIZES)
    return load_panel(panel_files.write(folder, text, "".join(rows), table))


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> PanelContext:
    return PanelContext(panel_in(tmp_path_factory.mktemp("panel") / "panel"))


def test_their_names() -> None:
    assert list(panel_checks()) == NAMES
    assert [name for name, found in panel_checks().items() if found.required] == ["conflict"]


@pytest.mark.parametrize("name", NAMES)
def test_a_check_says_tables_and_draws(context: PanelContext, name: str) -> None:
    result = panel_checks()[name].run(context)
    assert result.name == name and result.sentence.endswith(".")
    assert result.table and len({tuple(row) for row in result.table}) == 1
    json.dumps(result.to_dict(), allow_nan=False)
    result.plot()
    plt.close("all")
    assert result.passed is (True if name == "conflict" else None)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> PanelContext:
    return PanelContext(panel_in(tmp_path_factory.mktemp("odd") / "panel", times=8))


def test_conflict_names_the_planted_population(odd: PanelContext) -> None:
    result = panel_checks()["conflict"].run(odd)
    assert result.passed is False
    assert [row["population"] for row in result.table if row["flagged"]] == [ODD]
    assert ODD in result.sentence


def test_leave_one_out_is_the_panel_without_the_source(context: PanelContext) -> None:
    result = panel_checks()["leave-one-out"].run(context)
    assert [row["source"] for row in result.table] == [None, "permits", "clinic", "census"]
    total = popest.estimate(context.panel.without("permits")).total
    assert total is not None
    assert result.table[1]["median"] == total.median


def test_leave_population_out_is_near_a_refit(context: PanelContext) -> None:
    """The sum of the others by weights, beside a refit, in errors of both medians."""
    name = ODD
    (case,) = [case for case in cases(context) if case.population == name]
    refit = popest.estimate(without_population(context.panel, name))
    assert refit.total is not None and case.others_after is not None
    ess = refit.certificate.ess
    error = 1.25 * refit.total.sd * (2 / ess) ** 0.5
    assert abs(case.others_after - refit.total.median) < 4 * error + 0.1 * refit.total.sd


def test_what_is_not_for_panels_is_refused(tmp_path: Path) -> None:
    panel = panel_in(tmp_path / "panel")
    with pytest.raises(popest.UsageError, match="'ridge': write one of conflict, drivers, leave"):
        run_checks(panel, only=["ridge"])
    with pytest.raises(popest.UsageError, match="threshold is for checks of a study"):
        run_checks(panel, threshold=3.0)
    with pytest.raises(popest.UsageError, match="date is for checks of a study"):
        run_checks(panel, date="2024-01-01")


def test_a_run_has_the_warnings_of_the_panel(odd: PanelContext) -> None:
    report = run_checks(odd.panel, only=["conflict"])
    assert report.failed == ("conflict",)
    found = report.to_dict()
    assert found["panel"] == "panel" and found["passed"] is False
    assert found["warnings"] == odd.estimate.warnings


@pytest.mark.parametrize("language", languages())
def test_every_sentence_is_said(
    context: PanelContext, odd: PanelContext, tmp_path: Path, language: str
) -> None:
    usual, odd = _in(language, context), _in(language, odd)
    said = [panel_checks()[name].run(usual).sentence for name in NAMES]
    report = CheckReport(odd.panel, (panel_checks()["conflict"].run(odd),), (1.0,), frozenset())
    said += [str(report), *(found.asked(odd.words) for found in panel_checks().values())]
    alone = panel_files.SPECIFICATION.replace("total = true\n", "")
    alone = alone[: alone.index("[source.permits]")] + alone[alone.index("[source.census]") :]
    rows = panel_files.observations().splitlines(keepends=True)
    unused = "".join(
        row.replace(",yes,,,,", ",no,,,why,") for row in rows if row.startswith(("id", "census"))
    )
    silent = PanelContext(
        load_panel(panel_files.write(tmp_path / "silent", alone, unused, _one())), language=language
    )
    said += [panel_checks()[name].run(silent).sentence for name in NAMES]
    whole = SimpleNamespace(panel=SimpleNamespace(is_drawn_whole=True), words=silent.words)
    said.append(panel_checks()["conflict"].run(whole).sentence)
    assert all("{" not in sentence for sentence in said)
    words = odd.words.used
    keys = {key for key in sentences("en") if key.startswith("panel.checks.")}
    assert keys <= words | usual.words.used | silent.words.used


def _in(language: str, context: PanelContext) -> PanelContext:
    found = PanelContext(context.panel, language=language)
    names = ("estimate", "log_likelihoods", "contradictions", "without")
    found.__dict__.update({name: value for name, value in vars(context).items() if name in names})
    return found


def _one() -> str:
    return panel_files.populations({"east": panel_files.SIZES["east"]})
