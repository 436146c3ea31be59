"""Reading ``study.toml``: from text to records, with everything that is wrong in it."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from popest.study.files.reading import MARK_REMEDY, FileText, is_conflict_mark
from popest.study.problems import Problem
from popest.study.specification.learned import shipped_ratios, uses_learned, with_learned
from popest.study.specification.reading import InvalidEntryError, read
from popest.study.specification.records import Parts, Specification
from popest.study.specification.rules import faults_between_entries
from popest.study.specification.toml_lines import Path
from popest.study.specification.wording import UNKNOWN_KEY, Fault, toml_text

LONGEST_TEXT = 10_000
LONGEST_LINE = 100_000
MOST_POINTS = 200
"""Points in a line: the parser's time and memory grow with the square of a dotted key's length."""
LARGEST_WHOLE_NUMBER = 10**15
DEEPEST_TABLE = 12
MOST_ENTRIES = 10_000
"""Keys and elements of lists: ten times as many as the largest study known has."""

_POSITION = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")
_ENDLESS_NUMBER = re.compile(r"[0-9_]{4000,}")
_TUPLE = re.compile(r"\(('[^()]*'),?\)")  # how the parser writes a dotted key
_TEXT_KEYS = frozenset({"because", "title", "target", "unit", "producer", "counts"})

type Document = dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """What could be read of a specification.

    `document` is the file as TOML, empty when it is not TOML; `specification` is None when any
    rule is broken; `parts` hold every entry that could be read all the same. `problem` says why
    nothing could be read. `ratios` is the table of learned ratios, empty when none is used.
    """

    document: Document = field(default_factory=dict)
    specification: Specification | None = None
    parts: Parts = field(default_factory=Parts)
    faults: tuple[Fault, ...] = ()
    problem: Problem | None = None
    ratios: str = ""


def read_specification(file: FileText) -> Reading:
    """Read the text of ``study.toml``; a byte-order mark and either line ending are accepted."""
    document = parsed(file)
    if isinstance(document, Problem):
        return Reading(problem=document)
    return read_document(document, ratios_of(file))


def parsed(file: FileText) -> Document | Problem:
    """Return the text of ``study.toml`` as TOML, or why it is none."""
    if file.problem is not None:
        return file.problem
    text = file.text.removeprefix("\ufeff")
    try:
        _refuse_long_lines(text)
        return tomllib.loads(text)
    except RecursionError:
        return _not_toml(file.file, text, "brackets are nested too deeply", 1)
    except ValueError as error:
        return _syntax_problem(file.file, text, str(error))


def ratios_of(file: FileText) -> str:
    """Return the table of learned ratios that a specification is read with; empty without any."""
    if not uses_learned(file.text):
        return ""
    return shipped_ratios() if file.ratios is None else file.ratios


def read_document(
    document: Document, ratios: str = "", like: Reading | None = None, *, has_tails: bool = True
) -> Reading:
    """Read a specification from TOML that is parsed already.

    Parameters
    ----------
    document
        The specification as TOML.
    ratios
        The text of the table of learned ratios; empty when none is used.
    like
        What was read of a valid document that this one is a change of. The records of sources
        whose tables both share are taken over, as most of a variant's are.
    has_tails
        Whether learned ratios have their tails; those of panels have a normal of the same interval.
    """
    odd = list(_odd_values(document))
    if any(len(fault.path) >= DEEPEST_TABLE or not fault.path for fault in odd):
        return Reading(document, faults=tuple(odd), ratios=ratios)
    filled, learned_faults = with_learned(
        _with_records(document, like), ratios, has_tails=has_tails
    )
    specification, errors = _validated(filled)
    readable = filled
    if errors:
        readable = _mended(filled, errors)
        seen = {(fault.path, fault.rule) for fault in errors}
        errors += [f for f in _validated(readable)[1] if (f.path, f.rule) not in seen]
    odd_paths = {fault.path for fault in odd}
    faults = [fault for fault in errors if fault.path not in odd_paths] + odd
    faults += learned_faults
    parts = Parts.of(readable) if specification is None else Parts.of_valid(specification)
    faults += faults_between_entries(document, parts)
    read = None if faults else specification
    return Reading(document, read, parts, faults=tuple(faults), ratios=ratios)


def _with_records(document: Document, like: Reading | None) -> Document:
    """Return a document with the records of those sources that are the same as in another."""
    sources = document.get("source")
    if like is None or not isinstance(sources, dict):
        return document
    before = like.document["source"]
    shared = {
        name: like.parts.sources[name]
        for name, source in sources.items()
        if source is before.get(name)
    }
    return {**document, "source": {**sources, **shared}}


def _validated(document: Document) -> tuple[Specification | None, list[Fault]]:
    try:
        return read(Specification, document), []
    except InvalidEntryError as error:
        return None, error.faults


def _mended(document: Document, faults: Iterable[Fault]) -> Document:
    """Return a document without unknown keys and with the texts that are missing.

    Other rules for the same entries can then be checked in the same go.
    """
    mended = copy.deepcopy(document)
    for fault in faults:
        *above, last = fault.path
        is_unknown = fault.rule == UNKNOWN_KEY
        if not is_unknown and last not in _TEXT_KEYS:
            continue
        table: Any = mended
        for step in above:
            table = table[step]
        if is_unknown:
            del table[last]
        else:
            table[last] = "?"
    return mended


def _odd_values(document: Document) -> Iterator[Fault]:
    """Find endless texts and numbers, bottomless tables, and more entries than any study has."""
    pending: list[tuple[Path, Any]] = [((), document)]
    n_entries = 0
    while pending:
        n_entries += 1
        if n_entries > MOST_ENTRIES:
            rule = f"has more than {MOST_ENTRIES:,} keys and elements of lists"
            yield Fault((), None, rule, "keep only what the study needs")
            return
        path, value = pending.pop()
        if isinstance(value, dict | list):
            if len(path) >= DEEPEST_TABLE:
                yield Fault(path, None, "is nested too deeply", "write a table of the format")
                continue
            entries = value.items() if isinstance(value, dict) else enumerate(value)
            pending.extend(((*path, key), entry) for key, entry in entries)
        elif isinstance(value, str) and len(value) > LONGEST_TEXT:
            rule = f"has {len(value):,} characters, more than {LONGEST_TEXT:,}"
            yield Fault(path, value, rule, "write a shorter text")
        elif isinstance(value, int) and abs(value) > LARGEST_WHOLE_NUMBER:
            rule = f"must be at most {LARGEST_WHOLE_NUMBER:g} in size"
            yield Fault(path, toml_text(value), rule, "write a smaller number")


def _refuse_long_lines(text: str) -> None:
    """Refuse lines that no study needs, on which the parser would take hours."""
    for number, line in enumerate(text.split("\n"), start=1):
        place = f"(at line {number}, column 1)"
        if len(line) > LONGEST_LINE:
            raise ValueError(f"A line has more than {LONGEST_LINE:,} characters {place}")
        if line.count(".") > MOST_POINTS:
            raise ValueError(f"A line has more than {MOST_POINTS} points {place}")


def _syntax_problem(file: str, text: str, message: str) -> Problem:
    position = _POSITION.search(message)
    if position is None:  # the one error without a position: Python's limit on digits
        number = _ENDLESS_NUMBER.search(text)
        line = text.count("\n", 0, number.start()) + 1 if number else 1
        return _not_toml(file, text, "a number has too many digits", line)
    line = int(position[1]) if position[1] else text.rstrip().count("\n") + 1
    return _not_toml(file, text, message[: position.start()], line)


def _not_toml(file: str, text: str, reason: str, line: int) -> Problem:
    found = text.split("\n")[line - 1].strip()
    if is_conflict_mark(found):
        rule = "is a line that git writes into a conflict"
        return Problem(file, line, "TOML", found, rule, MARK_REMEDY)
    said = _TUPLE.sub(lambda key: key[1].replace("', '", ".").replace("'", ""), reason[1:])
    rule = f"is not TOML: {reason[:1].lower()}{said}"
    remedy = "write each entry once, as key = value, with texts and dates in double quotes"
    return Problem(file, line, "TOML", found, rule, remedy)
