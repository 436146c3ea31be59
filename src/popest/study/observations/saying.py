"""A published figure in the words of a language: a count, a bound of one, or two.

A file of its own, as the rooms above say figures too.
"""

from __future__ import annotations

from popest.language.words import Words
from popest.study.observations.observation import Observation


def figure_in(texts: Words, row: Observation) -> str:
    """Return the figure of a row as it is written in a sentence, without its unit."""
    if not row.is_bound:
        return texts.number(row.count)
    lower, upper = (texts.number(bound) for bound in row.range)
    return texts(f"figure.{row.precision}", lower=lower, upper=upper)
