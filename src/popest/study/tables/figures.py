"""Reading a published figure: a whole number in digits, or in words what stands there instead.

Statistical offices write signs in place of figures, and letters and footnotes beside them. Each is
named, with where what it says belongs: into `precision`, into `note`, or the row left out.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from popest.study.domains import BOUND
from popest.study.entry_types import is_blank
from popest.study.problems import EntryError

MOST_DIGITS = 15

_COUNT = re.compile(rf"0|-?[1-9][0-9]{{0,{MOST_DIGITS - 1}}}")
_QUANTITY = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
# Compiled when a cell is none: most tables have only counts, and starting is not to wait for it.
_GROUPED = r"-?[1-9][0-9]{0,2}(?:[ ,'_\u00a0\u2009\u202f\u066c\u2019][0-9]{3})+"
_DOT_GROUP = r"\.[0-9]{3}$"
_LEADING_ZERO = r"[+-]?0[0-9]+"
_DECIMAL_COMMA = r"(?:0,[0-9]+|[1-9][0-9]*,(?:[0-9]{1,2}|[0-9]{4,}))"
_POINT_OR_COMMA = r"(0|[1-9][0-9]*)([.,])([0-9]+)"

_RULE = "must be a whole number in digits only"
_REMEDY = "write digits only, such as 12345; how exact they are goes into precision"

_SIGNS = {
    **dict.fromkeys((":", "..", "...", "\u2026", "?", "nd", "n.d.", "n/d"), "not available"),
    **dict.fromkeys(("n/a", "n.a.", "na", "#n/a", "nan", "null", "none"), "not available"),
    **dict.fromkeys(("notavailable", "missing", "unknown"), "not available"),
    ".": "unknown, or not published",
    **dict.fromkeys(("-", "\u2013", "\u2014", "\u2212", "--", "nil"), "nothing, a real zero"),
    **dict.fromkeys(("x", "/"), "not published: not applicable, confidential or unreliable"),
    **dict.fromkeys(("*", "suppressed", "confidential"), "suppressed, or confidential"),
}
_ZERO_SIGNS = {sign for sign, meaning in _SIGNS.items() if meaning.endswith("zero")}

FLAGS = {
    "b": ("break in the series", "say in note what changed"),
    "c": ("confidential", "say so in note"),
    "d": ("definition differs", "say in note how it differs"),
    "e": ("estimated", "set precision to about, and say in note that it is estimated"),
    "f": ("forecast", "set use to no, and say in note that it is a forecast"),
    "i": ("imputed", "set precision to about, and say in note that it is imputed"),
    "n": ("not significant", "set precision to about, and say so in note"),
    "p": ("provisional", "say so in note, and revise the row when the final figure is out"),
    "r": ("revised", "say so in note; popest sources revise replaces an earlier figure on file"),
    "s": ("estimated by Eurostat", "set precision to about, and say so in note"),
    "u": ("low reliability", "set precision to about, and say so in note"),
    "x": ("not applicable, or confidential", "say so in note"),
    "z": ("not applicable", "say so in note"),
}
"""The letters that Eurostat and others write beside a figure: what each means, where it belongs."""

_FIGURE = r"([0-9][0-9 ,.'_\u00a0\u2009\u202f]{0,30})"
_BOUNDS = (
    (rf"<\s*{_FIGURE}", "at_most", -1, None),
    (rf"(?:<=|\u2264|up to|at most|no more than)\s*{_FIGURE}", "at_most", 0, None),
    (rf"{_FIGURE}\s*(?:or|and)\s+(?:less|fewer|under|below)", "at_most", 0, None),
    (rf">\s*{_FIGURE}", "at_least", 1, None),
    (rf"(?:>=|\u2265|at least|no (?:less|fewer) than)\s*{_FIGURE}", "at_least", 0, None),
    (rf"{_FIGURE}\s*(?:\+|(?:or|and)\s+(?:more|over|above))", "at_least", 0, None),
    (rf"(?:under|below|(?:less|fewer) than)\s*{_FIGURE}", "at_most", -1, ("almost", "below")),
    (rf"(?:over|above|more than)\s*{_FIGURE}", "at_least", 1, ("more_than", "above")),
)
"""How bounds are printed: the precision to write, what is added to the number, and the precision of
a figure that is only a little below or above what is printed."""
_BEYOND = {-1: "one less than the number", 0: "the number", 1: "one more than the number"}
_RANGE = rf"{_FIGURE}(?:[-\u2013\u2014]|\bto\b|\bdo\b)\s*{_FIGURE}"

_WORDS = {"p": "prov", "e": "est", "r": "rev", "b": "break", "f": "forecast"}
_LETTER = f"[{''.join(FLAGS)}]"
_LETTERS = rf"{_LETTER}(?:[\s,;()]*{_LETTER})?"
_FLAGS_BEFORE = rf"(?i)\(?(?P<flags>{_LETTERS})\)?\s*(?P<rest>[^a-z]*)"
_FLAGS_AFTER = rf"(?i)(?P<rest>[^a-z(]*)\(?(?P<flags>{_LETTERS})\)?"
_MARK = r"[*\u2020\u2021\u00a7#\u00aa\u00ba\u00b9\u00b2\u00b3\u2070-\u207f]+"
_REFERENCE = r"(?:\s+|\s*[\[(])[0-9]{1,2}[\])]"
_FOOTNOTE = rf"(?P<before>{_MARK})?\s*(?P<rest>[0-9].*?)(?P<after>\s*{_MARK}|{_REFERENCE})?"


def read_count(cell: str) -> int:
    """Read a published count.

    Raises
    ------
    EntryError
        When the cell is not a whole number of at most 15 digits; it says what the cell is, and
        gives the count only where it is plain which one is meant.
    """
    if _COUNT.fullmatch(cell) is not None:
        return int(cell)
    refuse_sign(cell, "count")
    if is_blank(cell):
        raise EntryError("is missing", "write the published count, or leave the row out")
    _refuse_bound(cell)
    text = _plain(cell)
    if re.fullmatch("-?[0-9]+", text) and len(text.lstrip("-")) > MOST_DIGITS:
        raise EntryError(
            f"has more than {MOST_DIGITS} digits", "write the count that was published"
        )
    number = _number(text)
    raise EntryError(_RULE, _REMEDY if number is None else f"write {number}")


def read_quantity(cell: str) -> float:
    """Read a standard error or a bound: a number with or without decimals, 0 or above.

    Raises
    ------
    EntryError
        When the cell is none of popest's domain.
    """
    if _QUANTITY.fullmatch(cell) is None:
        raise _no_quantity(cell)
    number = float(cell)
    if number not in BOUND:
        raise EntryError(BOUND.rule, "write the number that was published")
    return number


def _no_quantity(cell: str) -> EntryError:
    """Return what is wrong with a cell that is no number, and what was meant where it is plain."""
    text = _plain(cell)
    sign = _SIGNS.get("".join(text.casefold().split()))
    if sign is not None:
        rule = f'must be a number, and this is the sign for "{sign}"'
        return EntryError(rule, "leave the cell empty where nothing was published")
    if text.endswith("%"):
        rule = "is a percentage, and must be in the unit of value"
        return EntryError(rule, "write it as a number in that unit")
    if is_blank(cell):
        return EntryError("is blank", "leave the cell empty")
    if text.startswith("-") and re.search("[1-9]", text):
        return EntryError("must be 0 or more", "write the number that was published")
    meant = _decimal(text)
    if meant is None:
        _refuse_flag(text, "number")
        _refuse_footnote(text, "number")
        meant = "digits with a point before decimals, such as 1285 or 12.5"
    rule = "must be a number in digits, with a point before decimals"
    return EntryError(rule, f"write {meant}")


def _decimal(text: str) -> str | None:
    """Return the number that a text means in any country, None where it may mean another."""
    text = re.sub("(?i)^(?:\u00b1|\\+/?-|se|=|\\+)\\s*", "", text)
    if re.fullmatch(_DECIMAL_COMMA, text):
        return text.replace(",", ".")
    if re.search("[.,]", text) or re.fullmatch(_LEADING_ZERO, text):
        return None
    number = _number(text)
    return None if number is None else str(number)


def decimal_of(cell: str) -> str | None:
    """Return a number as popest writes it, where points and commas leave no doubt; else None.

    Three digits behind the only point or comma may be decimals or a group, as countries differ.
    """
    match = re.fullmatch(_POINT_OR_COMMA, cell)
    if match is None:
        return cell
    is_doubtful = len(match[3]) == 3 and match[1] != "0"
    return None if is_doubtful else f"{match[1]}.{match[3]}"


def refuse_sign(cell: str, what: str) -> None:
    """Refuse a cell with a sign, a flag, a footnote or a leading zero, by its name.

    Parameters
    ----------
    cell
        What stands in place of a number.
    what
        What the number is called: a count or a figure.

    Raises
    ------
    EntryError
        When the cell holds any of these.
    """
    text = _plain(cell)
    compact = "".join(text.casefold().split())
    sign = _SIGNS.get(compact)
    if sign is not None:
        rule = f'must be a whole number, and this is the sign for "{sign}"'
        absent = f"leave the row out: there is no {what}"
        is_zero = compact in _ZERO_SIGNS
        remedy = f"write 0 if the key of the table says so, else {absent}" if is_zero else absent
        raise EntryError(rule, remedy)
    if re.fullmatch(_LEADING_ZERO, text):
        raise EntryError("begins with 0, as codes do", _leading_zero_remedy(text))
    if _number(text) is None:
        _refuse_flag(text, what)
        _refuse_footnote(text, what)


def _refuse_bound(cell: str) -> None:
    """Refuse a bound or a range, which have columns and words of their own."""
    text = _plain(cell)
    for pattern, word, beyond, near in _BOUNDS:
        match = re.fullmatch(pattern, text, re.IGNORECASE)
        if match is None:
            continue
        printed = None if re.search("[.,]", match[1]) else _number(match[1])
        number = f"{_BEYOND[beyond]} in digits only"
        if printed is not None:
            number = str(printed + beyond)
        if number.startswith("-"):
            return
        remedy = f"write {number}, and {word} as its precision"
        if near:
            precision, side = near
            remedy += f"; where it is only a little {side}, what is printed, and {precision}"
        raise EntryError(f"is a bound{', or a count near one' if near else ''}", remedy)
    match = re.fullmatch(_RANGE, text, re.IGNORECASE)
    least, greatest = (None if match is None else _number(match[group]) for group in (1, 2))
    if least is not None and greatest is not None and least < greatest:
        remedy = f"leave value empty, and write lower {least}, upper {greatest}, precision between"
        raise EntryError("is a range", remedy)


def _refuse_flag(text: str, what: str) -> None:
    for letter, word in _WORDS.items():
        text = re.sub(rf"\b{word}[a-z]*\.?", letter, text, flags=re.IGNORECASE)
    match = re.fullmatch(_FLAGS_AFTER, text) or re.fullmatch(_FLAGS_BEFORE, text)
    if match is None:
        return
    letters = [letter for letter in dict.fromkeys(match["flags"].casefold()) if letter in FLAGS]
    flags = [FLAGS[letter] for letter in letters]
    names = " and ".join(f'{letter} ("{FLAGS[letter][0]}")' for letter in letters)
    carried = f"carries the flag{'s' if len(flags) > 1 else ''} {names}"
    rest = match["rest"].strip()
    if rest.casefold() in ("", *_SIGNS):
        sign = f' beside the sign for "{_SIGNS[rest.casefold()]}"' if rest else ""
        raise EntryError(
            f"{carried}{sign}, and no {what}", f"leave the row out: there is no {what}"
        )
    advice = "; ".join(dict.fromkeys(advice for _, advice in flags))
    raise EntryError(carried, f"write {_spelt(rest, what)}; {advice}")


def _refuse_footnote(text: str, what: str) -> None:
    match = re.fullmatch(_FOOTNOTE, text)
    marks = [] if match is None else [match[name] for name in ("before", "after") if match[name]]
    if match is not None and marks:
        rule = f"carries a footnote, {' and '.join(mark.strip() for mark in marks)}"
        raise EntryError(rule, f"write {_spelt(match['rest'], what)}; say in note what it says")


def _spelt(text: str, what: str) -> str:
    """Return the number to write, where it is plain which one is meant in any country."""
    number = None if re.search("[.,]", text) else _number(text)
    return f"the {what} in digits only" if number is None else str(number)


def _leading_zero_remedy(text: str) -> str:
    digits = text.lstrip("+-0") or "0"
    number = digits if text[0] != "-" or digits == "0" else f"-{digits}"
    is_short = len(digits) <= MOST_DIGITS
    meant = number if is_short else "it without zeros in front"
    return f"write {meant} if that is what was published; a code belongs into note"


def _number(text: str) -> int | None:
    """Return the whole number that a text means, or None where it may mean another."""
    text = text.strip()
    if re.fullmatch(_GROUPED, text):
        digits = re.sub("[^0-9-]", "", text)
        return int(digits) if len(digits.lstrip("-")) <= MOST_DIGITS else None
    try:
        number = Decimal("NaN" if re.search(_DOT_GROUP, text) else text)
    except InvalidOperation:
        return None
    is_whole = number.is_finite() and number.adjusted() < MOST_DIGITS and number == int(number)
    return int(number) if is_whole else None


def _plain(cell: str) -> str:
    """Return a cell without what cannot be seen around and in it, and with a plain minus sign."""
    seen = re.sub("[\u200b-\u200f\u2060-\u2064\ufeff\u00ad]", "", cell)
    # Raised letters are flags; raised digits are footnotes, and would pass for digits of the count.
    letters = "".join(
        unicodedata.normalize("NFKC", char) if unicodedata.category(char) == "Lm" else char
        for char in seen
    )
    return letters.strip().replace("\u2212", "-")
