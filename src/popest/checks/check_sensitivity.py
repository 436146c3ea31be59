"""How far the estimate hangs on the priors."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from popest.checks.methods.fitted import Fitted, in_widths, ratios_of, with_ratio
from popest.checks.pictures import ForestRow, draw_forest
from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context, interval_cells
from popest.checks.wording import not_certified, percent_of_width
from popest.engines.bank import Bank
from popest.engines.mixture import Mixture, Normal, fit_normal
from popest.language.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POWERS = (0.8, 1.25)
WIDENED = 2.0
LARGEST_MOVE = 0.25
REFIT_DRAWS = 20_000
CASES = {
    "prior": "prior to the power {}",
    "likelihood": "likelihood to the power {}",
    "ratio_lower": "{}: ratio -1 tau",
    "ratio_higher": "{}: ratio +1 tau",
    "ratio_wider": f"{{}}: ratio {WIDENED:g} times as wide",
}
"""What each change is called in the table; its randomness belongs to this name."""


class Change(NamedTuple):
    """A change of a prior or of the likelihood: a key of `CASES`, and its power or its source."""

    kind: str
    subject: str

    def said(self, words: Words) -> str:
        """Return it in the words of a language."""
        number = words.written(self.subject)
        facts = {"power": number, "source": self.subject, "times": words.exact(WIDENED)}
        return words(f"checks.sensitivity.{self.kind}", **facts)

    def __str__(self) -> str:
        return CASES[self.kind].format(self.subject)


@check("sensitivity", required=False, quick=False)
def sensitivity(context: Context) -> CheckResult:
    """Return the estimate under other priors, flagged when the median moves by over a quarter.

    Prior and likelihood are raised to powers, and each ratio prior is moved by one tau either
    way and widened twofold. The prior raised to a power is that of the population, the baselines
    and the noise; the likelihood has the ratios integrated out, so that their priors are part of
    it and are varied one by one.

    Notes
    -----
    The limit is a quarter of the width of the 90 % interval, 0.82 standard deviations. One tau
    is a change that the prior itself holds for ordinary. Where all is normal it moves the mean
    of log N by at most its correlation with the ratio times its standard deviation, so a flagged
    ratio carries over two thirds (0.82 squared) of the variance by itself. A power of .8 or
    1.25 changes a standard deviation by about a tenth; a median that
    moves by a quarter of the width for that is a compromise between prior and likelihood that
    contradict each other.
    """
    changes = {**_powers(context), **_ratios(context)}
    cases = {"the study itself": context.itself}
    cases |= {str(change): found for change, found in changes.items()}
    table = [_row(case, found, context.itself) for case, found in cases.items()]
    figure = partial(_draw, cases=cases, label=context.label)
    said = {str(change): change.said(context.words) for change in changes}
    return CheckResult("sensitivity", None, _sentence(context, said, table), table, figure)


def _draw(ax: Axes, cases: dict[str, Fitted], label: str) -> Axes:
    rows = [
        ForestRow.of(case, found.headline, int(place == 0) if found.certified else -1)
        for place, (case, found) in enumerate(cases.items())
    ]
    return draw_forest(ax, rows, title="The estimate under other priors", label=label)


def powered(context: Context, prior: float, likelihood: float) -> Fitted:
    """Return the study with prior and likelihood raised to powers.

    The study's own bank is weighed again; where that is not certified, draws are made from a
    normal fitted to these weights and from the prior.
    """
    bank = context.bank
    found = _weighed(context, bank, prior, likelihood)
    if found.certified:
        return found
    normals = Normal.standard(len(bank.u)), fit_normal(bank.u, _powered(bank, prior, likelihood))
    mixture = Mixture(normals, (0.2, 0.8))
    u = mixture.draw(REFIT_DRAWS, context.rng(f"sensitivity {prior} {likelihood}"))
    density = context.model.log_density_of_data(u)
    density[np.isnan(density)] = -np.inf
    drawn = Bank(u, context.model.normals.log_density(u), density, mixture.log_density(u))
    return _weighed(context, drawn, prior, likelihood)


def _powered(bank: Bank, prior: float, likelihood: float) -> np.ndarray:
    return prior * bank.log_prior + likelihood * bank.log_likelihood - bank.log_mixture


def _weighed(context: Context, bank: Bank, prior: float, likelihood: float) -> Fitted:
    # The certificate and the draws are those of a bank that has these as its densities.
    scaled = replace(
        bank, log_prior=prior * bank.log_prior, log_likelihood=likelihood * bank.log_likelihood
    )
    draws = scaled.draws(context.model)
    return Fitted(context.model, draws, context.asked, refitted=bank is not context.bank)


def _powers(context: Context) -> dict[Change, Fitted]:
    found: dict[Change, Fitted] = {}
    for power in POWERS:
        found[Change("prior", f"{power:g}")] = powered(context, power, 1.0)
        found[Change("likelihood", f"{power:g}")] = powered(context, 1.0, power)
    return found


def _ratios(context: Context) -> dict[Change, Fitted]:
    found: dict[Change, Fitted] = {}
    for name, ratio in ratios_of(context.study.specification).items():
        context.progress(f"changing the ratio prior of {name}")
        changes = {
            "ratio_lower": with_ratio(context.content, name, shift=-ratio.spread),
            "ratio_higher": with_ratio(context.content, name, shift=ratio.spread),
            "ratio_wider": with_ratio(context.content, name, widen=WIDENED),
        }
        for kind, content in changes.items():
            change = Change(kind, name)
            found[change] = context.other(content, str(change))
    return found


def _row(case: str, found: Fitted, itself: Fitted) -> dict[str, Cell]:
    move = in_widths(found.headline.median - itself.headline.median, itself.width)
    return {
        "case": case,
        **interval_cells(found.headline),
        "move_in_widths": move,
        "width_ratio": in_widths(found.width, itself.width),
        "pareto_k": found.draws.certificate.pareto_k,
        "effective_size": found.draws.certificate.ess,
        "refitted": found.refitted,
        "certified": found.certified,
        "flagged": _size(move) > LARGEST_MOVE,
    }


def _size(cell: Cell) -> float:
    """Return how large a multiple of a width is, infinite where there is no width."""
    return math.inf if cell is None else abs(float(cell))


def _sentence(context: Context, said: dict[str, str], table: list[dict[str, Cell]]) -> str:
    """Return which change moves the median most; `said` are the changes by their cells.

    What is not certified is named as such, and nothing else is said of it.
    """
    words, asked = context.words, context.asked
    others = [row for row in table[1:] if row["certified"]] or table[1:]
    largest = max(others, key=lambda row: _size(row["move_in_widths"]))
    widest = max(others, key=lambda row: _size(row["width_ratio"]))
    if not any(_size(row["move_in_widths"]) or _size(row["width_ratio"]) for row in others):
        return words("checks.sensitivity.known", known=asked.said(words, "known"))

    before, after = (words.persons(float(row["median"] or 0)) for row in (table[0], largest))
    share = _size(largest["move_in_widths"])
    sentence = words(
        "checks.sensitivity.most",
        largest=said[str(largest["case"])],
        before=before,
        after=after,
        share=percent_of_width(words, share if math.isfinite(share) else None),
        times=words.ungrouped(_size(widest["width_ratio"]), 2),
        widest=said[str(widest["case"])],
    )
    flagged = [said[str(row["case"])] for row in others if row["flagged"]]
    limit = words.percent(LARGEST_MOVE)
    key = "checks.sensitivity.moved" if flagged else "checks.sensitivity.none_moved"
    moved = words(key, limit=limit, cases=words.joined(flagged, "; "))
    uncertain = (said[str(row["case"])] for row in table[1:] if not row["certified"])
    return words.joined([sentence, moved, not_certified(words, uncertain, "; ")])
