"""Checks: how far an estimate can be trusted, and what it rests on."""

from popest.checks.registry import all_checks
from popest.checks.result import CheckResult
from popest.checks.run import CheckReport, run_checks

__all__ = ["CheckReport", "CheckResult", "all_checks", "run_checks"]
