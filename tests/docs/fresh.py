"""Estimates that pages state, each computed once for all tests of the pages."""

from __future__ import annotations

from functools import cache

import popest
from popest.estimates import VariantRow


@cache
def estimate(
    name: str, *, as_of: str | None = None, variant: str | None = None, day: str | None = None
) -> popest.Estimate:
    """A shipped study or a view of it, estimated as ``./run estimate`` does."""
    study = popest.load_study(name, as_of=as_of)
    if variant is not None:
        study = study.with_variant(variant)
    return popest.estimate(study, dates=day or ())


@cache
def variants(name: str) -> dict[str | None, VariantRow]:
    """A shipped study and all its variants by their names; the study's own is None."""
    rows = popest.estimate_variants(popest.load_study(name), itself=estimate(name))
    return {row.name: row for row in rows}
