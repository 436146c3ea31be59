"""What each source of the shipped studies counts, and why it is believed, from ``study.toml``."""

from __future__ import annotations

from collections.abc import Iterator

from markup import plain, table

import popest
from popest.study.specification.ratio_prior import IntervalPrior
from popest.study.specification.records import Source


def sources() -> str:
    """Return what each source of the shipped studies counts, and why its prior is what it is."""
    return "\n\n".join(part for name in popest.list_studies() for part in _sources_of(name))


def _sources_of(name: str) -> Iterator[str]:
    study = popest.load_study(name)
    yield f"## {plain(study.specification.title)}"
    yield f"Study `{name}`. The target: {plain(study.specification.target)}."
    for key, source in study.specification.source.items():
        rows = list(_said_of(source))
        if source.measure != "shares":
            rows.append(("figures used", str(sum(row.source == key for row in study.used))))
        yield f"### {plain(source.title)}"
        yield table(("", f"`{key}`"), [(label, plain(text)) for label, text in rows])


def _said_of(source: Source) -> Iterator[tuple[str, str]]:
    """Yield what a source counts and what is believed of it, each with its label."""
    yield "counts", source.counts
    yield "counted by", source.producer
    yield "measure", source.measure
    if source.ratio is not None:
        yield "ratio", f"{_interval(source.ratio)}. {source.ratio.because}"
        if source.ratio.learned is not None:
            yield "learned from", source.ratio.learned
        for factor in source.ratio.times:
            yield f"times {factor.name}", f"{_interval(factor)}. {factor.because}"
    if source.baseline is not None:
        yield "baseline", f"{source.baseline.median:,.0f}. {source.baseline.because}"
    if source.bias is not None:
        yield "bias", f"{source.bias.mean:,.0f} persons. {source.bias.because}"
    if source.because is not None:
        yield "why it is believed", source.because


def _interval(prior: IntervalPrior) -> str:
    lower, upper = prior.interval90
    return f"{prior.median:.2g} (90 %: {lower:.2g} to {upper:.2g})"
