"""Rules on how the figures of a source vary: their errors, their chance, and what is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from popest.study.measures import rules_of
from popest.study.specification.records import Source
from popest.study.specification.toml_lines import Path
from popest.study.specification.wording import Fault, toml_text


def count_faults(path: Path, source: Source) -> Iterator[Fault]:
    """Check the entries of one source against each other.

    Parameters
    ----------
    path
        Its place in ``study.toml``.
    source
        Its entries.
    """
    rules = rules_of(source.measure)
    is_count = "sampling" in rules.optional
    if "error" in rules.keys:
        yield from _error_faults(path, source, is_count=is_count)
    if source.ratio is None:
        return
    if not is_count:
        if source.ratio.tails is not None:
            rule = f"belongs to a ratio of counts, and measure {source.measure} has a limit"
            yield Fault((*path, "ratio", "tails"), toml_text(source.ratio.tails), rule, "remove it")
        return
    if source.ratio.known is not None and source.group is not None:
        rule = "shares the error of ratios, and this one is known"
        remedy = "remove group and group_correlation, or write median and an interval"
        yield Fault((*path, "group"), source.group, rule, remedy)
    if source.sampling == "binomial":
        yield from _binomial_faults(path, source, has_start=rules.has_start)


def _error_faults(path: Path, source: Source, *, is_count: bool) -> Iterator[Fault]:
    """Check that the error of a count is a factor, and that of a balance a number of persons."""
    if is_count and source.persons_error is not None:
        rule = f"is in persons, and figures of measure {source.measure} are off by a factor"
        remedy = 'write error = { median = 0.08, sigma = 0.5, because = "..." }, of the logarithm'
        yield Fault((*path, "error", "sd"), toml_text(source.persons_error.sd), rule, remedy)
    if not is_count and source.log_error is not None:
        rule = f"is a factor, and figures of measure {source.measure} are off by so many persons"
        remedy = 'write error = { sd = 600, because = "..." }, in persons'
        yield Fault((*path, "error", "median"), toml_text(source.log_error.median), rule, remedy)


def _binomial_faults(path: Path, source: Source, *, has_start: bool) -> Iterator[Fault]:
    """Check that a binomial count is one of persons, of whom each is counted once or not."""
    ratio = source.ratio
    assert ratio is not None
    refused: list[tuple[Path, Any, str, str]] = []
    if has_start or source.every_months is not None:
        what = f"measure {source.measure}" if has_start else "papers"
        rule = f"is for persons present on a day, and {what} may count one several times"
        refused.append((("sampling",), source.sampling, rule, 'write sampling = "poisson"'))
    if source.baseline is not None:
        rule = "is counted besides, and binomial counts are of the population alone"
        remedy = 'remove it, or write sampling = "poisson"'
        refused.append((("baseline",), "{...}", rule, remedy))
    if not ratio.is_bounded and not (ratio.known is not None and ratio.known <= 1):
        rule = "may exceed one, and of persons no more are counted than there are"
        remedy = "write at_most_one = true, or seen and of"
        refused.append((("ratio",), "{...}", rule, remedy))
    for keys, value, rule, remedy in refused:
        yield Fault((*path, *keys), value, rule, remedy)
