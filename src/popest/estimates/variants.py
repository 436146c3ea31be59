"""A study and its variants side by side: how far the specification moves the answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from popest.estimates.compute import NotCertifiedError, estimate
from popest.estimates.distribution import Distribution
from popest.estimates.result import Estimate
from popest.study import Study


class VariantRow(NamedTuple):
    """One variant's stock at the headline date, persons; None where it was not certified.

    `name` is None for the study itself.
    """

    name: str | None
    stock: Distribution | None
    log_evidence: float | None
    warnings: tuple[str, ...]


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
    rows = [_estimated(None, study, settings) if itself is None else _row(None, itself)]
    for name in study.specification.variant:
        rows.append(_estimated(name, study.with_variant(name), settings))
    return rows


def _estimated(name: str | None, study: Study, settings: dict[str, Any]) -> VariantRow:
    try:
        return _row(name, estimate(study, **settings))
    except NotCertifiedError as error:
        return VariantRow(name, None, None, (str(error.certificate),))


def _row(name: str | None, found: Estimate) -> VariantRow:
    poor = [fit.observation for fit in found.observations_fit if fit.is_extreme]
    warnings = [f"bad fit of {', '.join(poor)}"] if poor else []
    if any("scatter" in text for text in found.warnings):
        warnings.append("noise over 3 times its prior")
    return VariantRow(name, found.stock(), found.draws.log_evidence, tuple(warnings))
