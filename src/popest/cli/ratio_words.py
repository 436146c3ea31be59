"""A source's ratio in words: how many are counted for every hundred, and where it is from."""

from __future__ import annotations

from collections.abc import Iterator

from popest.language.writers import plain_writer
from popest.study import Source
from popest.study.measures import MEASURES
from popest.study.specification.learned import REFERENCE_MONTHS, learned_row
from popest.study.specification.learned_definitions import meaning
from popest.study.specification.priors import LogNormalPrior
from popest.study.specification.timing import timing
from popest.study.specification.variation import variation


def ratio_sentence(source: Source) -> str:
    """Return what is believed of a source's ratio, as a sentence; nothing without a ratio."""
    if source.ratio is None:
        return ""
    words = MEASURES[source.measure].words
    hundred, counted = words.hundred, words.counted
    if source.every_months is not None and words.ratio_of_papers:
        hundred, counted = words.hundred_papers, words.counted_papers
    lower, upper = source.ratio.interval90
    sentence = (
        f"In words: for every 100 {hundred} some {_number(source.ratio.median)} {counted} are "
        "expected"
    )
    if lower < upper:
        bounds = f"{_number(lower)} and {_number(upper)}"
        sentence += f", and with 90 % probability between {bounds}"
    if source.drift:
        sentence += f"; from year to year the ratio wanders by some {100 * source.drift:.2g} %"
    return f"{sentence}."


def timing_words(source: Source) -> str:
    """Return when a source counts a person late, again or later, and why."""
    said = [fact.said(plain_writer().texts) for fact in timing(source)]
    reasons = ["" if source.windows else source.because]
    if isinstance(source.later, LogNormalPrior):
        reasons.append(source.later.because)
    return " ".join([*said, *filter(None, reasons)])


def variation_words(source: Source) -> str:
    """Return how the counts of a source vary, as far as it says more than a ratio, and why."""
    said = [fact.said(plain_writer().texts) for fact in variation(source)]
    if source.log_error is not None:
        said.append(source.log_error.because)
    return " ".join(said)


def learned_lines(source: Source, table: str) -> Iterator[str]:
    """Yield what a learned ratio rests on, and a line for each factor; nothing for others.

    Parameters
    ----------
    source
        A source of a study.
    table
        The text of the table of learned ratios that the study uses.
    """
    ratio = source.ratio
    if ratio is None or ratio.learned is None:
        return
    row = learned_row(ratio, table)
    sentence = (
        f"Learned from places where the truth is known, type {row.name} (pairs: {row.n_pairs}, "
        f"blocks: {row.n_blocks}, countries: {row.n_countries}"
    )
    if row.without:
        sentence += f"; without {row.without}"
    sentence += f"): {row.median:.3g}, between {row.lower:.3g} and {row.upper:.3g}"
    if row.drift:
        months = REFERENCE_MONTHS if ratio.months is None else ratio.months
        sentence += f", {REFERENCE_MONTHS} months after a wave began; taken at {months:g} months"
    yield f"{sentence}."
    if row.definition:
        yield f"It counts by the definition {row.definition}: {meaning(row.definition)}."
    for factor in ratio.times:
        lower, upper = factor.interval90
        yield (
            f"Times {factor.name}: {factor.median:g}, between {lower:.3g} and {upper:.3g} with "
            f"90 % probability. {factor.because}"
        )


def _number(ratio: float) -> str:
    """Return a ratio in counts per hundred, with two digits where it is small."""
    hundredfold = 100 * ratio
    return f"{hundredfold:,.0f}" if hundredfold >= 10 else f"{hundredfold:.2g}"
