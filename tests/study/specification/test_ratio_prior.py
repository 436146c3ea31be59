"""Every form of a ratio's prior: what it means, what it refuses and in which words."""

from __future__ import annotations

import math
from typing import Any

import pytest
from scipy import special, stats

from popest.study.specification.ratio_prior import RatioPrior
from popest.study.specification.reading import InvalidEntryError, read

Z = 1.6449


def prior(**entries: Any) -> RatioPrior:
    return read(RatioPrior, {"because": "a test", **entries})


def problem(**entries: Any) -> str:
    with pytest.raises(InvalidEntryError) as caught:
        prior(**entries)
    return " ".join(map(str, caught.value.faults))


@pytest.mark.parametrize("percent", [50, 80, 95])
def test_an_interval_of_any_probability_is_one_of_ninety(percent: int) -> None:
    half = stats.norm.ppf((1 + percent / 100) / 2) * 0.4
    bounds = [0.5 * math.exp(-half), 0.5 * math.exp(half)]
    found = prior(median=0.5, **{f"interval{percent}": bounds})
    assert found.tau == pytest.approx(0.4, rel=1e-4)
    assert found.interval90 == pytest.approx([0.5 * math.exp(-0.4 * Z), 0.5 * math.exp(0.4 * Z)])


@pytest.mark.parametrize("percent", [50, 80, 90, 95])
def test_an_interval_of_a_ratio_with_tails_is_that_of_the_t(percent: int) -> None:
    half = stats.t(3.5).ppf((1 + percent / 100) / 2) * 0.4
    bounds = [0.5 * math.exp(-half), 0.5 * math.exp(half)]
    found = prior(median=0.5, tails=3.5, **{f"interval{percent}": bounds})
    assert found.tau == pytest.approx(0.4, rel=1e-6)
    assert math.log(found.interval90[1] / 0.5) == pytest.approx(stats.t(3.5).ppf(0.95) * 0.4)
    moved = found.moved(0.3, 2)
    assert (moved.tau, moved.tails) == (pytest.approx(0.8, rel=1e-6), 3.5)


@pytest.mark.parametrize("percent", [50, 80, 95])
def test_an_interval_of_a_share_is_widened_on_the_logit(percent: int) -> None:
    centre, half = special.logit(0.8), stats.norm.ppf((1 + percent / 100) / 2) * 0.6
    bounds = special.expit([centre - half, centre + half]).tolist()
    found = prior(median=0.8, at_most_one=True, **{f"interval{percent}": bounds})
    assert found.log_odds == pytest.approx((centre, 0.6), rel=1e-4)
    assert found.is_bounded and found.spread == pytest.approx(0.6, rel=1e-4)


def test_a_known_ratio_has_no_width() -> None:
    found = prior(known=1)
    assert (found.median, found.tau, found.interval90) == (1.0, 0.0, [1.0, 1.0])
    assert not found.is_bounded and not found.is_given
    assert found.moved(0.5, 2) == found


def test_a_sample_has_the_quantiles_of_its_share() -> None:
    found = prior(seen=54, of=450, deff=2)
    a, b = 27.5, 198.5
    centre = special.digamma(a) - special.digamma(b)
    assert found.median == pytest.approx(special.expit(centre), rel=1e-9)
    assert found.interval90 == pytest.approx(stats.beta(a, b).ppf([0.05, 0.95]), rel=0.03)
    assert found.is_bounded
    few = prior(seen=3, of=20)
    truth = stats.beta(3.5, 17.5).ppf([0.05, 0.5, 0.95])
    assert [few.interval90[0], few.median, few.interval90[1]] == pytest.approx(truth, rel=1e-3)


def test_a_share_is_moved_on_its_own_scale() -> None:
    """By half a standard deviation and twice as wide, and never above one."""
    share = prior(median=0.842, interval90=[0.6, 0.95], at_most_one=True)
    centre, sd = share.log_odds
    moved = share.moved(0.5 * sd, 2)
    assert moved.is_bounded and moved.log_odds == pytest.approx((centre + 0.5 * sd, 2 * sd))
    assert moved.median == pytest.approx(special.expit(centre + 0.5 * sd))
    seen = prior(seen=3, of=20)
    assert seen.moved() is seen
    far = seen.moved(20 * seen.spread)
    assert far.seen is None and far.is_bounded and far.median <= 1


def test_a_ratio_is_moved_on_the_log_scale() -> None:
    found = prior(median=0.5, interval90=[0.25, 1]).moved(0.3, 1.5)
    assert found.median == pytest.approx(0.5 * math.exp(0.3))
    assert found.tau == pytest.approx(1.5 * math.log(4) / 2 / Z)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"median": 0.84, "interval90": [0.6, 0.95]}, ("geometric mean", "0.755", "0.842")),
        ({"median": 0.755, "interval90": [0.6, 0.95], "at_most_one": True}, ("logit", "0.842")),
        ({"median": 0.8, "interval90": [0.6, 1.1], "at_most_one": True}, ("below 1",)),
        ({"median": 0.8, "interval50": [0.6, 1.1], "at_most_one": True}, ("below 1",)),
        ({"median": 0.5, "interval90": [0.25, 1], "interval50": [0.4, 0.6]}, ("second interval",)),
        ({"median": 0.5, "interval50": [0.6, 0.4]}, ("rise",)),
        ({"known": 1, "median": 0.5}, ("second time",)),
        ({"known": 1, "seen": 3, "of": 20}, ("second time",)),
        ({"seen": 3}, ("of how many",)),
        ({"of": 30}, ("seen",)),
        ({"seen": 30, "of": 20}, ("more than of",)),
        ({"seen": 3, "of": 20, "deff": 30}, ("less than one answer",)),
        ({"seen": 3, "of": 20, "at_most_one": True}, ("second time",)),
        ({"seen": 3, "of": 20, "tails": 5}, ("tails", "not at most one", "remove it")),
        ({"known": 1, "tails": 5}, ("tails", "not known")),
        ({"median": 0.5, "interval90": [0.25, 1], "tails": 1.5}, ("from 2 to 200",)),
        ({"median": 0.5, "interval90": [0.25, 1], "tails": "x"}, ("tails", "number")),
        ({"median": 0.5, "interval90": [0.25, 1], "tailed": 0.5}, ("tailed", "write tails")),
        ({"median": 0.5, "interval90": [0.25, 1], "definition": "stay"}, ("a learned ratio",)),
    ],
)
def test_what_a_ratio_cannot_be_is_said_with_a_remedy(
    entries: dict[str, Any], words: tuple[str, ...]
) -> None:
    said = problem(**entries)
    assert all(word in said for word in words), said


def test_a_key_that_is_missing_has_no_value() -> None:
    with pytest.raises(InvalidEntryError) as caught:
        prior(seen=3)
    (fault,) = caught.value.faults
    assert (fault.path, fault.value) == (("of",), None)
