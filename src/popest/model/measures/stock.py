"""The measure `stock`: counts of those present on one day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from popest.model.measure import Counted
from popest.study.measures import DESCRIPTION, RATIO_OPTIONS, MeasureRules, MeasureWords, register
from popest.study.observations.observation import Observation
from popest.study.specification.records import Source, Specification

if TYPE_CHECKING:
    from popest.model.exposure import RowWeights
    from popest.model.normals import Normals


@register
class Stock(Counted):
    """A count on one day, proportional to the persons present at its end.

    With a lag, the register hears of arrivals and departures late. With `every_months`, it counts
    papers in force, which outlive those who left.
    """

    name = "stock"
    rules = MeasureRules(
        DESCRIPTION | {"ratio"},
        RATIO_OPTIONS | {"lag_months", "every_months", "renewed"},
        is_for_static=True,
        moving_only=frozenset({"lag_months", "every_months", "renewed"}),
    )
    words = MeasureWords(
        read_as="persons present on a day",
        ratio="Of every 100 persons present on the day, some {median} are counted ({lower} to "
        "{upper} with 90 % probability).",
        hundred="persons present on the day",
        counted="counted on it",
        ratio_of_papers="Of every 100 papers that would be in force if all who arrive took one "
        "out, some {median} are ({lower} to {upper} with 90 % probability); papers outlive those "
        "who left.",
        hundred_papers="papers that would be in force if all who arrive took one out,",
        counted_papers="papers",
    )

    @classmethod
    def counts_of_resident(cls, source: Any) -> float | None:
        """Return 1: whoever is there is counted."""
        return 1.0

    @classmethod
    def weights(
        cls, row: Observation, source: Source, specification: Specification, normals: Normals
    ) -> RowWeights:
        """Return the weights of the persons or papers that are counted on the row's day."""
        from popest.model.exposure import Term, has_initial, persons, stock_heard_of, stock_on

        assert row.end is not None
        calendar, kind = specification.calendar.calendar, specification.population.kind
        if source.every_months is not None:
            from popest.model.papers import Papers

            papers = Papers.of(source, calendar, has_initial=has_initial(specification))
            month, passed = calendar.month_of(row.end), calendar.fraction_passed(row.end)
            return [Term(papers, papers.in_force(month, passed))]
        if source.lag_months:
            return [persons(specification, stock_heard_of(calendar, row.end, source.lag_months))]
        return [persons(specification, stock_on(calendar, row.end, kind == "static"))]
