"""The measure `arrivals`: events that follow arrivals during a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from popest.model.measure import Counted
from popest.study.measures import DESCRIPTION, RATIO_OPTIONS, MeasureRules, MeasureWords, register
from popest.study.observations.observation import Observation
from popest.study.specification.priors import as_prior
from popest.study.specification.records import Source, Specification

if TYPE_CHECKING:
    from popest.model.exposure import RowWeights
    from popest.model.normals import Normals


@register
class Arrivals(Counted):
    """A count over a window, proportional to the arrivals in it or, with a lag, before.

    With `every_months`, papers that lapse are counted again; with `later`, there are counts of
    those who arrived before, so many a year for each count at arrival.
    """

    name = "arrivals"
    rules = MeasureRules(
        DESCRIPTION | {"ratio"},
        RATIO_OPTIONS | {"lag_months", "every_months", "renewed", "later"},
        has_start=True,
        may_start_early_with="baseline",
    )
    words = MeasureWords(
        read_as="events that follow arrivals during a window",
        ratio="For every 100 persons who arrive there are some {median} counts ({lower} to {upper} "
        "with 90 % probability).",
        hundred="persons who arrive",
        counted="counts",
    )

    @classmethod
    def counts_of_resident(cls, source: Any) -> float | None:
        """Return the papers renewed and the later counts a year; none where there are neither."""
        every, later = source.every_months, as_prior(source.later).median
        if every is None:
            return later or None
        months = every if isinstance(every, int) else every[0].months
        return 12 / months * source.renewed + later

    @classmethod
    def weights(
        cls, row: Observation, source: Source, specification: Specification, normals: Normals
    ) -> RowWeights:
        """Return the weights of arrivals or papers, and of the persons who are counted later."""
        from popest.model import exposure

        assert row.start is not None and row.end is not None
        calendar, initial = specification.calendar.calendar, exposure.has_initial(specification)
        if source.every_months is None:
            moved = exposure.arrivals_during(calendar, row.start, row.end, source.lag_months)
            terms = [exposure.Term(exposure.Arriving(), moved)]
        else:
            from popest.model.papers import Papers

            papers = Papers.of(source, calendar, has_initial=initial)
            covered = exposure.coverage(calendar, row.start, row.end)
            terms = [exposure.Term(papers, papers.issued_during(covered))]
        if source.later:
            times = normals.log_normal(f"later[{row.source}]", as_prior(source.later))
            lived = exposure.presence_during(calendar, row.start, row.end)
            series, weights = exposure.persons(specification, lived)
            terms.append(exposure.Term(exposure.Times(times, series), weights))
        return terms
