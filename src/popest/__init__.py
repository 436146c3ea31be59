"""popest: credible intervals for populations that nobody counts well.

>>> import popest
>>> study = popest.load_study("serbia-report-2024")
>>> estimate = popest.estimate(study, seed=1)
>>> estimate.interval(0.90, date="2023-12-31").unit
'persons'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from popest.on_demand import names_on_demand
from popest.version import __version__ as __version__

if TYPE_CHECKING:
    from popest.checks import CheckReport, CheckResult, run_checks
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
    from popest.estimates.comparisons.comparison import Comparison, compare
    from popest.estimates.comparisons.history import History, history
    from popest.report import write_report
    from popest.study import (
        PopestError,
        Study,
        StudyError,
        UsageError,
        list_studies,
        load_study,
        write_template,
    )

_ROOMS = {
    "Certificate": "popest.engines.draws",
    "CheckReport": "popest.checks",
    "CheckResult": "popest.checks",
    "Comparison": "popest.estimates.comparisons.comparison",
    "Estimate": "popest.estimates",
    "History": "popest.estimates.comparisons.history",
    "Interval": "popest.estimates",
    "NotCertifiedError": "popest.estimates",
    "PopestError": "popest.study",
    "Study": "popest.study",
    "StudyError": "popest.study",
    "UsageError": "popest.study",
    "build_model": "popest.estimates",
    "compare": "popest.estimates.comparisons.comparison",
    "estimate": "popest.estimates",
    "estimate_variants": "popest.estimates",
    "history": "popest.estimates.comparisons.history",
    "list_studies": "popest.study",
    "load_estimate": "popest.estimates",
    "load_study": "popest.study",
    "run_checks": "popest.checks",
    "write_report": "popest.report",
    "write_template": "popest.study",
}

__all__ = [
    "Certificate",
    "CheckReport",
    "CheckResult",
    "Comparison",
    "Estimate",
    "History",
    "Interval",
    "NotCertifiedError",
    "PopestError",
    "Study",
    "StudyError",
    "UsageError",
    "build_model",
    "compare",
    "estimate",
    "estimate_variants",
    "history",
    "list_studies",
    "load_estimate",
    "load_study",
    "run_checks",
    "write_report",
    "write_template",
]

__getattr__ = names_on_demand(__name__, _ROOMS)


def __dir__() -> list[str]:
    return sorted(__all__)
