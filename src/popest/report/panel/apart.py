"""Populations and figures that contradict what all other populations lead to expect of them."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from popest.checks.methods.others import Expected, ExpectedFigure
from popest.estimates.fit import EXTREME
from popest.report.panel.answer import population
from popest.report.panel.contents import PanelVoice

SHOWN = 20
"""Populations in the table of those that stand furthest apart."""
MOST_FIGURES = 1_000
"""Figures in the table of all, the furthest first."""
NAMED = 10


class ApartRow(NamedTuple):
    """A population, or a figure, beside what is expected, as the table has it."""

    name: Markup
    cells: list[str]
    is_flagged: bool


def sentences(voice: PanelVoice) -> list[Markup]:
    """Return which populations contradict the others, and the figure that does so most."""
    texts, found = voice.texts, voice.contents.contradictions.found
    said = [warning(voice)] if voice.contents.contradictions.flagged else []
    if not said:
        said.append(texts("panel.page.none", number=texts.number(len(found))))
    unsure = [each for each in found if not each.is_certified]
    if unsure:
        said.append(texts("panel.page.unsure", populations=_named(voice, unsure)))
    owner, worst = voice.contents.contradictions.furthest_figures[0]
    said.append(
        texts(
            "panel.page.worst",
            figure=worst.observation,
            population=population(voice, owner.population),
            value=texts.figure(worst.value),
            median=texts.figure(worst.median),
            interval=texts.interval(texts.figure(worst.lower), texts.figure(worst.upper)),
            percentile=texts.number(100 * worst.percentile, 1),
        )
    )
    return said


def warning(voice: PanelVoice) -> Markup:
    """Return the sentence that names the populations which contradict the others."""
    contents = voice.contents
    populations = _named(voice, contents.contradictions.flagged)
    number = voice.texts.number(len(contents.contradictions.found))
    return voice.texts("panel.page.some", populations=populations, number=number)


def rows(voice: PanelVoice) -> list[ApartRow]:
    """Return the populations that stand furthest apart."""
    texts = voice.texts
    return [
        ApartRow(
            population(voice, each.population),
            [
                texts.number(len(each.figures)),
                _chance(voice, each.chance),
                _chance(voice, voice.contents.contradictions.adjusted[each.population]),
            ],
            each in voice.contents.contradictions.flagged,
        )
        for each in voice.contents.contradictions.found[:SHOWN]
    ]


def figure_rows(voice: PanelVoice) -> list[ApartRow]:
    """Return every figure beside what is expected of it, the furthest first, so many at most."""
    texts = voice.texts
    return [
        ApartRow(
            Markup("{}<br><span class='quiet'>{}</span>").format(
                figure.observation, population(voice, owner.population)
            ),
            [
                texts.figure(figure.value),
                texts.figure(figure.median),
                texts.interval(texts.figure(figure.lower), texts.figure(figure.upper)),
                texts.number(100 * figure.percentile, 1),
            ],
            _distance(figure) > 0.5 - EXTREME,
        )
        for owner, figure in voice.contents.contradictions.furthest_figures[:MOST_FIGURES]
    ]


def figures_summary(voice: PanelVoice) -> Markup:
    """Return what the table of figures holds: all of them, or how many."""
    texts, number = voice.texts, len(voice.contents.contradictions.furthest_figures)
    if number <= MOST_FIGURES:
        return texts("panel.page.every_figure", number=texts.number(number))
    shown = texts.number(MOST_FIGURES)
    return texts("panel.page.furthest_figures", shown=shown, number=texts.number(number))


def _distance(figure: ExpectedFigure) -> float:
    """Return how far the percentile of a figure is from the middle."""
    return abs(figure.percentile - 0.5)


def _named(voice: PanelVoice, found: list[Expected]) -> Markup:
    names = [population(voice, each.population) for each in found[:NAMED]]
    rest = len(found) - NAMED
    if rest > 0:
        shown = Markup(", ").join(names)
        return voice.texts("list.more", names=shown, number=voice.texts.number(rest))
    return voice.texts.list(names)


def _chance(voice: PanelVoice, chance: float) -> str:
    texts = voice.texts
    return texts.number(chance, 2) if chance >= EXTREME else texts.written(f"{chance:.1g}")
