"""Whether two engines that share nothing but the model give one answer."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context
from popest.engines.draws import Certificate, Draws
from popest.engines.nuts import run_nuts
from popest.estimates import Distribution
from popest.estimates.days import values_of
from popest.estimates.pictures.style import BAND, BLACK, BLUE, finish, name_rows
from popest.language.words import Words
from popest.language.writers import Writer, plain_writer

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PROBABILITIES = {"5 %": 0.05, "median": 0.5, "95 %": 0.95}
BATCHES = 20
LARGEST_DIFFERENCE = 4.0


class Quantile(NamedTuple):
    """A quantile of the headline by the estimate and by nuts, persons, with standard errors."""

    quantile: str
    own: float
    own_se: float
    nuts: float
    nuts_se: float
    difference_in_se: float

    def row(self, engine: str) -> dict[str, Cell]:
        """Return the row of the check's table, where the estimate's engine goes by its name."""
        cells = self._asdict()
        names = {"own": engine, "own_se": f"{engine}_se"}
        return {names.get(name, name): value for name, value in cells.items()}


@check("engines-agree", required=True, quick=False)
def engines_agree(context: Context) -> CheckResult:
    """Return the differences of quantiles between estimate and nuts, failed at 4 standard errors.

    The standard errors of the bank are those of 20 batches of its draws; those of chains follow
    from the effective sample size of each quantile. It tells nothing when nuts is not certified.
    """
    context.progress("compiling the PyMC model and sampling it, which takes a minute or so")
    seed = int(context.rng("engines-agree").integers(2**31))
    nuts = run_nuts(context.model, seed)
    own = context.itself.draws
    found = [_quantile(context, name, own, nuts) for name in PROBABILITIES]
    certified = own.certificate.certified and nuts.certificate.certified
    passed = _worst(found) < LARGEST_DIFFERENCE if certified else None
    certificates = {own.engine: own.certificate, "nuts": nuts.certificate}
    sentence = _sentence(plain_writer(context.language), found, certificates, own.engine)
    table = [each.row(own.engine) for each in found]
    figure = partial(_draw, found=found, engine=own.engine, kind=context.asked.kind)
    return CheckResult("engines-agree", passed, sentence, table, figure)


def _quantile(context: Context, name: str, own: Draws, nuts: Draws) -> Quantile:
    by_own, own_se = _with_error(context, own, PROBABILITIES[name])
    by_nuts, nuts_se = _with_error(context, nuts, PROBABILITIES[name])
    difference = (by_nuts - by_own) / math.hypot(own_se, nuts_se)
    return Quantile(name, by_own, own_se, by_nuts, nuts_se, difference)


def _values(context: Context, draws: Draws) -> np.ndarray:
    return values_of(context.model, draws.state.population, context.asked)


def _with_error(context: Context, draws: Draws, prob: float) -> tuple[float, float]:
    """Return a quantile and its standard error, from batches of shuffled draws or from chains."""
    if draws.n_chains is not None:
        return _by_chains(_values(context, draws), draws.n_chains, prob)
    values, weights = _values(context, draws), draws.weights
    batch = context.rng("batches").permutation(len(values)) % BATCHES
    found = []
    for number in range(BATCHES):
        held = batch == number
        part = Distribution(values[held], weights[held] / weights[held].sum())
        found.append(part.quantile(prob))
    se = float(np.std(found, ddof=1) / np.sqrt(BATCHES))
    return Distribution(values, weights).quantile(prob), se


def _by_chains(values: np.ndarray, n_chains: int, prob: float) -> tuple[float, float]:
    import arviz_stats

    chains = values.reshape(n_chains, -1)
    se = arviz_stats.mcse(chains, method="quantile", prob=prob)
    return Distribution.equal(values).quantile(prob), float(np.asarray(se).item())


def _worst(found: list[Quantile]) -> float:
    return max(abs(each.difference_in_se) for each in found)


def _sentence(
    writer: Writer, found: list[Quantile], certificates: dict[str, Certificate], engine: str
) -> str:
    words = writer.texts
    differ = words(
        "checks.engines-agree.differ",
        errors=words.ungrouped(_worst(found), 1),
        engine=engine,
        own=_interval_words(words, (each.own for each in found)),
        nuts=_interval_words(words, (each.nuts for each in found)),
    )
    doubts = [
        words("checks.engines-agree.tells_nothing", engine=name, certificate=each.said(writer))
        for name, each in certificates.items()
        if not each.certified
    ]
    return words.joined([differ, *doubts])


def _interval_words(words: Words, quantiles: Iterable[float]) -> str:
    lower, median, upper = map(words.persons, quantiles)
    return words("checks.engines-agree.interval", lower=lower, median=median, upper=upper)


def _draw(ax: Axes, found: list[Quantile], engine: str, kind: str) -> Axes:
    ax.axvspan(-LARGEST_DIFFERENCE, LARGEST_DIFFERENCE, color=BAND, lw=0, zorder=0)
    for place, each in enumerate(found):
        ax.plot([each.difference_in_se], [place], "o", color=BLUE, ms=8, zorder=3)
    ax.axvline(0, color=BLACK, lw=0.8, ls="--")
    furthest = max(LARGEST_DIFFERENCE, *(abs(each.difference_in_se) for each in found))
    ax.set_xlim(-1.2 * furthest, 1.2 * furthest)
    name_rows(ax, [f"{each.quantile} of the {kind}" for each in found])
    label = f"nuts less {engine}, standard errors of the difference (shaded: agreement)"
    return finish(ax, "Do both engines give the same answer?", label)
