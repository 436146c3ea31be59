"""Checks of a study that only slice certifies, against the closed forms of a static town."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from static_town import Town

from popest.checks.check_calibration import calibration
from popest.checks.check_conflict import conflict
from popest.checks.check_drivers import drivers
from popest.checks.check_leave_one_out import leave_one_out
from popest.checks.check_ridge import ridge
from popest.checks.check_sensitivity import sensitivity
from popest.checks.result import CheckResult, Context
from popest.engines import bank

TOWN = Town(sigma=0.35).times("tax", 1.5)
EVIDENCE = 0.1
"""How far the evidence of chains may lie from the closed form: three of its errors, .03."""


@pytest.fixture(scope="module")
def context() -> Iterator[Context]:
    """The town, whose bank never reaches its certificate."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bank, "SMALLEST_EFFECTIVE_SIZE", 1e12)
        patched.setattr(bank, "MAXIMUM_ROUNDS", 1)
        found = TOWN.context()
        assert found.estimate.draws.engine == "slice" and found.estimate.certificate.certified
        yield found


def rows_of(found: CheckResult, key: str) -> dict[object, dict[str, float]]:
    return {row[key]: dict(row) for row in found.table}  # type: ignore[misc]


def is_near(row: dict[str, float], mean: float, sd: float) -> bool:
    """Whether median and width are those of the closed form, within four standard errors."""
    error = 4 * sd * 1.25 / np.sqrt(400)
    width = np.log(row["upper"] / row["lower"]) / (2 * 1.645 * sd)
    return bool(abs(np.log(row["median"]) - mean) < error and abs(width - 1) < 0.2)


def test_leaving_out_and_conflict_are_as_in_closed_form(context: Context) -> None:
    rows, against = rows_of(leave_one_out(context), "case"), rows_of(conflict(context), "source")
    for name in TOWN.counts:
        assert is_near(rows[f"without {name}"], *TOWN.without(name).posterior())
        assert is_near(rows[f"only {name}"], *TOWN.only(name).posterior())
        gain = TOWN.log_evidence() - TOWN.without(name).log_evidence()
        assert rows[f"without {name}"]["log_predictive_density"] == pytest.approx(
            gain, abs=EVIDENCE
        )
        gain -= TOWN.only(name).log_evidence()
        assert against[name]["log_evidence_gain"] == pytest.approx(gain, abs=EVIDENCE)
        assert against[name]["p_value"] == pytest.approx(TOWN.conflict(name), rel=0.2, abs=0.005)


def test_the_ridge_is_as_in_closed_form(context: Context) -> None:
    """Small shifts weigh the chains anew, large ones have chains of their own."""
    rows = rows_of(ridge(context), "shift")
    for shift, row in rows.items():
        moved = TOWN.shifted(float(str(shift)))
        assert row["certified"] and is_near(row, *moved.posterior())
        assert row["log_evidence"] == pytest.approx(moved.log_evidence(), abs=EVIDENCE)
    assert {row["refitted"] for row in rows.values()} == {True, False}


def test_powers_and_drivers_are_as_in_closed_form(context: Context) -> None:
    rows = rows_of(sensitivity(context), "case")
    assert is_near(rows["prior to the power 0.8"], *TOWN.posterior(0.8, 1.0))
    assert is_near(rows["likelihood to the power 1.25"], *TOWN.posterior(1.0, 1.25))
    parts = rows_of(drivers(context), "part")
    for name in TOWN.counts:
        row, share = parts[f"the ratio of {name}"], TOWN.correlation_with_ratio(name) ** 2
        assert abs(row["share_of_variance"] - share) < 4 * row["share_se"] + 0.01


def test_calibration_is_not_run_and_says_why(context: Context) -> None:
    found = calibration(context)
    assert found.passed is None and found.table == ()
    assert found.sentence.startswith("Not run: only the bank engine is quick enough")
