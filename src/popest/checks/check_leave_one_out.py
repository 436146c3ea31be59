"""How far each source moves the estimate: every one left out, and only one kept."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from popest.checks.methods.fitted import Fitted, in_widths
from popest.checks.methods.moves import Moves
from popest.checks.pictures import ForestRow, draw_forest
from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context, interval_cells
from popest.checks.wording import not_certified, percent_of_width
from popest.estimates import Distribution
from popest.estimates.days import values_of
from popest.language.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PRIOR_DRAWS = 10_000


@check("leave-one-out", required=False, quick=True)
def leave_one_out(context: Context) -> CheckResult:
    """Return the estimate without each source and from each source alone.

    Each is a refit, without a source as long as the estimate itself. The log predictive density
    of a source is the log density of its figures given all the others: log evidence of all less
    log evidence without it.
    """
    itself, moves = context.itself, context.moves
    table = [_row("all sources", None, itself, itself)]
    for name, found in context.without.items():
        row = _row(f"without {name}", name, found, itself)
        row["log_predictive_density"] = itself.log_evidence - found.log_evidence
        if move := moves.by_source.get(name):
            row |= {"move_se": move.error, "moves_most": move in moves.most}
        table.append(row)
    for name, found in context.alone.items():
        table.append(_row(f"only {name}", name, found, itself))
    return CheckResult("leave-one-out", None, _sentence(context), table, partial(_draw, context))


def _row(case: str, source: str | None, found: Fitted, itself: Fitted) -> dict[str, Cell]:
    """Return the row of a case; what is known only of a source left out is None."""
    move = found.headline.median - itself.headline.median
    return {
        "case": case,
        "source": source,
        **interval_cells(found.headline),
        "move": move,
        "move_se": None,
        "move_in_widths": in_widths(move, itself.width),
        "moves_most": None,
        "log_predictive_density": None,
        "certified": found.certified,
        "effective_size": found.draws.certificate.ess,
        "pareto_k": found.draws.certificate.pareto_k,
    }


def _draw(context: Context, ax: Axes) -> Axes:
    rows = [ForestRow.of("all sources", context.itself.headline, 1)]
    for word, cases in (("without", context.without), ("only", context.alone)):
        for name, found in cases.items():
            label = f"{word} {name}" + ("" if found.certified else " (not certified)")
            rows.append(ForestRow.of(label, found.headline, 0 if found.certified else -1))
    normals = context.rng("prior").standard_normal((len(context.model.normals), PRIOR_DRAWS))
    prior = context.model.state(normals).population
    before = Distribution.equal(values_of(context.model, prior, context.asked))
    rows.append(ForestRow.of("prior, no source", before))
    return draw_forest(ax, rows, title="What each source does", label=context.label)


def _sentence(context: Context) -> str:
    words = context.words
    parts = [_most(words, context.moves)] if context.moves.by_source else []
    alone = {name: found for name, found in context.alone.items() if found.certified}
    if alone:
        low = min(alone, key=lambda each: alone[each].headline.median)
        high = max(alone, key=lambda each: alone[each].headline.median)
        parts.append(
            words(
                "checks.leave-one-out.alone",
                low=words.persons(alone[low].headline.median),
                low_source=low,
                high=words.persons(alone[high].headline.median),
                high_source=high,
            )
        )
    uncertain = [
        words("checks.leave-one-out.without", source=name)
        for name, fit in context.without.items()
        if not fit.certified
    ]
    uncertain += [
        words("checks.leave-one-out.only", source=name)
        for name in context.alone
        if name not in alone
    ]
    if not parts and not uncertain:
        return words("checks.leave-one-out.nothing")
    return words.joined([*parts, not_certified(words, uncertain)])


def _most(words: Words, moves: Moves) -> str:
    """Return which source moves the median most, from where to where; or which ones tie."""
    before = words.persons(moves.median)
    if not moves.most:
        return words("checks.leave-one-out.none", before=before)
    cases: list[dict[str, str]] = []
    for move in moves.most:
        size = None if move.widths is None else abs(move.widths)
        # What it is a share of is said once.
        is_plain = cases and size is not None
        share = words.percent(size or 0.0) if is_plain else percent_of_width(words, size)
        cases.append({"source": move.source, "after": words.persons(move.median), "share": share})
    if len(cases) == 1:
        return words("checks.leave-one-out.most", before=before, **cases[0])
    return words(
        "checks.leave-one-out.tie",
        sources=words.list([move.source for move in moves.most]),
        before=before,
        cases=words.list([words("checks.leave-one-out.case", **case) for case in cases]),
    )
