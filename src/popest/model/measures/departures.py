"""The measure `departures`: events that follow departures during a window."""

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
class Departures(Counted):
    """A count over a window, proportional to the persons who leave in it."""

    name = "departures"
    rules = MeasureRules(
        DESCRIPTION | {"ratio"}, RATIO_OPTIONS, has_start=True, may_start_early_with="baseline"
    )
    words = MeasureWords(
        read_as="departures during a window",
        ratio="For every 100 persons who leave there are some {median} counts ({lower} to {upper} "
        "with 90 % probability).",
        hundred="persons who leave",
        counted="counts",
    )

    @classmethod
    def counts_of_resident(cls, source: Any) -> float | None:
        """Return 0: whoever is there leaves, but when depends on the hazard."""
        return 0.0

    @classmethod
    def weights(
        cls, row: Observation, source: Source, specification: Specification, normals: Normals
    ) -> RowWeights:
        """Return the weights of the persons who leave in the row's window.

        Those who leave in month t are N_{t-1} (1 - exp(-h)) + a_t (1 - exp(-h/2)).
        """
        from popest.model.exposure import Leaving, Term, coverage

        assert row.start is not None and row.end is not None
        covered = coverage(specification.calendar.calendar, row.start, row.end)
        return [Term(Leaving(), covered)]
