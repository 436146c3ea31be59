"""What cannot be explored is not certified; it is neither a traceback nor a certified nonsense."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import popest
from popest.engines import bank as bank_module
from popest.engines import nuts
from popest.engines.bank import Bank, most_draws, run_bank
from popest.engines.mixture import fit_normal
from popest.estimates import compute
from popest.estimates.compute import nonsense_in
from popest.estimates.too_many import MOST_NORMALS
from popest.model.model import Model
from popest.model.state import State
from popest.study.calendar import MOST_MONTHS


@pytest.fixture(scope="module")
def model() -> Model:
    study = popest.load_study("serbia-report-2024")
    return Model(study.specification, study.used)


def test_a_normal_of_one_draw_has_a_density() -> None:
    u = np.random.default_rng(1).standard_normal((3, 50))
    weights = np.full(50, -np.inf)
    weights[7] = 0.0
    fitted = fit_normal(u, weights)
    assert np.allclose(fitted.mean, u[:, 7])
    assert np.isfinite(fitted.log_density(u)).all()


def test_impossible_data_are_not_certified(model: Model) -> None:
    u = np.zeros((len(model.normals), 10))
    nothing = np.full(10, -np.inf)
    bank = Bank(u, np.zeros(10), nothing, np.zeros(10))
    draws = bank.draws(model)
    assert not draws.certificate.certified
    assert draws.certificate.ess == 0
    assert np.isfinite(draws.weights).all()


def test_the_bank_stops_where_nothing_is_possible(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def impossible(state: State, data: Any = None) -> np.ndarray:
        return np.full(state.u.shape[1], -np.inf)

    monkeypatch.setattr(model, "log_likelihood", impossible)
    said: list[str] = []
    bank = run_bank(model, np.random.default_rng(1), n_draws=1_000, progress=said.append)
    assert not bank.certificate.certified and said == ["weighing the prior"]


def test_a_bank_is_never_larger_than_the_memory_it_may_have(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    per_draw = len(model.normals) + 2 * model.calendar.n_months
    monkeypatch.setattr(bank_module, "LARGEST_BANK", 3_000 * per_draw)
    monkeypatch.setattr(bank_module, "SMALLEST_EFFECTIVE_SIZE", np.inf)
    assert most_draws(len(model.normals), model.calendar.n_months) == 3_000
    bank = run_bank(model, np.random.default_rng(1), n_draws=1_000, stage_draws=1_000)
    assert bank.u.shape[1] == 2_000
    with pytest.raises(popest.UsageError, match="leave room for 3,000; write --draws 3000"):
        popest.estimate("serbia-report-2024", draws=4_000)


def test_sixty_years_fit_with_the_default_draws() -> None:
    normals = MOST_NORMALS
    assert bank_module.DEFAULT_DRAWS * (2 * MOST_MONTHS + normals) <= bank_module.LARGEST_BANK


@pytest.fixture(scope="module")
def certified() -> popest.Estimate:
    return popest.estimate("serbia-report-2024", draws=2_000)


@pytest.mark.parametrize("part", ["stock", "arrivals"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_not_given(
    certified: popest.Estimate, part: str, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert nonsense_in(certified.draws, certified.model, certified.asked) == ""
    broken = getattr(certified.draws.state.population, part).copy()
    broken[3, 5] = value
    monkeypatch.setattr(
        compute,
        "_run",
        lambda *_: _with_population(certified, **{part: broken}),
    )
    with pytest.raises(popest.NotCertifiedError, match="not finite") as caught:
        popest.estimate("serbia-report-2024", draws=2_000)
    assert not caught.value.certificate.certified


def test_an_interval_without_width_is_not_given(certified: popest.Estimate) -> None:
    weights = np.zeros_like(certified.draws.weights)
    weights[5] = 1.0
    draws = SimpleNamespace(state=certified.draws.state, weights=weights)
    said = nonsense_in(draws, certified.model, certified.asked)  # type: ignore[arg-type]
    assert "without width" in said


def _with_population(found: popest.Estimate, **parts: np.ndarray) -> Any:
    from dataclasses import replace

    population = found.draws.state.population._replace(**parts)
    return replace(found.draws, state=replace(found.draws.state, population=population))


class Sampler:
    """A sampler that is interrupted, or complete, when it has been waited for a few times."""

    def __init__(self, error: type[BaseException] | None) -> None:
        self.error, self.waits, self.cancelled = error, 0, False

    def wait(self, *, timeout: float) -> str:
        self.waits += 1
        if self.waits < 3:
            raise TimeoutError
        if self.error is not None:
            raise self.error
        return "chains"

    def cancel(self) -> None:
        self.cancelled = True


def test_chains_are_waited_for() -> None:
    sampler = Sampler(None)
    assert nuts._finished(sampler) == "chains" and not sampler.cancelled


def test_an_interrupted_sampler_is_stopped_and_gives_nothing() -> None:
    """What nutpie would return is a part of the chains, which looks like all of them."""
    sampler = Sampler(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        nuts._finished(sampler)
    assert sampler.cancelled
