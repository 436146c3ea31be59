"""Tests of a table of learned ratios with tails, definitions and ages: what a study takes of it."""

import math
from pathlib import Path

import panel_files
import pytest
from scipy import stats
from test_learned import prior_of, problems, with_ratio

from popest.cli.ratio_words import learned_lines
from popest.language.words import Words
from popest.study.panel.panel import load_panel
from popest.study.specification import from_toml
from popest.study.specification.heavy_tails import quantile

TAILS, TAU = 4.0, 0.4
HALF = TAU * 1.6449
SCALE = HALF / stats.t.ppf(0.95, TAILS)


def line(kind: str, regime: str, definition: str, standing: str, oldest: int = 0) -> str:
    """A row of the table: a ratio of .5 with tau .4; of the refused no number."""
    lower, upper = 0.5 * math.exp(-HALF), 0.5 * math.exp(HALF)
    numbers = ["nan"] * 7
    if standing != "refused":
        drift = (0.2, 0.1) if oldest else (0, 0)
        numbers = [f"{each:.9g}" for each in (0.5, lower, upper, TAU, TAILS, *drift)]
    scale = "nan" if standing == "refused" else f"{SCALE:.9g}"
    cells = [kind, regime, "", *numbers, "3", "2", "2", "a" * 64, scale, definition, standing]
    return ",".join([*cells, str(oldest)])


TABLE = "\n".join(
    [
        "type,regime,without,median,lower,upper,tau,tails,drift,drift_sd,n_pairs,n_blocks,"
        "n_countries,pairs_sha256,scale,definition,standing,oldest_months",
        line("firms", "", "", "learned"),
        line("census_of_recent", "", "any_stay", "learned"),
        line("census_of_recent", "", "twelve_months", "wide"),
        line("cumulative_issued", "wave", "stay", "learned", 60),
        line("cumulative_issued", "wave", "transit", "refused"),
    ]
)


@pytest.fixture(autouse=True)
def _table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_toml, "shipped_ratios", lambda: TABLE)


def test_a_learned_ratio_takes_the_tails_and_the_interval_of_the_table() -> None:
    ratio = prior_of(with_ratio('{ learned = "firms", because = "tails" }'))
    assert (ratio.tails, ratio.tailed) == (TAILS, 1.0)
    assert ratio.tau == pytest.approx(SCALE, rel=1e-6)
    assert math.log(ratio.interval90[1] / 0.5) == pytest.approx(HALF, rel=1e-6)


def test_factors_are_normal_beside_the_tails_of_what_is_learned() -> None:
    """Of the sum of a t and a normal: its variance at scale 1, and its 95 % quantile."""
    times = '{ median = 1, interval90 = [0.5, 2], because = "y" }'
    ratio = prior_of(with_ratio(f'{{ learned = "firms", times = {times}, because = "tails" }}'))
    factor = math.log(2) / 1.6449
    assert ratio.tau == pytest.approx(math.hypot(SCALE, factor), rel=1e-6)
    assert ratio.tailed == pytest.approx(SCALE**2 / (SCALE**2 + factor**2), rel=1e-6)
    reach = quantile(0.95, TAILS, ratio.tailed) * ratio.tau
    assert math.log(ratio.interval90[1] / 0.5) == pytest.approx(reach, rel=1e-9)


def test_numbers_issued_rise_with_the_log_of_the_months() -> None:
    entries = 'definition = "stay", months = 36, because = "log age"'
    ratio = prior_of(with_ratio(f'{{ learned = "cumulative_issued.wave", {entries} }}'))
    assert ratio.median == pytest.approx(0.5 * 3**0.2)
    assert ratio.tau == pytest.approx(math.hypot(SCALE, 0.1 * math.log(3)), rel=1e-6)


def test_a_type_with_two_definitions_asks_for_one_and_says_what_each_means() -> None:
    text = problems('{ learned = "census_of_recent", because = "asked" }')
    assert "What does this source count?" in text
    assert 'definition = "any_stay" (whoever usually lives there' in text
    assert 'definition = "twelve_months"' in text and "no pair: very wide" in text


@pytest.mark.parametrize(
    ("learned", "words"),
    [
        ('learned = "firms", definition = "stay"', ("this type has only one",)),
        (
            'learned = "census_of_recent", definition = "month"',
            ('definition "month"', "any_stay", "twelve_months"),
        ),
        ('learned = "census_of_recent", definition = ["any_stay"]', ("is no definition",)),
        (
            'learned = { type = "cumulative_issued", regime = "wave", definition = "transit" }',
            ("depends on the place alone", "by hand"),
        ),
        ("learned = { regime = 3 }", ("must name a type",)),
        ('learned = "firms", tails = 3', ("stands beside learned",)),
    ],
)
def test_what_is_no_answer_is_refused(learned: str, words: tuple[str, ...]) -> None:
    text = problems(f'{{ {learned}, because = "refused" }}')
    assert all(word in text for word in words), text


def test_a_definition_of_which_no_pair_speaks_is_wide_and_said() -> None:
    table = '{ type = "census_of_recent", definition = "twelve_months" }'
    study = with_ratio(f'{{ learned = {table}, because = "wide" }}')
    assert prior_of(study).definition == "twelve_months"
    (found,) = [each for each in study.view_warnings if each.kind == "wide_definition"]
    assert (found.subject, found.keys) == ("residence_permits", ("twelve_months",))
    assert "no pair speaks" in str(found)
    said = " ".join(learned_lines(study.specification.source["residence_permits"], TABLE))
    assert "twelve_months: only who has been" in said


@pytest.mark.parametrize(("months", "is_said"), [(60, False), (61, True)])
def test_months_beyond_the_oldest_pair_are_said(months: int, is_said: bool) -> None:
    entries = f'definition = "stay", months = {months}, because = "age"'
    study = with_ratio(f'{{ learned = "cumulative_issued.wave", {entries} }}')
    found = [str(each) for each in study.view_warnings if each.kind == "older_than_pairs"]
    assert bool(found) == is_said
    assert all("61 months" in each and "older than 60" in each for each in found)


@pytest.mark.parametrize("language", ["en", "sr"])
def test_every_definition_has_a_meaning_in_every_language(language: str) -> None:
    texts = Words(language)
    for row in TABLE.splitlines()[1:]:
        definition = row.split(",")[15]
        assert not definition or f"definition.{definition}" in texts


def test_a_panel_takes_the_normal_of_the_same_interval(tmp_path: Path) -> None:
    text = panel_files.SPECIFICATION
    start = text.index("ratio = { median = 0.97")
    rest = text[text.index("\n", start) :]
    learned = text[:start] + 'ratio = { learned = "firms", because = "a panel" }' + rest
    folder = panel_files.write(tmp_path / "panel", specification=learned)
    (ratio,) = [
        source.ratio
        for source in load_panel(folder).specification.source.values()
        if source.ratio is not None and source.ratio.learned is not None
    ]
    assert ratio.tails is None
    assert ratio.tau == pytest.approx(TAU, rel=1e-6)
