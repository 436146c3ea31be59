"""Elliptical slice sampling against answers that popest did not make."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from toy_model import ToyModel

import popest
from popest.engines import bank, superchains
from popest.engines import slice as slice_engine
from popest.engines.mixture import Normal
from popest.engines.moves import Chains
from popest.engines.slice import run_slice
from popest.engines.superchains import CHAINS
from popest.engines.target import Target

LOADING = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, -1.0]])
SEEN = np.array([1.0, -2.0])
ERROR = 0.2


def linear(u: np.ndarray) -> np.ndarray:
    """The log density of two sums of three normals, seen with an error of 0.2."""
    return -0.5 * (((LOADING @ u - SEEN[:, None]) / ERROR) ** 2).sum(axis=0)


def sampled(model: Any, seed: int = 1, **settings: Any) -> Any:
    return run_slice(model, np.random.default_rng(seed), **settings)


@pytest.fixture(scope="module")
def toy() -> Any:
    return sampled(ToyModel(3, linear), n_draws=12_800)


def test_a_linear_model_has_its_closed_form(toy: Any) -> None:
    """Within four standard errors at the certified effective size."""
    covariance = np.linalg.inv(np.eye(3) + LOADING.T @ LOADING / ERROR**2)
    mean = covariance @ LOADING.T @ SEEN / ERROR**2
    sd, u = np.sqrt(np.diag(covariance)), toy.state.u
    assert toy.certificate.certified and toy.engine == "slice"
    error = 4 / np.sqrt(toy.certificate.ess_bulk)
    assert np.abs((u.mean(axis=1) - mean) / sd).max() < error
    assert np.abs(u.std(axis=1) / sd - 1).max() < error
    assert np.corrcoef(u) == pytest.approx(covariance / np.outer(sd, sd), abs=error)


def test_draws_have_equal_weights_and_about_the_number_asked(toy: Any) -> None:
    assert toy.weights == pytest.approx(np.full(12_800, 1 / 12_800))
    assert (
        len(sampled(ToyModel(1, zero), n_draws=1_000).weights) == CHAINS * slice_engine.FEWEST_KEPT
    )
    assert toy.proposal is None and toy.n_chains == CHAINS
    assert 0 < toy.efficiency == toy.certificate.size / 12_800 < 1


def zero(u: np.ndarray) -> np.ndarray:
    return np.zeros(u.shape[1])


def test_the_same_seed_gives_the_same_draws(toy: Any) -> None:
    again = sampled(ToyModel(3, linear), n_draws=12_800)
    assert np.array_equal(again.state.u, toy.state.u) and again.certificate == toy.certificate
    assert not np.array_equal(sampled(ToyModel(3, linear), 2).state.u, toy.state.u)


def banana(u: np.ndarray) -> np.ndarray:
    return -0.5 * ((u[1] - u[0] ** 2) / 0.3) ** 2


def test_a_banana_is_as_by_quadrature() -> None:
    """On a grid of 0.01, within four standard errors."""
    x, y = np.meshgrid(np.arange(-5, 5, 0.01), np.arange(-5, 9, 0.01))
    u = np.stack([x.ravel(), y.ravel()])
    weights = np.exp(banana(u) - 0.5 * (u**2).sum(axis=0))
    weights /= weights.sum()
    found = sampled(ToyModel(2, banana))
    error = 4 / np.sqrt(found.certificate.ess_bulk)
    mean = u @ weights
    sd = np.sqrt((u - mean[:, None]) ** 2 @ weights)
    assert found.certificate.certified
    assert (found.state.u.mean(axis=1) - mean) / sd == pytest.approx([0, 0], abs=error)
    assert found.state.u.std(axis=1) / sd == pytest.approx([1, 1], rel=2 * error)


def spiked(u: np.ndarray) -> np.ndarray:
    """A spike on a floor: tails are as heavy as the prior lets them be."""
    return np.log(0.1 + np.exp(-50 * (u[0] - 1) ** 2))


def test_tails_heavier_than_the_centre_are_reached() -> None:
    """The shares below seven points, as by quadrature, each within four standard errors."""
    x = np.arange(-8, 8, 0.0005)
    density = np.exp(spiked(x[None]) - 0.5 * x**2)
    below = np.cumsum(density) / density.sum()
    found = sampled(ToyModel(2, spiked))
    size = min(found.certificate.ess_tail, found.certificate.ess_bulk)
    assert found.certificate.certified
    for prob in (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99):
        share = (found.state.u[0] < x[np.searchsorted(below, prob)]).mean()
        assert share == pytest.approx(prob, abs=4 * np.sqrt(prob * (1 - prob) / size))


def test_starts_are_likely_under_the_prior() -> None:
    """Annealed towards a likelihood that says nothing, they are draws of the prior."""
    target = Target(ToyModel(3, zero), lambda _: None)  # type: ignore[arg-type]
    found = slice_engine._starts(target, 3, np.random.default_rng(1))
    assert found is not None and found.shape == (3, superchains.SUPERCHAINS)
    assert np.abs(found).max() < 5 and len(np.unique(found)) == found.size


def apart(u: np.ndarray) -> np.ndarray:
    """Two peaks 60 standard deviations from one another, of the same stock."""
    return -0.5 * ((np.abs(u[1]) - 1.5) / 0.05) ** 2


def test_chains_that_do_not_mix_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slice_engine, "MOST_ROUNDS", 2)
    # No jump from one peak to the other is ever proposed to these chains.
    monkeypatch.setattr(
        slice_engine, "fit_normal", lambda *_: Normal(np.zeros(2), np.eye(2) * 1e-3)
    )
    found = sampled(ToyModel(2, apart))
    assert not found.certificate.certified and found.certificate.r_hat > 1.01


def test_what_is_impossible_everywhere_is_refused() -> None:
    found = sampled(ToyModel(2, lambda u: np.full(u.shape[1], -np.inf)))
    assert not found.certificate.certified and np.isfinite(found.state.u).all()


def test_a_known_population_is_certified_without_a_step() -> None:
    found = sampled(ToyModel(0, zero))
    assert found.certificate.certified and found.state.u.shape[0] == 0


def test_time_over_is_a_refusal_and_nothing_else(toy: Any) -> None:
    over = sampled(ToyModel(3, linear), until=time.thread_time() - 1)
    assert not over.certificate.certified
    in_time = sampled(ToyModel(3, linear), n_draws=12_800, until=time.thread_time() + 1e6)
    assert np.array_equal(in_time.state.u, toy.state.u)


def test_steps_double_and_are_thinned_to_as_many(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def never(_: Any, u: np.ndarray) -> Any:
        seen.append(u.shape[1])
        return superchains.Certificate(False, r_hat=2.0)

    monkeypatch.setattr(slice_engine, "certify_superchains", never)
    steps: list[int] = []
    walk = Chains.walk

    def walked(self: Chains, n_kept: int, stride: int, rng: np.random.Generator) -> np.ndarray:
        steps.append(n_kept * stride)
        return walk(self, n_kept, stride, rng)

    monkeypatch.setattr(Chains, "walk", walked)
    said: list[str] = []
    sampled(ToyModel(1, zero), n_draws=12_800, progress=said.append)
    annealing, warming = slice_engine.ANNEALING_STEPS, slice_engine.WARM_UP
    assert steps[:annealing] == [1] * annealing
    assert tuple(steps[annealing : annealing + len(warming)]) == warming
    # The first round is left out, as the normal is refitted after it.
    sampling = steps[annealing + len(warming) :]
    assert sampling == [100, 200] + [50 * 2**k for k in range(2, slice_engine.MOST_ROUNDS)]
    assert seen == [12_800] * slice_engine.MOST_ROUNDS
    assert "sampling 128 chains, 100 steps" in said and "sampling 128 chains, 6,400 steps" in said


def test_the_whole_work_is_said_sentence_by_sentence(toy: Any) -> None:
    said: list[str] = []
    sampled(ToyModel(3, linear), n_draws=12_800, progress=said.append)
    words = [" ".join(sentence.split()[:2]) for sentence in said]
    assert words[0] == "annealing from" and words[-1] == "bridging from"


@pytest.fixture
def poor_bank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank, "SMALLEST_EFFECTIVE_SIZE", 1e12)
    monkeypatch.setattr(bank, "MAXIMUM_ROUNDS", 1)


@pytest.mark.usefixtures("poor_bank")
def test_auto_falls_back_on_what_slice_says_by_name() -> None:
    said: list[str] = []
    fallen = popest.estimate("serbia-report-2024", progress=said.append)
    asked = popest.estimate("serbia-report-2024", engine="slice")
    assert fallen.draws.engine == "slice"
    assert np.array_equal(fallen.draws.state.u, asked.draws.state.u)
    assert any("going on to slice" in sentence for sentence in said)
    assert "nested R-hat" in str(fallen.certificate) and fallen.to_dict()["engine"] == "slice"


def test_bank_and_slice_agree_on_a_shipped_study() -> None:
    """Within four standard errors of the chains; those of the bank are smaller."""
    one, other = (popest.estimate("serbia", engine=name) for name in ("bank", "slice"))
    size = other.certificate.ess_bulk
    assert size is not None
    log_sd = np.log(other.stock().values).std()
    assert np.log(other.stock().median / one.stock().median) == pytest.approx(
        0, abs=4 * 1.25 * log_sd / np.sqrt(size)
    )


def test_a_refusal_says_what_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("popest.estimates.compute.MOST_SECONDS", -1.0)
    with pytest.raises(popest.NotCertifiedError, match="--engine nuts") as caught:
        popest.estimate("serbia-report-2024", engine="slice")
    assert caught.value.engine == "slice" and "start the calendar later" in str(caught.value)
