"""The measure `stock`: counts of those present on one day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popest.model.measure import Counted
from popest.study.measures import DESCRIPTION, RATIO_OPTIONS, MeasureRules, MeasureWords, register
from popest.study.observations.observation import Observation
from popest.study.specification.records import Source, Specification

if TYPE_CHECKING:
    from popest.model.exposure import RowWeights


@register
class Stock(Counted):
    """A count on one day, proportional to the persons present at its end."""

    name = "stock"
    rules = MeasureRules(DESCRIPTION | {"ratio"}, RATIO_OPTIONS, is_for_static=True)
    words = MeasureWords(
        read_as="persons present on a day",
        ratio="Of every 100 persons present on the day, some {median} are counted ({lower} to "
        "{upper} with 90 % probability).",
        hundred="persons present on the day",
        counted="counted on it",
    )

    @classmethod
    def weights(cls, row: Observation, source: Source, specification: Specification) -> RowWeights:
        """Return the weights of the stock at the end of the row's day."""
        from popest.model.exposure import RowWeights, stock_on

        assert row.end is not None
        calendar, kind = specification.calendar.calendar, specification.population.kind
        return RowWeights(stock=stock_on(calendar, row.end, kind == "static"))
