"""A panel's estimate in words and small tables, for people."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from popest.estimates.distribution import Distribution, percent
from popest.estimates.words import likely, persons, range_of, table_text, wrapped
from popest.language.writers import plain_writer
from popest.panels.one_population import PopulationEstimate
from popest.panels.panel_result import PanelResult, PooledLearned, said

SHOWN = 30
"""Populations of the table in a terminal; the others are in Python and in ``--json``."""


def as_text(estimate: PanelResult) -> str:
    """Return the estimate for a terminal: total, warnings, populations, what was learned."""
    texts, prob = plain_writer().texts, estimate.settings.prob
    title = f"{estimate.panel.specification.title}, {estimate.asked.label}"
    number = len(estimate.panel.populations)
    parts = []
    total, prior = estimate.total, estimate.prior_total
    if total is not None and prior is not None:
        lower, upper, *_ = total.interval(prob)
        parts.append(
            wrapped(
                f"{title}, {number:,} populations together: between {persons(lower)} and "
                f"{persons(upper)} {estimate.unit} with {percent(prob)} probability, median "
                f"{persons(total.median)}. Before any figure: {range_of(prior, prob)}."
                f"{_ranges(estimate, total)}"
            )
        )
    else:
        parts.append(wrapped(f"{title}, {number:,} populations."))
    parts += [wrapped(f"Warning: {text}") for text in estimate.warnings]
    header = ("population", "figures", "median", percent(prob))
    rows = [
        (row.population, f"{row.n_figures:,}", persons(row.size.median), range_of(row.size, prob))
        for row in islice(estimate.rows(), SHOWN)
    ]
    parts.append(table_text(header, rows))
    if number > SHOWN:
        parts.append(texts("panel.more", shown=texts.number(SHOWN), number=texts.number(number)))
    pooled = estimate.pooled()
    if pooled:
        parts += [wrapped(texts("panel.learned", prob=percent(prob))), _pooled_table(pooled, prob)]
    if any(row.is_factor for row in pooled):
        parts.append(wrapped(texts("panel.factor")))
    return "\n\n".join([*parts, wrapped(_certificate(estimate))])


def population_text(estimate: PanelResult, found: PopulationEstimate) -> str:
    """Return one population in full."""
    prob = estimate.settings.prob
    lower, upper, *_ = found.size.interval(prob)
    answer = (
        f"{found.title}, {estimate.asked.label}: between {persons(lower)} and {persons(upper)} "
        f"{estimate.unit} with {percent(prob)} probability, median {persons(found.size.median)}; "
        f"{found.n_figures} figures in use."
    )
    parts = [wrapped(answer), *(wrapped(f"Warning: {text}") for text in estimate.warnings)]
    tables = (
        ("day", "stock", {str(day): stock for day, stock in found.stocks.items()}),
        ("source", "ratio", found.ratios),
        ("quantity", "median", found.quantities),
    )
    for first, second, distributions in tables:
        rows = [(name, *_cells(one, prob)) for name, one in distributions.items()]
        if rows:
            parts.append(table_text((first, second, percent(prob)), rows))
    return "\n\n".join([*parts, wrapped(_certificate(estimate))])


def _ranges(estimate: PanelResult, total: Distribution) -> str:
    """Return the probabilities of the ranges that the panel declares."""
    return "".join(
        f" The probability that the total lies between {low:,.0f} and {high:,.0f} is "
        f"{likely(total.probability(low, high))}."
        for low, high in estimate.panel.specification.ranges
    )


def _pooled_table(pooled: Sequence[PooledLearned], prob: float) -> str:
    rows = [(_name(row), *_cells(row.prior, prob), *_cells(row.posterior, prob)) for row in pooled]
    return table_text(("shared", "prior", "", "posterior", ""), rows)


def _name(row: PooledLearned) -> str:
    if row.part == "effect":
        return f"{row.quantity}: effect of {row.of}"
    kind = "factor" if row.is_factor else row.part
    return f"{row.quantity}: {kind}"


def _cells(distribution: Distribution, prob: float) -> tuple[str, str]:
    median, lower, upper = distribution.median_and_bounds(prob)
    return _number(median), f"[{_number(lower)}, {_number(upper)}]"


def _number(value: float) -> str:
    return persons(value) if abs(value) >= 1000 else f"{value:.3g}"


def _certificate(estimate: PanelResult) -> str:
    return (
        f"Computation: {said(estimate.certificate)}; seed {estimate.settings.seed}, "
        f"{estimate.seconds:.1f} s. This vouches for the arithmetic, not for the panel's "
        f"assumptions or its fit."
    )
