"""popest: credible intervals for populations that nobody counts well.

>>> import popest
>>> study = popest.load_study("serbia-report-2024")
>>> estimate = popest.estimate(study, seed=1)
>>> estimate.interval(0.90, date="2023-12-31").unit
'persons'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from popest.engines.draws import Certificate
    from popest.estimates import (
        Estimate,
        Interval,
        NotCertifiedError,
        build_model,
        estimate,
        estimate_variants,
        load_estimate,
    )
    from popest.study import (
        PopestError,
        Study,
        StudyError,
        UsageError,
        list_studies,
        load_study,
        write_template,
    )

__version__ = "0.1.0"

__all__ = [
    "Certificate",
    "Estimate",
    "Interval",
    "NotCertifiedError",
    "PopestError",
    "Study",
    "StudyError",
    "UsageError",
    "build_model",
    "estimate",
    "estimate_variants",
    "list_studies",
    "load_estimate",
    "load_study",
    "write_template",
]

_ESTIMATE = {
    "Estimate",
    "Interval",
    "NotCertifiedError",
    "build_model",
    "estimate",
    "estimate_variants",
    "load_estimate",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that importing popest costs next to nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'popest' has no attribute {name!r}")
    if name == "Certificate":
        room = "popest.engines.draws"
    else:
        room = "popest.estimates" if name in _ESTIMATE else "popest.study"
    value = getattr(import_module(room), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
