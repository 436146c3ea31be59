"""Two studies whose answer came out later: where it lies, and that nothing in them rests on it."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

import popest
from popest.ratios.pairs.load import load_pairs
from popest.study import Study, load_study, study_from_texts
from popest.study.observations.observation import Observation
from popest.study.specification.learned import learned_ratios, shipped_ratios

STUDIES = {"czechia-2023": "Czechia", "ireland-2024": "Ireland"}
RELEASES = 6
GIVEN_AWAY = {
    "czechia-2023": re.compile(r"\b32[56]\b|\b325[, ]?245\b"),
    "ireland-2024": re.compile(r"\b0?\.(87|84|82|78|76|75)\b|\b(87|84|82|78|76|75) ?(%|percent)"),
}
"""What a reason that rests on the answer would say."""


@pytest.fixture(scope="module", params=STUDIES)
def study(request: pytest.FixtureRequest) -> Study:
    return load_study(request.param)


def answers(study: Study) -> list[Observation]:
    return [row for row in study.observations if row.source == "truth"]


def reasons(node: Any) -> Iterator[str]:
    """Yield every reason below a node of a specification, those of its variants included."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "because":
                yield value
            else:
                yield from reasons(value)
    elif isinstance(node, list):
        for value in node:
            yield from reasons(value)


IRISH_PLACES = (0.80, 0.875, 0.90, 0.88, 0.89, 0.89)
"""Probability of fewer persons than the answer, release by release. All lie above the median, as
Irish numbers were inflated less than those of other hosts, which is told and not asked for.
"""
PLACE_TOLERANCE = 0.06


def is_inside(estimate: popest.Estimate, truth: float, prob: float = 0.9) -> bool:
    lower, upper, *_ = estimate.interval(prob)
    return lower < truth < upper


def test_the_answers_are_on_file_and_no_variant_uses_them(study: Study) -> None:
    ids = {row.id for row in answers(study)}
    assert len(ids) == (1 if study.name == "czechia-2023" else RELEASES)
    views = [study, *(study.with_variant(name) for name in study.specification.variant)]
    for view in views:
        assert ids.isdisjoint(row.id for row in view.used)
        assert "truth" not in view.specification.source


def test_no_reason_gives_the_answer_away_or_rests_on_a_used_figure(study: Study) -> None:
    used = {row.id for row in study.used}
    found = list(reasons(tomllib.loads(study.specification_text)))
    assert len(found) > 10
    for reason in found:
        assert GIVEN_AWAY[study.name].search(reason) is None
        assert not any(f"{row.value:,}" in reason for row in answers(study))
        assert used.isdisjoint(re.findall(r"[A-Z]{3}\d{2}", reason))


def test_the_pattern_finds_an_answer_that_was_given_away() -> None:
    assert GIVEN_AWAY["czechia-2023"].search("almost 326,000 were left")
    assert GIVEN_AWAY["ireland-2024"].search("75 % showed activity")
    assert GIVEN_AWAY["ireland-2024"].search("a share of 0.87")


def test_every_ratio_is_learned_without_the_country_itself(study: Study) -> None:
    ratios = [source.ratio for source in study.specification.source.values()]
    assert [ratio.without for ratio in ratios if ratio] == [STUDIES[study.name]] * len(ratios)


def test_the_learned_pairs_without_the_country_have_none_of_it(study: Study) -> None:
    """Their number is that of the used pairs of the type elsewhere."""
    rows = reversed(learned_ratios(shipped_ratios()))  # the usual definition is the first
    table = {(row.name, row.without): row for row in rows}
    country = STUDIES[study.name]
    for source in study.specification.source.values():
        assert source.ratio is not None and source.ratio.learned is not None
        kind, _, regime = source.ratio.learned.partition(".")
        elsewhere = [
            pair
            for pair in load_pairs()
            if pair.use and (pair.type, pair.regime or "") == (kind, regime)
            if pair.country != country
        ]
        assert table[source.ratio.learned, country].n_pairs == len(elsewhere) > 0


def test_nothing_in_the_czech_study_was_published_after_february_2023() -> None:
    study = load_study("czechia-2023")
    assert max(row.published or date.max for row in study.used) <= date(2023, 2, 28)


def test_the_czech_answer_lies_inside_and_the_grants_alone_would_miss_it() -> None:
    study = load_study("czechia-2023")
    (answer,) = answers(study)
    assert (answer.value, answer.end) == (326_000, study.specification.headline.last)
    estimate = popest.estimate(study)
    assert is_inside(estimate, answer.value)
    assert is_inside(popest.estimate(study, seed=2), answer.value)
    naive = popest.estimate(study.with_variant("grants_at_face_value"))
    assert naive.probability(-1, answer.value) < 0.05


def known_on(day: date | None) -> Study:
    assert day is not None
    return load_study("ireland-2024", as_of=str(day))


@pytest.mark.parametrize("release", range(RELEASES))
def test_each_irish_answer_lies_inside_what_was_said_on_its_day(release: int) -> None:
    answer = answers(load_study("ireland-2024"))[release]
    known = known_on(answer.published)
    numbers = [row for row in known.used if row.source.startswith("numbers_")]
    assert len(numbers) == release + 1
    assert numbers[-1].end == answer.end
    assert answer.value < numbers[-1].value
    estimate = popest.estimate(known, dates=str(answer.end))
    # A ratio that is wrong by a sixth moves each place by more than the tolerance.
    place = estimate.probability(-1, answer.value)
    assert is_inside(estimate, answer.value)
    assert place == pytest.approx(IRISH_PLACES[release], abs=PLACE_TOLERANCE)


def with_factor(study: Study, source: str, factor: float) -> Study:
    """The study with one learned ratio that is wrong by a factor, known without error."""
    lines = study.specification_text.splitlines(keepends=True)
    at = lines.index(f"[source.{source}.ratio]\n")
    end = next(i for i in range(at, len(lines)) if lines[i] == "\n")
    wrong = (
        f"\n[[source.{source}.ratio.times]]\nname = 'a mistake'\nmedian = {factor}\n"
        f"interval90 = [{factor * 0.999}, {factor / 0.999}]\nbecause = 'to be found out'\n"
    )
    text = "".join([*lines[:end], wrong, *lines[end:]])
    return study_from_texts(
        study.name, text, study.observations_text, as_of=study.as_of_day and str(study.as_of_day)
    )


@pytest.mark.parametrize("factor", [0.67, 2.0])
def test_a_wrong_ratio_of_the_czech_grants_would_be_found_out(factor: float) -> None:
    """By the grants alone, so that no other source hides it: the answer lies outside."""
    study = with_factor(load_study("czechia-2023"), "grants", factor)
    (answer,) = answers(study)
    alone = study.with_variant("grants_alone")
    assert not is_inside(popest.estimate(alone), answer.value)
    right = load_study("czechia-2023").with_variant("grants_alone")
    assert is_inside(popest.estimate(right), answer.value)


def test_a_wrong_ratio_of_the_irish_numbers_would_be_found_out() -> None:
    """All numbers taken as inflated by 1.5 more than they are: the first answer is missed."""
    answer = answers(load_study("ireland-2024"))[0]
    wrong = with_factor(known_on(answer.published), "numbers_2022_12", 1.5)
    assert not is_inside(popest.estimate(wrong, dates=str(answer.end)), answer.value)


def test_at_face_value_the_irish_answers_are_missed_from_the_third_release_on() -> None:
    inside = []
    for answer in answers(load_study("ireland-2024")):
        naive = known_on(answer.published).with_variant("numbers_at_face_value")
        inside.append(is_inside(popest.estimate(naive, dates=str(answer.end)), answer.value))
    assert inside == [True, True, False, False, False, False]


def test_the_months_of_each_release_are_those_since_the_invasion() -> None:
    study = load_study("ireland-2024")
    for row in study.used:
        if row.source.startswith("numbers_"):
            ratio = study.specification.source[row.source].ratio
            assert row.end is not None and ratio is not None
            whole = 12 * (row.end.year - 2022) + row.end.month - 2 - (row.end.day < 24)
            assert ratio.months == whole


def test_each_estimate_is_certified(study: Study) -> None:
    for seed in (1, 2, 3):
        assert popest.estimate(study, seed=seed).certificate.certified
