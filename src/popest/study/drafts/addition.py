"""A study or a panel to which rows are added: what it would be with them, in memory alone."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from popest.study.check import Checked, checked
from popest.study.drafts.new_rows import (
    Cells,
    Draft,
    all_problems,
    lines_of,
    on_one_line,
    with_line_breaks,
)
from popest.study.files.locate import has_populations
from popest.study.files.reading import (
    LARGEST_FILE,
    OBSERVATIONS_FILE,
    POPULATIONS_FILE,
    SPECIFICATION_FILE,
    FileText,
    decoded,
    read_file,
    refused,
)
from popest.study.observations.columns import COLUMNS, PANEL_COLUMNS, Column
from popest.study.observations.observation import Observation
from popest.study.observations.sums import with_terms
from popest.study.observations.table import Table, read_table
from popest.study.panel.check import CheckedPanel, checked_panel, declared_sources
from popest.study.panel.populations import read_populations
from popest.study.problems import StudyError, raise_problems
from popest.study.specification.from_toml import read_specification
from popest.study.specification.records import Source
from popest.study.tables.widening import widened

_NUMBERED = re.compile(r"(.*?)([0-9]{1,9})")


@dataclass(frozen=True)
class Ledger:
    """The files of a study or a panel as they are, to which rows may be appended.

    `populations` is None in a study.

    Of the present files only the observations have to be readable: it is the study with the new
    rows that must be valid, so that rows can be added together with what names them.
    """

    specification: FileText
    observations: FileText
    populations: FileText | None = None

    @classmethod
    def of(cls, folder: Path) -> Ledger:
        """Read the files of a folder, whatever is wrong with them."""
        names = [SPECIFICATION_FILE, OBSERVATIONS_FILE]
        names += [POPULATIONS_FILE] if has_populations(folder) else []
        return cls(*(read_file(folder, name) for name in names))

    @classmethod
    def read(cls, folder: Path) -> Ledger:
        """Read the files of a folder.

        Raises
        ------
        StudyError
            When the observations cannot be read as a table.
        """
        ledger = cls.of(folder)
        raise_problems(ledger.table.problems)
        return ledger

    @cached_property
    def table(self) -> Table:
        """The rows on file."""
        return read_table(self.observations, of_panel=self.populations is not None)

    @property
    def columns(self) -> Mapping[str, Column]:
        """The columns that the table may have, in the order of the format."""
        return COLUMNS if self.populations is None else PANEL_COLUMNS

    @property
    def sources(self) -> Mapping[str, Source]:
        """The declared sources, also of a study that is not valid yet."""
        if self.populations is None:
            return read_specification(self.specification).parts.sources
        return declared_sources(self.specification)

    @property
    def population_names(self) -> tuple[str, ...]:
        """The populations of a panel, in file order; none of a study."""
        if self.populations is None:
            return ()
        return tuple(row.name for row in read_populations(self.populations).rows)

    @cached_property
    def cells(self) -> dict[str, Cells]:
        """The text of every row on file, by its id; empty for a column that the file lacks."""
        rows = csv.DictReader(self._bare, strict=True)
        absent = dict.fromkeys((name for name in self.columns if name not in self.header), "")
        return {row["id"]: row | absent for row in rows}

    @cached_property
    def header(self) -> list[str]:
        """The columns of the file, in its order."""
        return next(row for row in csv.reader(self._bare, strict=True) if row)

    @property
    def _bare(self) -> io.StringIO:
        """The lines of the observations without a byte-order mark."""
        return io.StringIO(self.observations.text.removeprefix("\ufeff"), newline="")

    def with_rows(self, drafts: Sequence[Draft]) -> Addition:
        """Return what the study would be with more rows, each of them on one line.

        A file without a column that one of them needs gains it at its end, empty in other rows.

        Raises
        ------
        StudyError
            With every problem of the study that would result; those of a new row are said of
            the place where it comes from.
        """
        before = self.observations
        folded = with_line_breaks(draft.cells for draft in drafts)
        drafts = [replace(draft, cells=on_one_line(draft.cells)) for draft in drafts]
        gained = tuple(
            name
            for name in self.columns
            if name not in self.header and any(draft.cells.get(name) for draft in drafts)
        )
        base = widened(before.text, gained) if gained else before.text
        rows = [draft.cells for draft in drafts]
        text = base + lines_of(base, rows, (*self.header, *gained))
        data = text.encode("utf-8", "surrogatepass")
        after = decoded(before.file, data)
        if len(data) > LARGEST_FILE[OBSERVATIONS_FILE]:
            rule = f"would be larger than {LARGEST_FILE[OBSERVATIONS_FILE] / 1e6:g} MB"
            after = refused(before.file, rule, "add fewer rows, or begin a study of its own")
        try:
            content = self._checked(after)
        except StudyError as error:
            found = all_problems(error.problems, before, drafts)
            raise StudyError(found, error.more) from None
        found = all_problems((), before, drafts)
        if found:
            raise StudyError(found)
        return Addition(self, tuple(drafts), after, content, folded, base, gained)

    def _checked(self, observations: FileText) -> Checked | CheckedPanel:
        if self.populations is None:
            return checked(self.specification, observations)
        return checked_panel(self.specification, observations, self.populations)


@dataclass(frozen=True)
class Addition:
    """Rows that may be appended: the study that they give is valid.

    `folded` names the cells in which spaces stand in place of line breaks. `base` is the table up
    to the new rows: as it is on file, but for the columns that it has `gained`.
    """

    ledger: Ledger
    drafts: tuple[Draft, ...]
    observations: FileText
    content: Checked | CheckedPanel
    folded: tuple[str, ...] = ()
    base: str = ""
    gained: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[Observation, ...]:
        """The new rows as records."""
        on_file = self.content.rows
        return with_terms(on_file[len(on_file) - len(self.drafts) :], on_file)


class NewIds:
    """Gives out ids that are free: the next number after those of a source's rows.

    A number that the study's texts mention is taken, too: percentages are quoted in reasons by
    the ids that they have where they were published.
    """

    def __init__(self, ledger: Ledger, taken: Iterable[str] = ()) -> None:
        self._rows = ledger.table.rows
        self._taken = {*ledger.table.lines, *taken}
        self._texts = (ledger.specification.text, ledger.observations.text)
        self._last: dict[str, int] = {}

    def next(self, source: str) -> str:
        """Return a free id for a row of a source, and take it."""
        prefix, width = self._family(source)
        if prefix not in self._last:
            self._last[prefix] = max(self._mentioned(prefix), default=0)
        while True:
            self._last[prefix] += 1
            name = f"{prefix}{self._last[prefix]:0{width}}"
            if name not in self._taken:
                self._taken.add(name)
                return name

    def _mentioned(self, prefix: str) -> Iterator[int]:
        """Give the numbers of a family that the texts mention.

        An id alone in quotes is none of them: that is how a variant names a row yet to come.
        """
        name = rf"{re.escape(prefix)}(?P<number>[0-9]{{1,9}})(?![0-9])"
        pattern = re.compile(rf"(?<![A-Za-z0-9_.-])(?P<open>\"?){name}(?P<close>\"?)")
        for text in self._texts:
            for match in pattern.finditer(text):
                if not (match["open"] and match["close"]):
                    yield int(match["number"])

    def _family(self, source: str) -> tuple[str, int]:
        """Return the letters before the number of most ids of a source, and how long it is.

        Of letters that as many ids have, and of numbers of different length, the last counts.
        """
        ids = (row.id for row in reversed(self._rows) if row.source == source)
        lengths: dict[str, list[int]] = defaultdict(list)
        for match in filter(None, map(_NUMBERED.fullmatch, ids)):
            lengths[match[1]].append(len(match[2]))
        if lengths:
            prefix = max(lengths, key=lambda letters: len(lengths[letters]))
            return prefix, lengths[prefix][0]
        letters = re.sub("[^A-Za-z0-9]", "", source)[:3].upper() or "ROW"
        return (letters if letters[-1].isalpha() else f"{letters}-"), 2
