"""The certificate of chains at its limits, and how the chains become draws; nothing is sampled."""

from __future__ import annotations

from typing import Any

import arviz_stats
import numpy as np
import pytest
import small_studies as small
from exact_studies import vague

from popest.engines import nuts
from popest.engines.draws import Certificate
from popest.model.model import Model

CHAINS, LENGTH = 4, 1000


@pytest.mark.parametrize(
    ("r_hat", "bulk", "tail", "divergences", "certified"),
    [
        (1.0, 4000.0, 4000.0, 0, True),
        (1.0099, 400.0, 400.0, 0, True),
        (1.01, 4000.0, 4000.0, 0, False),
        (1.3, 4000.0, 4000.0, 0, False),
        (1.0, 399.9, 4000.0, 0, False),
        (1.0, 4000.0, 399.9, 0, False),
        (1.0, 4000.0, 4000.0, 1, False),
        (1.3, 10.0, 10.0, 0, False),
        (1.3, 4000.0, 4000.0, 1, False),
        (1.0, 10.0, 10.0, 1, False),
        (float("nan"), 4000.0, 4000.0, 0, False),
    ],
)
def test_every_limit_must_be_kept(
    r_hat: float, bulk: float, tail: float, divergences: int, certified: bool
) -> None:
    """R-hat below 1.01, 400 effective draws in the bulk and in the tails, no divergence."""
    found = nuts._certified(r_hat, bulk, tail, divergences)
    assert found.certified == certified
    assert (found.ess_bulk, found.ess_tail, found.divergences) == (bulk, tail, divergences)


def normals(names: int, *, sticky: float = 0.0, seed: int = 1) -> np.ndarray:
    """Chains of autoregressive normals, `(chain, draw, normal)`."""
    noise = np.random.default_rng(seed).standard_normal((CHAINS, LENGTH, names))
    values = noise.copy()
    for step in range(1, LENGTH):
        values[:, step] = sticky * values[:, step - 1] + np.sqrt(1 - sticky**2) * noise[:, step]
    return values


def tree(u: np.ndarray, log_ratio: np.ndarray, divergences: int = 0) -> Any:
    """Chains as nutpie returns them, with one normal after the other in the first place."""
    import xarray as xr

    diverging = np.zeros(u.shape[:2], dtype=bool)
    diverging[1, :divergences] = True
    return xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset(
                {
                    "u": (("chain", "draw", "normal"), u),
                    "log_ratio": (("chain", "draw", "source"), log_ratio),
                }
            ),
            "sample_stats": xr.Dataset({"diverging": (("chain", "draw"), diverging)}),
        }
    )


@pytest.mark.parametrize("bad", ["u", "log_ratio"])
def test_ratios_are_judged_as_normals_are(bad: str) -> None:
    parts = {"u": normals(3), "log_ratio": normals(2, seed=2)}
    assert nuts.certify_chains(tree(**parts)).certified
    parts[bad][0, :, 1] += 3.0
    assert not nuts.certify_chains(tree(**parts)).certified


def test_tails_are_judged_by_their_own_effective_size() -> None:
    """Draws whose size comes and goes: the bulk mixes, the tails do not."""
    rng = np.random.default_rng(3)
    size = np.exp(2.0 * normals(1, sticky=0.99, seed=4))
    u = size * rng.standard_normal((CHAINS, LENGTH, 1))
    found = nuts.certify_chains(tree(u, normals(1)))
    assert found.ess_bulk is not None and found.ess_tail is not None
    assert found.ess_tail < 0.5 * found.ess_bulk


GOOD = Certificate(True, r_hat=1.0, ess_bulk=4000.0, ess_tail=4000.0, divergences=0)


def test_kept_chains_are_judged_chain_after_chain() -> None:
    """As ArviZ judges them; chains that lie apart are seen, which draws cut across would hide."""
    import xarray as xr

    values = normals(2)
    values[0, :, 0] += 1.0
    kept = values.reshape(-1, 2).T
    found = nuts.certify_again(kept, GOOD)
    data = xr.Dataset({"u": (("chain", "draw", "normal"), values)})
    assert found.r_hat == pytest.approx(float(arviz_stats.rhat(data)["u"].max()))
    for method, size in (("bulk", found.ess_bulk), ("tail", found.ess_tail)):
        worst = float(arviz_stats.ess(data, method=method)["u"].min())
        assert size == pytest.approx(worst), method
    assert not found.certified and found.r_hat is not None and found.r_hat > 1.05
    assert nuts.certify_again(normals(2).reshape(-1, 2).T, GOOD).certified


@pytest.mark.parametrize(
    "claimed",
    [
        GOOD._replace(r_hat=1.2),
        GOOD._replace(ess_bulk=100.0),
        GOOD._replace(ess_tail=100.0),
        GOOD._replace(divergences=3),
    ],
)
def test_a_claim_that_is_worse_than_the_kept_chains_stands(claimed: Certificate) -> None:
    """What was sampled with them, ratios and divergences, is not kept."""
    kept = normals(2).reshape(-1, 2).T
    found, own = nuts.certify_again(kept, claimed), nuts.certify_again(kept, GOOD)
    assert own.certified and not found.certified
    assert own.r_hat is not None and own.ess_bulk is not None and own.ess_tail is not None
    assert found.r_hat == max(own.r_hat, claimed.r_hat or 0)
    assert found.ess_bulk == min(own.ess_bulk, claimed.ess_bulk or 0)
    assert found.ess_tail == min(own.ess_tail, claimed.ess_tail or 0)
    assert found.divergences == claimed.divergences


@pytest.mark.parametrize("name", ["r_hat", "ess_bulk", "ess_tail"])
def test_a_claim_that_says_too_little_certifies_nothing(name: str) -> None:
    kept = normals(2).reshape(-1, 2).T
    assert not nuts.certify_again(kept, GOOD._replace(**{name: None})).certified


def test_chains_become_draws_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a sampler that returns known chains: their normals, equal weights, their certificate."""
    import nutpie

    import popest.model.pymc_model as pymc_half

    model: Model = small.model_of(*vague())
    names, length = len(model.normals), 250
    chain, draw, normal = np.indices((CHAINS, length, names))
    u = 0.1 * chain + 0.001 * draw + 0.01 * normal
    ratios = np.random.default_rng(1).standard_normal((CHAINS, length, len(model.counts.names)))
    asked: dict[str, Any] = {}

    class Sampler:
        def wait(self, *, timeout: float) -> Any:
            return tree(u, ratios, divergences=2)

    def sample(compiled: object, **settings: Any) -> Sampler:
        asked.update(settings)
        return Sampler()

    monkeypatch.setattr(pymc_half, "build_pymc_model", lambda _: None)
    monkeypatch.setattr(nutpie, "compile_pymc_model", lambda _: None)
    monkeypatch.setattr(nutpie, "sample", sample)
    draws = nuts.run_nuts(model, 17, draws_per_chain=length)
    assert asked["seed"] == 17 and asked["chains"] == 4 and asked["draws"] == length
    assert asked["tune"] >= 500
    expected = [u[c, d] for c in range(CHAINS) for d in range(length)]
    assert np.array_equal(draws.state.u, np.array(expected).T)
    assert draws.weights == pytest.approx(np.full(CHAINS * length, 1 / (CHAINS * length)))
    assert draws.certificate.divergences == 2 and not draws.certificate.certified
    stock = model.population(u[2, 7][:, None]).stock[:, 0]
    assert draws.state.population.stock[:, 2 * length + 7] == pytest.approx(stock)
