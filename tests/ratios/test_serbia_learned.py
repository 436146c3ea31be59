"""Study `serbia-learned`: the figures of `serbia`, learned priors, and the arithmetic it states."""

import math
import re
import statistics
import tomllib
from pathlib import Path

import pytest
from scipy import stats

import popest
from popest.ratios.pairs.load import load_pairs
from popest.study import Study, load_study
from popest.study.specification.learned import learned_ratios, shipped_ratios
from popest.study.specification.priors import NORMAL_QUANTILE_95
from popest.study.specification.ratio_prior import RatioPrior
from popest.study.specification.records import ArrivalsPopulation

LEARNED = {
    "census": "census_of_recent",
    "residence_permits": "permits_in_force.optional",
    "residence_applications": "permits_in_force.optional",
    "work_permits": "employed_or_work_permits",
    "companies": "firms",
}
BY_HAND = {"border_balance", "voters", "arrival_survey"}
EXITS = {"Turkey": 57, "Montenegro": 33, "Georgia": 32, "Armenia": 28, "Kazakhstan": 22}
ALL_HOSTS = 21


@pytest.fixture(scope="module")
def learned() -> Study:
    return load_study("serbia-learned")


@pytest.fixture(scope="module")
def serbia() -> Study:
    return load_study("serbia")


def hazard(percent: float) -> float:
    """The monthly hazard with which so many leave in a year."""
    return -math.log(1 - percent / 100) / 12


def ratio(study: Study, source: str) -> RatioPrior:
    found = study.specification.source[source].ratio
    assert found is not None
    return found


def test_the_figures_are_those_of_serbia_row_by_row(root: Path) -> None:
    one, other = (
        (root / "data/sources" / name / "observations.csv").read_bytes()
        for name in ("serbia", "serbia-learned")
    )
    assert one == other


def test_all_but_ratios_correlations_and_departures_is_as_in_serbia(
    learned: Study, serbia: Study
) -> None:
    one, other = (study.specification.written() for study in (serbia, learned))
    for specification in (one, other):
        del specification["variant"], specification["population"]["departure_hazard"]
        for source in specification["source"].values():
            for key in ("ratio", "group_correlation", "bias"):
                source.pop(key, None)
    assert one == other
    for name in BY_HAND:
        mine, hand = (study.specification.source[name] for study in (learned, serbia))
        for key in ("ratio", "bias"):
            ours, theirs = (
                getattr(source, key) and getattr(source, key).replaced(because="")
                for source in (mine, hand)
            )
            assert ours == theirs


def test_each_ratio_is_the_learned_one_times_named_factors(learned: Study) -> None:
    rows = learned_ratios(shipped_ratios())
    table = {(row.name, row.without, row.definition): row for row in rows}
    for source, name in LEARNED.items():
        prior = ratio(learned, source)
        row = table[name, prior.without or "", prior.definition or ""]
        assert prior.learned == name
        factors = [(factor.median, factor.tau) for factor in prior.times]
        assert prior.median == pytest.approx(row.median * math.prod(m for m, _ in factors))
        assert prior.tau == pytest.approx(math.hypot(row.scale, *(tau for _, tau in factors)))
        assert prior.tails == row.tails
        assert all(factor.name != "factor" for factor in prior.times)


def test_no_used_pair_counts_russians_in_serbia(learned: Study) -> None:
    pairs = [pair for pair in load_pairs() if pair.use and pair.country == "Serbia"]
    assert {pair.population for pair in pairs} == {"Ukrainians, displaced 2022"}
    # Where Serbia has pairs of a type, its ratio is learned without them.
    kinds = {pair.type for pair in pairs}
    for source, name in LEARNED.items():
        is_left_out = ratio(learned, source).without == "Serbia"
        assert is_left_out == (name.partition(".")[0] in kinds)


def test_no_reason_rests_on_a_figure_that_is_used(learned: Study) -> None:
    used = {row.id for row in learned.used}
    reasons = re.findall(r'because = (".*?[^"]"{1,3})\n', learned.specification_text, re.DOTALL)
    named = {name for reason in reasons for name in re.findall(r"\b[A-Z]{3,4}\d{2}\b", reason)}
    assert len(reasons) > 30 and "CEN05" in named
    assert used.isdisjoint(named)


def test_departures_are_those_of_a_new_host(learned: Study) -> None:
    population = learned.specification.population
    assert isinstance(population, ArrivalsPopulation)
    prior = population.departure_hazard
    spread = statistics.stdev(math.log(hazard(percent)) for percent in EXITS.values())
    scale = spread * math.sqrt(1 + 1 / len(EXITS))
    reach = stats.t.ppf(0.95, len(EXITS) - 1) * scale
    assert prior.median == pytest.approx(hazard(ALL_HOSTS), rel=1e-4)
    assert prior.sigma == pytest.approx(reach / NORMAL_QUANTILE_95, rel=1e-4)
    for host, percent in EXITS.items():
        assert f"{host} {percent} %" in prior.because
    assert f"all hosts together {ALL_HOSTS} %" in prior.because
    for number in (spread, scale, reach, prior.sigma):
        assert f"{number:.4f}" in prior.because
    returned = learned.specification.variant["departures_with_returns"].set
    assert returned == {
        "population.departure_hazard.median": pytest.approx(hazard(ALL_HOSTS + 8), rel=1e-4)
    }


def test_permits_and_applications_share_one_learned_ratio(learned: Study) -> None:
    """Their correlation is what that shared number makes it."""
    permits, applications = (ratio(learned, name) for name in list(LEARNED)[1:3])
    shared = permits.tau / applications.tau
    sources = learned.specification.source
    given = sources["residence_permits"].group_correlation
    assert given == sources["residence_applications"].group_correlation
    assert given == pytest.approx(shared, abs=0.03)
    for name in ("work_permits", "companies"):
        other = sources[name].group_correlation
        assert given is not None and other is not None
        assert math.sqrt(given * other) == pytest.approx(0.4, abs=0.01)


def test_with_all_by_hand_it_is_the_study_serbia(learned: Study) -> None:
    by_hand = popest.estimate(learned.with_variant("all_by_hand"))
    assert by_hand.stock().median == popest.estimate("serbia").stock().median


def test_the_ratios_by_hand_are_those_of_serbia(learned: Study, serbia: Study) -> None:
    variants = tomllib.loads(learned.specification_text)["variant"]
    for variant in variants.values():
        for path, value in variant.get("set", {}).items():
            found = re.fullmatch(r"source\.(\w+)\.ratio", path)
            if found:
                prior = ratio(serbia, found[1])
                assert (value["median"], value["interval90"]) == (prior.median, prior.interval90)


def test_it_is_certified(learned: Study) -> None:
    for seed in (1, 2, 3):
        assert popest.estimate(learned, seed=seed).certificate.certified
