"""The p-values of conflict: grouped sources, other evidence, and how often they alarm falsely."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from static_town import NORMAL, Town

import popest
from popest.checks.check_conflict import conflict
from popest.checks.methods import fitted
from popest.checks.methods.adjusted import LEVEL, holm
from popest.checks.methods.fitted import Randomness, refit, with_sources
from popest.checks.methods.node_split import node_split
from popest.checks.result import Context
from popest.estimates.comparisons.changes import Content, content_of
from popest.model.model import Model
from popest.study import Study, study_from_texts

REPLICATES = 120
# Between these a rate of 5 % in 120 trials lies with a probability of 99.9 %.
FEWEST_ALARMS, MOST_ALARMS = 0, 15
# Kolmogorov and Smirnov's bound at a level of .001.
LARGEST_DISTANCE = 1.95 / math.sqrt(REPLICATES)


def p_values(study: Study) -> dict[str, float]:
    return {name: p_value(content_of(study), name) for name in study.specification.source}


def p_value(content: Content, source: str) -> float:
    rng = np.random.default_rng(8)
    rest = with_sources(content, lambda each: each != source)
    others = refit(rest, content[0].headline, Randomness(rng, rng))
    assert others.certified
    return node_split(Model(*content), others, source, rng)


def simulated(town: Town, rng: np.random.Generator) -> Town:
    """The town with counts that its own priors give."""
    size = math.log(town.median) + town.sigma * rng.standard_normal()
    counts = {
        name: round(
            median * math.exp(size + math.sqrt(town.variance(name)) * rng.standard_normal())
        )
        for name, (median, _) in town.ratios.items()
    }
    return town._but(counts=counts)


def test_false_alarms_are_as_rare_as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    # Few draws will do for one normal.
    monkeypatch.setattr(fitted, "DRAWS", 2_500)
    rng = np.random.default_rng(20240613)
    found = [p_values(simulated(Town(), rng).study) for _ in range(REPLICATES)]
    alarms = sum(min(holm(each).values()) < LEVEL for each in found)
    assert FEWEST_ALARMS <= alarms <= MOST_ALARMS
    # One source of each replicate, since the p-values of one replicate depend on each other.
    names = list(Town().counts)
    chosen = np.sort([each[names[i % len(names)]] for i, each in enumerate(found)])
    expected = np.arange(REPLICATES + 1) / REPLICATES
    distance = max((expected[1:] - chosen).max(), (chosen - expected[:-1]).max())
    assert distance < LARGEST_DISTANCE


def test_a_source_of_a_group_is_predicted_by_the_others_of_it() -> None:
    town = Town(noise=0.05).times("tax", 1.9).times("permits", 1.5)
    correlation = 0.6
    text = town.study.specification_text
    for name in ("permits", "tax"):
        group = f'title = "{name}"\ngroup = "office"\ngroup_correlation = {correlation}'
        text = text.replace(f'title = "{name}"', group)
    study = study_from_texts("town", text, town.study.observations_text)
    found = p_values(study)
    names = list(town.counts)
    logs = np.log([town.counts[name] / town.ratios[name][0] for name in names])
    covariance = np.diag([town.variance(name) for name in names]) + town.sigma**2
    one, other = names.index("permits"), names.index("tax")
    shared = correlation * town.ratios["permits"][1] * town.ratios["tax"][1]
    covariance[[one, other], [other, one]] += shared
    residual = logs - math.log(town.median)
    for place, name in enumerate(names):
        rest = [each for each in range(len(names)) if each != place]
        slope = np.linalg.solve(covariance[np.ix_(rest, rest)], covariance[rest, place])
        variance = covariance[place, place] - slope @ covariance[rest, place]
        z = (residual[place] - slope @ residual[rest]) / math.sqrt(variance)
        assert found[name] == pytest.approx(2 * NORMAL.cdf(-abs(z)), rel=0.08)


@pytest.mark.parametrize(
    ("source", "factor"), [("border_balance", 3), ("voters", 10), ("residence_permits", 3)]
)
def test_a_wrong_source_of_any_kind_is_found(source: str, factor: int) -> None:
    specification, rows = right = content_of(popest.load_study("serbia"))
    wrong = tuple(
        replace(row, value=factor * row.value) if row.source == source else row for row in rows
    )
    assert p_value(right, source) > 0.1
    assert p_value((specification, wrong), source) < 0.02


def test_a_survey_of_other_arrivals_is_found() -> None:
    study = popest.load_study("serbia")
    text = study.specification_text
    for old, new in (("0.38", "0.02"), ("0.34", "0.02"), ("0.20", "0.02"), ("0.08", "0.94")):
        text = text.replace(f"share = {old} }}", f"share = {new} }}")
    wrong = study_from_texts("wrong", text, study.observations_text)
    assert p_value(content_of(study), "arrival_survey") > 0.1
    assert p_value(content_of(wrong), "arrival_survey") < 0.02


def test_one_source_has_none_to_contradict() -> None:
    found = conflict(Context(Town().only("tax").study))
    assert found.passed is True
    assert "none can contradict" in found.sentence
