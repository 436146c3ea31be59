"""A panel without one of its populations."""

from __future__ import annotations

from dataclasses import replace

from popest.study.panel.panel import Panel


def without_population(panel: Panel, name: str) -> Panel:
    """Return a panel without a population; covariates are centred anew."""
    content = panel.content
    return replace(
        panel,
        content=content._replace(
            populations=tuple(row for row in content.populations if row.name != name),
            rows=tuple(row for row in content.rows if row.population != name),
        ),
    )
