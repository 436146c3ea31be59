"""Variants: what they may change, and what is said of those that cannot be."""

from typing import Any

import pytest

from popest.study import StudyError

FILE = "study.toml"


def variant(text: str) -> str:
    return f'\n[variant.new]\nbecause = "a test"\n{text}\n'


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        # Paths.
        ('set = { "population.departure_hazard.medain" = 1 }',
         "set.population.departure_hazard.medain", "did you mean median?"),
        ('set = { "populaton.kind" = "x" }', "set.populaton.kind", "did you mean population?"),
        ('set = { "source.regster.drift" = 1 }', "set.source.regster.drift",
         "did you mean register?"),
        ('set = { "population.wave.frist.size.median" = 1 }',
         "set.population.wave.frist.size.median", "did you mean first?"),
        ('set = { "population.wave.2.size.median" = 1 }', "set.population.wave.2.size.median",
         'names "2", which is not in population.wave'),
        ('set = { "source.register.ratio.median.low" = 1 }',
         "set.source.register.ratio.median.low", "which is not a table"),
        ('set = { "a..b" = 1 }', "set.a..b", "is not a path"),
        ('set = { "" = 1 }', "set.", "is not a path"),
        ('set = { "variant.slow.because" = "x" }', "set.variant.slow.because", "is not a path"),
        ("set = { population.departure_hazard.median = 1 }", "set.population",
         "write the path in double quotes"),
        ('set = { source = 1 }\nwithout = ["border"]', "set.source", "replaces a whole table"),
        # Values.
        ('set = { "source.register.ratio.median" = 0.9 }', "set.source.register.ratio.median",
         "source.register.ratio.median must be the geometric mean"),
        ('set = { "source.register.ratio.interval90" = [1, 2] }',
         "set.source.register.ratio.interval90", "source.register.ratio.median must be"),
        ('set = { "noise.by_source" = "much" }', "set.noise.by_source", "must be a number"),
        ('set = { "noise.by_source" = -1 }', "set.noise.by_source", "must be at least 0"),
        ('set = { "noise.by_source" = 1e99 }', "set.noise.by_source", "from 1e-06 to 3"),
        ('set = { "source.register.later" = 1 }', "set.source.register.later",
         "is refused by measure stock"),
        ('set = { "source.contracts.group" = "x" }', "set.source.contracts.group",
         "both or neither"),
        ('set = { "headline" = "2030-01-01" }', "set.headline", "outside the calendar"),
        ('set = { "headline" = "2030-01-01", "source.border.error.sd" = 9 }\nwithout = ["border"]',
         "set.headline", "outside the calendar"),
        ('set = { "population.wave.1.weights.2030-01" = 1 }',
         "set.population.wave.1.weights.2030-01", "outside the calendar"),
        ('set = { "calendar.end" = "2021-12" }', "set.calendar.end", "precedes start"),
        # Names.
        ('without = ["border", "regster"]', "without.1", "did you mean register?"),
        ('use = ["REG9"]', "use.0", "did you mean REG"),
        ('use = ["REG1"]', "use.0", "is used already"),
        ('ignore = ["REG3"]', "ignore.0", "is not used anyway"),
        ('ignore = ["PER1"]', "ignore.0", "is superseded by PER2"),
        ('use = ["REG3", "NOWHERE"]', "use.1", "is not the id of a row"),
        ('use = "REG3"', "use", "must be a list"),
        # Rows taken in.
        ('use = ["EXP1"]', "use", "precision of EXP1 is missing from a used row"),
        ('use = ["CON3"]', "use", "its count would enter twice"),
    ],
)  # fmt: skip
def test_a_variant_that_cannot_be_applied_is_said_where_it_stands(
    example: Any, text: str, field: str, words: str
) -> None:
    broken = example.extended(toml=variant(text))
    with pytest.raises(StudyError) as caught:
        broken.load()
    wanted = [one for one in caught.value.problems if words in f"{one.rule} - {one.remedy}"]
    assert wanted
    assert wanted[0].field == f"variant.new.{field}"
    assert {problem.line for problem in caught.value.problems} == {
        broken.line(FILE, f"\n{text}") + 1
    }


@pytest.mark.parametrize(
    "text",
    [
        'set = { "source.register.group_correlation" = 0 }',
        'set = { "noise.by_source" = 0.7 }',
        'set = { "calendar.first_day" = "2022-01-09" }',
        'set = { "source.contracts.drift" = 0.1 }',
        'set = { "source.contracts.group" = "x", "source.contracts.group_correlation" = 0.1 }',
        'set = { "population.wave.second.size.median" = 1 }',
        'set = { "population.wave.0.weights.2022-04" = 1 }',
        'set = { "population.wave.first.weights" = { "2022-03" = 1 } }',
        "set = { 'source.\"register\".drift' = 0.1 }",
        'set = { "ranges.0.1" = 3000 }',
        'set = { "title" = "Another" }',
        'without = ["border", "voters", "survey", "register", "contracts", "permits"]',
        'use = ["CON3"]\nignore = ["CON1"]',
        'use = ["REG3"]\nignore = ["REG1"]\nwithout = ["border"]\nset = { "noise.by_source" = 1 }',
    ],
)
def test_a_variant_may_change_any_entry(example: Any, text: str) -> None:
    study = example.extended(toml=variant(text)).load()
    view = study.with_variant("new")
    assert (view.specification, view.used) != (study.specification, study.used)


def test_an_optional_table_may_be_given_by_a_variant_alone(example: Any) -> None:
    noise = '[noise]\nerror = { median = 0.08, sigma = 0.5, because = "revisions" }\n'
    text = example.edited(FILE, noise, "").extended(toml=variant('set = { "noise.by_source" = 1 }'))
    assert text.load(variant="new").specification.noise.by_source == 1


def test_rows_are_checked_against_what_a_variant_changes(example: Any) -> None:
    paths = '"source.register.baseline.median" = 750, "source.register.sampling" = "none"'
    broken = example.extended(toml=variant(f"set = {{ {paths} }}"))
    with pytest.raises(StudyError) as caught:
        broken.load()
    (problem,) = caught.value.problems
    assert problem.rule.startswith("with this variant, value of REG1 is not above its baseline")
    assert (problem.field, problem.line) == ("variant.new", broken.line(FILE, "[variant.new]"))
    shorter = variant('set = { "calendar.end" = "2022-12", "source.survey.date" = "2022-12" }')
    shorter += 'without = ["survey"]\n'
    with pytest.raises(StudyError) as caught:
        example.extended(toml=shorter.replace(', "source.survey.date" = "2022-12"', "")).load()
    assert {problem.rule.split(" is ")[0] for problem in caught.value.problems} == {
        "with this variant, end of VOT1"
    }


def test_what_is_wrong_anyway_is_not_said_of_every_variant(example: Any) -> None:
    broken = example.edited("observations.csv", "2023-03-17,2023", "2024-03-17,2024").extended(
        toml=variant('set = { "calendar.first_day" = "2022-01-08" }')
    )
    broken = broken.edited("observations.csv", "2024,2024-01-02", "2024,2024-04-02")
    with pytest.raises(StudyError) as caught:
        broken.load()
    assert [problem.field for problem in caught.value.problems] == ["end"]


def test_variants_of_a_broken_study_wait(example: Any) -> None:
    broken = example.edited(FILE, 'unit = "persons"', "unit = 1").extended(
        toml=variant('without = ["nobody"]')
    )
    with pytest.raises(StudyError) as caught:
        broken.load()
    assert [problem.field for problem in caught.value.problems] == ["unit"]
