"""What the width of the interval comes from: the value of knowing each part."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from popest.checks.methods.regression import Explained, explained_share
from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context
from popest.estimates import Estimate
from popest.estimates.pictures.style import BLACK, BLUE, finish, name_rows, write_beside
from popest.language.writers import Writer, plain_writer
from popest.study.estimand import Estimand

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMED = 3
"""Parts that the sentence names."""
SMALLEST_NAMED = 0.05
SMALLEST_DRAWN = 0.01
ASKED: dict[str, tuple[str, ...]] = {
    "stock": ("size",),
    "arrivals": ("background", "volatility", "wave"),
    "departures": (),
}
"""Parts that are themselves what is asked, by its kind: to know them is to know the answer."""


class Part(NamedTuple):
    """A part of a model that could be known.

    `kind` is ratio, bias, wave, baseline, later, departures, noise, initial, volatility or
    background, and `name` its source's or wave's, where it has one.
    """

    kind: str
    name: str = ""

    def said(self, writer: Writer) -> str:
        """Return it in the words of a language."""
        return writer.texts(f"checks.drivers.part.{self.kind}", name=self.name)

    def __str__(self) -> str:
        return self.said(plain_writer())


@check("drivers", required=False, quick=True)
def drivers(context: Context) -> CheckResult:
    """Return the share of the log's variance that would go if each part of the model were known.

    Notes
    -----
    With N the stock or the flow that is the headline, the share is
    Var E(log N | part, figures) / Var(log N | figures), by regression out of batch. Knowing the
    part would leave sqrt(1 - share) of the width, on average over what it may turn out to be.
    Parts depend on each other given the figures, so the shares need not add to one.
    """
    if np.ptp(context.itself.headline.values) == 0:
        known_words = context.asked.said(context.words, "known")
        sentence = context.words("checks.drivers.known", known=known_words)
        return CheckResult("drivers", None, sentence)
    known = value_of_knowing(context)
    table: list[dict[str, Cell]] = [
        {
            "part": str(part),
            "share_of_variance": found.share,
            "share_se": found.se,
            "width_left": found.width_left,
        }
        for part, found in known.items()
    ]
    figure = partial(_draw, known=known, asked=context.asked) if known else None
    sentence = _sentence(plain_writer(context.language), known, context.asked)
    return CheckResult("drivers", None, sentence, table, figure)


def value_of_knowing(context: Context) -> dict[Part, Explained]:
    """Return the share of the headline's log variance that each part explains, the largest first.

    It is empty where the headline is known.
    """
    found, rng = context.estimate, context.rng("drivers")
    target, weights = np.log(found.posterior_of(context.asked).values), found.draws.weights
    if np.ptp(target) == 0:
        return {}
    shares = {
        part: explained_share(values, target, weights, rng, found.draws.n_chains)
        for part, values in parts(found, rng).items()
    }
    return dict(sorted(shares.items(), key=lambda item: -item[1].share))


def parts(found: Estimate, rng: np.random.Generator) -> dict[Part, np.ndarray]:
    """Return the draws of each part of a model that could be known, `(coordinate, draws)`.

    Ratios are those on the last day of the headline, drift included; other quantities of a source
    are what its evidence is uncertain of.
    """
    model, state = found.model, found.draws.state
    years = model.calendar.years_until(found.asked[0].last)
    ratios = found.posterior.ratios_at(years, rng)
    result = {
        Part("ratio", name): np.log(drawn.values)[None]
        for name, drawn in ratios.items()
        if np.ptp(drawn.values) > 0  # what is known is no part that could be
    }
    for piece in model.evidence:
        for kind, source, values in piece.quantities(state, rng):
            result[Part(kind, source)] = values[None]
    places: dict[Part, list[int]] = {}
    for place, name in enumerate(model.normals.names):
        part = part_of(name)
        if part is not None and part.kind not in ASKED[found.asked[0].kind]:
            places.setdefault(part, []).append(place)
    return result | {part: state.u[at] for part, at in places.items()}


def part_of(normal: str) -> Part | None:
    """Return the part of the model that a normal, or a pooled quantity, belongs to.

    Those of a ratio that is drawn are part of the ratio itself.
    """
    kind, _, name = normal.rstrip("]").partition("[")
    if kind in ("ratio", "group", "drift"):
        return None
    if kind in ("size", "wave", "baseline", "later", "initial") or (
        kind == "volatility" and not name
    ):
        return Part(kind, name)
    if kind == "departure_hazard":
        return Part("departures")
    return Part("noise" if kind == "noise" else "background")


def _sentence(writer: Writer, known: dict[Part, Explained], asked: Estimand) -> str:
    words = writer.texts
    if not known:
        return words("checks.drivers.nothing", itself=asked.said(words, "itself"))
    (first, left), *others = ((part, found.width_left) for part, found in known.items())
    named = first.said(writer)
    if 1 - left < SMALLEST_NAMED:
        limit = words.percent(SMALLEST_NAMED)
        return words("checks.drivers.small", limit=limit, part=named)
    share, rest = words.percent(1 - left), words.percent(left)
    log = asked.said(words, "log")
    sentence = words("checks.drivers.first", share=share, part=named, left=rest, log=log)
    parts = [
        words("list.about", name=part.said(writer), about=words.percent(1 - left))
        for part, left in others[: NAMED - 1]
        if 1 - left >= SMALLEST_NAMED
    ]
    if not parts:
        return sentence
    return words.joined([sentence, words("checks.drivers.next", parts=words.joined(parts, ", "))])


def _draw(ax: Axes, known: dict[Part, Explained], asked: Estimand) -> Axes:
    told = [each for each in known.items() if each[1].share >= SMALLEST_DRAWN]
    shown = told or list(known.items())[:NAMED]
    for place, (_, found) in enumerate(shown):
        share, se = 100 * found.share, 100 * found.se
        ax.barh(place, share, color=BLUE, height=0.6)
        ax.errorbar(share, place, xerr=2 * se, color=BLACK, lw=1, capsize=2)
        left = f"{100 * found.width_left:.0f} % of the width left"
        write_beside(ax, (share + 2 * se, place), left, (6, 0), va="center")
    ax.set_xlim(0, 100)
    name_rows(ax, [str(part) for part, _ in shown])
    label = f"share of the variance of the log {asked.kind} that knowing it would take away, %\n"
    label += "whiskers: two standard errors; what takes away less than 1 % is not shown"
    return finish(ax, "What the width comes from", label)
