"""Rules on what a panel adds to a study: what may be pooled, and what the columns may hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import replace

from popest.study.domains import Domain
from popest.study.measures import MEASURES, rules_of
from popest.study.observations.counting import is_explicit
from popest.study.observations.observation import Observation
from popest.study.panel.pooling import Extracted, PanelKeys
from popest.study.panel.populations import (
    MOST_SERIES,
    PopulationTable,
    number_in,
    text_in,
    unknown_column,
)
from popest.study.panel.quantities import SIZE, entry_in, is_ratio, kind_of
from popest.study.problems import EntryError, Problem, suggestion
from popest.study.specification.from_toml import Reading
from popest.study.specification.ratio_prior import RatioPrior
from popest.study.specification.records import Parts, Source
from popest.study.specification.toml_lines import Path
from popest.study.specification.wording import Fault

COVARIATE = Domain(-1e6, 1e6, "take the logarithm of large numbers", or_zero=True)
SHARE = Domain(1e-9, 1 - 1e-9, "a ratio of at most one lies between 0 and 1")
MOST_DRAWN_SERIES = 4_000
"""Populations times sources where populations are drawn whole: each keeps thousands of draws."""
MOST_TEXTS = 200
"""Different texts of the columns of one `by`, each of which has an effect of its own."""
_DRAWN = (
    "whose ratio is drawn, as it is at most one, or some of its counts are few, bounds or binomial"
)


def is_whole(row: Observation, broken: Container[int]) -> bool:
    """Return whether a row in use could be read, so that it can be said how it is counted."""
    has_figure = row.value is not None or row.precision == "between"
    return row.use and row.line not in broken and row.end is not None and has_figure


def parts_by_population(
    keys: Sequence[PanelKeys], parts: Parts, table: PopulationTable
) -> Callable[[str], Parts]:
    """Return a function from a population's name to the entries that bind its rows.

    They differ where a baseline is a column: how many events a count is worth hangs on it.
    """
    columns = {
        str(entry.path[1]): entry.column
        for entry in keys
        if entry.path[-1] == "baseline" and entry.column in table.columns
    }
    cells = {row.name: row.cells for row in table.rows} if columns else {}

    def parts_of(name: str) -> Parts:
        if name not in cells:
            return parts
        sources = dict(parts.sources)
        for source, column in columns.items():
            record = sources.get(source)
            try:
                median = _checked(cells[name][str(column)], kind_of(("source", source, "baseline")))
            except EntryError:
                continue  # said of the cell itself
            if record is not None and record.baseline is not None:
                baseline = record.baseline.replaced(median=median)
                sources[source] = record.replaced(baseline=baseline)
        return replace(parts, sources=sources)

    return parts_of


def drawn_sources(
    keys: Sequence[PanelKeys],
    parts: Parts,
    rows: Mapping[str, Sequence[Observation]],
    parts_of: Callable[[str], Parts],
) -> frozenset[str]:
    """Return the sources whose ratio is drawn in some population, in any view of the panel.

    Where covariates move a baseline, a ratio may be drawn that would not be at its median.
    """
    moved = {str(entry.path[1]) for entry in keys if entry.path[-1] == "baseline" and entry.effects}
    found = set()
    for name, source in parts.sources.items():
        if source.ratio is None or not MEASURES[source.measure].is_count:
            continue
        if name in moved or is_explicit(source, ()):
            found.add(name)
            continue
        for population, of_one in rows.items():
            own = parts_of(population).sources[name]
            if any(is_explicit(own, [row]) for row in of_one if row.source == name):
                found.add(name)
                break
    return frozenset(found)


def is_drawn_whole(
    kind: str | None,
    sources: Mapping[str, Source],
    keys: Sequence[PanelKeys],
    drawn: Container[str],
) -> bool:
    """Return whether populations are drawn whole, as not all of them can be integrated."""
    return (
        kind == "arrivals"
        or any(not MEASURES[source.measure].is_count for source in sources.values())
        or any(name in drawn for name in sources)
        or any(one.pooled and one.path != SIZE and not is_ratio(one.path) for one in keys)
    )


def panel_faults(
    extracted: Extracted, reading: Reading, table: PopulationTable, drawn: frozenset[str]
) -> Iterator[Fault]:
    """Yield what is wrong with what is pooled, and what a panel does not take yet."""
    sources, n_populations = reading.parts.sources, len(table.rows)
    population = extracted.document.get("population")
    kind = population.get("kind") if isinstance(population, dict) else None
    is_drawn = is_drawn_whole(kind, sources, extracted.keys, drawn)
    most = MOST_DRAWN_SERIES if is_drawn else MOST_SERIES
    if n_populations * len(sources) > most:
        rule = f"are {len(sources):,}, of {n_populations:,} populations: together more than "
        rule += f"{most:,}, which do not fit into memory"
        yield Fault(("source",), None, rule, "divide the populations into several panels")
    if extracted.document.get("ranges") and not extracted.is_total:
        rule = "are of the sum of all populations, which is not asked for"
        yield Fault(("ranges",), None, rule, "write total = true, or remove them")
    for name, source in sources.items():
        if not rules_of(source.measure).has_rows and len(extracted.only.get(name, ())) != 1:
            rule = "has its figures in study.toml: they cannot be those of several populations"
            remedy = 'write only = ["east"], the population that was asked'
            yield Fault(("source", name, "measure"), source.measure, rule, remedy)
    shared = {source.group for name, source in sources.items() if name in drawn and source.group}
    for name, source in sources.items():
        if source.group in shared:
            rule = f"has a member {_DRAWN}: groups beside such ratios are not built yet for panels"
            remedy = "remove group and group_correlation, here and from its other members"
            yield Fault(("source", name, "group"), source.group, rule, remedy)
    yield from _tail_faults(sources)
    for name, only in extracted.only.items():
        yield from _only_faults(name, only, table)
    for keys in extracted.keys:
        yield from _column_faults(keys, table)
        yield from _pooled_faults(keys, extracted, reading, table, drawn if is_drawn else None)


def _tail_faults(sources: Mapping[str, Source]) -> Iterator[Fault]:
    for name, source in sources.items():
        if source.ratio is not None and source.ratio.tails is not None:
            rule, tails = "has tails, which are not built yet for panels", source.ratio.tails
            yield Fault(("source", name, "ratio", "tails"), f"{tails:g}", rule, "remove it")


def _only_faults(name: str, only: Sequence[str], table: PopulationTable) -> Iterator[Fault]:
    known = [row.name for row in table.rows]
    for place, population in enumerate(only):
        if population not in known and table.has_every_name:
            remedy = f"{suggestion(population, known)}write names of populations.csv"
            rule = "is not in populations.csv"
            yield Fault(("source", name, "only", place), population, rule, remedy)


def _column_faults(keys: PanelKeys, table: PopulationTable) -> Iterator[Fault]:
    """Yield columns that are named and not there."""
    named: list[tuple[Path, str]] = [((*keys.path, "on"), name) for name in keys.effects]
    if keys.column is not None:
        named.insert(0, ((*keys.path, "median"), keys.column))
    named += [
        ((*keys.path, "pooled", "by"), name) for name in (keys.pooled.by if keys.pooled else ())
    ]
    for path, name in named:
        if name not in table.columns and table.columns + tuple(table.rows):
            rule, remedy = unknown_column(name, table)
            yield Fault(path, name, rule, remedy)


def _pooled_faults(
    keys: PanelKeys,
    extracted: Extracted,
    reading: Reading,
    table: PopulationTable,
    drawn: frozenset[str] | None,
) -> Iterator[Fault]:
    """Yield what is wrong with one pooled quantity; `drawn` is None where sizes are integrated."""
    path = keys.path
    if keys.effects and keys.pooled is None:
        rule = "has effects that all populations share beside no pooled"
        remedy = "write pooled = { between = 0.3, between_sigma = 0.5 } beside it"
        yield Fault((*path, "on"), None, rule, remedy)
    if keys.pooled is None:
        return
    if len(table.rows) == 1 and table.has_every_name:
        rule = "has nothing to be shared with: the panel has one population"
        yield Fault((*path, "pooled"), None, rule, "remove it, or add populations")
    yield from _kind_faults(keys, extracted, reading)
    is_carried = drawn is not None and (not is_ratio(path) or path[1] in drawn)
    if keys.pooled.between == 0 and is_carried:
        of = f"of a source {_DRAWN}" if is_ratio(path) else "of what is drawn with a population"
        rule = f"is {of}: it has no density where all populations have the same"
        yield Fault((*path, "pooled", "between"), "0", rule, "write a small one, such as 0.05")
    total = spread_of(path, reading)
    if total is None or keys.pooled.level is not None:
        return
    if total == 0:
        rule = "says nothing of a quantity that is known"
        yield Fault((*path, "pooled"), None, rule, "remove it")
    elif level_of(keys, total) is None:
        yield from _level_faults(keys, total)


def _level_faults(keys: PanelKeys, total: float) -> Iterator[Fault]:
    """Yield that nothing is left for what populations have in common."""
    assert keys.pooled is not None
    left = total**2 - keys.pooled.by_variance
    rule = f"leaves nothing for what populations have in common: the prior's {total:.3g} is "
    rule += "the spread of a new population, with both"
    if left <= 0:
        rule = rule.replace("with both", "with all")
        by = ", ".join(f"{name} = {sd:g}" for name, sd in keys.pooled.by.items())
        yield Fault((*keys.path, "pooled", "by"), by, rule, "write smaller ones, or a wider prior")
        return
    widest = math.sqrt(left) / math.exp(keys.pooled.between_sigma**2)
    remedy = f"write a between below {math.floor(1000 * widest) / 1000:g}, or a wider prior"
    yield Fault((*keys.path, "pooled", "between"), f"{keys.pooled.between:g}", rule, remedy)


def _kind_faults(keys: PanelKeys, extracted: Extracted, reading: Reading) -> Iterator[Fault]:
    """Yield what cannot be pooled for what it is."""
    path = (*keys.path, "pooled")
    entry = entry_in(keys.path, extracted.document)
    if "seen" in entry:
        rule = "stands beside a sample, which says of its own population alone what its ratio is"
        yield Fault(path, None, rule, "write a median and an interval with at_most_one = true")
    elif not is_ratio(keys.path) and "median" not in entry:
        rule = "stands beside no median and sigma of a logarithm"
        yield Fault(path, None, rule, "remove it, or write median and sigma")
    source = reading.parts.sources.get(str(keys.path[1]))
    if is_ratio(keys.path) and source is not None and not MEASURES[source.measure].is_count:
        rule = (
            f"is of a source of measure {source.measure}, whose ratio is a limit and not counted by"
        )
        yield Fault(path, None, rule, "remove it")


def spread_of(path: Path, reading: Reading) -> float | None:
    """Return the sd of a quantity on its scale; None where it could not be read."""
    if path[0] == "source":
        source = reading.parts.sources.get(str(path[1]))
        prior = None if source is None else getattr(source, str(path[2]))
    elif reading.specification is None:
        return None
    else:
        prior = entry_in(path, reading.specification)
    if isinstance(prior, RatioPrior):
        return prior.spread
    sigma = getattr(prior, "sigma", None)
    return sigma if isinstance(sigma, float) else None


def level_of(keys: PanelKeys, total: float) -> float | None:
    """Return the sd of what all populations have in common; None where nothing is left for it.

    `total` is the sd of a new population's quantity on its scale: level^2 = total^2 - between^2
    exp(2 between_sigma^2), less the variances of the effects of texts.
    """
    assert keys.pooled is not None
    if keys.pooled.level is not None:
        return keys.pooled.level
    rest = total**2 - keys.pooled.mean_square - keys.pooled.by_variance
    return math.sqrt(rest) if rest > 1e-12 * total**2 else None


def cell_problems(
    keys: Sequence[PanelKeys],
    only: Mapping[str, tuple[str, ...]],
    parts: Parts,
    table: PopulationTable,
) -> Iterator[Problem]:
    """Yield what is wrong with the cells of columns that are used.

    What is believed of a source is asked of its own populations, which `only` names.
    """
    wanted: dict[str, list[tuple[Domain, tuple[str, ...] | None]]] = {}
    for entry in keys:
        for name in entry.effects:
            wanted.setdefault(name, []).append((COVARIATE, None))
        if entry.column is not None:
            kind = kind_of(entry.path)
            assert kind is not None
            source = parts.sources.get(str(entry.path[1]))
            is_share = is_ratio(entry.path) and source and source.ratio and source.ratio.is_bounded
            populations = only.get(str(entry.path[1])) if entry.path[0] == "source" else None
            wanted.setdefault(entry.column, []).append(
                (SHARE if is_share else kind[1], populations)
            )
    covariates = {name for entry in keys for name in entry.effects}
    for name, asked in wanted.items():
        if name in table.columns:
            yield from _number_problems(name, asked, table, is_covariate=name in covariates)
    by = {name for entry in keys if entry.pooled is not None for name in entry.pooled.by}
    for name in sorted(by & {*table.columns}):
        yield from _text_problems(name, table)


def _number_problems(
    name: str,
    asked: Sequence[tuple[Domain, tuple[str, ...] | None]],
    table: PopulationTable,
    *,
    is_covariate: bool,
) -> Iterator[Problem]:
    found, is_read = [], True
    for row in table.rows:
        domains = [domain for domain, only in asked if only is None or row.name in only]
        if not domains:
            continue
        try:
            found.append(min(_checked(row.cells[name], ("", domain)) for domain in domains))
        except EntryError as error:
            is_read = False
            yield Problem(table.file, row.line, name, row.cells[name], error.rule, error.remedy)
    if is_covariate and is_read and len(found) > 1 and len(set(found)) == 1:
        yield _same_in_all(name, table, "on")


def _text_problems(name: str, table: PopulationTable) -> Iterator[Problem]:
    found, is_read = [], True
    for row in table.rows:
        try:
            found.append(text_in(row.cells[name]))
        except EntryError as error:
            is_read = False
            yield Problem(table.file, row.line, name, row.cells[name], error.rule, error.remedy)
    if is_read and len(found) > 1 and len(set(found)) == 1:
        yield _same_in_all(name, table, "by")
    if len(set(found)) > MOST_TEXTS:
        rule = f"has {len(set(found)):,} different texts, more than {MOST_TEXTS}, for `by`"
        yield Problem(table.file, 1, name, None, rule, "write fewer, coarser ones")


def _same_in_all(name: str, table: PopulationTable, key: str) -> Problem:
    rule = "is the same in every population, so that none tells its effect"
    return Problem(table.file, 1, name, None, rule, f"remove it from {key} in study.toml")


def _checked(cell: str, kind: tuple[str, Domain] | None) -> float:
    value = number_in(cell)
    assert kind is not None
    try:
        return kind[1].check(value)
    except ValueError as error:
        raise EntryError(str(error), "write a number of this size") from None
