"""A published figure in the words of a language: a count, a bound of one, or two.

A file of its own, as the rooms above say figures too.
"""

from __future__ import annotations

import math

from popest.language.words import Words
from popest.study.observations.observation import Observation


def figure_in(texts: Words, row: Observation) -> str:
    """Return the figure of a row as it is written in a sentence, without its unit."""
    if not row.is_bound:
        return texts.number(row.count)
    lower, upper = (texts.number(bound) for bound in row.range)
    return texts(f"figure.{row.precision}", lower=lower, upper=upper)


def range_in(texts: Words, lower: float, upper: float) -> str:
    """Return between which counts a figure is, the upper infinite where it has none."""
    if math.isinf(upper):
        return texts("figure.at_least", lower=texts.number(lower))
    if lower == 0:
        return texts("figure.at_most", upper=texts.number(upper))
    return texts("figure.between", lower=texts.number(lower), upper=texts.number(upper))


def figure_and_error_in(texts: Words, row: Observation) -> str:
    """Return the figure of a row with the error that was published with it, if any was."""
    figure = figure_in(texts, row)
    if row.se is not None:
        return texts("figure.with_error", figure=figure, error=texts.exact(row.se))
    if row.has_own_error:
        bounds = {"lower": row.lower, "upper": row.upper}
        said = {name: texts.exact(bound) for name, bound in bounds.items() if bound is not None}
        return texts("figure.with_interval", **{"figure": figure, "lower": "", "upper": ""} | said)
    return figure
