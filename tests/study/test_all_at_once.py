"""All problems of both files are said in one go, in the order of the files."""

from typing import Any

import pytest

from popest.study import PopestError, Problem, StudyError, UsageError


def problems(example: Any) -> list[tuple[str, str]]:
    with pytest.raises(StudyError) as caught:
        example.load()
    found = caught.value.problems
    files = [problem.file.rsplit("/")[-1] for problem in found]
    assert files == sorted(files, reverse=True)
    for file in set(files):
        lines = [one.line for one, name in zip(found, files, strict=True) if name == file]
        assert lines == sorted(lines)
    assert len(str(caught.value).splitlines()) == len(found)
    return [(file, problem.field) for file, problem in zip(files, found, strict=True)]


def test_problems_of_both_files_and_of_variants(example: Any) -> None:
    broken = (
        example.edited("study.toml", ', because = "revisions"', "")
        .edited("study.toml", "median = 0.8,", "median = 0.9,")
        .edited("study.toml", '"2022-06" = 1 }', '"2029-06" = 1 }')
        .edited("study.toml", "lag_months = 2", "lag_month = 2")
        .edited("study.toml", 'headline = "2022-12-31"', 'headline = "2029-12-31"')
        .edited("study.toml", "bias = {", "drift = 1\nbias = {")
        .edited("study.toml", "deff = 2", "deff = 0")
        .edited("study.toml", 'because = "only the best"\n', "")
        .edited("observations.csv", "REG1,register,700,about", "REG1,register,x,abouts")
        .edited("observations.csv", "PER1,permits,450,almost,2022", "PER1,permits,450,almost,2021")
        .edited("observations.csv", "yes,PER1,", "yes,PER7,")
    )
    assert set(problems(broken)) == {
        ("study.toml", "headline"),
        ("study.toml", "population.wave.1.weights.2029-06"),
        ("study.toml", "noise.error.because"),
        ("study.toml", "source.register.ratio.median"),
        ("study.toml", "source.permits.lag_month"),
        ("study.toml", "source.border.drift"),
        ("study.toml", "source.survey.deff"),
        ("study.toml", "variant.few_sources.because"),
        ("observations.csv", "value"),
        ("observations.csv", "precision"),
        ("observations.csv", "start"),
        ("observations.csv", "supersedes"),
    }


def test_several_problems_of_one_prior(example: Any) -> None:
    prior = 'ratio = { median = 0.8, interval90 = [0.6, 1.07], because = "a survey" }'
    broken = example.edited(
        "study.toml", prior, "ratio = { median = 0.9, interval90 = [0.6, 1.0], x = 1 }"
    )
    assert set(problems(broken)) == {
        ("study.toml", "source.register.ratio.because"),
        ("study.toml", "source.register.ratio.median"),
        ("study.toml", "source.register.ratio.x"),
    }


def test_several_problems_of_one_row(example: Any) -> None:
    row = "REG2,register,800,exact,,2022-12-31,2023-02-10,2024-01-02,Ministry,https://b.example,yes"
    broken = example.edited(
        "observations.csv", row, "REG2,register,1e3,,2022-12-01,2029-12-31,2023-02-10,x, ,,yes"
    )
    assert set(problems(broken)) == {
        ("observations.csv", name)
        for name in ("value", "precision", "start", "end", "published", "recorded", "publisher")
    }


def test_broken_toml_does_not_hide_the_table(example: Any) -> None:
    broken = example.edited("study.toml", "[calendar]", "[calendar").edited(
        "observations.csv", "REG1,register,700", "REG1,registre,70 0"
    )
    assert problems(broken) == [("study.toml", "TOML"), ("observations.csv", "value")]


def test_a_broken_table_does_not_hide_the_specification_nor_its_variants(example: Any) -> None:
    broken = (
        example.edited("observations.csv", "id,source", "id;source")
        .edited("study.toml", 'without = ["voters"', 'without = ["voter"')
        .edited("study.toml", "hazard.median", "hazard.medain")
    )
    assert problems(broken) == [
        ("study.toml", "variant.slow.set.population.departure_hazard.medain"),
        ("study.toml", "variant.few_sources.without.0"),
        ("observations.csv", "header"),
    ]


def test_a_broken_source_does_not_make_its_rows_wrong(example: Any) -> None:
    broken = example.edited("study.toml", 'measure = "net_change"', 'measure = "net"')
    assert problems(broken) == [("study.toml", "source.border.measure")]


def test_rows_lost_to_a_quote_are_not_missed_by_others(example: Any) -> None:
    broken = example.edited("observations.csv", "CON2,contracts", '"CON2"x,contracts')
    assert problems(broken) == [("observations.csv", "row")]


def test_a_broken_value_is_not_a_wrong_sum(example: Any) -> None:
    broken = example.edited("observations.csv", "CON2,contracts,100", "CON2,contracts,1oo")
    assert problems(broken) == [("observations.csv", "value")]


def test_a_problem_is_one_printable_line() -> None:
    problem = Problem("a\nb", 3, "k\0" * 100, "\x1b[31m" + "v" * 100 + "\n", "is\tbad", "write x")
    text = str(problem)
    assert text.isprintable()
    assert text.startswith(r"a\nb:3: k\x00")
    assert r'"\x1b[31mvvv' in text
    assert text.endswith(r'vvv..." - is\tbad - write x')
    assert str(Problem("a", 3, "k", None, "is bad", "write x")) == "a:3: k - is bad - write x"
    assert str(Problem("a", 3, "k", "", "is bad", "write x")) == 'a:3: k "" - is bad - write x'


def test_errors_are_popest_errors_and_value_errors() -> None:
    for error in (StudyError, UsageError):
        assert issubclass(error, PopestError)
        assert issubclass(error, ValueError)
