"""What a piece of evidence must provide, and what it is given and returns.

A piece is one source, or all sources with a ratio together, as their ratios are integrated jointly.
Everything that goes through the evidence of a study, in this room and in those above, goes through
these pieces and asks them. Importing this loads no NumPy: measures are declared without it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from popest.study.observations.observation import Observation
from popest.study.specification.priors import NORMAL_QUANTILE_95

if TYPE_CHECKING:
    import numpy as np

    from popest.model.exposure import Exposure
    from popest.model.left_out import LeftOut
    from popest.model.state import Learned, State
    from popest.model.statistics import Statistic


class Figure(NamedTuple):
    """One published figure in its own unit.

    `is_floor` says that it is contradicted only from above, `bounds` between which counts it is
    where it is no count itself.
    """

    observation: str
    source: str
    value: float
    is_floor: bool = False
    bounds: tuple[float, float] | None = None

    @classmethod
    def of(cls, row: Observation, *, is_floor: bool = False) -> Figure:
        """Return the figure of a row."""
        bounds = row.range if row.is_bound else None
        return cls(row.id, row.source, float(row.count), is_floor, bounds)


class Translated(NamedTuple):
    """A figure as the stock it speaks for, persons, with its prior 90 % bounds."""

    source: str
    start: date
    end: date
    stock: float
    lower: float
    upper: float
    is_floor: bool = False
    observation: str = ""

    @classmethod
    def of(
        cls, row: Observation, stock: float, bounds: tuple[float, float], *, is_floor: bool = False
    ) -> Translated:
        """Return the mark of a row."""
        assert row.end is not None
        values = (float(stock), float(bounds[0]), float(bounds[1]))
        return cls(row.source, row.start or row.end, row.end, *values, is_floor, row.id)


class Quantity(NamedTuple):
    """Something uncertain that only one source has: its kind, its source, and its draws.

    `kind` is a key of the section ``part`` of the texts of a report.
    """

    kind: str
    source: str
    values: np.ndarray


class Others(NamedTuple):
    """What all other sources say, when one is held against them.

    `state` are draws of the model without the source and `evidence` that model's pieces; in
    `completed` the same draws are those of the model of all sources, what is new from its prior.
    """

    evidence: tuple[Evidence, ...]
    state: State
    weights: np.ndarray
    completed: State


Medians = Callable[["list[Observation]", "Exposure"], Iterable[tuple[float, float]]]
"""For rows and their exposure the posterior medians of the stock at each row's end and of it."""

REACH = NORMAL_QUANTILE_95
"""Standard deviations from the median to a bound of a 90 % interval, where marks are drawn."""


class Evidence(ABC):
    """A piece of evidence of a study, with the density of its data and all that is asked of it.

    A subclass provides

    - `sources`, `values`, `noisy`: whose it is, its data, and whose register noise it has;
    - `figures`: what was published;
    - `log_likelihood` and `add_to_pymc`: the density of the data, for NumPy and for PyMC;
    - `simulate`, and `in_unit` where data are not in the figures' unit: data drawn from the prior;
    - `repeat` and `predict`: repetitions of the figures, and figures not seen yet, once the model
      is fitted;
    - `left_out`, where a figure says anything that the others do not;
    - `marks`: the figures on the population's scale, where they say anything of its size;
    - `p_value`: whether a source contradicts all others;
    - `statistics`: what a page carries of it, to be weighed anew under moved assumptions;
    - `ratio_draws` and `ratio_priors`, where it has ratios of which people are told;
    - `quantities`: what only it is uncertain of, if anything, besides ratios and normals.

    Attributes
    ----------
    sources
        The names of its sources.
    values
        Its data, `(datum,)`, as the density takes them.
    noisy
        Those of its sources whose counts have a register's noise.
    noise
        The place of that noise in a state's `log_sd`; given by the model.
    has_rows
        Whether its figures are rows of ``observations.csv``.
    """

    sources: list[str]
    values: np.ndarray
    noisy: list[str]
    noise: slice = slice(0, 0)
    has_rows: bool = True

    @property
    @abstractmethod
    def figures(self) -> list[Figure]:
        """The published figures that it is made of."""

    @abstractmethod
    def log_likelihood(self, values: np.ndarray, state: State) -> np.ndarray:
        """Return the log density of data in place of `values`, for each draw, `(draws,)`."""

    @abstractmethod
    def add_to_pymc(self, pm: Any, pt: Any, state: State) -> None:
        """Add its density to the PyMC model of the present context.

        Parameters
        ----------
        pm, pt
            PyMC and PyTensor's tensor, which nothing but the PyMC half of the model imports.
        state
            The state as tensors.
        """

    @abstractmethod
    def simulate(self, state: State, rng: np.random.Generator) -> np.ndarray:
        """Draw data, `(datum, draws)`: ratios, biases and errors anew from their priors."""

    def in_unit(self, data: np.ndarray) -> np.ndarray:
        """Return simulated data in the unit of the figures, `(figure, draws)`."""
        return data

    @abstractmethod
    def repeat(self, learned: Learned, rng: np.random.Generator) -> Iterable[np.ndarray]:
        """Draw a repetition of each figure from the fitted model, each `(draws,)`."""

    def left_out(self, learned: Learned, rng: np.random.Generator) -> Iterator[LeftOut]:
        """Yield each figure as all others predict it; by default as a repetition of it."""
        from popest.model.left_out import LeftOut

        for drawn in self.repeat(learned, rng):
            yield LeftOut(drawn, 0.0 * drawn)

    @abstractmethod
    def predict(self, row: Observation, learned: Learned, rng: np.random.Generator) -> np.ndarray:
        """Draw a figure of one of its sources that it has not seen, `(draws,)`."""

    @abstractmethod
    def marks(self, medians: Medians) -> Iterator[Translated]:
        """Yield each figure as the stock that it speaks for; none where it speaks of no size."""

    @abstractmethod
    def p_value(self, source: str, others: Others, rng: np.random.Generator) -> float:
        """Return the p-value of one of its sources given all others, from 0 to 1."""

    @abstractmethod
    def statistics(self, state: State) -> Sequence[Statistic]:
        """Return what a page carries of each source with a figure, for draws of any study."""

    def ratio_draws(
        self, years: float, learned: Learned, rng: np.random.Generator
    ) -> Iterator[tuple[str, np.ndarray]]:
        """Yield the ratio of each of its sources that has one so many years after the first day."""
        yield from ()

    def ratio_priors(self, years: float, z: Sequence[float]) -> Iterator[tuple[str, list[float]]]:
        """Yield quantiles of these ratios' priors, as those of a standard normal are `z`."""
        yield from ()

    def quantities(self, state: State, rng: np.random.Generator) -> Iterator[Quantity]:
        """Yield what only it is uncertain of, drawn given its data and the state."""
        yield from ()


def free_name(pm: Any, source: str) -> str:
    """Return the name of a source, or one beside it where the model has a variable of that name."""
    taken = pm.modelcontext(None).named_vars
    return f"{source}_evidence" if source in taken else source
