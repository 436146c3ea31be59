"""Every rule of ``observations.csv``: breaking it is one problem, where it is, in plain words."""

from collections.abc import Callable
from typing import Any

import pytest

from one_edit import Case, assert_one_problem
from popest.study import StudyError
from small_study import HEADER

FILE = "observations.csv"


def value(name: str, new: str, words: str) -> Case:
    """A value of row REG2, which is 800, replaced."""
    return Case(name, "REG2,register,800", f"REG2,register,{new}", "REG2", "value", words)


CASES = [
    # Cells.
    value("value with a comma", '"12,345"', "write 12345"),
    value("value with spaces", "12 345", "write 12345"),
    value("value with thin spaces", "1\u202f012\u00a0345", "write 1012345"),
    value("value in powers", "1e4", "write 10000"),
    value("value in endless powers", "1e999999999", "digits only"),
    value("value in endless small powers", "1e-999999999", "digits only"),
    value("value with a fraction", "800.0", "write 800"),
    value("value with a real fraction", "800.5", "digits only"),
    value("value with a dot that may group", "12.000", "digits only"),
    value("value with a sign", "+800", "write 800"),
    value("value with a minus sign", "\u2212800", "write -800"),
    value("value in other digits", "\uff11\uff12", "write 12"),
    value("value with an underscore", "1_000", "write 1000"),
    value("value approximate", "about 800", "precision"),
    value("empty value", "", "is missing"),
    value("blank value", " ", "is missing"),
    value("value not a number", "NaN", "whole number"),
    value("infinite value", "inf", "whole number"),
    value("value of 400 digits", "9" * 400, "more than 15 digits"),
    value("value of 16 digits", "1" * 16, "more than 15 digits"),
    value("negative value", "-800", "only a source of measure net_change"),
    Case("value 0 of a floor", "VOT1,voters,90", "VOT1,voters,0", "VOT1", "value",
         "1 or more: its logarithm is modelled - set use = no"),
    value("value with leading zeros", "0800", "begins with 0, as codes do - write 800"),
    value("value of minus nothing", "-0", "write 0"),
    value("provisional value", "800 p", 'the flag p ("provisional") - write 800'),
    Case("flag as a precision", "REG1,register,700,about", "REG1,register,700,p", "REG1",
         "precision", 'is the flag "provisional", not a precision'),
    Case("recorded at the end of time", "2023-02-10,2024-01-02", "2023-02-10,9999-12-31", "REG2",
         "recorded", "is not between 1700 and 2199"),
    Case("end in the year 1", "2022-06-30,2022-08", "0001-06-30,2022-08", "REG1", "end",
         "is not between 1700 and 2199"),
    Case("published at the end of time", "2022-08,", "9999,", "REG1", "published",
         "is not between 1700 and 2199"),
    Case("note of zero-width spaces", "No method given.", "\u200b\u200b\u2060", "EXP1", "note",
         "is missing"),
    Case("publisher of fillers", "A newspaper", "\u3164\u2800\u00ad", "EXP1", "publisher",
         "is missing"),
    Case("escape in a note", "No method given.", "No \x1b[31mmethod.", "EXP1", "note",
         "holds the control character U+001B"),
    Case("bell in a publisher", "A newspaper", "A\a newspaper", "EXP1", "publisher",
         "holds the control character U+0007"),
    Case("exported sum", "no,,+CON1 -CON2,", "no,,'+CON1 -CON2,", "CON3", "derived_from",
         "has an apostrophe, as exports for spreadsheets do"),
    Case("blank in an id", "EXP1,", "EXP 1,", "EXP 1", "id", "letters, digits"),
    Case("no id", "EXP1,", ",", ",experts", "id", "letters, digits"),
    Case("long id", "EXP1,", "E" * 65 + ",", "EEE", "id", "1 to 64"),
    Case("id twice", "EXP1,", "REG1,", "REG1,experts", "id", "stands on line 2 already"),
    Case("source with a blank", "experts", "the experts", "EXP1", "source", "letters, digits"),
    Case("no source", "EXP1,experts", "EXP1,", "EXP1", "source", "letters, digits"),
    Case("unknown precision", "700,about", "700,aproximate", "REG1", "precision",
         "write one of exact, rounded, about, almost, more_than"),
    Case("near precision", "700,about", "700,abuot", "REG1", "precision", "did you mean about?"),
    Case("no precision", "700,about", "700,", "REG1", "precision", "missing from a used row"),
    Case("unknown precision of a row not used", "EXP1,experts,5000,", "EXP1,experts,5000,guess",
         "EXP1", "precision", "is not a known precision"),
    Case("end not a day", "2022-06-30", "2022-06-31", "REG1", "end", "YYYY-MM-DD"),
    Case("end a month", "2022-06-30", "2022-06", "REG1", "end", "YYYY-MM-DD"),
    Case("end in another order", "2022-06-30", "30.06.2022", "REG1", "end", "YYYY-MM-DD"),
    Case("end of a row not used not a day", "5000,,,,", "5000,,,June,", "EXP1", "end",
         "YYYY-MM-DD"),
    Case("no end", "2022-06-30", "", "REG1", "end", "missing from a used row"),
    Case("published at no time", "2022-08,", "August,", "REG1", "published", "YYYY-MM"),
    Case("published in month 13", "2022-08,", "2022-13,", "REG1", "published", "YYYY-MM"),
    Case("not recorded", "2023-02-10,2024-01-02", "2023-02-10,", "REG2", "recorded", "is missing"),
    Case("recorded in a month", "2023-02-10,2024-01-02", "2023-02-10,2024-01", "REG2", "recorded",
         "YYYY-MM-DD"),
    Case("recorded before published", "2023-02-10,2024-01-02", "2023-02-10,2023-02-09", "REG2",
         "recorded", "precedes its publication in 2023-02-10"),
    Case("recorded before a year of publication", "2023,2024-01-02", "2023,2022-12-31", "VOT1",
         "recorded", "precedes its publication in 2023"),
    Case("no publisher", "A newspaper", " ", "EXP1", "publisher", "is missing"),
    Case("use in other words", "https://b.example,yes", "https://b.example,Yes", "REG2", "use",
         "must be yes or no"),
    Case("no use", "https://b.example,yes", "https://b.example,", "REG2", "use",
         "must be yes or no"),
    Case("endless note", "No method given.", "x" * 10_001, "EXP1", "note", "10,001 characters"),
    Case("note beyond every limit", "No method given.", "x" * 200_000, "EXP1", "row", "limit"),
    # Rows.
    Case("not used without a reason", "No method given.", " ", "EXP1", "note", "is missing"),
    Case("end before start", "2022-02-01,2022-10-31,2022-12", "2022-02-02,2022-02-01,2022-12",
         "PER1", "end", "precedes start 2022-02-02"),
    Case("end before start of a row not used", "5000,,,,", "5000,,2022-02-02,2022-02-01,", "EXP1",
         "end", "precedes start 2022-02-02"),
    Case("stock with a start", "about,,2022-06-30", "about,2022-06-01,2022-06-30", "REG1", "start",
         "must be empty: measure stock"),
    Case("floor with a start", "more_than,,", "more_than,2023-03-17,", "VOT1", "start",
         "must be empty: measure floor"),
    Case("flow without a start", "almost,2022-02-01,", "almost,,", "PER1", "start",
         "measure arrivals counts from a first to a last day"),
    Case("net change without a start", "2021-12-01", "", "BRD1", "start", "is missing"),
    Case("stock after the calendar", "2023-03-17,2023,", "2024-01-01,2024,", "VOT1", "end",
         "write a day from 2022-01-10 to 2023-12-31"),
    Case("stock before the first day", "2022-06-30,2022-08", "2022-01-09,2022-08", "REG1", "end",
         "outside the calendar"),
    Case("flow from before the first day", "460,exact,2022-02-01", "460,exact,2022-01-09", "PER2",
         "start", "or use = no; with baseline in study.toml a count may start before, where only"),
    Case("net change to before the first day", "2022-12-31,2023-01-15", "2022-01-09,2023-01-15",
         "BRD1", "end", "outside the calendar"),
    Case("published before its end", "2022-08,", "2022-06-29,", "REG1", "published",
         "precedes the end of what was counted, 2022-06-30"),
    Case("published in the month before its end", "2022-08,", "2022-05,", "REG1", "published",
         "precedes the end"),
    # Sources.
    Case("undeclared source", "REG1,register", "REG1,registre", "REG1", "source",
         "did you mean register?"),
    Case("row of a survey", "EXP1,experts", "EXP1,survey", "EXP1", "source",
         "shares stand in study.toml"),
    # Rows that name rows.
    Case("supersedes an unknown id", "yes,PER1,", "yes,PER9,", "PER2", "supersedes",
         "did you mean PER"),
    Case("supersedes itself", "yes,PER1,", "yes,PER2,", "PER2", "supersedes", "cycle"),
    Case("supersedes a row below", "Ministry,,yes,,,\nREG2", "Ministry,,yes,REG2,,\nREG2", "REG1",
         "supersedes", "not above this one"),
    Case("supersedes a row of another source", "yes,PER1,", "yes,REG2,", "PER2", "supersedes",
         "of another source, register"),
    Case("recorded before what it supersedes", "2023-06,2024-01-02", "2023-06,2024-01-01", "PER2",
         "recorded", "precedes the day on which PER1 was recorded"),
    Case("derived from an unknown id", "+CON1 -CON2", "+CON1 -CON7", "CON3", "derived_from",
         "did you mean CON"),
    Case("derived from a row below", "+CON1 -CON2", "+CON1 -CON2 +BRD1", "CON3", "derived_from",
         "cycle"),
    Case("derived without signs", "+CON1 -CON2", "CON1 -CON2", "CON3", "derived_from",
         "+WRK04 -WRK03"),
    Case("derived twice from one", "+CON1 -CON2", "+CON1 -CON2 +CON2", "CON3", "derived_from",
         "names a row twice"),
    Case("derived value not the sum", "CON3,contracts,500", "CON3,contracts,501", "CON3", "value",
         "+CON1 -CON2 = 500"),
    Case("used, and added to a used row", "no,,+CON1 -CON2", "yes,,+CON1 -CON2", "CON3",
         "derived_from", "its count would enter twice"),
    # The table.
    Case("too few cells", "EXP1,experts,", "EXP1,", "EXP1", "row", "has 13 cells, the header 14"),
    Case("too many cells", "No method given.", "No method, given.", "EXP1", "row", "has 15 cells"),
    Case("text after a quote", "A newspaper", '"A" newspaper', "EXP1", "row",
         "text after a closing quote"),
    Case("quote never closed", "No method given.", '"No method', "EXP1", "row", "never closed"),
    Case("column missing", ",note", "", "id,", "header", "lacks note"),
    Case("column near", "precision,", "presicion,", "id,", "header", "did you mean precision?"),
    Case("column more", ",note", ",note,more", "id,", "header", 'has the unknown columns "more"'),
    Case("columns in another order", "id,source", "source,id", "source,", "header",
         "in the order of the format"),
    Case("semicolons", HEADER, HEADER.replace(",", ";"), "id;", "header", "commas"),
    Case("header with a quote", "id,source", '"id"x,source', '"id"', "header", "closing quote"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_rule_is_one_problem_where_it_is(example: Any, case: Case) -> None:
    assert_one_problem(example, FILE, case)


@pytest.mark.parametrize("digits", ["800", "999999999999999"])
def test_a_whole_number_is_a_value(example: Any, digits: str) -> None:
    study = example.edited(FILE, "REG2,register,800", f"REG2,register,{digits}").load()
    assert study.observations[1].value == int(digits)


def test_a_figure_may_be_recorded_on_the_day_on_which_it_is_published(example: Any) -> None:
    example.edited(FILE, "2023-02-10,2024-01-02", "2024-01-02,2024-01-02").load()


def test_a_row_keeps_what_stands_in_it(example: Any) -> None:
    row = example.load().observations[2]
    assert (row.id, row.use, row.line) == ("REG3", False, 4)
    assert row.note == 'Definition\nunknown, see "Notes".'
    assert str(row.published) == "2023-05-31"
    assert example.load().observations[3].line == 6
    assert example.load().observations[5].derived_from == ((1, "CON1"), (-1, "CON2"))


STALE = "PER3,permits,470,exact,2022-02-01,2022-10-31,2023-08,2024-01-02,Ministry,,{},{},{},x"
CONTRACT = "{},contracts,{},exact,2022-04-01,2022-12-31,2023-08,2024-01-02,Office,,{},{},{},x"


def only_problem(load: Callable[[], object]) -> Any:
    with pytest.raises(StudyError) as caught:
        load()
    (problem,) = caught.value.problems
    return problem


def test_a_derived_row_may_not_rest_on_a_superseded_one(example: Any) -> None:
    corrected = CONTRACT.format("CON4", 120, "no", "CON2", "")
    problem = only_problem(example.extended(corrected).load)
    assert (problem.line, problem.field) == (example.line(FILE, "CON3"), "derived_from")
    assert "CON2, which is superseded by CON4" in problem.rule
    recomputed = CONTRACT.format("CON5", 480, "no", "CON3", "+CON1 -CON4")
    example.extended(corrected, recomputed).load()


def test_a_subtracted_parent_may_be_used(example: Any) -> None:
    older = CONTRACT.format("OLD", 1000, "no", "", "")
    example.extended(older, CONTRACT.format("NEW", 400, "yes", "", "+OLD -CON1")).load()


@pytest.mark.parametrize(
    ("first", "second", "is_wrong"),
    [
        ("+CON1 +CON2", "+BIG -MID", False),
        ("+BIG -CON1", "+MID +CON2", False),
        ("+CON1 +CON2", "+BIG +MID", True),
        ("+BIG -CON1", "+BIG2 -MID", True),
    ],
)
def test_a_count_enters_once_through_a_chain_of_sums(
    example: Any, first: str, second: str, is_wrong: bool
) -> None:
    """CON1 is used; it enters NEW through MID, with the product of the signs on the way."""
    values = {"BIG": 1400, "BIG2": 1500, "CON1": 600, "CON2": 100}
    for name, parents in (("MID", first), ("NEW", second)):
        values[name] = sum(int(f"{one[0]}1") * values[one[1:]] for one in parents.split())
    changed = example.extended(
        CONTRACT.format("BIG", values["BIG"], "no", "", ""),
        CONTRACT.format("BIG2", values["BIG2"], "no", "", ""),
        CONTRACT.format("MID", values["MID"], "no", "", first),
        CONTRACT.format("NEW", values["NEW"], "yes", "", second),
    )
    if not is_wrong:
        changed.load()
        return
    problem = only_problem(changed.load)
    assert (problem.line, problem.field) == (changed.line(FILE, "NEW,"), "derived_from")
    assert "adds CON1" in problem.rule


def test_a_flow_is_compared_with_the_baseline_of_its_window(example: Any) -> None:
    """356 days of a year's 365.25: a baseline of 615 a year is 599.4, one of 616 is 600.4."""
    text = "baseline = { median = 200"
    plain = example.edited("study.toml", 'counts = "contracts"', 'counts = "c"\nsampling = "none"')
    plain.edited("study.toml", text, "baseline = { median = 615").load()
    higher = plain.edited("study.toml", text, "baseline = { median = 616")
    problem = only_problem(higher.load)
    assert (problem.line, problem.field) == (example.line(FILE, "CON1"), "value")
    assert "616 x 0.9747" in problem.rule


def test_rules_of_used_rows_do_not_bind_the_others(example: Any) -> None:
    odd = "ODD1,register,5,,2019-01-01,2030-01-01,2018,2024-01-02,X,,no,,,An odd row."
    assert example.extended(odd).load().observations[-1].id == "ODD1"


def test_a_correction_of_a_correction_names_the_row_in_force(example: Any) -> None:
    third = STALE.format("yes", "PER2", "")
    fourth = third.replace("PER3", "PER4").replace("PER2", "PER3")
    fifth = third.replace("PER3", "PER5").replace("PER2", "PER1")
    problem = only_problem(example.extended(third, fourth, fifth).load)
    assert (problem.field, problem.rule) == ("supersedes", "is superseded by PER2 already")
    assert problem.remedy == "write PER4, the row in force"


def test_an_empty_table_and_empty_lines_are_accepted(example: Any) -> None:
    example.files["study.toml"] = example.files["study.toml"].split("[variant")[0]
    example.files[FILE] = f"{HEADER}\n\n"
    study = example.load()
    assert study.observations == ()
    assert len(study.warnings) == 5
    assert "source register has no observation in use." in study.warnings


def test_a_flow_with_a_baseline_may_start_before_the_calendar(example: Any) -> None:
    """Only its baseline is counted there."""
    study = example.edited(FILE, "600,exact,2022-01-10", "600,exact,2021-10-01").load()
    assert {str(row.start) for row in study.used if row.source == "contracts"} >= {"2021-10-01"}
