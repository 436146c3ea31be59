"""How far the specification of a study moves its answer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from popest.checks.methods.fitted import Fitted, in_widths
from popest.checks.pictures import ForestRow, draw_forest
from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context, interval_cells
from popest.checks.wording import not_certified, percent_of_width
from popest.estimates import Distribution, VariantRow, estimate_variants
from popest.language.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@check("variants", required=False, quick=False)
def variants(context: Context) -> CheckResult:
    """Return the estimate under every variant that the study declares, beside its own.

    The picture is a specification curve: all variants in the order of their medians.
    """
    rows = estimate_variants(
        context.study,
        itself=context.estimate,
        seed=context.seed,
        progress=context.progress,
    )
    itself = context.itself.headline
    table = [_row(row, context.itself) for row in rows]
    figure = partial(_draw, rows=rows, itself=itself, label=context.label)
    return CheckResult(
        "variants", None, _sentence(context.words, rows, context.itself), table, figure
    )


def _draw(ax: Axes, rows: list[VariantRow], itself: Distribution, label: str) -> Axes:
    forest = [
        ForestRow.of(_label(row), row.headline) for row in rows[1:] if row.headline is not None
    ]
    forest.sort(key=lambda row: row.median)
    forest.insert(0, ForestRow.of("the study itself", itself, 1))
    return draw_forest(ax, forest, title="The estimate under each variant", label=label)


def _label(row: VariantRow) -> str:
    return f"{row.name} (warnings)" if row.warnings else str(row.name)


def _row(row: VariantRow, itself: Fitted) -> dict[str, Cell]:
    move = None
    if row.headline is not None:
        move = in_widths(row.headline.median - itself.headline.median, itself.width)
    return {
        "variant": row.name or "the study itself",
        **interval_cells(row.headline),
        "move_in_widths": move,
        "log_evidence": row.log_evidence,
        "certified": row.headline is not None,
        "warnings": "; ".join(row.warnings),
    }


def _sentence(words: Words, rows: list[VariantRow], itself: Fitted) -> str:
    if len(rows) == 1:
        return words("checks.variants.none")
    medians = {row.name: row.headline.median for row in rows if row.headline is not None}
    low = min(medians, key=lambda name: medians[name])
    high = max(medians, key=lambda name: medians[name])
    sentence = words(
        "checks.variants.span",
        number=words.ungrouped(len(rows) - 1),
        low=words.persons(medians[low]),
        low_name=low or words("checks.variants.itself"),
        high=words.persons(medians[high]),
        high_name=high or words("checks.variants.itself"),
        share=percent_of_width(
            words, in_widths(medians[high] - medians[low], itself.width), "checks.variants"
        ),
    )
    uncertain = (str(row.name) for row in rows if row.headline is None)
    return words.joined([sentence, not_certified(words, uncertain)])
