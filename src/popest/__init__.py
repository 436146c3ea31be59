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
    from popest.checks import CheckReport as CheckReport
    from popest.checks import CheckResult as CheckResult
    from popest.checks import run_checks as run_checks
    from popest.engines.draws import Certificate as Certificate
    from popest.estimates import Estimate as Estimate
    from popest.estimates import Interval as Interval
    from popest.estimates import NotCertifiedError as NotCertifiedError
    from popest.estimates import build_model as build_model
    from popest.estimates import estimate_variants as estimate_variants
    from popest.estimates import load_estimate as load_estimate
    from popest.estimates.comparisons.comparison import Comparison as Comparison
    from popest.estimates.comparisons.history import History as History
    from popest.panels.comparisons.panel_comparison import PanelComparison as PanelComparison
    from popest.panels.comparisons.panel_history import PanelHistory as PanelHistory
    from popest.panels.comparisons.panel_variants import (
        estimate_panel_variants as estimate_panel_variants,
    )
    from popest.panels.estimating import compare as compare
    from popest.panels.estimating import estimate as estimate
    from popest.panels.estimating import history as history
    from popest.panels.panel_estimate import PanelEstimate as PanelEstimate
    from popest.panels.panel_result import PanelNotCertifiedError as PanelNotCertifiedError
    from popest.report import write_report as write_report
    from popest.study import PopestError as PopestError
    from popest.study import Study as Study
    from popest.study import StudyError as StudyError
    from popest.study import UsageError as UsageError
    from popest.study import list_studies as list_studies
    from popest.study import load_study as load_study
    from popest.study import write_panel_template as write_panel_template
    from popest.study import write_template as write_template
    from popest.study.panel.panel import Panel as Panel
    from popest.study.panel.panel import load_panel as load_panel

_NAMES = {
    "popest.checks": "CheckReport CheckResult run_checks",
    "popest.engines.draws": "Certificate",
    "popest.estimates": "Estimate Interval NotCertifiedError build_model "
    "estimate_variants load_estimate",
    "popest.estimates.comparisons.comparison": "Comparison",
    "popest.estimates.comparisons.history": "History",
    "popest.panels.estimating": "compare estimate history",
    "popest.panels.comparisons.panel_comparison": "PanelComparison",
    "popest.panels.panel_estimate": "PanelEstimate",
    "popest.panels.comparisons.panel_history": "PanelHistory",
    "popest.panels.panel_result": "PanelNotCertifiedError",
    "popest.panels.comparisons.panel_variants": "estimate_panel_variants",
    "popest.report": "write_report",
    "popest.study": "PopestError Study StudyError UsageError list_studies load_study "
    "write_panel_template write_template",
    "popest.study.panel.panel": "Panel load_panel",
}

__getattr__, __all__ = names_on_demand(__name__, _NAMES)


def __dir__() -> list[str]:
    return sorted(__all__)
