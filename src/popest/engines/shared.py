"""One bank for many models that differ a little: the same paths, weighed anew for each.

The models share standard normals by name. A model that lacks some of them is unaffected by them,
as they keep their prior.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from popest.engines.bank import Bank, fit_mixture, run_bank
from popest.engines.mixture import Mixture, Normal
from popest.engines.threads import one_thread
from popest.model.model import Model
from popest.model.state import State

DEFAULT_DRAWS = 16_000


@dataclass(frozen=True)
class SharedBank:
    """Draws that cover the posteriors of several models.

    `names` are the normals of all models, the rows of `u`, `(normals, draws)`; `log_prior` and
    `log_mixture` are log densities of each draw, `(draws,)`.
    """

    names: tuple[str, ...]
    u: np.ndarray
    log_prior: np.ndarray
    log_mixture: np.ndarray
    efficiency: float = 1.0

    @classmethod
    def covering(
        cls, models: Sequence[Model], rng: np.random.Generator, n_draws: int = DEFAULT_DRAWS
    ) -> SharedBank:
        """Return draws from a mixture of the proposals of some models.

        Parameters
        ----------
        models
            Models whose posteriors are covered; others between them usually are, too.
        rng
            Source of randomness.
        n_draws
            Number of draws.
        """
        names = tuple(dict.fromkeys(name for model in models for name in model.normals.names))
        with one_thread():
            components, shares = [Normal.standard(len(names))], [0.0]
            for model in models:
                fitted = fit_mixture(run_bank(model, rng), 1.0)
                wider = [padded(part, model.normals.names, names) for part in fitted.components]
                components += wider[1:]
                shares += [share / len(models) for share in fitted.shares[1:]]
                shares[0] += fitted.shares[0] / len(models)
            mixture = Mixture(tuple(components), tuple(shares))
            u = mixture.draw(n_draws, rng)
            # Shuffled, so that any run of draws stands for the whole mixture.
            u = u[:, rng.permutation(n_draws)]
            log_prior = Normal.standard(len(names)).log_density(u)
            return cls(names, u, log_prior, mixture.log_density(u))

    def weigh(self, model: Model) -> Bank:
        """Return the draws as a bank of one of the models, its own normals only."""
        places = [self.names.index(name) for name in model.normals.names]
        own = self.u[places]
        with one_thread():
            log_likelihood = model.log_density_of_data(own)
        log_likelihood[np.isnan(log_likelihood)] = -np.inf
        return Bank(
            own,
            self.log_prior,
            log_likelihood,
            self.log_mixture,
            efficiency=self.efficiency,
        )


def padded(component: Normal, own: Sequence[str], names: Sequence[str]) -> Normal:
    """Return a normal over more coordinates, the added ones independent and standard."""
    mean, factor = np.zeros(len(names)), np.eye(len(names))
    places = [names.index(name) for name in own]
    mean[places] = component.mean
    factor[np.ix_(places, places)] = component.factor
    return Normal(mean, factor)


def completed(full: Model, part: Model, u: np.ndarray, rng: np.random.Generator) -> State:
    """Return draws of a part of a model as draws of all of it, what is new from its prior.

    Parameters
    ----------
    full, part
        The models.
    u
        Normals of the part, `(normals, draws)`.
    rng
        Source of randomness. Each normal of the whole has its place in the stream, so that
        one more at the end leaves the others as they are.
    """
    everything = rng.standard_normal((len(full.normals), u.shape[1]))
    everything[[full.normals.names.index(name) for name in part.normals.names]] = u
    return full.state(everything)
