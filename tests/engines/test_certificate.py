"""What happens when a certificate is not reached, and what a certificate of chains rests on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import small_studies as small
from exact_studies import conflict, static_study

import popest
from popest.engines import bank as bank_engine
from popest.engines import nuts
from popest.engines.bank import Bank, run_bank
from popest.engines.draws import Certificate, Draws
from popest.model.model import Model


@pytest.fixture
def insatiable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bank that no effective size satisfies, and that tries but once."""
    monkeypatch.setattr(bank_engine, "SMALLEST_EFFECTIVE_SIZE", 10**9)
    monkeypatch.setattr(bank_engine, "MAXIMUM_ROUNDS", 1)


@pytest.fixture
def study() -> popest.Study:
    return small.study_of(*static_study())


def weighted_bank(log_weights: np.ndarray) -> Bank:
    """A bank whose log weights are given."""
    nothing = np.zeros(log_weights.size)
    return Bank(nothing[None], nothing, log_weights, nothing)


def test_log_weights_are_prior_times_likelihood_over_mixture() -> None:
    bank = Bank(np.zeros((1, 2)), np.array([-1.0, -2.0]), np.array([3.0, 5.0]), np.array([7.0, 11]))
    assert bank.log_weights().tolist() == [-5, -8]
    assert bank.log_weights(0.5).tolist() == [-6.5, -10.5]


def test_effective_size_and_k_must_both_be_good() -> None:
    rng = np.random.default_rng(1)
    good = weighted_bank(np.log(rng.uniform(0.5, 1.5, 1200))).certificate
    assert good.certified and good.ess is not None and good.ess > 1000
    small_size = weighted_bank(np.log(rng.uniform(0.5, 1.5, 1000))).certificate
    assert not small_size.certified
    assert small_size.ess is not None and 900 < small_size.ess < 1000
    assert small_size.pareto_k is not None and small_size.pareto_k < 0.7
    pareto = np.exp(0.95 * rng.exponential(size=20_000))
    heavy = weighted_bank(np.log(1 + 0.01 * pareto)).certificate
    assert not heavy.certified
    assert heavy.ess is not None and heavy.ess > 1000
    assert heavy.pareto_k is not None and heavy.pareto_k > 0.7


def test_the_limits_are_those_of_the_design() -> None:
    assert bank_engine.LARGEST_PARETO_K == 0.7
    assert bank_engine.SMALLEST_EFFECTIVE_SIZE == 1000
    assert nuts.LARGEST_R_HAT == 1.01
    assert nuts.SMALLEST_CHAIN_EFFECTIVE_SIZE == 400
    assert nuts.CHAINS == 4


@pytest.mark.usefixtures("insatiable")
def test_a_bank_that_cannot_certify_says_so(study: popest.Study) -> None:
    model = Model(study.specification, study.used)
    draws = run_bank(model, np.random.default_rng(1), n_draws=2000).draws(model)
    assert not draws.certificate.certified
    assert draws.weights.size == 2000
    with pytest.raises(popest.NotCertifiedError, match="not certified") as caught:
        popest.estimate(study, engine="bank")
    assert not caught.value.certificate.certified
    assert caught.value.certificate.ess is not None


@pytest.mark.usefixtures("insatiable")
@pytest.mark.parametrize("certified", [True, False])
def test_auto_goes_on_to_slice_and_says_so(
    study: popest.Study, monkeypatch: pytest.MonkeyPatch, certified: bool
) -> None:
    asked: list[int] = []

    def run_slice(model: Model, rng: np.random.Generator, *, n_draws: int, **_: Any) -> Draws:
        asked.append(n_draws)
        state = model.state(rng.standard_normal((len(model.normals), 400)))
        certificate = Certificate(certified, r_hat=1.5, ess_bulk=9.0, ess_tail=9.0)
        return Draws("slice", state, np.full(400, 1 / 400), certificate, None)

    monkeypatch.setattr("popest.engines.auto.run_slice", run_slice)
    monkeypatch.setattr(nuts, "run_nuts", None)
    said: list[str] = []
    if certified:
        found = popest.estimate(study, progress=said.append, draws=8000)
        assert found.draws.engine == "slice" and found.draws.log_evidence is None
    else:
        with pytest.raises(popest.NotCertifiedError) as caught:
            popest.estimate(study, progress=said.append, draws=8000)
        assert caught.value.engine == "slice"
    assert asked == [8000]
    assert any("not certified" in text and "slice" in text for text in said)


def test_auto_does_not_go_on_when_the_bank_is_certified(
    study: popest.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nuts, "run_nuts", None)
    assert popest.estimate(study).draws.engine == "bank"


def test_nuts_is_not_asked_for_the_bank_s_draws(
    study: popest.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Engine nuts never runs the bank."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the bank was run")

    def run_nuts(model: Model, seed: int, *, draws_per_chain: int) -> Draws:
        state = model.state(np.zeros((len(model.normals), 4)))
        return Draws("nuts", state, np.full(4, 0.25), Certificate(True, r_hat=1.0), None)

    for place in ("engines.auto", "estimates.compute"):
        monkeypatch.setattr(f"popest.{place}.run_bank", refuse)
    monkeypatch.setattr(nuts, "run_nuts", run_nuts)
    assert popest.estimate(study, engine="nuts").draws.engine == "nuts"


def test_more_draws_are_made_until_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round has twice the draws of the one before, and the last one alone is kept."""
    model = small.model_of(*conflict())
    monkeypatch.setattr(bank_engine, "SMALLEST_EFFECTIVE_SIZE", 5000)
    monkeypatch.setattr(bank_engine, "LARGEST_PARETO_K", 10)
    said: list[str] = []
    bank = run_bank(model, np.random.default_rng(2), n_draws=2000, progress=said.append)
    drawn = [text for text in said if text.startswith("drawing")]
    assert drawn == [f"drawing {n} populations" for n in ("2,000", "4,000", "8,000")]
    assert bank.u.shape == (2, 8000)
    assert bank.certificate.certified


def test_the_prior_bounds_every_weight() -> None:
    """A tenth of the draws are the prior's: none weighs more than ten times its likelihood."""
    for study in (conflict, static_study):
        bank = run_bank(small.model_of(*study()), np.random.default_rng(3), n_draws=4000)
        ratio = np.exp(bank.log_prior - bank.log_mixture)
        assert 8 < ratio.max() <= 10 * (1 + 1e-12)


def test_same_seed_same_bank_and_other_seed_another() -> None:
    model = small.model_of(*conflict())
    one, again, other = (run_bank(model, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.u, again.u)
    assert np.array_equal(one.log_weights(), again.log_weights())
    assert one.u.shape != other.u.shape or not np.array_equal(one.u, other.u)


def test_what_is_known_needs_no_draws() -> None:
    """A study without any uncertainty but that of the ratio: all draws are the same."""
    sources = {"a": small.source("stock", ratio=small.ratio(0.5, 0.3))}
    entries = small.document(small.arrivals_population(), sources)
    model = small.model_of(entries, [small.count("A", "a", 2500, "2022-12-31")])
    draws = run_bank(model, np.random.default_rng(1)).draws(model)
    assert draws.certificate.certified
    assert draws.log_evidence == pytest.approx(model.log_density_of_data(np.empty((0, 1)))[0])


def chains(
    seed: int, *, sticky: float = 0.0, apart: float = 0.0, divergences: int = 0, draws: int = 1000
) -> Any:
    """Four chains of three variables, first-order autoregressive, as nutpie would return them."""
    import xarray as xr

    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((4, draws, 3))
    values = noise.copy()
    for step in range(1, draws):
        values[:, step] = sticky * values[:, step - 1] + np.sqrt(1 - sticky**2) * noise[:, step]
    values[0, :, 1] += apart
    diverging = np.zeros((4, draws), dtype=bool)
    diverging[2, :divergences] = True
    return xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset(
                {
                    "u": (("chain", "draw", "normal"), values[..., :2]),
                    "log_ratio": (("chain", "draw", "source"), values[..., 2:]),
                    "stock": (("chain", "draw", "month"), np.zeros((4, draws, 1))),
                }
            ),
            "sample_stats": xr.Dataset({"diverging": (("chain", "draw"), diverging)}),
        }
    )


def test_good_chains_are_certified() -> None:
    certificate = nuts.certify_chains(chains(1))
    assert certificate.certified
    assert certificate.r_hat is not None and 0.999 < certificate.r_hat < 1.01
    assert certificate.divergences == 0 and certificate.pareto_k is None


@pytest.mark.parametrize(
    ("fault", "changes"),
    [
        ("r_hat", {"apart": 0.5}),
        ("ess_bulk", {"sticky": 0.9, "draws": 800}),
        ("divergences", {"divergences": 1}),
    ],
)
def test_bad_chains_are_not(fault: str, changes: dict[str, Any]) -> None:
    """One variable of one chain apart, chains that hardly move, one divergence."""
    certificate = nuts.certify_chains(chains(2, **changes))
    assert not certificate.certified
    assert certificate.r_hat is not None and certificate.ess_bulk is not None
    assert (certificate.r_hat >= 1.01) >= (fault == "r_hat")
    assert (certificate.ess_bulk < 400) == (fault == "ess_bulk") or fault == "r_hat"
    assert certificate.divergences == (1 if fault == "divergences" else 0)


def test_the_worst_variable_decides() -> None:
    """R-hat and effective sizes are those of ArviZ's worst."""
    import arviz_stats

    tree = chains(3, apart=0.2)
    sampled = tree["posterior"].dataset[["u", "log_ratio"]]
    certificate = nuts.certify_chains(tree)
    r_hat = arviz_stats.rhat(sampled)
    assert certificate.r_hat == pytest.approx(max(float(r_hat[name].max()) for name in r_hat))
    for method, found in (("bulk", certificate.ess_bulk), ("tail", certificate.ess_tail)):
        ess = arviz_stats.ess(sampled, method=method)
        assert found == pytest.approx(min(float(ess[name].min()) for name in ess))
