"""What a learned ratio rests on, in words: its type, its pairs, and the factors of the study."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from popest.report.language import named
from popest.report.voice import Speaker
from popest.study.specification.learned import REFERENCE_MONTHS, LearnedRatio, learned_row
from popest.study.specification.ratio_prior import IntervalPrior, RatioPrior


class FactorLine(NamedTuple):
    """A factor of a learned ratio: its name, its median and interval, and the study's reason."""

    name: Markup
    value: Markup
    because: str


class Origin(NamedTuple):
    """Where a learned ratio comes from."""

    sentence: Markup
    factors: list[FactorLine]


def origin(voice: Speaker, ratio: RatioPrior | None) -> Origin | None:
    """Return where a ratio comes from if it is learned, else nothing."""
    if ratio is None or ratio.learned is None:
        return None
    row = learned_row(ratio, voice.ratios_text)
    factors = [
        FactorLine(named(factor.name), median_and_bounds(voice, factor), factor.because)
        for factor in ratio.times
    ]
    return Origin(Markup(" ").join(_sentences(voice, ratio, row)), factors)


def median_and_bounds(voice: Speaker, prior: IntervalPrior) -> Markup:
    """Return the median of a prior with its 90 % interval; as written where a person wrote it."""
    texts = voice.texts
    is_learned = isinstance(prior, RatioPrior) and prior.learned is not None
    median = (texts.significant if is_learned else texts.exact)(prior.median)
    if isinstance(prior, RatioPrior) and prior.known is not None:
        return texts("prior.known", median=median)
    lower, upper = (texts.significant(bound) for bound in prior.interval90)
    return texts("prior.ratio_value", median=median, lower=lower, upper=upper)


def _sentences(voice: Speaker, ratio: RatioPrior, row: LearnedRatio) -> list[Markup]:
    texts = voice.texts
    lower, upper = (texts.significant(bound) for bound in (row.lower, row.upper))
    found = [
        texts(
            "learned.type",
            type=Markup("<code>{}</code>").format(row.name),
            pairs=texts.number(row.n_pairs),
            blocks=texts.number(row.n_blocks),
            countries=texts.number(row.n_countries),
            median=texts.significant(row.median),
            lower=lower,
            upper=upper,
        )
    ]
    key = f"definition.{row.definition}"
    if row.definition and key in texts:
        found.append(texts("learned.definition", meaning=texts.plain(key)))
    if row.without:
        found.append(texts("learned.without", country=named(row.without)))
    if row.drift:
        months = REFERENCE_MONTHS if ratio.months is None else ratio.months
        stated, taken = texts.exact(REFERENCE_MONTHS), texts.exact(months)
        found.append(texts("learned.months", stated=stated, months=taken))
    return found
