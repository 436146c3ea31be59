"""What populations share, before the figures and after them, and the sources one by one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from markupsafe import Markup

from popest.estimates.distribution import HEADLINE_PROBABILITY, Distribution
from popest.panels.panel_result import PooledLearned
from popest.report.language import named
from popest.report.panel.answer import quantity
from popest.report.panel.contents import PanelVoice, bar_of
from popest.report.pictures.forest import Forest, Row
from popest.report.pictures.svg import Drawing
from popest.report.sections.learned import origin
from popest.report.sections.provenance import FigureRow, PriorRow, Use, figure_rows, priors
from popest.report.sections.sources import SourceEntry, assumed, ratio_tick, reasons
from popest.study.panel.panel import PooledQuantity
from popest.study.panel.quantities import SIZE, spread_at
from popest.study.specification.toml_lines import Path

MOST_FIGURES = 3_000
"""Figures on file that the page lists; the file itself holds them all."""


class LearnedRow(NamedTuple):
    """A part of what is shared, as the table has it."""

    part: Markup
    cells: list[str]


def learned_rows(voice: PanelVoice) -> list[LearnedRow]:
    """Return what was learned of each part of what is shared."""
    return [
        LearnedRow(_part(voice, row), [*_cells(voice, row.prior), *_cells(voice, row.posterior)])
        for row in voice.contents.estimate.pooled()
    ]


def ratio_picture(voice: PanelVoice) -> Drawing | None:
    """Return the typical ratios before and after the figures; None where no ratio is shared."""
    texts, sources = voice.texts, voice.specification.source
    rows = [
        Row(sources[row.quantity].title, (bar_of(row.prior), bar_of(row.posterior)))
        for row in voice.contents.estimate.pooled()
        if row.part == "typical" and row.quantity in sources
    ]
    if not rows:
        return None
    return Forest(
        "shared-picture",
        texts.plain("panel.page.shared_title"),
        texts.plain("panel.page.shared_description"),
        rows,
        partial(ratio_tick, texts),
        "",
        is_log=True,
    ).draw()


def entries(voice: PanelVoice) -> list[SourceEntry]:
    """Return all sources of the panel, in its order."""
    pooled = {quantity.name: quantity for quantity in voice.contents.panel.pooled}
    return [
        SourceEntry(
            name,
            source.title,
            source.producer,
            source.counts,
            voice.texts(f"measure.{source.measure}.read_as"),
            _assumed(voice, name, pooled.get(name)),
            origin(voice, source.ratio),
            None,
            list(reasons(voice, source)),
            [],
        )
        for name, source in voice.specification.source.items()
    ]


def count(voice: PanelVoice, source: str) -> Markup:
    """Return how many figures of a source are in use, and in how many populations."""
    texts, used = voice.texts, voice.contents.panel.used.values()
    figures = [sum(row.source == source for row in rows) for rows in used]
    return texts(
        "panel.page.count",
        number=texts.number(sum(figures)),
        populations=texts.number(sum(figure > 0 for figure in figures)),
    )


def prior_rows(voice: PanelVoice) -> list[PriorRow]:
    """Return all priors of a population, with the columns that medians stand in."""
    texts = voice.texts
    labels: dict[Markup, Path] = {texts("prior.size", unit=voice.unit): SIZE}
    for name in voice.specification.source:
        labels[texts("prior.ratio", name=voice.source(name))] = ("source", name, "ratio")
    found = []
    for row in priors(voice):
        column = _of_column(voice, labels[row.name]) if row.name in labels else None
        found.append(row if column is None else row._replace(value=column))
    return found


def figures(voice: PanelVoice) -> list[FigureRow]:
    """Return the figures on file with their use, so many at most."""
    panel = voice.contents.panel
    used = {row.id for rows in panel.used.values() for row in rows}
    rows = panel.observations
    found = figure_rows(voice, rows[:MOST_FIGURES], Use(rows, used, panel.as_of_day))
    titles = voice.contents.titles
    of = [row.population or "" for row in rows[:MOST_FIGURES]]
    return [
        row._replace(source=Markup("{}<br>{}").format(named(titles[name]), row.source))
        for row, name in zip(found, of, strict=True)
    ]


def figures_lead(voice: PanelVoice) -> Markup:
    """Return that all figures on file are listed, or how many of them are."""
    texts, number = voice.texts, len(voice.contents.panel.observations)
    if number <= MOST_FIGURES:
        return texts("provenance.lead")
    shown = texts.number(MOST_FIGURES)
    return texts("panel.page.figures_first", shown=shown, number=texts.number(number))


def _assumed(voice: PanelVoice, name: str, pooled: PooledQuantity | None) -> list[Markup]:
    """Return what is assumed of a source: its ratio, and what of it populations share."""
    texts = voice.texts
    found = list(assumed(voice, voice.specification.source[name]))
    column = _of_column(voice, ("source", name, "ratio"))
    if column is not None:
        found[0] = column
    if pooled is None:
        found.append(texts("panel.page.apart"))
    elif pooled.between == 0:
        found.append(texts("panel.page.one_ratio"))
    else:
        between = texts.exact(pooled.between)
        found.append(texts("panel.page.pooled", between=between))
    effects = list(pooled.effects) if pooled is not None else []
    if effects:
        columns = texts.list([named(name) for name in effects])
        found.append(texts("panel.page.effects", columns=columns))
    return found


def _of_column(voice: PanelVoice, path: Path) -> Markup | None:
    """Return which column the median of a quantity is, and its spread; None where it is none."""
    panel, texts = voice.contents.panel, voice.texts
    columns = {keys.path: keys.column for keys in panel.keys}
    if columns.get(path) is None:
        return None
    sigma = texts.significant(spread_at(path, voice.specification))
    return texts("panel.page.column", column=named(columns[path] or ""), sigma=sigma)


def _part(voice: PanelVoice, row: PooledLearned) -> Markup:
    name = quantity(voice, row.quantity)
    if row.part == "effect":
        return voice.texts("panel.page.effect", name=name, of=named(row.of))
    key = "factor" if row.is_factor else row.part
    return voice.texts(f"panel.page.{key}", name=name)


def _cells(voice: PanelVoice, found: Distribution) -> Iterator[str]:
    texts = voice.texts
    median, *bounds = found.median_and_bounds(HEADLINE_PROBABILITY)

    def write(value: float) -> str:
        return texts.persons(value) if abs(value) >= 1000 else texts.significant(value)

    yield write(median)
    yield texts.interval(*map(write, bounds))
