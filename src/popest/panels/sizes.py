"""Sizes and ratios of one population, drawn with what all share, as a panel's table has them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popest.panels.learning import Learned
from popest.panels.message import draw_ratios
from popest.panels.part import Part, chosen_by, random_of
from popest.panels.reference import population_rng

PER_THETA = 4
"""Draws of each population for each draw of theta, from quarters of its distribution."""
ALONE = 4096
"""Draws of each population where nothing is shared."""


class OneDrawn(NamedTuple):
    """Draws of one population, so many for each theta, one theta after the other.

    `log_sizes` are `(draw,)`, `log_ratios` less their medians `(source, draw)`, and `chosen` says
    which draw of its bank each is of.
    """

    log_sizes: np.ndarray
    log_ratios: np.ndarray
    chosen: np.ndarray
    per_theta: int


def per_theta(learned: Learned) -> int:
    """Return how many draws of each population there are for each draw of theta."""
    return ALONE if len(learned.u) == 0 else PER_THETA


def draw_one(part: Part, learned: Learned, seed: int) -> OneDrawn:
    """Draw the only population of a part, as `sizes_of` does, and the ratios that go with it."""
    n_thetas, n_draws = learned.u.shape[1], per_theta(learned)
    uniforms, normals = random_of(part.names, seed, n_thetas, n_draws)
    rng = population_rng(seed, part.names[0], purpose=2)
    n_scalars = len(part.banks[0].precision) + len(part.groups.members)
    noise = rng.standard_normal((n_thetas, n_scalars, n_draws))
    sizes, ratios, places = [], [], []
    pairs = zip(part.messages(learned.u), part.messages_in_full(learned.u), strict=True)
    for (theta, _, bank, _, found), (*_, here, in_full) in pairs:
        chosen = chosen_by(found.log_density, uniforms[:, theta])[0]
        sd = np.sqrt(found.variance[0, chosen])
        mean, noise_of_size = found.mean[0, chosen], sd * normals[0, theta]
        size = mean + noise_of_size
        # In the order of `sizes_of`, so that not one digit differs.
        sizes.append(part.log_median[0] + mean + noise_of_size)
        places.append(chosen)
        to_integrate = size if bank.log_size is None else np.zeros_like(size)
        ratios.append(draw_ratios(in_full, part.groups, here, chosen, to_integrate, noise[theta]))
    return OneDrawn(
        np.concatenate(sizes), np.concatenate(ratios, axis=1), np.concatenate(places), n_draws
    )
