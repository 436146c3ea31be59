"""A panel and its variants side by side: how far the specification moves the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from popest.engines.bank import Progress
from popest.estimates.distribution import HEADLINE_PROBABILITY, PROBABILITIES, Distribution
from popest.estimates.words import persons, range_of, table_text, wrapped
from popest.panels.comparisons.one_size import estimate_or_refusal, refuse_no_size, size_of
from popest.panels.panel_estimate import PanelEstimate
from popest.panels.panel_result import PanelNotCertifiedError, said
from popest.study.panel.panel import Panel


class PanelVariantRow(NamedTuple):
    """The total of one variant, or one of its populations, persons; None where not certified.

    `name` is None for the panel itself; `warnings` speak against the estimate.
    """

    name: str | None
    size: Distribution | None
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as ``popest estimate PANEL --variants --json`` prints it."""
        size = self.size
        return {
            "variant": self.name,
            "certified": size is not None,
            "median": None if size is None else size.median,
            "intervals": []
            if size is None
            else [
                {"prob": prob, "lower": lower, "upper": upper, "kind": kind}
                for lower, upper, prob, kind, _ in size.intervals(PROBABILITIES)
            ],
            "warnings": list(self.warnings),
        }


def estimate_panel_variants(
    panel: Panel,
    *,
    population: str | None = None,
    itself: PanelEstimate | None = None,
    seed: int = 1,
    executor: Any = None,
    progress: Progress | None = None,
) -> list[PanelVariantRow]:
    """Return the estimates of a panel and of each variant it declares, the panel first.

    Parameters
    ----------
    panel
        The panel, without a variant of its own chosen.
    population
        The population that is compared; the total when None.
    itself
        The estimate of the panel itself, where it is at hand; it must have the same seed.
    seed
        Seed of each estimate.
    executor
        Who computes, as of `popest.estimate`.
    progress
        Called with a sentence as the work goes on.

    Raises
    ------
    UsageError
        When there is no total and no population is named, or as for `estimate`.
    """
    refuse_no_size(panel, population)
    rows = []
    for name in (None, *panel.specification.variant):
        given = name is None and itself is not None
        view = panel.with_variant(name)
        settings = {"seed": seed, "executor": executor, "progress": progress}
        found = itself if given else estimate_or_refusal(view, **settings)
        assert found is not None
        if isinstance(found, PanelNotCertifiedError):
            rows.append(PanelVariantRow(name, None, (said(found.certificate),)))
        else:
            size = size_of(found, population) if population or view.is_total else None
            reason = () if size is not None else ("has no total",)
            rows.append(PanelVariantRow(name, size, (*reason, *found.warnings)))
    return rows


def variants_text(rows: Sequence[PanelVariantRow]) -> str:
    """Return the variants side by side, and how far they move the answer."""
    cells = [
        (
            row.name or "(the panel itself)",
            "none" if row.size is None else persons(row.size.median),
            "" if row.size is None else range_of(row.size, HEADLINE_PROBABILITY),
            f"{len(row.warnings)}" if row.warnings else "",
        )
        for row in rows
    ]
    title = "Variants: the same panel under other assumptions"
    parts = [title, table_text(("variant", "median", "90 %", "warnings"), cells)]
    medians = [row.size.median for row in rows if row.size is not None]
    base = rows[0].size
    lower, upper = (0.0, 0.0) if base is None else base.interval(HEADLINE_PROBABILITY)[:2]
    if upper > lower and len(medians) > 1:
        spread = max(medians) - min(medians)
        share = 100 * spread / (upper - lower)
        ends = f"from {persons(min(medians))} to {persons(max(medians))}"
        of = "of the width of the panel's own 90 % interval"
        parts.append(wrapped(f"The medians run {ends}, {share:.0f} % {of}."))
    return "\n\n".join(parts)
