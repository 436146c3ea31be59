"""A study to which rows are added: what it would be with them, in memory alone.

What a row says is put together in ``popest.study.drafts.drafting``. Here rows become text, and the
study that results is checked; ``popest.ledger.appending`` puts it on disk.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from popest.study.check import Checked, checked
from popest.study.drafts.new_rows import Draft, all_problems
from popest.study.drafts.row_lines import Cells, lines_of, on_one_line, with_line_breaks
from popest.study.files.reading import (
    LARGEST_FILE,
    OBSERVATIONS_FILE,
    SPECIFICATION_FILE,
    FileText,
    decoded,
    read_file,
)
from popest.study.observations.observation import Observation
from popest.study.observations.table import Table, read_table
from popest.study.problems import Problem, StudyError, raise_problems


@dataclass(frozen=True)
class Ledger:
    """The two files of a study as they are, to which rows may be appended.

    Of the present files only the observations have to be readable: it is the study with the new
    rows that must be valid, so that rows can be added together with what names them.
    """

    specification: FileText
    observations: FileText

    @classmethod
    def read(cls, folder: Path) -> Ledger:
        """Read both files of a folder.

        Raises
        ------
        StudyError
            When the observations cannot be read as a table.
        """
        files = (read_file(folder, SPECIFICATION_FILE), read_file(folder, OBSERVATIONS_FILE))
        ledger = cls(*files)
        raise_problems(ledger.table.problems)
        return ledger

    @cached_property
    def table(self) -> Table:
        """The rows on file."""
        return read_table(self.observations)

    @cached_property
    def cells(self) -> dict[str, Cells]:
        """The text of every row on file, by its id."""
        text = io.StringIO(self.observations.text.removeprefix("\ufeff"), newline="")
        return {row["id"]: row for row in csv.DictReader(text, strict=True)}

    def with_rows(self, drafts: Sequence[Draft]) -> Addition:
        """Return what the study would be with more rows, each of them on one line.

        Raises
        ------
        StudyError
            With every problem of the study that would result; those of a new row are said of
            the place where it comes from.
        """
        before = self.observations
        folded = with_line_breaks(draft.cells for draft in drafts)
        drafts = [replace(draft, cells=on_one_line(draft.cells)) for draft in drafts]
        text = before.text + lines_of(before.text, [draft.cells for draft in drafts])
        after = decoded(before.file, text.encode("utf-8", "surrogatepass"))
        if len(text.encode("utf-8", "surrogatepass")) > LARGEST_FILE[OBSERVATIONS_FILE]:
            rule = f"would be larger than {LARGEST_FILE[OBSERVATIONS_FILE] / 1e6:g} MB"
            remedy = "add fewer rows, or begin a study of its own"
            problem = Problem(before.file, 1, "file", None, rule, remedy)
            after = FileText(before.file, problem=problem)
        try:
            content = checked(self.specification, after)
        except StudyError as error:
            found = all_problems(error.problems, before, drafts)
            raise StudyError(found, error.more) from None
        found = all_problems((), before, drafts)
        if found:
            raise StudyError(found)
        return Addition(self, tuple(drafts), after, content, folded)


@dataclass(frozen=True)
class Addition:
    """Rows that may be appended: the study that they give is valid.

    `folded` names the cells in which spaces stand in place of line breaks.
    """

    ledger: Ledger
    drafts: tuple[Draft, ...]
    observations: FileText
    content: Checked
    folded: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[Observation, ...]:
        """The new rows as records."""
        return self.content.rows[len(self.content.rows) - len(self.drafts) :]
