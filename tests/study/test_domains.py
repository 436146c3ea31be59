"""Every number of a study has a domain with a reason; every text is free of control characters."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

import pytest

import small_study as small
from popest.study import StudyError, study_from_texts
from popest.study.constraints import Check, Choice
from popest.study.domains import Domain
from popest.study.specification.ratio_prior import IntervalPrior
from popest.study.specification.reading import InvalidEntryError, read
from popest.study.specification.record import Record
from popest.study.specification.records import Calendar, Specification

SHARE = ("ShareWindow.share", "Source.group_correlation")
"""Numbers whose bounds are those of a proportion."""


def parts(annotation: Any, metadata: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Give the plain types within an annotation, each with all that is attached to it."""
    if get_origin(annotation) is Annotated:
        yield from parts(annotation.__origin__, (*metadata, *annotation.__metadata__))
    elif get_origin(annotation) in (Union, types.UnionType, list, dict):
        keeps = get_origin(annotation) in (Union, types.UnionType)
        for inner in get_args(annotation):
            yield from parts(inner, metadata if keeps else ())
    else:
        yield annotation, metadata


def fields(record: type[Record], seen: set[type] | None = None) -> Iterator[Any]:
    """Give the name, type and metadata of every field of a record and of those within it."""
    seen = set() if seen is None else seen
    if record in seen:
        return
    seen.add(record)
    for name, annotation in record.types().items():
        if name not in record.keys:
            continue
        for kind, attached in parts(annotation):
            metadata = tuple(mark for mark in attached if not isinstance(mark, Choice))
            if isinstance(kind, type) and issubclass(kind, Record):
                yield from fields(kind, seen)
            else:
                yield f"{record.__name__}.{name}", kind, metadata


def domain_in(metadata: tuple[Any, ...]) -> Domain | None:
    functions = [entry.function for entry in metadata if isinstance(entry, Check)]
    owners = [getattr(function, "__self__", None) for function in functions]
    return next((owner for owner in owners if isinstance(owner, Domain)), None)


NUMBERS = [
    entry for entry in fields(Specification) if entry[1] in (float, int) and entry[0] not in SHARE
]
ABOVE_ZERO = ("VolatilityPrior.median", "LaterPrior.median")
"""Numbers that may be 0 where they are known, but not where they are uncertain."""
TEXTS = [entry for entry in fields(Specification) if entry[1] is str]
KEYS = ("Variant.set", "Variant.without", "Variant.use", "Variant.ignore")
"""Names of something else in the study, and values that are checked in their place."""


def test_there_are_numbers_and_texts_to_check() -> None:
    assert {
        "Source.n",
        "Source.every_months",
        "RenewalPeriod.months",
        "BackgroundPrior.volatility",
        "Source.later",
        "Source.renewed",
        "BiasPrior.mean",
        "Specification.ranges",
        "WavePrior.weights",
    } <= {name for name, _, _ in NUMBERS}
    assert len(NUMBERS) > 20 and len(TEXTS) > 10


@pytest.mark.parametrize("entry", NUMBERS, ids=lambda entry: entry[0])
def test_every_number_has_a_domain(entry: Any) -> None:
    name, kind, metadata = entry
    domain = domain_in(metadata)
    assert domain is not None, name
    annotated: Any = Annotated[kind, *metadata]
    allows_zero = domain.or_zero and name not in ABOVE_ZERO
    for bound in (domain.least, domain.most, *([0] if allows_zero else [])):
        assert read(annotated, kind(bound)) == bound
    for beyond in (domain.most * 1.1 if kind is float else int(domain.most * 1.1),):
        with pytest.raises(InvalidEntryError) as caught:
            read(annotated, beyond)
        assert domain.why in str(caught.value)


@pytest.mark.parametrize("entry", TEXTS, ids=lambda entry: entry[0])
def test_no_text_holds_control_characters(entry: Any) -> None:
    name, _, metadata = entry
    if name in KEYS:
        return
    annotated: Any = Annotated[str, *metadata]
    for character in "\0\x07\x1b\x7f\x9b":
        with pytest.raises(InvalidEntryError):
            read(annotated, f"a{character}b")


def test_a_control_character_is_named_where_it_stands(example: Any) -> None:
    broken = example.edited("study.toml", 'name = "first"', r'name = "fi\u0000rst"')
    with pytest.raises(StudyError) as caught:
        broken.load()
    (problem,) = caught.value.problems
    assert problem.field == "population.wave.0.name"
    assert "control character U+0000" in problem.rule
    assert "\0" not in str(problem)


@pytest.mark.parametrize("bounds", [[0.999_999_99, 1.000_000_01], [1e-4, 1e4]])
def test_an_interval_has_a_spread_that_can_be_computed_with(bounds: list[float]) -> None:
    with pytest.raises(InvalidEntryError, match="tau = log"):
        read(IntervalPrior, {"median": 1.0, "interval90": bounds, "because": "x"})


PAIRS = [
    ("n = 222\ndeff = 2", "n = 2\ndeff = 3", "source.survey.deff", "less than one answer"),
    ("sd = 100", "sd = 1e9", "source.border.bias", "times that of error"),
]


@pytest.mark.parametrize(("old", "new", "field", "words"), PAIRS, ids=["deff", "bias"])
def test_numbers_that_do_not_go_together(
    example: Any, old: str, new: str, field: str, words: str
) -> None:
    with pytest.raises(StudyError) as caught:
        example.edited("study.toml", old, new).load()
    (problem,) = caught.value.problems
    assert problem.field == field and words in problem.rule


MONTHS = [
    ("1000-01", "1059-12", None),
    ("2940-01", "2999-12", None),
    ("2022-03", "9999-12", "end is not a month of the years 1000 to 2999"),
    ("0001-01", "0001-12", "start is not a month of the years 1000 to 2999"),
    ("2000-01", "2060-01", "end makes 721 months, more than 720"),
    ("2022-01", "2200-12", "end makes 2,148 months, more than 720"),
]


@pytest.mark.parametrize(("start", "end", "rule"), MONTHS)
def test_a_calendar_is_no_longer_than_sixty_years(start: str, end: str, rule: str | None) -> None:
    if rule is None:
        assert Calendar(start, end).n_months == 720
        assert Calendar(start, end).months[-1] == end
    else:
        with pytest.raises(ValueError, match=rule):
            Calendar(start, end)


def test_a_calendar_that_is_too_long_is_refused_in_words(example: Any) -> None:
    with pytest.raises(StudyError) as caught:
        example.edited("study.toml", 'end = "2023-12"', 'end = "9999-12"').load()
    (problem,) = caught.value.problems
    assert (problem.field, problem.line) == ("calendar.end", 9)
    assert "at most 720 months" in problem.remedy


def test_a_factor_outside_its_domain_does_not_stop_the_reading(example: Any) -> None:
    """Learned ratios are put together before the rules of their records are checked."""
    ratio = 'ratio = { median = 0.8, interval90 = [0.6, 1.07], because = "a survey" }'
    learned = (
        'ratio = { learned = "permits_in_force.required", definition = "only_paper", '
        'because = "x", months = 1e300, '
        'times = { median = 1e300, interval90 = [1e-300, 1e300], because = "x" } }'
    )
    with pytest.raises(StudyError) as caught:
        example.edited("study.toml", ratio, learned).load()
    said = {problem.field for problem in caught.value.problems}
    assert {"source.register.ratio.times.0.median", "source.register.ratio.months"} <= said


def used_rows(source: str, n_rows: int) -> list[str]:
    """Return rows in use of a stock, all of one day."""
    cells = {"source": source, "value": "900", "precision": "exact", "end": "2022-12-31"}
    cells |= {"recorded": "2026-01-01", "publisher": "Ministry", "use": "yes"}
    ids = ({"id": f"{source}{number}"} for number in range(n_rows))
    columns = small.HEADER.strip().split(",")
    return [",".join((cells | name).get(column, "") for column in columns) for name in ids]


def rules_of(rows: list[str], more: str = "") -> list[str]:
    """Return field and rule of each problem of a study with three stocks and these rows."""
    stocks = (small.REGISTER.replace("source.register", f"source.{name}") for name in "abc")
    text = small.ARRIVALS + small.NOISE + "".join(stocks) + more
    try:
        study_from_texts("many", text, small.HEADER + "\n".join(rows) + "\n")
    except StudyError as error:
        return [f"{problem.line} {problem.field}: {problem.rule}" for problem in error.problems]
    return []


def test_rows_in_use_have_a_limit() -> None:
    assert rules_of(used_rows("a", 1_100) + used_rows("b", 100)) == []
    (one,) = rules_of(used_rows("a", 1_101))
    assert one.startswith(
        "1102 use: makes more than 1,100 used rows of a: their errors are correlated"
    )
    (every,) = rules_of([*used_rows("a", 1_100), *used_rows("b", 100), *used_rows("c", 1)])
    assert every.startswith("1202 use: makes more than 1,200 used rows:")


def test_rows_that_are_not_used_or_replaced_do_not_count() -> None:
    first, *rest = used_rows("a", 1_101)
    assert rules_of([first.replace(",yes,", ",no,") + "doubtful", *rest]) == []


def test_variants_of_very_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("popest.study.check.MOST_ROWS_BY_VARIANTS", 19)
    variants = "".join(
        f'[variant.v{number}]\nbecause = "it may be"\nignore = ["a{number}"]\n'
        for number in range(2)
    )
    (found,) = rules_of(used_rows("a", 10), variants)
    assert "variant: has 2 variants of 10 rows, more than 19 together" in found
    assert rules_of(used_rows("a", 9), variants) == []
