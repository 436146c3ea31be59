"""How the estimate of a panel would have evolved: as of each day on which it learned something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from popest.engines.bank import Progress
from popest.estimates.comparisons import Clock
from popest.estimates.comparisons.history import (
    HEADER,
    TITLES,
    Replacement,
    learning_views,
    names_in_use,
    refuse_no_clock,
    replacements,
)
from popest.estimates.distribution import Distribution, named_bounds
from popest.estimates.document import rounded
from popest.estimates.words import Row, persons, range_of, table_text, wrapped
from popest.panels.comparisons.one_size import estimate_or_refusal, refuse_no_size, size_of
from popest.panels.panel_result import PanelNotCertifiedError
from popest.study.panel.panel import Panel

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

NEWS_SHOWN = 4
"""Rows of one day that are named; more are counted."""


class PanelVintage(NamedTuple):
    """The estimate of a panel from what was known at the end of a day, persons.

    `size` is the total, or that of the population that is followed, and `medians` are those of
    all populations; None, and none, where the computation was not certified. `news` are the rows
    that came into use on the day, and `gone` those that went out of use.
    """

    as_of: date
    size: Distribution | None
    medians: dict[str, float]
    news: tuple[str, ...]
    gone: tuple[str, ...] = ()


@dataclass(frozen=True)
class PanelHistory:
    """The estimates of a panel as of each day on which it learned, oldest first.

    `population` is the one that is followed, None for the total; `by` says which days these are:
    of publication or of record.
    """

    panel: Panel
    population: str | None
    vintages: tuple[PanelVintage, ...]
    by: Clock = "publication"

    @property
    def replacements(self) -> tuple[Replacement, ...]:
        """Each row that was meant to be used and is corrected or withdrawn, in file order.

        Where one population is followed, only its own.
        """
        of = {row.id: row.population for row in self.panel.observations}
        found = replacements(self.panel, self.by)
        return tuple(one for one in found if self.population in (None, of[one.row]))

    def __str__(self) -> str:
        rows: list[Row] = []
        for vintage in self.vintages:
            news = self._named(vintage.news)
            news += f"{', ' if news and vintage.gone else ''}{self._named(vintage.gone, 'not ')}"
            cells = ["not certified", "", ""]
            if vintage.size is not None:
                ranges = (range_of(vintage.size, prob) for prob in (0.5, 0.9))
                cells = [persons(vintage.size.median), *ranges]
            rows.append((str(vintage.as_of), *cells, news))
        of = "the total" if self.population is None else f"population {self.population}"
        title = f"{self.panel.specification.title}: {of} {TITLES[self.by]}"
        notes = [wrapped(str(found)) for found in self.replacements]
        return "\n\n".join([title, table_text(HEADER, rows), *notes])

    def _named(self, rows: tuple[str, ...], before: str = "") -> str:
        """Return ids of rows, each with its population; how many they are where they are many."""
        of = {row.id: row.population for row in self.panel.observations}
        if len(rows) > NEWS_SHOWN:
            return (
                f"{before}{len(rows):,} figures of {len({of.get(r) for r in rows}):,} populations"
            )
        named = (f"{row} ({of[row]})" if row in of else row for row in rows)
        return ", ".join(f"{before}{name}" for name in named)

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each vintage: what is followed, persons, and every median."""
        import pandas as pd

        rows = [
            {"as_of": pd.Timestamp(vintage.as_of), **_followed(vintage), **vintage.medians}
            for vintage in self.vintages
        ]
        return pd.DataFrame(rows).set_index("as_of")

    def to_dict(self) -> dict[str, Any]:
        """Return what ``popest history PANEL --json`` prints."""
        return rounded(
            {
                "panel": self.panel.name,
                "population": self.population,
                "unit": self.panel.specification.unit,
                "data_sha256": self.panel.data_sha256,
                "by": self.by,
                "vintages": [
                    {
                        "as_of": str(vintage.as_of),
                        "news": list(vintage.news),
                        "gone": list(vintage.gone),
                        "certified": vintage.size is not None,
                        **_followed(vintage),
                        "medians": vintage.medians,
                    }
                    for vintage in self.vintages
                ],
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

        specification = self.panel.specification
        known = [(vintage.as_of, vintage.size) for vintage in self.vintages if vintage.size]
        return draw_history(known, (specification.headline, specification.unit), self.by, ax)


def panel_history(
    panel: Panel,
    *,
    population: str | None = None,
    by: Clock = "publication",
    seed: int = 1,
    progress: Progress | None = None,
) -> PanelHistory:
    """Return the estimates of a panel as of every day on which it learned something.

    Parameters
    ----------
    panel
        The panel.
    population
        The population that is followed; the total when None.
    by
        ``"publication"``: what was known of the populations on each day. ``"record"``: what the
        file held.
    seed
        Seed of each estimate.
    progress
        Called with a sentence before each estimate.

    Raises
    ------
    UsageError
        When `by` is another word, or there is no total and no population is named.
    """
    refuse_no_clock(by)
    refuse_no_size(panel, population)
    vintages = []
    views = learning_views(panel, by)
    before: set[str] = set()
    for number, (as_of, view) in enumerate(views.items(), start=1):
        if progress is not None:
            progress(f"as of {as_of}, {number} of {len(views)}")
        now = names_in_use(view)
        news = tuple(name for name in now if name not in before)
        gone = tuple(sorted(before.difference(now)))
        found = estimate_or_refusal(view, seed=seed)
        size, medians = None, {}
        if not isinstance(found, PanelNotCertifiedError):
            size = size_of(found, population)
            medians = {row.population: row.size.median for row in found.rows()}
        vintages.append(PanelVintage(as_of, size, medians, news, gone))
        before = set(now)
    return PanelHistory(panel, population, tuple(vintages), by)


def _followed(vintage: PanelVintage) -> dict[str, Any]:
    size = vintage.size
    return {"median": None if size is None else size.median, **named_bounds(size)}
