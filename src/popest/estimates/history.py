"""How an estimate would have evolved: the same study as of every day on which it learned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from popest.estimates.compute import NotCertifiedError, estimate
from popest.estimates.distribution import PROBABILITIES, Distribution
from popest.estimates.document import rounded
from popest.estimates.result import checked_date
from popest.estimates.words import Row, persons, table_text
from popest.study import Study
from popest.study.vintage import published_days

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

HEADER = ("as of", "median", "50 %", "90 %", "became known")


class Vintage(NamedTuple):
    """The estimate of one stock, persons, from what was known at the end of a day.

    `stock` is None where the computation was not certified; `news` are the rows and surveys
    that were published on the day.
    """

    as_of: date
    stock: Distribution | None
    news: tuple[str, ...]


@dataclass(frozen=True)
class History:
    """The estimates of one day's stock as of each day of publication, oldest first."""

    study: Study
    day: date
    vintages: tuple[Vintage, ...]

    def __str__(self) -> str:
        rows: list[Row] = []
        for vintage in self.vintages:
            news = ", ".join(vintage.news)
            if vintage.stock is None:
                rows.append((str(vintage.as_of), "not certified", "", "", news))
                continue
            bounds = (vintage.stock.interval(prob) for prob in (0.5, 0.9))
            ranges = [f"{persons(i.lower)} - {persons(i.upper)}" for i in bounds]
            rows.append((str(vintage.as_of), persons(vintage.stock.median), *ranges, news))
        title = f"{self.study.specification.title}: the stock on {self.day} as of each publication"
        return f"{title}\n\n{table_text(HEADER, rows)}"

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
                "date": str(self.day),
                "unit": self.study.specification.unit,
                "data_sha256": self.study.data_sha256,
                "vintages": [self._row(vintage) for vintage in self.vintages],
            }
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw how the estimate would have evolved; return the axes."""
        from popest.estimates.history_picture import draw_history

        return draw_history(self, ax)

    @staticmethod
    def _row(vintage: Vintage) -> dict[str, Any]:
        row: dict[str, Any] = {"as_of": str(vintage.as_of), "news": list(vintage.news)}
        row["certified"] = vintage.stock is not None
        row["median"] = None if vintage.stock is None else vintage.stock.median
        for prob in PROBABILITIES:
            for side in ("lower", "upper"):
                bound = None if vintage.stock is None else vintage.stock.interval(prob)
                row[f"{side}_{100 * prob:g}"] = None if bound is None else getattr(bound, side)
        return row


def publication_days(study: Study) -> dict[date, tuple[str, ...]]:
    """Return the days on which the study's used rows and surveys were published, oldest first."""
    days = published_days(study.observations)
    news: dict[date, list[str]] = {}
    for row in study.used:
        if (day := days[row.id]) is not None:
            news.setdefault(day, []).append(row.id)
    for name, source in study.specification.source.items():
        if source.published is not None:
            news.setdefault(source.published, []).append(name)
    return {day: tuple(news[day]) for day in sorted(news)}


def history(
    study: Study,
    *,
    date: str | date | None = None,
    progress: Callable[[str], None] | None = None,
    **settings: Any,
) -> History:
    """Return the estimates of a study as of every day on which it learned something.

    Parameters
    ----------
    study
        The study.
    date
        The day whose stock is estimated; the headline date when None.
    progress
        Called with a sentence before each estimate.
    settings
        Passed on to `estimate`.

    Raises
    ------
    UsageError
        When the date is outside the calendar, or as for `estimate`.
    """
    day = checked_date(study.specification.headline if date is None else date, study)
    vintages = []
    news_by_day = publication_days(study)
    for number, (as_of, news) in enumerate(news_by_day.items(), start=1):
        if progress is not None:
            progress(f"as of {as_of}, {number} of {len(news_by_day)}")
        vintages.append(Vintage(as_of, _stock(study.as_of(as_of), day, settings), news))
    return History(study, day, tuple(vintages))


def _stock(study: Study, day: date, settings: dict[str, Any]) -> Distribution | None:
    try:
        return estimate(study, dates=[day], **settings).stock()
    except NotCertifiedError:
        return None
