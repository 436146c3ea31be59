"""The measure `arrivals`: events that follow arrivals during a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popest.model.measure import Counted
from popest.study.measures import DESCRIPTION, RATIO_OPTIONS, MeasureRules, MeasureWords, register
from popest.study.observations.observation import Observation
from popest.study.specification.records import Source, Specification

if TYPE_CHECKING:
    from popest.model.exposure import RowWeights


@register
class Arrivals(Counted):
    """A count over a window, proportional to the arrivals in it or, with a lag, before."""

    name = "arrivals"
    rules = MeasureRules(DESCRIPTION | {"ratio"}, RATIO_OPTIONS | {"lag_months"}, has_start=True)
    words = MeasureWords(
        read_as="events that follow arrivals during a window",
        ratio="For every 100 persons who arrive there are some {median} counts ({lower} to {upper} "
        "with 90 % probability).",
        hundred="persons who arrive",
        counted="counts",
    )

    @classmethod
    def weights(cls, row: Observation, source: Source, specification: Specification) -> RowWeights:
        """Return the weights of the arrivals that are counted in the row's window."""
        from popest.model.exposure import RowWeights, arrivals_during

        assert row.start is not None and row.end is not None
        calendar = specification.calendar.calendar
        weights = arrivals_during(calendar, row.start, row.end, source.lag_months)
        return RowWeights(arrivals=weights)
