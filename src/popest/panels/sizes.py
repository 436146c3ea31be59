"""Sizes and ratios of the populations of a panel, drawn with what they share, and their sum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from popest.panels.learning import Learned, Panel
from popest.panels.message import draw_ratios, message
from popest.panels.reference import population_rng
from popest.panels.shared_prior import Values

PER_THETA = 4
"""Draws of each population for each draw of theta, from quarters of its distribution."""
ALONE = 4096
"""Draws of each population where nothing is shared."""
FEW_IN_BANK = 512
"""Draws of a bank that are compared with a uniform one by one, for many populations at once."""


class OneDrawn(NamedTuple):
    """Draws of one population, so many for each theta, one theta after the other.

    `log_sizes` are `(draw,)`, `log_ratios` less their medians `(source, draw)`, and `chosen` says
    which draw of its bank each is of.
    """

    log_sizes: np.ndarray
    log_ratios: np.ndarray
    chosen: np.ndarray
    per_theta: int


def draw_sizes(panel: Panel, learned: Learned, names: Sequence[str], seed: int) -> np.ndarray:
    """Draw log sizes, `(population, theta, draw)`.

    Parameters
    ----------
    panel
        The banks of the populations.
    learned
        Draws of theta.
    names
        Of the populations, which fix their random numbers.
    seed
        The seed of the panel.

    Notes
    -----
    A population is the mixture of its posteriors over theta. Draw r of all populations at one theta
    belong together: their sum keeps what the populations share.
    """
    n_thetas, per_theta = learned.u.shape[1], _per_theta(learned)
    uniforms, normals = _random(names, seed, n_thetas, per_theta)
    sizes = np.empty((len(names), n_thetas, per_theta))
    for theta in range(n_thetas):
        values = panel.prior.values(learned.u[:, theta])
        for at, _, _, found in panel.messages(values):
            chosen = _chosen(found.log_density, uniforms[at, theta])
            mean = np.take_along_axis(found.mean, chosen, axis=1)
            sd = np.sqrt(np.take_along_axis(found.variance, chosen, axis=1))
            centre = panel.log_median[at, None]
            sizes[at, theta] = centre + mean + sd * normals[at, theta]
    return sizes


def draw_one(
    panel: Panel, learned: Learned, names: Sequence[str], number: int, seed: int
) -> OneDrawn:
    """Draw one population, as `draw_sizes` does, and the ratios that go with it."""
    n_thetas, per_theta = learned.u.shape[1], _per_theta(learned)
    uniforms, normals = _random([names[number]], seed, n_thetas, per_theta)
    rng = population_rng(seed, names[number], purpose=2)
    n_scalars = len(panel.bank.precision) + len(panel.groups.members)
    noise = rng.standard_normal((n_thetas, n_scalars, per_theta))
    at = slice(number, number + 1)
    bank, sizes, ratios, places = panel.bank.part(at), [], [], []
    for theta in range(n_thetas):
        values = panel.prior.values(learned.u[:, theta])
        here = Values(values.offset[:, at], values.tau)
        found = message(bank, panel.groups, here)
        chosen = _chosen(found.log_density, uniforms[:, theta])[0]
        sd = np.sqrt(found.variance[0, chosen])
        size = found.mean[0, chosen] + sd * normals[0, theta]
        sizes.append(panel.log_median[number] + size)
        places.append(chosen)
        to_integrate = size if bank.log_size is None else np.zeros_like(size)
        ratios.append(draw_ratios(found, panel.groups, here, chosen, to_integrate, noise[theta]))
    return OneDrawn(
        np.concatenate(sizes), np.concatenate(ratios, axis=1), np.concatenate(places), per_theta
    )


def _per_theta(learned: Learned) -> int:
    return ALONE if len(learned.u) == 0 else PER_THETA


def _random(
    names: Sequence[str], seed: int, n_thetas: int, per_theta: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return uniforms, one of each of `per_theta` equal parts of 0 to 1, and normals.

    Both are `(population, theta, draw)`; the parts come in a random order, so that draws of two
    populations that go together are independent given theta.
    """
    uniforms = np.empty((len(names), n_thetas, per_theta))
    normals = np.empty_like(uniforms)
    for row, name in enumerate(names):
        rng = population_rng(seed, name, purpose=1)
        parts = np.broadcast_to(np.arange(per_theta), (n_thetas, per_theta))
        order = rng.permuted(parts, axis=1)
        uniforms[row] = (order + rng.random((n_thetas, per_theta))) / per_theta
        normals[row] = rng.standard_normal((n_thetas, per_theta))
    return uniforms, normals


def _chosen(log_density: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    """Return which draws of the banks uniforms choose, `(population, draw)`, by their weights."""
    weights = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    reached = np.cumsum(weights, axis=1)
    wanted = uniforms * reached[:, -1:]
    if uniforms.shape[1] > PER_THETA or reached.shape[1] > FEW_IN_BANK:
        found = [np.searchsorted(*pair) for pair in zip(reached, wanted, strict=True)]
        return np.minimum(np.array(found), reached.shape[1] - 1)
    below = reached[:, None, :-1] < wanted[:, :, None]
    chosen: np.ndarray = below.sum(axis=2)
    return chosen
