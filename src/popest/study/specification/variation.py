"""What a source says of its ratio and its errors besides their size: facts for any language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from popest.language.words import Words
from popest.study.specification.records import Source

INTERVAL_UNLESS_GIVEN = 0.95
"""Probability of published intervals where a source does not say it."""


class Variation(NamedTuple):
    """One thing that a source says of how its counts vary.

    `kind` is known, sample, at_most_one, binomial, none, error or interval, and `numbers` are what
    its sentence names: persons and a design effect, a median with its sigma, or a probability.
    """

    kind: str
    numbers: tuple[float, ...] = ()

    def said(self, words: Words) -> str:
        """Return it as a sentence."""
        names = {
            "sample": ("seen", "of", "deff"),
            "error": ("median", "sigma"),
            "interval": ("percent",),
        }.get(self.kind, ())
        fields = zip(names, self.numbers, strict=True)
        write = words.percent if self.kind == "interval" else words.exact
        return words(f"variation.{self.kind}", **{name: write(value) for name, value in fields})


def variation(source: Source) -> Iterator[Variation]:
    """Yield what a source says of how its counts vary."""
    ratio = source.ratio
    if ratio is not None and ratio.known is not None:
        yield Variation("known")
    if ratio is not None and ratio.seen is not None and ratio.of is not None:
        yield Variation("sample", (ratio.seen, ratio.of, ratio.deff))
    if ratio is not None and ratio.is_bounded:
        yield Variation("at_most_one")
    if source.sampling != "poisson":
        yield Variation(source.sampling)
    if source.log_error is not None:
        yield Variation("error", (source.log_error.median, source.log_error.sigma))
    if source.interval != INTERVAL_UNLESS_GIVEN:
        yield Variation("interval", (source.interval,))
