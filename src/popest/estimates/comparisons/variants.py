"""A study and its variants side by side: how far the specification moves the answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from popest.estimates.certified_estimate import Estimate
from popest.estimates.compute import estimate_or_refusal
from popest.estimates.result import NotCertifiedError, VariantRow, variant_row
from popest.estimates.settings import checked_dates
from popest.study import Study


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
        The dates compared, the first one foremost; the study's headline when empty.
    settings
        Passed on to `estimate`.

    Raises
    ------
    UsageError
        As for `estimate`.
    """
    # The last day counted may be another one in a variant, which uses other rows.
    settings["dates"] = checked_dates(dates, study)
    first = _estimated(None, study, settings) if itself is None else variant_row(None, itself)
    return [first, *estimate_alternatives(study, **settings)]


def estimate_alternatives(study: Study, **settings: Any) -> list[VariantRow]:
    """Return the estimates of the variants alone, without the study's own."""
    names = study.specification.variant
    return [_estimated(name, study.with_variant(name), settings) for name in names]


def _estimated(name: str | None, study: Study, settings: dict[str, Any]) -> VariantRow:
    found = estimate_or_refusal(study, **settings)
    if isinstance(found, NotCertifiedError):
        return VariantRow(name, None, None, (str(found.certificate),))
    return variant_row(name, found)
