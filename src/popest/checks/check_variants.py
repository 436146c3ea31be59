"""The check how far the specification of a study moves its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popest.checks.methods.fitted import in_widths, percent_of_width
from popest.checks.pictures import ForestRow, draw_forest
from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context
from popest.estimates import VariantRow, estimate_variants
from popest.estimates.distribution import HEADLINE_PROBABILITY, Distribution
from popest.estimates.words import persons

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@check(
    "variants",
    "how far does the specification move the answer?",
    required=False,
    quick=False,
)
def variants(context: Context) -> CheckResult:
    """Return the estimate under every variant that the study declares, beside its own.

    The picture is a specification curve: all variants in the order of their medians.
    """
    rows = estimate_variants(
        context.study,
        itself=context.estimate,
        engine="bank",
        seed=context.seed,
        progress=context.progress,
    )
    itself = context.estimate.stock()
    lower, upper, *_ = itself.interval(HEADLINE_PROBABILITY)
    table = [_row(row, itself.median, upper - lower) for row in rows]

    def draw(ax: Axes) -> Axes:
        certified = sorted(
            (row for row in rows[1:] if row.stock is not None),
            key=lambda row: row.stock.median if row.stock else 0.0,
        )
        forest = [ForestRow.of("the study itself", itself, 1)]
        forest += [ForestRow.of(_label(row), row.stock) for row in certified if row.stock]
        label = f"stock on {context.day}, {context.study.specification.unit}"
        return draw_forest(ax, forest, title="The estimate under each variant", label=label)

    return CheckResult("variants", None, _sentence(rows, itself), table, draw)


def _label(row: VariantRow) -> str:
    return f"{row.name} (warnings)" if row.warnings else str(row.name)


def _row(row: VariantRow, median: float, width: float) -> dict[str, Cell]:
    stock = row.stock
    bounds = stock.interval(HEADLINE_PROBABILITY) if stock is not None else None
    return {
        "variant": row.name or "the study itself",
        "median": None if stock is None else stock.median,
        "lower": None if bounds is None else bounds.lower,
        "upper": None if bounds is None else bounds.upper,
        "interval": "90 % equal-tailed credible",
        "move_in_widths": None if stock is None else in_widths(stock.median - median, width),
        "log_evidence": row.log_evidence,
        "certified": stock is not None,
        "warnings": "; ".join(row.warnings),
    }


def _sentence(rows: list[VariantRow], itself: Distribution) -> str:
    if len(rows) == 1:
        return "The study declares no variants, so nothing is known of other specifications."
    stocks = {row.name: row.stock for row in rows if row.stock is not None}
    low = min(stocks, key=lambda name: stocks[name].median)
    high = max(stocks, key=lambda name: stocks[name].median)
    lower, upper, *_ = itself.interval(HEADLINE_PROBABILITY)
    span = stocks[high].median - stocks[low].median
    sentence = (
        f"Over {len(rows) - 1} variants the median runs from {persons(stocks[low].median)} "
        f"({low or 'the study itself'}) to {persons(stocks[high].median)} "
        f"({high or 'the study itself'}), "
        f"{percent_of_width(in_widths(span, upper - lower), "the study's own 90 % interval")}."
    )
    uncertain = [str(row.name) for row in rows if row.stock is None]
    if uncertain:
        sentence += f" Not certified: {', '.join(uncertain)}."
    return sentence
