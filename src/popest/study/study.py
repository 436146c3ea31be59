"""A study, and the views of it: as of a day, under a variant, without a source."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from popest.language.writers import Fact
from popest.study.calendar import Calendar, read_day
from popest.study.check import checked
from popest.study.files.reading import FileText, file_texts, typed
from popest.study.observations.observation import NOT_STATED, Observation
from popest.study.observations.sums import with_terms
from popest.study.observations.vintage import in_force, published_by, recorded_by, surveys_after
from popest.study.problems import UsageError, listed, refuse_unknown
from popest.study.slips.slip import Slip
from popest.study.specification.records import Specification, initial_of
from popest.study.variants import is_used
from popest.study.view_warnings import ViewWarning, learned_doubts, warnings_of_view

if TYPE_CHECKING:
    import pandas as pd


class View(NamedTuple):
    """Which part of a study is seen.

    Parameters
    ----------
    as_of_day
        Only what was published by this day; everything when None.
    recorded_as_of_day
        Only the rows that the file held on this day; all of them when None.
    variant
        The named alternative; the study itself when None.
    left_out
        Sources that are left out with their rows.
    """

    as_of_day: date | None = None
    recorded_as_of_day: date | None = None
    variant: str | None = None
    left_out: tuple[str, ...] = ()


class LastCount(NamedTuple):
    """The last day that is counted, and the id of the row that does."""

    day: date
    observation: str


@dataclass(frozen=True, repr=False)
class Study:
    """What is assumed and what was published, as one view of it shows.

    Parameters
    ----------
    name
        Its name: that of its folder.
    folder
        Where it was read, or None when it was made from texts.
    specification_text, observations_text
        The two files, byte for byte.
    ratios_text
        The table of learned ratios that it was read with; empty when it uses none.
    view
        Which part of them is seen.
    specification
        What is assumed, the variant applied and sources left out.
    observations
        All rows on file, in file order; those recorded in time when the view has such a day.
    used
        The rows that the model reads, in file order.
    view_warnings
        What a person should know of this view, as facts.
    """

    name: str
    folder: Path | None
    specification_text: str
    observations_text: str
    ratios_text: str
    view: View
    specification: Specification = field(compare=False)
    observations: tuple[Observation, ...] = field(compare=False)
    used: tuple[Observation, ...] = field(compare=False)
    view_warnings: tuple[ViewWarning, ...] = field(compare=False)

    @classmethod
    def from_frames(
        cls,
        specification: Mapping[str, Any],
        observations: pd.DataFrame,
        *,
        name: str = "study",
    ) -> Study:
        """Make a study in memory; nothing is written.

        Parameters
        ----------
        specification
            What ``study.toml`` would say, as nested dictionaries; days may be dates.
        observations
            The figures, one a row, with columns of ``observations.csv``: `source`, `value` and
            `end` are compulsory, and `start` for a flow. `precision` is exact, `use` yes and `id`
            R1, R2 and so on unless given. Whole numbers may be floats, and days dates, timestamps
            or texts. What `to_frame` returns is accepted.
        name
            The name of the study, which stands in problems.

        Returns
        -------
        Study
            The study, valid, without a folder; `to_folder` writes it.

        Raises
        ------
        StudyError
            When it breaks a rule; with all problems, those of figures by the label of their row.
        UsageError
            When the frame lacks a column or has an unknown one, or the dictionary holds what no
            file can.
        """
        from popest.study.drafts.from_frames import texts_of

        texts = texts_of(name, specification, observations)
        return study_of(name, None, *texts, View())

    def to_folder(self, folder: str | os.PathLike[str]) -> Path:
        """Write ``study.toml`` and ``observations.csv`` to a folder, which is made; return it.

        All of the study is written, whatever part of it this view shows.

        Parameters
        ----------
        folder
            Where to; it may not hold a study yet.

        Raises
        ------
        UsageError
            When there is a study, or a figure has no publisher: a folder is a record of who
            published what.
        PopestError
            When it cannot be written.
        """
        from popest.study.files.new_folder import write_new_folder
        from popest.study.specification.learned import files_by_name

        unstated = [row.id for row in self.observations if row.publisher == NOT_STATED]
        if unstated:
            raise UsageError(
                "a folder is a record of who published what, and these figures have no publisher: "
                f"{listed(unstated)}; give the frame the columns publisher, published and url"
            )
        return write_new_folder(folder, files_by_name(self.texts()))

    @cached_property
    def slips(self) -> tuple[Slip, ...]:
        """What is likely wrong with the rows used, as facts; no rule forbids it."""
        from popest.study.slips.detectors import slips_of_view

        published = published_by(self.observations, self.as_of_day)
        return slips_of_view(self.observations, published, self.used, self.specification.source)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What a person should know of this view, to be said in any language."""
        return (*self.view_warnings, *self.slips)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know of this view, one sentence each."""
        return tuple(map(str, self.facts))

    @property
    def as_of_day(self) -> date | None:
        """The day by which everything seen was published, or None."""
        return self.view.as_of_day

    @property
    def recorded_as_of_day(self) -> date | None:
        """The day on which the file held the rows seen, or None."""
        return self.view.recorded_as_of_day

    @property
    def variant(self) -> str | None:
        """The name of the variant that is applied, or None."""
        return self.view.variant

    @cached_property
    def last_count(self) -> LastCount | None:
        """The last day of which a used row speaks, and that row; None where no row is used.

        It is the day of a stock and the end of a window. What is later is a scenario.
        """
        ends = [LastCount(row.end, row.id) for row in self.used if row.end is not None]
        return max(ends, default=None)

    def is_scenario(self, day: date) -> bool:
        """Return whether a day lies after the last that is counted."""
        return self.last_count is not None and day > self.last_count.day

    @property
    def calendar(self) -> Calendar:
        """The months over which the population is followed."""
        return self.specification.calendar.calendar

    @cached_property
    def data_sha256(self) -> str:
        """SHA-256 over the bytes of ``study.toml`` followed by those of ``observations.csv``.

        Those of the table of learned ratios follow when the study uses it.
        """
        from hashlib import sha256

        texts = self.specification_text + self.observations_text + self.ratios_text
        return sha256(texts.encode()).hexdigest()

    def with_variant(self, name: str | None) -> Study:
        """Return this study under one of its variants, or as it is itself when None.

        Raises
        ------
        UsageError
            When the study has no variant of that name.
        """
        return self._seen(self.view._replace(variant=name))

    def as_of(self, day: str | date | None) -> Study:
        """Return this study with only what was known by the end of a day.

        A row is known by the end of the published period, or on the day of record where that is
        earlier or no publication is stated.

        Raises
        ------
        UsageError
            When `day` is a text but not a day written ``YYYY-MM-DD``.
        """
        return self._seen(self.view._replace(as_of_day=read_day(day)))

    def recorded_as_of(self, day: str | date | None) -> Study:
        """Return this study with only the rows that its file held at the end of a day.

        Raises
        ------
        UsageError
            When `day` is a text but not a day written ``YYYY-MM-DD``.
        """
        return self._seen(self.view._replace(recorded_as_of_day=read_day(day)))

    def without(self, *sources: str) -> Study:
        """Return this study without some sources and their rows.

        Raises
        ------
        UsageError
            When a source is not declared.
        """
        left_out = tuple(sorted({*self.view.left_out, *sources}))
        return self._seen(self.view._replace(left_out=left_out))

    def with_observation(
        self,
        source: str,
        value: int | None = None,
        *,
        recorded: str | date | None = None,
        **columns: str | float | bool | date | None,
    ) -> Study:
        """Return this study with one more figure, as if it had been added; nothing is written.

        Parameters
        ----------
        source
            The source that published the figure.
        value
            The count, or the bound with the precisions at_most and at_least; None for the sum of
            the rows that it is `derived_from`, and for a count between `lower` and `upper`.
        recorded
            The day of recording; today when None.
        **columns
            The other columns of ``observations.csv`` by their names: `precision` (exact unless
            given), `start`, `end`, `published`, `publisher`, `url`, `use` (True unless given),
            `supersedes`, `derived_from`, `note`, `id` (the next one of the source unless given),
            `se`, the published standard error, or `lower` and `upper`, the published interval.

        Returns
        -------
        Study
            The study, in the same view of it, without a folder. With `supersedes`, sums of the
            row that is replaced are recomputed.

        Raises
        ------
        StudyError
            When the figure breaks a rule.
        UsageError
            When a column is unknown.
        """
        from popest.study.drafts.drafting import with_figure

        given = {"source": source, "value": value, **columns}
        files = with_figure(self.texts(), given, read_day(recorded))
        return study_of(self.name, None, *files, self.view)

    def to_frame(self) -> pd.DataFrame:
        """Return the rows on file as a pandas frame by id, with `in_use` for those of this view."""
        from popest.study.observations.frame import observations_frame

        return observations_frame(self.observations, self.used)

    def _seen(self, view: View) -> Study:
        place = None if self.folder is None else typed(self.folder)
        return study_of(self.name, self.folder, *self.texts(place), view)

    def texts(self, place: str | None = None) -> tuple[FileText, FileText]:
        """Return its two files under the names that they have in problems."""
        texts = self.specification_text, self.observations_text, self.ratios_text or None
        return file_texts(place or self.name, *texts)

    def __repr__(self) -> str:
        parts = [
            f"{len(self.specification.source)} sources",
            f"{len(self.used)} of {len(self.observations)} observations in use",
            *([f"variant {self.variant}"] if self.variant else []),
            *([f"as of {self.as_of_day}"] if self.as_of_day else []),
            *([f"recorded by {self.recorded_as_of_day}"] if self.recorded_as_of_day else []),
        ]
        return f"<Study {self.name}: {', '.join(parts)}>"


def study_of(
    name: str, folder: Path | None, specification: FileText, observations: FileText, view: View
) -> Study:
    """Return one view of a study, as every view is made: from the two texts on file.

    Parameters
    ----------
    name
        The name of the study.
    folder
        Where it was read, or None.
    specification, observations
        Its two files.
    view
        Which part of them is seen.

    Raises
    ------
    StudyError
        With all problems of both files.
    UsageError
        When the view names a variant or a source that the study does not have.
    """
    content = checked(specification, observations)
    base = content.specifications[None]
    refuse_unknown(f"study {name}", "variant", view.variant, base.variant)
    for source in view.left_out:
        refuse_unknown(f"study {name}", "source", source, base.source)
    variant = None if view.variant is None else base.variant[view.variant]
    applied = content.specifications[view.variant]
    hidden = surveys_after(applied, view.as_of_day) | set(view.left_out)
    sources = {key: entry for key, entry in applied.source.items() if key not in hidden}
    on_file = recorded_by(content.rows, view.recorded_as_of_day)
    published = published_by(on_file, view.as_of_day)
    in_use = [
        row
        for row in in_force(published, on_file)
        if row.source in sources and is_used(row, variant)
    ]
    used = with_terms(in_use, content.rows)
    return Study(
        name=name,
        folder=folder,
        specification_text=specification.text,
        observations_text=observations.text,
        ratios_text=content.ratios,
        view=view,
        specification=applied.replaced(source=sources),
        observations=on_file,
        used=used,
        view_warnings=(
            *warnings_of_view(
                on_file, published, used, sources, variant, initial_of(applied.population)
            ),
            *learned_doubts(sources, content.ratios),
        ),
    )
