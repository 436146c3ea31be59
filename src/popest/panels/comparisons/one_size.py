"""The one size that a series of a panel's estimates shows: its total, or one population."""

from __future__ import annotations

from popest.estimates.distribution import Distribution
from popest.panels.compute import estimate_panel
from popest.panels.panel_estimate import PanelEstimate
from popest.panels.panel_result import PanelNotCertifiedError, PanelResult
from popest.study.panel.panel import Panel
from popest.study.problems import UsageError


def refuse_no_size(panel: Panel, population: str | None) -> None:
    """Refuse a panel of which nothing single can be shown.

    Raises
    ------
    UsageError
        When it has no total and no population is named, or none of that name.
    """
    if population is not None:
        panel.place_of(population)
    elif not panel.is_total:
        raise UsageError(
            f"panel {panel.name} has no total: name one of its populations (--population), or "
            f"write total = true in study.toml"
        )


def size_of(estimate: PanelResult, population: str | None) -> Distribution:
    """Return the total of an estimate, or the size of one population, persons.

    Raises
    ------
    UsageError
        As `refuse_no_size`.
    """
    if population is not None:
        return estimate.population(population).size
    refuse_no_size(estimate.panel, None)
    assert estimate.total is not None
    return estimate.total


def estimate_or_refusal(panel: Panel, **settings: object) -> PanelEstimate | PanelNotCertifiedError:
    """Return the estimate of one panel among several, or why none is given."""
    try:
        return estimate_panel(panel, **settings)  # type: ignore[arg-type]
    except PanelNotCertifiedError as refusal:
        return refusal
