"""Where simulated data come from: the study's own model, or one that is wrong in a known way.

Each wrong simulator is a fault that a real register could have and that the fitted model does not
know of. ``popest.checks.methods.calibration`` finds out how the fits fare.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from popest.checks.methods.fitted import with_source_entries
from popest.estimates.comparisons.changes import Content
from popest.model.exposure import (
    Arriving,
    Exposure,
    RowWeights,
    Term,
    arrivals_during,
    persons,
    stock_on,
)
from popest.model.measure import seen_by
from popest.model.model import Data, Model
from popest.study.calendar import day_before
from popest.study.specification.records import ArrivalsPopulation

OUTLIVING = timedelta(days=182)
LATE_MONTHS = 3
ALONE = {"group": None, "group_correlation": None}


@dataclass(frozen=True)
class Simulator:
    """A model that draws truth and data, and the model that is fitted to them.

    `copied` are the rows of the counts that
    reach the fit a second time, as if another source had counted them.
    """

    truth: Model
    fitted: Model
    copied: tuple[int, ...] = ()

    def published(self, data: Data) -> Data:
        """Return simulated data as they reach the fitted model."""
        counts, *others = data
        return (np.concatenate([counts, counts[list(self.copied)]]), *others)


def correct(content: Content) -> Simulator:
    """Return the study's own model, fitted to its own data."""
    model = Model(*content)
    return Simulator(model, model)


def correlated_errors(content: Content) -> Simulator | None:
    """Return sources that share errors as the study says, fitted as if they did not."""
    specification, used = content
    counted = {row.source for row in used}
    groups = [
        source.group
        for name, source in specification.source.items()
        if name in counted and source.group_correlation
    ]
    if len(groups) == len(set(groups)):
        return None
    alone = with_source_entries(content, lambda _, source: source.replaced(**ALONE))
    return Simulator(Model(*content), Model(*alone))


def late_event(content: Content) -> Simulator | None:
    """Return waves that come a quarter later than the fitted model believes."""
    specification, used = content
    population = specification.population
    if not isinstance(population, ArrivalsPopulation) or not population.wave:
        return None
    months = specification.calendar.calendar.months
    waves = []
    for wave in population.wave:
        weights: dict[str, float] = {}
        for month, weight in wave.weights.items():
            late = months[min(months.index(month) + LATE_MONTHS, len(months) - 1)]
            weights[late] = weights.get(late, 0.0) + weight
        waves.append(wave.replaced(weights=weights))
    late_population = population.replaced(wave=waves)
    late_specification = specification.replaced(population=late_population)
    return Simulator(Model(late_specification, used), Model(*content))


def doubled_source(content: Content) -> Simulator | None:
    """Return the surest source, whose counts reach the fit twice as if two bodies had counted."""
    specification, used = content
    model = Model(*content)
    name = surest_source(model)
    if name is None:
        return None
    copy = f"copy_of_{name}"
    sources = {**specification.source, copy: specification.source[name].replaced(**ALONE)}
    at = [number for number, row in enumerate(model.counts.rows) if row.source == name]
    again = tuple(
        replace(row, id=f"{row.id}_copy", source=copy)
        for row in (model.counts.rows[number] for number in at)
    )
    doubled = specification.replaced(source=sources)
    return Simulator(model, Model(doubled, (*used, *again)), tuple(at))


def permits_outlive_departures(content: Content) -> Simulator | None:
    """Return registers that keep whoever left in the last half year.

    Registers are the sources of a group that count on one day, as sources share a group where they
    share a legal ground.

    Notes
    -----
    Those present on a day and those who left in the half year before it are, together, those
    present half a year earlier and all who arrived since.
    """
    specification, _ = content
    truth = Model(*content)
    if specification.population.kind == "static":
        return None
    calendar, outlived = specification.calendar.calendar, set[str]()
    weights: list[RowWeights] = []
    for row in truth.counts.rows:
        source = specification.source[row.source]
        if row.start is None and source.group and row.end:
            outlived.add(row.id)
            earlier = row.end - OUTLIVING
            before = stock_on(calendar, day_before(earlier))
            arrived = arrivals_during(calendar, earlier, row.end)
            weights.append([persons(specification, before), Term(Arriving(), arrived)])
        else:
            weights.append(seen_by(row, source, specification, truth.normals))
    truth.counts.exposure = Exposure(weights)
    return Simulator(truth, Model(*content)) if outlived else None


def surest_source(model: Model) -> str | None:
    """Return the source with a count whose ratio is known best a priori; None without counts."""
    counts = model.counts
    tau = dict(zip(counts.names, counts.ratios.tau, strict=True))
    return min((row.source for row in counts.rows), key=tau.__getitem__, default=None)


WRONG: dict[str, Callable[[Content], Simulator | None]] = {
    "correlated errors fitted as independent": correlated_errors,
    "waves a quarter late": late_event,
    "a source that enters twice": doubled_source,
    "permits that outlive departures by half a year": permits_outlive_departures,
}
"""Wrong simulators by what is wrong; each returns None where it does not apply."""

CORRECT = "the study's own model"

SIMULATORS: dict[str, Callable[[Content], Simulator | None]] = {CORRECT: correct, **WRONG}
