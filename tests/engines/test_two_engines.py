"""The bank and nuts on both shipped studies: two ways of computing, one answer."""

from __future__ import annotations

import math
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from check_pages import prose, words_alone

import popest
from popest.checks import check_engines_agree
from popest.checks.result import Context
from popest.engines.bank import run_bank
from popest.engines.nuts import CHAINS
from popest.model.exposure import stock_on

DAYS = ("2022-09-30", "2023-06-30", "2023-12-31")
PROBS = np.array([0.05, 0.5, 0.95])
FAR = 4.0  # standard errors
BLOCKS = 20


def quantiles(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    return values[order][np.searchsorted(cumulative, PROBS * cumulative[-1])]


@cache
def by_nuts(name: str) -> popest.Estimate:
    """A study's estimate by nuts, compiled and sampled once."""
    return popest.estimate(name, engine="nuts", draws=8_000, seed=2)


@pytest.mark.nuts
@pytest.mark.parametrize("name", ["serbia-report-2024", "serbia"])
def test_engines_agree(name: str) -> None:
    """Points of the stock at three dates, in standard errors.

    Those of the bank are taken from twelve seeds, those of nuts from blocks of its chains: shares
    of draws below a point in blocks long enough to be independent.
    """
    model, chains = by_nuts(name).model, by_nuts(name).draws
    assert chains.certificate.certified, str(chains.certificate)
    banks = [run_bank(model, np.random.default_rng(seed)).draws(model) for seed in range(12)]
    for day in DAYS:
        at = stock_on(model.calendar, date.fromisoformat(day))[1:]
        found = [quantiles(at @ draws.state.population.stock, draws.weights) for draws in banks]
        marks = np.mean(found, axis=0)
        error = np.std(found, axis=0, ddof=1) / math.sqrt(len(found))
        sampled = at @ chains.state.population.stock
        theirs = quantiles(sampled, chains.weights)
        below = (sampled <= theirs[:, None]).reshape(len(PROBS), CHAINS * BLOCKS, -1).mean(axis=2)
        share_error = below.std(axis=1, ddof=1) / math.sqrt(CHAINS * BLOCKS)
        # From the error of a share to that of a point, through the slope between two points.
        reach = np.clip(np.stack([PROBS - 0.04, PROBS + 0.04]), 0, 1)
        low, high = np.quantile(sampled, reach[0]), np.quantile(sampled, reach[1])
        their_error = share_error * (high - low) / (reach[1] - reach[0])
        z = (marks - theirs) / np.hypot(error, their_error)
        assert np.abs(z).max() < FAR, f"{day}: {marks} beside {theirs}, {z} standard errors"
        assert theirs == pytest.approx(marks, rel=0.05)


@pytest.mark.nuts
def test_estimate_by_nuts_is_certified_and_agrees() -> None:
    """The public way, ratios and fit included: within 6 %."""
    nuts = by_nuts("serbia-report-2024")
    bank = popest.estimate("serbia-report-2024", engine="bank", seed=2)
    assert nuts.certificate.certified and nuts.certificate.divergences == 0
    assert nuts.certificate.pareto_k is None and nuts.draws.log_evidence is None
    assert nuts.draws.weights.size == 8_000
    assert nuts.stock().median == pytest.approx(bank.stock().median, rel=0.03)
    for mine, other in zip(nuts.interval(0.9)[:2], bank.interval(0.9)[:2], strict=True):
        assert mine == pytest.approx(other, rel=0.06)
    for one, two in zip(nuts.ratios_learned, bank.ratios_learned, strict=True):
        assert one.prior == pytest.approx(two.prior)
        assert one.posterior == pytest.approx(two.posterior, rel=0.06)
    for fit, other in zip(nuts.observations_fit, bank.observations_fit, strict=True):
        assert fit.percentile == pytest.approx(other.percentile, abs=0.06)


@pytest.mark.nuts
def test_the_check_of_both_says_what_its_page_quotes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the chains sampled above; its own are sampled in tests/checks/test_contract.py."""
    nuts = by_nuts("serbia-report-2024")
    monkeypatch.setattr(check_engines_agree, "run_nuts", lambda *_: nuts.draws)
    found = check_engines_agree.engines_agree(Context(nuts.study))
    assert found.passed
    assert words_alone(found.sentence) in words_alone(prose(root, "engines-agree"))
