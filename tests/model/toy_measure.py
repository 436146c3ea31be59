"""A measure that popest does not ship, in one file, as the page on adding one describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popest.model.measure import Counted
from popest.study.measures import (
    DESCRIPTION,
    RATIO_OPTIONS,
    MeasureRules,
    MeasureWords,
    register,
)
from popest.study.observations.observation import Observation
from popest.study.specification.records import Source, Specification

if TYPE_CHECKING:
    from popest.model.exposure import RowWeights
    from popest.model.normals import Normals


@register
class Certificates(Counted):
    """Papers that are given to those who come, after a while, and to those who live here."""

    name = "certificates"
    rules = MeasureRules(DESCRIPTION | {"ratio"}, RATIO_OPTIONS | {"lag_months"}, has_start=True)
    words = MeasureWords(
        read_as="papers for those who come and those who stay",
        ratio="For every 100 who ask there are some {median} papers ({lower} to {upper}).",
        hundred="persons who ask",
        counted="papers",
    )

    @classmethod
    def weights(
        cls, row: Observation, source: Source, specification: Specification, normals: Normals
    ) -> RowWeights:
        """Return the weights of late arrivals and of person-years in the row's window."""
        from popest.model.exposure import (
            Arriving,
            Term,
            arrivals_during,
            persons,
            presence_during,
        )

        assert row.start is not None and row.end is not None
        calendar = specification.calendar.calendar
        lived = presence_during(calendar, row.start, row.end)
        came = arrivals_during(calendar, row.start, row.end, source.lag_months)
        return [persons(specification, lived), Term(Arriving(), came)]
