"""Rules of own errors, bounds and zeros: each broken one is a problem, with what to write."""

from typing import Any

import pytest

from popest.study import StudyError, study_from_texts
from popest.study.observations.columns import PRECISIONS
from small_study import ARRIVALS, BORDER, HEADER, PERMITS, REGISTER, VOTERS, changed

FILE = "observations.csv"
WIDE = HEADER.replace("note\n", "note,se,lower,upper\n")
PLAIN = changed(
    ARRIVALS + REGISTER + PERMITS + BORDER + VOTERS,
    {"baseline = { median = 100": "baseline = { median = 50"},
)
UNCOUNTED = changed(PLAIN, {'counts = "persons on file"': 'counts = "p"\nsampling = "none"'})
SHARED = changed(
    PLAIN,
    {
        'baseline = { median = 50, sigma = 0.1, because = "on file before" }\n': "",
        "[0.6, 1.07]": "[0.6, 0.916], at_most_one = true",
        'counts = "persons on file"': 'counts = "p"\nsampling = "binomial"',
    },
)
DAYS = {
    "register": ",2022-12-31",
    "voters": ",2022-12-31",
    "permits": "2022-02-01,2022-12-31",
    "border": "2022-02-01,2022-12-31",
}


def line(
    name: str, source: str, value: object, precision: str, *quantities: object, **more: str
) -> str:
    """A row of few cells: what it says, and how."""
    days = more.get("days", DAYS[source])
    use, parents, note = more.get("use", "yes"), more.get("parents", ""), more.get("note", "")
    cells = [name, source, value, precision, days, "2024", "2025-01-02", "Office", "", use, ""]
    cells += [parents, note, *quantities, *[""] * (3 - len(quantities))]
    return ",".join(map(str, cells))


def problems(*rows: str, study: str = PLAIN, header: str = WIDE) -> list[str]:
    """What is said of rows: id of the row, then field, value, rule and remedy."""
    text = header + "".join(f"{row}\n" for row in rows)
    try:
        study_from_texts("s", study, text)
    except StudyError as error:
        return [
            f"{text.splitlines()[p.line - 1].split(',')[0]} {p.field} {p.value!r} "
            f"{p.rule} - {p.remedy}"
            for p in error.problems
        ]
    return []


def of(value: object, precision: str, *quantities: object, source: str = "register") -> str:
    return line("A1", source, value, precision, *quantities)


@pytest.mark.parametrize(
    "row",
    [
        of(0, "exact"),
        of(4, "at_most"),
        of(0, "at_most"),
        of(101, "at_least"),
        of("", "between", "", 5, 9),
        of("", "between", "", 0, 9),
        of("", "between", "", "5.0", 9),
        of(4200, "exact", 1285),
        of(4200, "about", 1285.5),
        of(4200, "exact", "", "1700.5", 6700),
        of(30, "exact"),  # below its baseline, which a count of few may be
        line("A1", "register", "", "between", "", 5, 9, use="no", note="why"),
        line("A1", "register", -10, "exact", use="no", note="A correction."),
    ],
)
def test_what_a_row_may_say(row: str) -> None:
    assert problems(row) == []


@pytest.mark.parametrize("columns", ["se", "lower,upper", "upper,lower,se", "se,upper,lower"])
def test_a_file_has_any_of_the_columns_in_any_order(columns: str) -> None:
    cells = {"se": "", "lower": "4000", "upper": "4400"}
    if "lower" not in columns:
        cells["se"] = "100"
    base = of(4200, "exact").split(",")[:14]
    text = HEADER.replace("\n", f",{columns}\n")
    text += ",".join([*base, *(cells[name] for name in columns.split(","))]) + "\n"
    study = study_from_texts("s", PLAIN, text)
    (found,) = study.observations
    assert (found.se, found.lower, found.upper) == (
        (100.0, None, None) if columns == "se" else (None, 4000.0, 4400.0)
    )


BOUND_OF_COUNTS = "if each count is of whole events"
FAULTS = {
    "no value": (PLAIN, of("", "exact"), [
        "A1 value '' is missing - write the published count, or leave the row out; a count between "
        "two bounds has precision between"]),
    "bound with an error": (PLAIN, of(4, "at_most", 2, 1, 9), [
        f"A1 {column} '{number}' stands beside at_most, whose value is the bound - remove it"
        for column, number in (("se", 2), ("lower", 1), ("upper", 9))]),
    "bound of nothing": (PLAIN, of(0, "at_least"), [
        "A1 value '0' is a bound that says nothing: every count is at least 0 - write the "
        "published bound, or leave the row out"]),
    "error twice": (PLAIN, of(4200, "exact", 1285, 3000, 5000), [
        "A1 se '1285' stands beside an interval: the error would be said twice - keep one of the "
        "two"]),
    "no error": (PLAIN, of(4200, "exact", 0), [
        "A1 se '0' must be above 0 - leave it empty when there is none"]),
    "half an interval": (PLAIN, of(4200, "exact", "", 3000), [
        "A1 upper '' is missing: an interval has two bounds - write it, or enter one bound as "
        "at_most or at_least"]),
    "other half": (PLAIN, of(4200, "exact", "", "", 5000), [
        "A1 lower '' is missing: an interval has two bounds - write it, or enter one bound as "
        "at_most or at_least"]),
    "outside its interval": (PLAIN, of(4200, "exact", "", "1234567.25", 50), [
        "A1 value '4200' is not between lower 1234567.25 and upper 50 - check the three numbers"]),
    "below its interval": (PLAIN, of(4200, "exact", "", 4200.5, 5000), [
        "A1 value '4200' is not between lower 4200.5 and upper 5000 - check the three numbers"]),
    "above its interval": (PLAIN, of(4200, "exact", "", 4000, 4200), [
        "A1 value '4200' is not between lower 4000 and upper 4200 - check the three numbers"]),
    "zero with an error": (PLAIN, of(0, "exact", "", 0, 9), [
        "A1 value '0' is 0 beside a published error, which only a count above 0 can have - leave "
        "se, lower and upper empty: a count of 0 has the error of counting"]),
    "range with all else": (PLAIN, of(7, "between", 3, 9, 5), [
        "A1 value '7' stands beside between, which says the figure by lower and upper - leave it "
        "empty; for a count with a published interval write how exact it is",
        "A1 se '3' stands beside between, which has no error of its own - remove it",
        "A1 upper '5' is not above lower 9 - write the published bounds; a single count is a "
        "value"]),
    "range of one": (PLAIN, of("", "between", "", 1000001, 1000001), [
        "A1 upper '1000001' is not above lower 1000001 - write the published bounds; a single "
        "count is a value"]),
    "range without bounds": (PLAIN, of("", "between"), [
        f"A1 {column} '' is missing beside between - write the published bound"
        for column in ("lower", "upper")]),
    "range of parts": (PLAIN, of("", "between", "", 5.5, 9.5), [
        f"A1 {column} '{number}' must be a whole number: it bounds a count - write the published "
        "bound" for column, number in (("lower", 5.5), ("upper", 9.5))]),
    "negative count": (PLAIN, of(-3, "exact"), [
        "A1 value '-3' is negative, which only a source of measure net_change may be - set use = "
        "no; a published correction enters through a sum, in derived_from"]),
    "endless error": (PLAIN, of(4200, "exact", 4000), [
        "A1 se '4000' gives an error of 0.81 on the log scale, where 0.6 is the most: so uncertain "
        "a figure is not normal on it - set use = no, or enter the number of events behind the "
        "figure instead"]),
    "endless interval": (PLAIN, of(4200, "exact", "", 60, 1234567), [
        "A1 upper '1234567' gives an error of 3 on the log scale, where 0.6 is the most: so "
        "uncertain a figure is not normal on it - set use = no, or enter the number of events "
        "behind the figure instead"]),
    "error below the baseline": (PLAIN, of(40, "exact", 5), [
        "A1 value '40' is not above its baseline, 50 x 1 - check the value and the dates, or the "
        "baseline in study.toml"]),
    "bound where nothing is counted": (UNCOUNTED, of(4, "at_most"), [
        "A1 precision 'at_most' is a bound, which a source with sampling = none cannot have - set "
        f'use = no; or write sampling = "poisson" in study.toml, {BOUND_OF_COUNTS}']),
    "zero where nothing is counted": (UNCOUNTED, of(0, "exact"), [
        "A1 value '0' must be 1 or more: its logarithm is modelled - set use = no; or write "
        f'sampling = "poisson" in study.toml, {BOUND_OF_COUNTS}']),
    "baseline where nothing is counted": (UNCOUNTED, of(50, "exact"), [
        "A1 value '50' is not above its baseline, 50 x 1 - check the value and the dates, or the "
        "baseline in study.toml"]),
    "bound of a share": (SHARED, of("", "between", "", 5, 9), [
        "A1 precision 'between' is a bound, which a source with sampling = binomial cannot have - "
        f'set use = no; or write sampling = "poisson" in study.toml, {BOUND_OF_COUNTS}']),
    "error of a share": (SHARED, of(400, "exact", 5), [
        "A1 se '5' is an error beside sampling = binomial, which is all the error there is - leave "
        'it empty, or write sampling = "none" in study.toml']),
    "bound of a floor": (PLAIN, of(4, "at_most", source="voters"), [
        "A1 precision 'at_most' is a bound, which a source of floor cannot have - set use = no"]),
    "zero of a floor": (PLAIN, of(0, "exact", source="voters"), [
        "A1 value '0' must be 1 or more: its logarithm is modelled - set use = no"]),
    "error of a floor": (PLAIN, of(40, "exact", 5, source="voters"), [
        "A1 se '5' is the error of one figure, which measure floor does not take - leave it empty, "
        "and say it in note"]),
    "range of a change": (PLAIN, of("", "between", "", 4, 6, source="border"), [
        "A1 precision 'between' is a bound, which a source of net_change cannot have - set use = "
        "no"]),
    "error of a change": (PLAIN, of(40, "exact", "", 30, 50, source="border"), [
        "A1 upper '50' is the error of one figure, which measure net_change does not take - leave "
        "it empty, and say it in note"]),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_rule_is_said_with_what_to_write(name: str) -> None:
    study, row, said = FAULTS[name]
    assert problems(row, study=study) == said
    unused = row.replace(",yes,,,", ",no,,,why")
    assert not any(
        "sampling" in each or "measure" in each for each in problems(unused, study=study)
    )


UNUSED: dict[str, Any] = {"use": "no", "note": "In a sum."}
TERM = line("T2", "permits", 2000, "exact", **UNUSED)


@pytest.mark.parametrize(
    ("first", "total", "said"),
    [
        ((3000, "exact", 30), (5000, "exact"), [
            "S1 se '' is missing: T1 has an error of its own, and so has a sum with it - write the "
            "standard error of the sum: the root of the sum of the squared errors, if they are "
            "independent"]),
        ((3000, "exact", 30), (5000, "exact", 30), []),
        ((3000, "exact", 30), (5000, "exact", "", 4900, 5100), []),
        ((-10, "exact"), (1990, "exact"), []),
        ((-10, "exact"), ("", "exact"), [
            "S1 value '' is missing: the sum of its parents is +T1 +T2 = 1990 - write 1990"]),
        ((4, "at_most"), (2004, "exact"), [
            "S1 derived_from '+T1 +T2' is a sum with T1, which is a bound and no count - name rows "
            "of counts"]),
        (("", "between", "", 5, 9), ("", "exact"), [
            "S1 derived_from '+T1 +T2' is a sum with T1, which is a bound and no count - name rows "
            "of counts"]),
        ((4, "exact"), (2004, "at_most"), [
            "S1 precision 'at_most' is a bound, and a sum of counts is a count - write how exact "
            "the sum is"]),
    ],
)  # fmt: skip
def test_sums(first: tuple[Any, ...], total: tuple[Any, ...], said: list[str]) -> None:
    row = line("S1", "permits", *total, parents="+T1 +T2")
    assert problems(line("T1", "permits", *first, **UNUSED), TERM, row) == said


def test_an_error_is_passed_on_by_sums_that_are_not_used() -> None:
    rows = [
        line("T1", "permits", 3000, "exact", 30, **UNUSED),
        TERM,
        line("S1", "permits", 5000, "exact", parents="+T1 +T2", **UNUSED),
        line("S2", "permits", 3000, "exact", parents="+S1 -T2"),
    ]
    (said,) = problems(*rows)
    assert said.startswith("S2 se '' is missing: S1 has an error of its own")
    border = [row.replace(",permits,", ",border,") for row in rows]
    assert problems(*border) == []  # a net change has no figure with an error of its own


def test_a_variant_that_uses_a_sum_is_told_of_its_error() -> None:
    rows = [
        line("T1", "permits", 3000, "exact", 30, **UNUSED),
        TERM,
        line("S1", "permits", 5000, "exact", parents="+T1 +T2", **UNUSED),
    ]
    variant = '[variant.sum]\nbecause = "it may be right"\nuse = ["S1"]\n'
    text = WIDE + "".join(f"{row}\n" for row in rows)
    with pytest.raises(StudyError, match="with this variant, se of S1 is missing: T1 has an error"):
        study_from_texts("s", PLAIN + variant, text)


def test_windows_of_few_counts_may_not_share_their_events() -> None:
    rows = [
        line("A1", "permits", 3, "exact"),
        line("A2", "permits", 2, "exact", days="2022-03-01,2022-06-30"),
    ]
    assert problems(*rows) == [
        "A2 start '2022-03-01' lies within the window of A1: of few counts, or bounds, each must "
        "be of its own days - enter the increments, with derived_from, and set use = no for the "
        "others"
    ]
    assert problems(*(row.replace(",3,exact", ",300,exact") for row in rows)) != []
    many = [rows[0].replace(",3,exact", ",300,exact"), rows[1].replace(",2,exact", ",200,exact")]
    assert problems(*many) == []


def test_a_source_without_a_ratio_is_said_alone() -> None:
    lines = PLAIN.splitlines(keepends=True)
    study = "".join(line for line in lines if not line.startswith("ratio = { median = 0.6"))
    text = WIDE + line("A1", "permits", 3, "exact") + "\n"
    with pytest.raises(StudyError) as caught:
        study_from_texts("s", study, text)
    (problem,) = caught.value.problems
    assert problem.field == "source.permits.ratio"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("less_than", "for fewer than 5 write at_most, and 4 as the value; for a little fewer than "
         "500, almost"),
        ("<", "for fewer than 5 write at_most"),
        ("over", "for more than 100 write at_least, and 101 as the value; for a little more"),
        ("up to", "write at_most"),
        ("no_more_than", "write at_most"),
        ("no less than", "write at_least"),
        ("range", "write between"),
        ("at_mots", "did you mean at_most?"),
        ("atleast", "did you mean at_least?"),
        ("at most", "did you mean at_most?"),
    ],
)  # fmt: skip
def test_a_word_is_never_told_its_opposite(word: str, said: str) -> None:
    (found,) = problems(of(4, word))
    assert found.startswith(f"A1 precision '{word}'") and said in found
    opposite = {"at_most": "at_least", "at_least": "at_most"}
    if said.startswith("write at_"):
        remedy = found.partition(" - ")[2]
        assert opposite[said.removeprefix("write ")] not in remedy and "more_than" not in remedy


def test_every_problem_at_once() -> None:
    rows = [of("", "exact"), of(4, "at_most", 2), of(4200, "exact", 0), of("", "between", "x", 5.5)]
    rows = [row.replace("A1", f"A{number}") for number, row in enumerate(rows)]
    found = problems(*rows)
    assert [each.split(" '")[0] for each in found] == [
        *("A0 value", "A1 se", "A2 se", "A3 se", "A3 lower", "A3 upper")
    ]


def test_an_old_row_in_a_table_that_gained_columns_is_told_what_it_lacks() -> None:
    short = of(4200, "exact").removesuffix(",,,")
    (found,) = problems(short)
    assert "has 14 cells, the header 17 - end it with ,,, if it is from before" in found


@pytest.mark.parametrize(
    "header",
    [
        HEADER.replace("\n", ",se,se\n"),
        HEADER.replace("note", "se,note"),
        HEADER.replace("\n", ",stderr\n"),
        HEADER.replace("\n", ",lowr\n"),
    ],
)
def test_a_header_that_is_none(header: str) -> None:
    (found,) = problems(header=header)
    assert "and after them any of se, lower, upper" in found
    assert ("did you mean lower?" in found) == ("lowr" in header)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_range_of_each_precision(precision: str) -> None:
    bounds = ("", "", 5, 9) if precision == "between" else (7, "", "", "")
    row = of(bounds[0], precision, *bounds[1:])
    (found,) = study_from_texts("s", PLAIN, WIDE + row + "\n").observations
    least, greatest = found.range
    expected = {"between": (5, 9), "at_most": (0, 7), "at_least": (7, float("inf"))}
    assert (least, greatest) == expected.get(precision, (7, 7))
    assert found.count == (5 if precision == "between" else 7)
