"""The controls of the page's what-if, source by source.

How they are drawn is the template's business (``what_if.html.jinja``), what they do the script's.
"""

from __future__ import annotations

from dataclasses import dataclass

from popest.model.statistics import Control
from popest.report.carried import Carried
from popest.study.records import Specification


@dataclass(frozen=True)
class Group:
    """The controls of a source, which can be switched off, or of the population, which cannot.

    `source` is the name in ``study.toml``, None for the population; `title` is the study's.
    """

    source: str | None
    title: str
    controls: tuple[Control, ...]


def groups_of(specification: Specification, carried: Carried) -> tuple[Group, ...]:
    """Return all controls, the sources in the order of the study, the population last."""
    by_source = {source.name: source.controls for source in carried.evidence}
    sources = [
        Group(name, source.title, by_source[name])
        for name, source in specification.source.items()
        if name in by_source
    ]
    population = tuple(level.control for level in carried.levels)
    return (*sources, *([Group(None, "", population)] if population else []))
