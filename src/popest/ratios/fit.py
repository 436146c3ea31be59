"""Fitting the hierarchical model of the pairs, and what it predicts for a new place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from popest.engines.draws import Certificate
from popest.engines.nuts import CHAINS, certify_chains
from popest.ratios.evidence import Evidence
from popest.ratios.model import TAIL, BlockSums, build_ratio_model
from popest.study import PopestError

TUNING_DRAWS, DRAWS_PER_CHAIN = 1_000, 2_000
TARGET_ACCEPTANCE = 0.99
JUDGED = ("mean", "between", "within", "country_share", "drift", "country", "block_weight")


class RatiosNotCertifiedError(PopestError):
    """The chains of the model of the pairs did not converge."""


@dataclass(frozen=True)
class RatioFit:
    """Posterior draws of the model of the pairs.

    `draws` holds each variable by its name, draws first: ``mean``, ``between`` and ``within``
    are `(draw, cell)`, ``country`` and ``block`` `(draw, host)` and `(draw, block)`, the
    others `(draw,)`.
    """

    evidence: Evidence
    draws: dict[str, np.ndarray]
    certificate: Certificate

    def new_place(self, cell: str, rng: np.random.Generator, years: float = 0.0) -> np.ndarray:
        """Draw the log ratio of a new population in a new country, `(draw,)`.

        Parameters
        ----------
        cell
            A type, with its regime.
        rng
            Source of randomness.
        years
            How much older than the reference numbers issued are, years.
        """
        number, draws = self.evidence.cells.index(cell), self.draws
        share = draws["country_share"]
        country, within = rng.standard_normal((2, len(share)))
        place = np.sqrt(share) * country + np.sqrt(1 - share) * rng.standard_t(TAIL, len(share))
        spread = draws["between"][:, number] * place + draws["within"][:, number] * within
        return draws["mean"][:, number] + spread + years * draws["drift"]


class RatioSampler:
    """The model of the pairs, compiled once and sampled for any values of them."""

    def __init__(self, evidence: Evidence) -> None:
        import nutpie
        import pytensor

        self.evidence = evidence
        with pytensor.config.change_flags(numba__fastmath=False):
            self._compiled: Any = nutpie.compile_pymc_model(build_ratio_model(evidence))

    def fit(
        self,
        seed: int,
        *,
        counted: np.ndarray | None = None,
        log_ratio: np.ndarray | None = None,
        draws_per_chain: int = DRAWS_PER_CHAIN,
    ) -> RatioFit:
        """Return posterior draws with their certificate, which may be refused.

        Parameters
        ----------
        seed
            Seed of the sampler.
        counted
            1 for each pair that counts and 0 for each that is held out, `(pair,)`; all count
            when None.
        log_ratio
            Values in place of the pairs' own, `(pair,)`.
        draws_per_chain
            Draws kept of each of four chains.
        """
        import nutpie
        import pytensor

        evidence = self.evidence
        data = {
            "counted": np.ones(len(evidence.pairs)) if counted is None else counted * 1.0,
            "log_ratio": evidence.log_ratio if log_ratio is None else log_ratio,
        }
        with pytensor.config.change_flags(numba__fastmath=False):
            chains = nutpie.sample(
                self._compiled.with_data(**data),
                draws=draws_per_chain,
                tune=TUNING_DRAWS,
                chains=CHAINS,
                target_accept=TARGET_ACCEPTANCE,
                seed=seed,
                progress_bar=False,
            )
        posterior = chains["posterior"].dataset
        draws = {name: _draws_first(posterior[name].to_numpy()) for name in JUDGED}
        draws["block"] = self._draw_blocks(draws, data, np.random.default_rng(seed))
        return RatioFit(evidence, draws, certify_chains(chains, JUDGED))

    def _draw_blocks(
        self, draws: dict[str, np.ndarray], data: dict[str, np.ndarray], rng: np.random.Generator
    ) -> np.ndarray:
        """Draw the effects of the blocks, which the model integrates, `(draw, block)`."""
        evidence = self.evidence
        cell, share = evidence.cell, draws["country_share"][:, None]
        between = draws["between"][:, cell]
        scale = 1 / np.sqrt(draws["block_weight"])
        residual = data["log_ratio"] - draws["mean"][:, cell]
        residual -= draws["drift"][:, None] * evidence.years
        residual -= between * np.sqrt(share) * draws["country"][:, evidence.host]
        loading = between * np.sqrt(1 - share) * scale[:, evidence.block]
        variance = draws["within"][:, cell] ** 2 + evidence.error_sd**2
        sums = BlockSums.of(evidence, residual, loading, variance, data["counted"])
        noise = rng.standard_normal(sums.precision.shape)
        return scale * (sums.weighted / sums.precision + noise / np.sqrt(sums.precision))


def fit_ratios(evidence: Evidence, seed: int = 1) -> RatioFit:
    """Return the fit of the pairs, certified.

    Raises
    ------
    RatiosNotCertifiedError
        When the chains did not converge.
    """
    fit = RatioSampler(evidence).fit(seed, draws_per_chain=2 * DRAWS_PER_CHAIN)
    if not fit.certificate.certified:
        raise RatiosNotCertifiedError(f"the ratios are not certified: {fit.certificate}")
    return fit


def _draws_first(values: np.ndarray) -> np.ndarray:
    return values.reshape(-1, *values.shape[2:])
