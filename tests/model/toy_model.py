"""Models with a density that a test gives, in place of a study's."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from popest.model.normals import LogNormal, Normals


class ToyModel:
    """What engines ask of a model; its stock in the one month is the exponential of u[0]."""

    def __init__(self, n_normals: int, log_likelihood: Callable[[np.ndarray], np.ndarray]) -> None:
        self.normals = Normals()
        self.normals.claim(*(f"u{i}" for i in range(n_normals)))
        self.noise = NoNoise()
        self.evidence: tuple[object, ...] = ()
        self._log_likelihood = log_likelihood

    def log_density_of_data(self, u: np.ndarray) -> np.ndarray:
        return self._log_likelihood(u)

    def state(self, u: np.ndarray) -> Any:
        stock = np.exp(u[:1]) if len(u) else np.ones((1, u.shape[1]))
        return SimpleNamespace(u=u, population=SimpleNamespace(stock=stock))


class NoNoise:
    """A model without any noisy source."""

    names: tuple[str, ...] = ()
    errors: tuple[None, ...] = ()
    spread = 0.0
    own = slice(0, 0)
    common = SimpleNamespace(index=None)


class OwnNoise:
    """Two sources, each with a noise of its own: exp(u[0]) and exp(u[1])."""

    names = ("one", "two")
    errors = (None, None)
    spread = 1.0
    own = slice(0, 2)
    common = SimpleNamespace(index=None)

    @staticmethod
    def log_sd(u: np.ndarray) -> np.ndarray:
        return u[:2]


class MixedNoise(OwnNoise):
    """The same two noises; the first is an error that its source states itself."""

    errors = (LogNormal(1.0, 1.0, 0), None)
    own = slice(1, 2)
