"""A study and its variants side by side: how far the specification moves the answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from popest.estimates.compute import NotCertifiedError, estimate
from popest.estimates.distribution import Distribution
from popest.estimates.fit_warnings import Scatter
from popest.estimates.result import Estimate
from popest.study import Study


class VariantRow(NamedTuple):
    """One variant's stock at the headline date, persons; None where it was not certified.

    `name` is None for the study itself. `unexplained` are figures that the fitted model does not
    explain; `is_noisy` says that a source's error is over 3 times its prior median.
    """

    name: str | None
    stock: Distribution | None
    log_evidence: float | None
    warnings: tuple[str, ...]
    unexplained: tuple[str, ...] = ()
    is_noisy: bool = False


def estimate_variants(
    study: Study,
    *,
    itself: Estimate | None = None,
    dates: str | date | Sequence[str | date] = (),
    **settings: Any,
) -> list[VariantRow]:
    """Return the estimates of a study and of each variant it declares, the study first.

    Parameters
    ----------
    study
        The study, without a variant of its own chosen.
    itself
        The estimate of the study itself, where it is at hand; it must have the same settings.
    dates
        The first is the date compared; the study's headline date when empty.
    settings
        Passed on to `estimate`.

    Raises
    ------
    UsageError
        As for `estimate`.
    """
    settings["dates"] = dates
    first = _estimated(None, study, settings) if itself is None else variant_row(None, itself)
    return [first, *estimate_alternatives(study, **settings)]


def estimate_alternatives(study: Study, **settings: Any) -> list[VariantRow]:
    """Return the estimates of the variants alone, without the study's own."""
    names = study.specification.variant
    return [_estimated(name, study.with_variant(name), settings) for name in names]


def _estimated(name: str | None, study: Study, settings: dict[str, Any]) -> VariantRow:
    try:
        return variant_row(name, estimate(study, **settings))
    except NotCertifiedError as error:
        return VariantRow(name, None, None, (str(error.certificate),))


def variant_row(name: str | None, found: Estimate) -> VariantRow:
    """Return the row of an estimate; `name` is None for the study itself."""
    poor = tuple(fit.observation for fit in found.observations_fit if fit.is_extreme)
    warnings = [f"bad fit of {', '.join(poor)}"] if poor else []
    is_noisy = any(isinstance(finding, Scatter) for finding in found.fit_findings)
    if is_noisy:
        warnings.append("noise over 3 times its prior")
    log_evidence = found.draws.log_evidence
    return VariantRow(name, found.stock(), log_evidence, tuple(warnings), poor, is_noisy)
