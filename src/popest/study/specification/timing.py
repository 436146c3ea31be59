"""When a source counts a person late, again or later: facts to be said in any language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from popest.language.words import Words
from popest.study.measures import rules_of
from popest.study.specification.priors import as_prior
from popest.study.specification.records import Source


class Timing(NamedTuple):
    """One thing that a source says of when its counts come.

    `kind` is lag, lag_of_register, lapse, lapse_by_date, renewed, later or later_known. `numbers`
    are months, a share, or counts a year for a hundred at arrival with their sigma; `periods` are
    first months with months.
    """

    kind: str
    numbers: tuple[float, ...] = ()
    periods: tuple[tuple[str, int], ...] = ()

    def said(self, words: Words) -> str:
        """Return it as a sentence."""
        is_one = self.kind in ("lag", "lag_of_register") and self.numbers == (1,)
        key = f"timing.{self.kind}{'_one' * is_one}"
        if self.periods:
            each = [
                words("timing.period", month=month, months=words.exact(months))
                for month, months in self.periods
            ]
            return words(key, periods=words.list(each))
        if self.kind == "renewed":
            return words(key, share=words.percent(self.numbers[0]))
        names = ("number", "sigma")
        fields = zip(names, self.numbers, strict=False)
        return words(key, **{name: words.exact(number) for name, number in fields})


def timing(source: Source) -> Iterator[Timing]:
    """Yield what a source says of when its counts come."""
    is_flow, every = rules_of(source.measure).has_start, source.every_months
    if source.lag_months:
        follows = is_flow or every is not None
        yield Timing("lag" if follows else "lag_of_register", (source.lag_months,))
    if isinstance(every, int):
        yield Timing("lapse", (every,))
    elif every is not None:
        yield Timing("lapse_by_date", periods=tuple((each.first, each.months) for each in every))
    if every is not None:
        yield Timing("renewed", (source.renewed,))
    later = as_prior(source.later)
    if later.median > 0:
        kind = "later" if later.sigma > 0 else "later_known"
        yield Timing(kind, (100 * later.median, later.sigma))
