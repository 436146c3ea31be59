"""How an estimate would have evolved: the same study as of every day on which it learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from popest.estimates.comparisons import Clock
from popest.estimates.compute import estimate_or_refusal
from popest.estimates.distribution import Distribution, named_bounds
from popest.estimates.document import rounded
from popest.estimates.result import NotCertifiedError
from popest.estimates.settings import asked_on
from popest.estimates.words import Row, persons, range_of, scenario_sentence, table_text, wrapped
from popest.ledger.versions import withdraws
from popest.study import Observation, Study, UsageError
from popest.study.estimand import Estimand
from popest.study.load import rows_in_use
from popest.study.observations.vintage import known_days
from popest.study.panel.panel import Panel

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

HEADER = ("as of", "median", "50 %", "90 %", "became known")
TITLES = {"publication": "as of each publication", "record": "as of each day of record"}


class Vintage(NamedTuple):
    """The estimate of one and the same thing, persons, from what was known at the end of a day.

    `headline` is None where the computation was not certified; `news` are the rows and surveys
    that came into use on the day, and `gone` the rows that went out of use.
    """

    as_of: date
    headline: Distribution | None
    news: tuple[str, ...]
    gone: tuple[str, ...] = ()


class Replacement(NamedTuple):
    """A used row that another one corrects or withdraws.

    `known` and `replaced_on` are the days by which the row and its replacement were known, of
    publication or of record as the history has it.
    """

    row: str
    newer: str
    is_withdrawal: bool
    known: date
    replaced_on: date

    def __str__(self) -> str:
        verb = "withdraws" if self.is_withdrawal else "corrects"
        days = (self.replaced_on - self.known).days
        if days <= 0:
            return (
                f"{self.newer} {verb} {self.row} with the same day, {self.replaced_on}: {self.row} "
                f"is in none of these estimates."
            )
        return (
            f"{self.newer} {verb} {self.row} on {self.replaced_on}, {days:,} "
            f"day{'s' if days > 1 else ''} after it was known: the estimates from {self.known} "
            f"until then rest on it."
        )


@dataclass(frozen=True)
class History:
    """The estimates of one thing as of each day on which the study learned, oldest first.

    `asked` is what is estimated: a stock, or the flow that is the study's headline. `by` says which
    days these are: of publication or of record.
    """

    study: Study
    asked: Estimand
    vintages: tuple[Vintage, ...]
    by: Clock = "publication"

    @property
    def day(self) -> date:
        """The day of the stock, or the last one of a window."""
        return self.asked.last

    @property
    def replacements(self) -> tuple[Replacement, ...]:
        """Each row that was meant to be used and is corrected or withdrawn, in file order."""
        return tuple(replacements(self.study, self.by))

    def __str__(self) -> str:
        rows: list[Row] = []
        for vintage in self.vintages:
            news = ", ".join([*vintage.news, *(f"not {name}" for name in vintage.gone)])
            cells = ["not certified", "", ""]
            if vintage.headline is not None:
                ranges = (range_of(vintage.headline, prob) for prob in (0.5, 0.9))
                cells = [persons(vintage.headline.median), *ranges]
            rows.append((str(vintage.as_of), *cells, news))
        title = f"{self.study.specification.title}: the {self.asked.label} {TITLES[self.by]}"
        notes = [wrapped(str(found)) for found in self.replacements]
        notes += map(wrapped, scenario_sentence(self.study, self.day))
        return "\n\n".join([title, table_text(HEADER, rows), *notes])

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each vintage, persons."""
        import pandas as pd

        rows = [self._row(vintage) for vintage in self.vintages]
        frame = pd.DataFrame(rows)
        frame["as_of"] = pd.to_datetime(frame["as_of"])
        return frame.set_index("as_of")

    def to_dict(self) -> dict[str, Any]:
        """Return what ``popest history --json`` prints."""
        return rounded(
            {
                "study": self.study.name,
                **self.asked.entry,
                "scenario": self.study.is_scenario(self.day),
                "unit": self.study.specification.unit,
                "data_sha256": self.study.data_sha256,
                "by": self.by,
                "vintages": [self._row(vintage) for vintage in self.vintages],
                "replacements": [
                    found._asdict()
                    | {"known": str(found.known), "replaced_on": str(found.replaced_on)}
                    for found in self.replacements
                ],
            }
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw how the estimate would have evolved; return the axes."""
        from popest.estimates.comparisons.pictures import draw_history

        known = [(vintage.as_of, vintage.headline) for vintage in self.vintages if vintage.headline]
        return draw_history(known, (self.asked, self.study.specification.unit), self.by, ax)

    @staticmethod
    def _row(vintage: Vintage) -> dict[str, Any]:
        return {
            "as_of": str(vintage.as_of),
            "news": list(vintage.news),
            "gone": list(vintage.gone),
            "certified": vintage.headline is not None,
            "median": None if vintage.headline is None else vintage.headline.median,
            **named_bounds(vintage.headline),
        }


def learning_views[S: (Study, Panel)](study: S, by: Clock = "publication") -> dict[date, S]:
    """Return the study as of each day on which other rows or surveys came into use, oldest first.

    Parameters
    ----------
    study
        The study or the panel.
    by
        Whether a day is one of publication or of record.
    """
    if by == "record":
        days = {row.recorded for row in study.observations}
        see = study.recorded_as_of
    else:
        surveys = study.specification.source.values()
        days = {survey.published for survey in surveys if survey.published}
        days |= set(known_days(study.observations).values())
        see = study.as_of
    views: dict[date, S] = {}
    before: list[str] = []
    for day in sorted(days):
        view = see(day)
        if names_in_use(view) != before:
            views[day], before = view, names_in_use(view)
    return views


def refuse_no_clock(by: str) -> None:
    """Refuse another word for what dates a figure.

    Raises
    ------
    UsageError
        When it is neither publication nor record.
    """
    if by not in TITLES:
        raise UsageError(f"by is {by!r}: write publication or record")


def names_in_use(view: Study | Panel) -> list[str]:
    """Return the rows and the surveys that a view rests on."""
    surveys = [name for name, source in view.specification.source.items() if source.published]
    return [*(row.id for row in rows_in_use(view)), *surveys]


def replacements(study: Study | Panel, by: Clock) -> Iterator[Replacement]:
    """Yield each row that was meant to be used and is corrected or withdrawn, in file order."""
    rows: dict[str, Observation] = {row.id: row for row in study.observations}
    days = known_days(study.observations)
    if by == "record":
        days = {row.id: row.recorded for row in study.observations}
    for newer in study.observations:
        row = rows.get(newer.supersedes or "")
        if row is not None and row.use:
            yield Replacement(row.id, newer.id, withdraws(newer, row), days[row.id], days[newer.id])


def history(
    study: Study,
    *,
    date: str | date | None = None,
    by: Clock = "publication",
    progress: Callable[[str], None] | None = None,
    **settings: Any,
) -> History:
    """Return the estimates of a study as of every day on which it learned something.

    Parameters
    ----------
    study
        The study.
    date
        The day whose stock is estimated, also ``latest`` or ``today``; the headline when None.
    by
        ``"publication"``: what was known of the population on each day. ``"record"``: what the
        file held, as when it is asked why last month's estimate was another one.
    progress
        Called with a sentence before each estimate.
    settings
        Passed on to `estimate`.

    Raises
    ------
    UsageError
        When the date is outside the calendar, `by` is another word, or as for `estimate`.
    """
    refuse_no_clock(by)
    asked = asked_on(date, study)
    dates = [asked.last] if asked.is_stock else []
    vintages = []
    views = learning_views(study, by)
    before: list[str] = []
    for number, (as_of, view) in enumerate(views.items(), start=1):
        if progress is not None:
            progress(f"as of {as_of}, {number} of {len(views)}")
        now = names_in_use(view)
        news = tuple(name for name in now if name not in before)
        gone = tuple(name for name in before if name not in now)
        found = estimate_or_refusal(view, dates=dates, **settings)
        headline = None if isinstance(found, NotCertifiedError) else found.posterior_of(asked)
        vintages.append(Vintage(as_of, headline, news, gone))
        before = now
    return History(study, asked, tuple(vintages), by)
