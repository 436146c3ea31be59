"""What statistical offices print in place of a figure or beside it, each named as what it is."""

import pytest

from popest.study.problems import EntryError
from popest.study.tables.figures import read_count


def refusal(cell: str) -> str:
    with pytest.raises(EntryError) as caught:
        read_count(cell)
    return f"{caught.value.rule} - {caught.value.remedy}"


@pytest.mark.parametrize(
    ("cell", "meaning"),
    [
        (":", "not available"),
        (" : ", "not available"),
        ("..", "not available"),
        ("...", "not available"),
        ("\u2026", "not available"),
        ("N/A", "not available"),
        ("n.a.", "not available"),
        ("NaN", "not available"),
        ("n. a.", "not available"),
        ("Confidential", "suppressed, or confidential"),
        (".", "unknown, or not published"),
        ("x", "not applicable, confidential or unreliable"),
        ("*", "suppressed"),
    ],
)
def test_a_sign_for_no_figure_leaves_the_row_out(cell: str, meaning: str) -> None:
    said = refusal(cell)
    assert meaning in said and said.endswith("leave the row out: there is no count")
    assert "write 0" not in said


@pytest.mark.parametrize("cell", ["-", "\u2013", "\u2014", "\u2212", "nil"])
def test_a_dash_is_a_real_zero(cell: str) -> None:
    assert "nothing, a real zero" in refusal(cell) and "write 0" in refusal(cell)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("2810 p", 'p ("provisional") - write 2810; say so in note, and revise the row'),
        ("2810p", 'p ("provisional") - write 2810;'),
        ("(p) 2810", 'p ("provisional") - write 2810;'),
        ("2810e", 'e ("estimated") - write 2810; set precision to about'),
        ("2810 E", 'e ("estimated") - write 2810;'),
        ("b2810", 'b ("break in the series") - write 2810; say in note what changed'),
        ("2\u00a0810 (b)", 'b ("break in the series") - write 2810;'),
        ("2810 bp", 'flags b ("break in the series") and p ("provisional") - write 2810;'),
        ("2810 (b, p)", 'flags b ("break in the series") and p ("provisional") - write 2810;'),
        ("2810 f", "set use to no"),
        ("2810 r", '"revised"'),
        ("2810 u", '"low reliability"'),
        ("2810 d", '"definition differs"'),
        ("2810 s", '"estimated by Eurostat"'),
        ("-10 p", "write -10;"),
        ("2960 \u1d56", 'p ("provisional") - write 2960;'),
        ("2960 prov.", 'p ("provisional") - write 2960;'),
        ("2960 (estimated)", 'e ("estimated") - write 2960;'),
        ("1.234 p", "write the count in digits only;"),
        ("1,234 p", "write the count in digits only;"),
        ("12.000 e", "write the count in digits only;"),
    ],
)
def test_a_flag_is_named_and_has_its_place(cell: str, words: str) -> None:
    assert words in refusal(cell)


@pytest.mark.parametrize("cell", ["(n)", "c", ":c", ": (c)", ":u", "z"])
def test_a_flag_without_a_figure_leaves_the_row_out(cell: str) -> None:
    assert "carries the flag" in refusal(cell)
    assert refusal(cell).endswith("leave the row out: there is no count")


@pytest.mark.parametrize("cell", ["2810\u00b9", "2810*", "*2810", "2810 1)", "2810(2)", "2810[a]"])
def test_a_footnote_is_no_digit(cell: str) -> None:
    said = refusal(cell)
    if cell != "2810[a]":
        assert "carries a footnote" in said and "write 2810; say in note what it says" in said
    assert "28101" not in said and "28102" not in said


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("0005", 5),
        ("-005", -5),
        ("+005", 5),
        ("00", 0),
        ("+5", 5),
        ("-0", 0),
        ("5.", 5),
        ("1e3", 1000),
        ("\uff11\uff12", 12),
        ("\u0665\u0666", 56),
        ("1\u2009234", 1234),
        ("12\u200b345", 12345),
        ("2\u2019810", 2810),
    ],
)
def test_a_number_spelt_otherwise_is_refused_with_its_digits(cell: str, number: int) -> None:
    assert f"write {number}" in refusal(cell)
    assert read_count(str(number)) == number


@pytest.mark.parametrize("cell", ["0" * 6000, "0" * 6000 + "7", "0" * 9 + "9" * 16, "9" * 6000])
def test_endless_digits_are_refused_in_words(cell: str) -> None:
    assert "begins with 0" in refusal(cell) or "more than 15 digits" in refusal(cell)
