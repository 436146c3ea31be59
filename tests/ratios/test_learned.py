"""Tests of learned ratios in a study: what they become, and what is said of faulty ones."""

import math
from pathlib import Path

import pytest

import popest
from popest.study import Study, StudyError, load_study, study_from_texts
from popest.study.specification.learned import LearnedRatio, learned_ratios, shipped_ratios
from popest.study.specification.ratio_prior import RatioPrior

REPORT = load_study("serbia-report-2024")
TABLE = learned_ratios(shipped_ratios())


def with_ratio(ratio: str) -> Study:
    """Return the report's study with another ratio of residence permits."""
    lines = REPORT.specification_text.partition("\n[variant.")[0].splitlines()
    at = next(i for i, line in enumerate(lines) if line == "[source.residence_permits]")
    start = next(i for i in range(at, len(lines)) if "ratio" in lines[i].split("=")[0])
    if lines[start].startswith("["):
        end = next(i for i in range(start + 1, len(lines)) if not lines[i].strip())
        lines[start:end] = [f"ratio = {ratio}"]
        # A key of the source must stand before its tables.
        lines.insert(at + 1, lines.pop(start))
    else:
        lines[start] = f"ratio = {ratio}"
    return study_from_texts("mine", "\n".join(lines) + "\n", REPORT.observations_text)


def problems(ratio: str) -> str:
    with pytest.raises(StudyError) as error:
        with_ratio(ratio)
    return str(error.value)


def row(name: str, without: str = "") -> LearnedRatio:
    return next(row for row in TABLE if (row.name, row.without) == (name, without))


def prior_of(study: Study) -> RatioPrior:
    ratio = study.specification.source["residence_permits"].ratio
    assert ratio is not None
    return ratio


def test_a_learned_ratio_has_the_median_and_the_90_percent_interval_of_the_table() -> None:
    ratio = prior_of(with_ratio('{ learned = "employed_or_work_permits", because = "x" }'))
    learned = row("employed_or_work_permits")
    assert ratio.median == learned.median
    assert ratio.tau == pytest.approx(learned.scale, rel=2e-3)
    lower, upper = ratio.interval90
    assert upper / lower == pytest.approx(learned.upper / learned.lower, rel=2e-3)


def test_medians_multiply_and_taus_add_in_quadrature() -> None:
    factor = 'median = 0.9, interval90 = [0.8, 1.0125], because = "y"'
    one = prior_of(
        with_ratio(
            f'{{ learned = "firms", times = {{ {factor} }}, because = "x" }}',
        )
    )
    two = prior_of(
        with_ratio(
            f'{{ learned = "firms", times = [{{ {factor} }}, '
            '{ name = "jobs", median = 2, interval90 = [1, 4], because = "z" }], because = "x" }',
        )
    )
    learned = row("firms")
    tau = math.log(1.0125 / 0.8) / (2 * 1.6449)
    assert one.median == pytest.approx(0.9 * learned.median)
    assert one.tau == pytest.approx(math.hypot(learned.scale, tau), rel=2e-3)
    assert two.median == pytest.approx(2 * one.median)
    assert two.tau == pytest.approx(math.hypot(one.tau, math.log(4) / (2 * 1.6449)))
    assert [factor.name for factor in two.times] == ["factor", "jobs"]


def test_numbers_issued_rise_with_the_months_and_are_less_certain_far_from_a_year() -> None:
    now, later = (
        prior_of(
            with_ratio(
                '{ learned = "cumulative_issued.wave", definition = "stay", '
                f'months = {m}, because = "x" }}'
            )
        )
        for m in (12, 36)
    )
    learned = row("cumulative_issued.wave")
    assert now.median == learned.median
    assert later.median == pytest.approx(learned.median * 3**learned.drift)
    assert later.tau == pytest.approx(
        math.hypot(learned.scale, math.log(3) * learned.drift_sd), rel=2e-3
    )


def test_a_country_can_be_left_out() -> None:
    ratio = prior_of(
        with_ratio('{ learned = "pupils", without = "Czechia", because = "the country studied" }')
    )
    assert ratio.median == row("pupils", "Czechia").median != row("pupils").median


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        ('{ learned = "firm", because = "x" }', ('learned "firm"', "did you mean firms?")),
        ('{ learned = 3, because = "x" }', ("is not a learned type of ratio",)),
        (
            '{ learned = "firms", median = 2, because = "x" }',
            ('ratio.median "2"', "stands beside learned", "times"),
        ),
        (
            '{ learned = "firms", without = "France", because = "x" }',
            ('without "France"', "Czechia, Georgia"),
        ),
        ('{ learned = "firms", months = 3, because = "x" }', ('months "3"', "numbers issued")),
        (
            '{ learned = "cumulative_issued.wave", months = "x", because = "x" }',
            ("months", "must be a number"),
        ),
        ('{ learned = "firms" }', ("because", "is missing")),
        (
            '{ learned = "firms", times = { median = 2 }, because = "x" }',
            ("interval90", "times.0.because", "is missing"),
        ),
        (
            '{ learned = "firms", times = { median = 2, interval90 = [2, 1], because = "y" }, '
            'because = "x" }',
            ("must rise",),
        ),
        ('{ learned = "firms", times = 2, because = "x" }', ("must be a table",)),
        (
            '{ median = 1, interval90 = [0.5, 2], without = "Czechia", because = "x" }',
            ("belongs to a learned ratio",),
        ),
        ('{ learned = "nothing", wrong = 1, because = "" }', ("wrong", "learned", "reason")),
    ],
)
def test_faults_are_said_with_what_to_write_instead(ratio: str, words: tuple[str, ...]) -> None:
    text = problems(ratio)
    assert all(word in text for word in words), text
    assert text.startswith("mine/study.toml:")


def test_variants_change_a_learned_ratio() -> None:
    study = with_ratio('{ learned = "firms", because = "x" }')
    text = study.specification_text + (
        '\n[variant.other]\nbecause = "x"\n'
        'set = { "source.residence_permits.ratio.learned" = "pupils" }\n'
        '\n[variant.by_hand]\nbecause = "x"\nset = { "source.residence_permits.ratio" = '
        '{ median = 0.9, interval90 = [0.6, 1.35], because = "by hand" } }\n'
    )
    changed = study_from_texts("mine", text, study.observations_text)
    assert prior_of(changed.with_variant("other")).median == row("pupils").median
    assert prior_of(changed.with_variant("by_hand")).median == 0.9
    wrong = text.replace('ratio.learned" = "pupils"', 'ratio.median" = 2')
    with pytest.raises(StudyError, match="stands beside learned"):
        study_from_texts("mine", wrong, study.observations_text)


def test_the_table_belongs_to_the_hash_of_a_study_that_uses_it() -> None:
    study = with_ratio('{ learned = "firms", because = "x" }')
    assert study.ratios_text == shipped_ratios()
    assert REPORT.ratios_text == ""
    assert study.data_sha256 != REPORT.data_sha256
    assert study.without("census").data_sha256 == study.data_sha256


def test_a_saved_estimate_keeps_the_table_that_it_was_made_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimate = popest.estimate(with_ratio('{ learned = "firms", because = "x" }'), seed=1)
    path = estimate.save(tmp_path / "mine.nc")
    newer = shipped_ratios().replace("firms,,,", "firms,,,1")
    assert newer != shipped_ratios()
    monkeypatch.setattr("popest.study.specification.from_toml.shipped_ratios", lambda: newer)
    loaded = popest.load_estimate(path)
    assert loaded.stock().median == estimate.stock().median
    assert prior_of(loaded.study).median == row("firms").median
    assert prior_of(loaded.study.without("census")).median == row("firms").median


def test_the_estimate_follows_the_learned_ratio() -> None:
    """In a static study of one count the median is the count over the ratio's median."""
    study = with_ratio('{ learned = "firms", because = "x" }')
    assert popest.estimate(study).stock().median > popest.estimate(REPORT).stock().median
