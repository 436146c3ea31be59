"""Fitting the hierarchical model of the pairs, and what it predicts for a new place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from popest.engines.draws import Certificate
from popest.engines.nuts import CHAINS, certify_chains
from popest.ratios.evidence import Evidence, type_of
from popest.ratios.model import (
    REGIME_SD,
    TAIL,
    TYPE_MEAN,
    TYPE_SD,
    BlockSums,
    build_ratio_model,
)
from popest.study import PopestError

TUNING_DRAWS, DRAWS_PER_CHAIN = 1_000, 2_000
TARGET_ACCEPTANCE = 0.97
SPREADS = ("between", "within")
JUDGED = (
    *(f"{name}_{what}" for name in SPREADS for what in ("typical", "differ")),
    *("mean", "between", "within", "country_share", "drift", "blocks_differ"),
    *("country", "block_weight", "block_spread"),
)


class RatiosNotCertifiedError(PopestError):
    """The chains of the model of the pairs did not converge."""


@dataclass(frozen=True)
class RatioFit:
    """Posterior draws of the model of the pairs.

    `draws` holds each variable by its name, draws first: ``mean``, ``between`` and ``within``
    are `(draw, cell)`, ``country`` is `(draw, host)`, ``block``, ``block_weight`` and
    ``block_spread`` are `(draw, block)`, the others `(draw,)`.
    """

    evidence: Evidence
    draws: dict[str, np.ndarray]
    certificate: Certificate

    def new_place(self, cell: str, rng: np.random.Generator, log_age: float = 0.0) -> np.ndarray:
        """Draw the log ratio of a new population in a new country, `(draw,)`.

        Parameters
        ----------
        cell
            A type, with its regime and definition. One that no pair has is as wide as the model
            leaves it: the mean of its type, if that has pairs, and the spreads of any type.
        rng
            Source of randomness.
        log_age
            Logarithm of the age of numbers issued over the reference age.
        """
        draws = self.draws
        mean, between, inside = self.mean_and_spreads(cell, rng)
        share = draws["country_share"]
        country, within, own = rng.standard_normal((3, len(share)))
        place = np.sqrt(share) * country + np.sqrt(1 - share) * rng.standard_t(TAIL, len(share))
        inside = inside * np.exp(draws["blocks_differ"] * own)
        new: np.ndarray = mean + between * place + inside * within + log_age * draws["drift"]
        return new

    def mean_and_spreads(self, cell: str, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Return the mean of a cell and its spreads between and within places, each `(draw,)`.

        Parameters
        ----------
        cell, rng
            As for `new_place`.
        """
        draws, evidence = self.draws, self.evidence
        if cell in evidence.cells:
            number = evidence.cells.index(cell)
            return tuple(draws[name][:, number] for name in ("mean", *SPREADS))
        size = len(draws["drift"])
        kinds = [type_of(name) for name in evidence.cells]
        own = [number for number, kind in enumerate(kinds) if kind == type_of(cell)]
        # The mean of the type given those of its regimes, all of them normal.
        precision = 1 / TYPE_SD**2 + len(own) / REGIME_SD**2
        centre = TYPE_MEAN / TYPE_SD**2 + draws["mean"][:, own].sum(axis=1) / REGIME_SD**2
        mean = centre / precision + rng.standard_normal(size) / math.sqrt(precision)
        if own:
            mean = mean + REGIME_SD * rng.standard_normal(size)
        spreads = [
            np.exp(draws[f"{name}_typical"] + draws[f"{name}_differ"] * rng.standard_normal(size))
            for name in SPREADS
        ]
        return mean, *spreads

    def within_blocks(self, pairs: np.ndarray) -> np.ndarray:
        """Return the spread within the blocks of some pairs, `(draw, pair)`."""
        draws, evidence = self.draws, self.evidence
        own = draws["block_spread"][:, evidence.block[pairs]]
        within = draws["within"][:, evidence.cell[pairs]]
        spread: np.ndarray = within * np.exp(draws["blocks_differ"][:, None] * own)
        return spread


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
        residual -= draws["drift"][:, None] * evidence.log_age
        residual -= between * np.sqrt(share) * draws["country"][:, evidence.host]
        loading = between * np.sqrt(1 - share) * scale[:, evidence.block]
        own = np.exp(draws["blocks_differ"][:, None] * draws["block_spread"])
        variance = (draws["within"][:, cell] * own[:, evidence.block]) ** 2 + evidence.error_sd**2
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
