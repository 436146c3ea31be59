"""Reports: one page about a study's estimate, for people who decide."""

from __future__ import annotations

from popest.report.write import write_report

__all__ = ["write_report"]
