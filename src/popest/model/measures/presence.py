"""The measure `presence`: events among those present during a window."""

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
class Presence(Counted):
    """A count over a window, proportional to the person-years lived in it."""

    name = "presence"
    rules = MeasureRules(
        DESCRIPTION | {"ratio"}, RATIO_OPTIONS, has_start=True, may_start_early_with="baseline"
    )
    words = MeasureWords(
        read_as="events among the persons present during a window",
        ratio="For every 100 years that persons live here there are some {median} counts ({lower} "
        "to {upper} with 90 % probability).",
        hundred="years that persons live here",
        counted="counts",
    )

    @classmethod
    def counts_of_resident(cls, source: Any) -> float | None:
        """Return 1: whoever is there lives a person-year a year."""
        return 1.0

    @classmethod
    def weights(
        cls, row: Observation, source: Source, specification: Specification, normals: Normals
    ) -> RowWeights:
        """Return the weights of the person-years lived in the row's window."""
        from popest.model.exposure import persons, presence_during

        assert row.start is not None and row.end is not None
        calendar = specification.calendar.calendar
        return [persons(specification, presence_during(calendar, row.start, row.end))]
