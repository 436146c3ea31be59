"""A density that is asked for in batches, says how it goes on, and knows when to stop."""

from __future__ import annotations

import time

import numpy as np
import pytest
from toy_model import ToyModel

from popest.engines.target import BATCH, POINTS_PER_SENTENCE, OutOfTimeError, Target


def wanting(u: np.ndarray) -> np.ndarray:
    assert u.shape[1] <= BATCH
    return np.where(u[0] > 5, np.nan, np.where(u[0] < -5, np.inf, u[0]))


def test_the_posterior_is_the_prior_times_the_likelihood() -> None:
    u = np.arange(-4.0, 4.0, 0.01).reshape(2, -1)
    found = Target(ToyModel(2, wanting), lambda _: None)  # type: ignore[arg-type]
    assert found(u) == pytest.approx(u[0] - 0.5 * (u**2).sum(axis=0))


def test_what_is_no_number_is_impossible() -> None:
    found = Target(ToyModel(1, wanting), lambda _: None)  # type: ignore[arg-type]
    assert found(np.array([[6.0, -6.0, 1.0]])).tolist() == [-np.inf, -np.inf, 0.5]


def test_the_work_is_said_at_once_and_then_again_and_again() -> None:
    said: list[str] = []
    target = Target(ToyModel(1, wanting), said.append)  # type: ignore[arg-type]
    target.doing = "climbing"
    target(np.zeros((1, BATCH)))
    assert said == ["climbing"]
    target(np.zeros((1, POINTS_PER_SENTENCE)))
    assert said == ["climbing"] * 2


def test_nothing_is_computed_when_the_time_is_over() -> None:
    target = Target(ToyModel(1, wanting), lambda _: None, time.thread_time() - 1)  # type: ignore[arg-type]
    with pytest.raises(OutOfTimeError):
        target(np.zeros((1, 1)))
