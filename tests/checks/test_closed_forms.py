"""The checks against the closed forms of a town of constant size."""

from __future__ import annotations

import math

import numpy as np
import pytest
from static_town import NORMAL, Town, bounds

from popest.checks.check_conflict import conflict
from popest.checks.check_drivers import drivers
from popest.checks.check_leave_one_out import leave_one_out
from popest.checks.check_ridge import ridge
from popest.checks.check_sensitivity import sensitivity
from popest.checks.check_tipping import tipping
from popest.checks.result import CheckResult

# A quantile of a bank of 8,000 draws of one normal is off by less than this, relative to itself.
CLOSE = 0.02


def by(result: CheckResult, key: str) -> dict[str, dict[str, float]]:
    return {str(row[key]): dict(row) for row in result.table}  # type: ignore[arg-type]


def assert_interval(row: dict[str, float], mean: float, sd: float) -> None:
    found = (row["lower"], row["median"], row["upper"])
    assert found == pytest.approx(bounds(mean, sd), rel=CLOSE)


def test_leave_one_out() -> None:
    town = Town()
    rows = by(leave_one_out(town.context()), "case")
    assert_interval(rows["all sources"], *town.posterior())
    for name in town.counts:
        assert_interval(rows[f"without {name}"], *town.without(name).posterior())
        assert_interval(rows[f"only {name}"], *town.only(name).posterior())
        density = town.log_evidence() - town.without(name).log_evidence()
        assert rows[f"without {name}"]["log_predictive_density"] == pytest.approx(density, abs=0.03)


def test_conflict() -> None:
    town = Town().times("tax", 1.8)
    rows = by(conflict(town.context()), "source")
    for name in town.counts:
        assert rows[name]["p_value"] == pytest.approx(town.conflict(name), rel=0.1)
        parts = town.without(name).log_evidence() + town.only(name).log_evidence()
        gain = town.log_evidence() - parts
        assert rows[name]["log_evidence_gain"] == pytest.approx(gain, abs=0.03)


def test_drivers() -> None:
    town = Town()
    rows = by(drivers(town.context()), "part")
    assert set(rows) == {f"the ratio of {name}" for name in town.counts}
    for name in town.counts:
        row, share = rows[f"the ratio of {name}"], town.correlation_with_ratio(name) ** 2
        assert abs(row["share_of_variance"] - share) < 4 * row["share_se"]
        assert row["share_se"] < 0.02
        assert row["width_left"] == pytest.approx(math.sqrt(1 - row["share_of_variance"]))


def test_ridge() -> None:
    town = Town(sigma=0.35)
    result = ridge(town.context())
    assert [row["shift"] for row in result.table] == pytest.approx(np.linspace(-1, 1, 9))
    best = max(town.shifted(float(row["shift"] or 0)).log_evidence() for row in result.table)
    for row in by(result, "shift").values():
        moved = town.shifted(row["shift"])
        assert_interval(row, *moved.posterior())
        assert row["log_evidence"] == pytest.approx(moved.log_evidence(), abs=0.05)
        # No shift of this town is so close to the limit that noise could decide.
        assert abs(moved.log_evidence() - best + 2) > 0.1
        assert row["possible"] == (moved.log_evidence() > best - 2)


def test_sensitivity() -> None:
    town = Town()
    rows = by(sensitivity(town.context()), "case")
    for power in (0.8, 1.25):
        scaled = town.posterior(prior=power), town.posterior(likelihood=power)
        assert_interval(rows[f"prior to the power {power:g}"], *scaled[0])
        assert_interval(rows[f"likelihood to the power {power:g}"], *scaled[1])
    for name, (_, tau) in town.ratios.items():
        for sign, word in ((-1, "-1 tau"), (1, "+1 tau")):
            moved = town.with_ratio(name, shift=sign * tau)
            assert_interval(rows[f"{name}: ratio {word}"], *moved.posterior())
        wider = town.with_ratio(name, widen=2)
        assert_interval(rows[f"{name}: ratio 2 times as wide"], *wider.posterior())


def test_tipping() -> None:
    town, threshold = Town(), 9_200.0
    mean, sd = town.posterior()
    rows = by(tipping(town.context(threshold=threshold)), "assumption")
    for name, (median, tau) in town.ratios.items():
        row, pull = rows[f"the ratio of {name}"], sd**2 * tau / town.variance(name)
        expected = (mean - math.log(threshold)) / pull
        assert row["probability_now"] == pytest.approx(
            1 - NORMAL.cdf((math.log(threshold) - mean) / sd), abs=0.02
        )
        if abs(expected) > 2:
            assert row["change"] is None
        else:
            assert row["change"] == pytest.approx(expected, abs=0.12)
            assert row["value_at_tipping"] == pytest.approx(median * math.exp(row["change"] * tau))
