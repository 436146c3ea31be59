"""Data that a study's model would give: what each figure could have been.

Ratios, biases and errors are drawn anew from their priors, the population and the noise are
given; so are the ratios when somebody has to know them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popest.model.counts import Counts
from popest.model.evidence import Floor, NetChange, Survey
from popest.model.model import Data, Model, State


class Simulated(NamedTuple):
    """Simulated data, one array for each piece of evidence in the order of the model.

    Each array is `(row, draws)`: `counts` in their own unit, `net_changes` in persons, `surveys`
    in effective respondents, `floors` whether each was reached.
    """

    counts: np.ndarray
    net_changes: tuple[np.ndarray, ...]
    surveys: tuple[np.ndarray, ...]
    floors: tuple[np.ndarray, ...]

    def data(self, draw: int) -> Data:
        """Return the data of one draw."""
        groups = (self.net_changes, self.surveys, self.floors)
        return Data(self.counts[:, draw], *(tuple(a[:, draw] for a in group) for group in groups))


def simulate(
    model: Model, state: State, rng: np.random.Generator, log_ratios: np.ndarray | None = None
) -> Simulated:
    """Return data for each draw of the population and the noise.

    `log_ratios`, `(source, draws)`, are those of `draw_log_ratios`; drawn anew when None.
    """
    n_counted = len(model.counts.names)
    floors = zip(model.floors, state.log_sd[n_counted:], strict=True)
    return Simulated(
        simulate_counts(model.counts, state, rng, log_ratios),
        tuple(_balances(balance, state, rng) for balance in model.net_changes),
        tuple(_answers(survey, state, rng) for survey in model.surveys),
        tuple(
            largest_counts(floor, state, sd, rng) >= floor.values[:, None] for floor, sd in floors
        ),
    )


def draw_log_ratios(counts: Counts, n_draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draw log ratios on the first day from their prior, less their medians, `(source, draws)`."""
    ratios = counts.ratios
    factor = rng.standard_normal((len(ratios.loading), n_draws))
    own = np.sqrt(ratios.own_variance)[:, None]
    return ratios.loading.T @ factor + own * rng.standard_normal((len(own), n_draws))


def simulate_counts(
    counts: Counts, state: State, rng: np.random.Generator, log_ratios: np.ndarray | None = None
) -> np.ndarray:
    """Return the counts of each draw, `(row, draws)`, ratios from their prior unless given."""
    if log_ratios is None:
        log_ratios = draw_log_ratios(counts, state.u.shape[1], rng)
    noise = np.exp(2 * state.log_sd[: len(counts.names)])[counts.source_of]
    rotated = np.sqrt(counts.overlap[:, None] * noise + 1)
    rotated = rotated * rng.standard_normal(rotated.shape)
    # The rotated errors hold the drift of the ratios as well as the errors of the counts.
    errors = np.linalg.solve(counts.rotation, rotated) if len(rotated) else rotated
    log_net = counts.expected[:, None] + np.log(counts.exposure(state.population)) + errors
    return counts.baseline(state.u) + np.exp(log_net + log_ratios[counts.source_of])


def largest_counts(
    floor: Floor, state: State, log_sd: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the largest count that each draw's stock could give a floor, `(row, draws)`."""
    sd = np.sqrt(floor.fixed_variance[:, None] + np.exp(2 * log_sd))
    share = np.exp(floor.log_median + sd * rng.standard_normal(sd.shape))
    return floor.exposure(state.population) * share


def _balances(balance: NetChange, state: State, rng: np.random.Generator) -> np.ndarray:
    expected = balance.exposure(state.population) + balance.mean
    bias = balance.bias_sd * rng.standard_normal(expected.shape[1])
    return expected + bias + balance.error_sd * rng.standard_normal(expected.shape)


def _answers(survey: Survey, state: State, rng: np.random.Generator) -> np.ndarray:
    """Return effective respondents by window: a multinomial of their rounded number."""
    shares = np.exp(survey.log_shares(state.population)).T
    respondents = round(survey.size)
    return rng.multinomial(respondents, shares).T * (survey.size / respondents)
