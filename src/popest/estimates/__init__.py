"""Estimates: from a study to intervals, tables, words, pictures and files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from popest.on_demand import names_on_demand

if TYPE_CHECKING:
    import pymc as pm

    from popest.estimates.certified_estimate import Estimate as Estimate
    from popest.estimates.comparisons.variants import estimate_variants as estimate_variants
    from popest.estimates.compute import estimate as estimate
    from popest.estimates.distribution import Distribution as Distribution
    from popest.estimates.distribution import Interval as Interval
    from popest.estimates.result import NotCertifiedError as NotCertifiedError
    from popest.estimates.result import VariantRow as VariantRow
    from popest.study import Study

_NAMES = {
    "popest.estimates.certified_estimate": "Estimate",
    "popest.estimates.comparisons.variants": "estimate_variants",
    "popest.estimates.compute": "estimate",
    "popest.estimates.distribution": "Distribution Interval",
    "popest.estimates.result": "NotCertifiedError VariantRow",
}

__getattr__, _on_demand = names_on_demand(__name__, _NAMES)
__all__ = [*_on_demand, "build_model", "load_estimate"]  # noqa: PLE0604


def build_model(study: Study | str | os.PathLike[str] = "serbia") -> pm.Model:
    """Return a study as a PyMC model; see `popest.model.pymc_model.build_pymc_model`.

    Raises
    ------
    StudyError
        When the study is invalid.
    """
    from popest.model.model import Model
    from popest.model.pymc_model import build_pymc_model
    from popest.study import Study, load_study

    if not isinstance(study, Study):
        study = load_study(study)
    return build_pymc_model(Model(study.specification, study.used))


def load_estimate(path: str | Path) -> Estimate:
    """Return an estimate that `Estimate.save` wrote; it gives the numbers it was saved with.

    Nothing in the file is taken on trust: its hash is compared, and weights and certificate are
    found again from the draws. A file without a hash is loaded with a warning that it is not
    verified.

    Raises
    ------
    UsageError
        When the file is missing, is no saved estimate, was changed, or is not certified.
    StudyError
        When the study inside is invalid.
    """
    from popest.estimates.saved.load import load_estimate as load

    return load(path)
