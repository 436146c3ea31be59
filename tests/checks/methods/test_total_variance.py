"""Where the variance of a total comes from, where the answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import panel_files
import pytest

import popest
from popest.checks.methods.total_variance import total_variance

POOLED = "pooled = { between = 0.15, between_sigma = 0.5 }, "


def test_nothing_is_shared_where_nothing_is_pooled(tmp_path: Path) -> None:
    """Populations are independent, so that each has the share of its own variance."""
    text = panel_files.SPECIFICATION.replace(POOLED, "")
    text = text.replace("pooled = { between = 0.2, between_sigma = 0.3 }, ", "")
    estimate = popest.estimate(panel_files.write(tmp_path / "panel", text))
    found = total_variance(estimate)
    assert found is not None
    assert found.shared == pytest.approx(0, abs=1e-9)
    assert found.by_quantity == {}
    assert sum(found.by_population.values()) == pytest.approx(1)
    variances = np.array([row.size.sd**2 for row in estimate.rows()])
    shares = np.array(list(found.by_population.values()))
    # Correlations of 4,096 independent draws, four standard errors.
    np.testing.assert_allclose(shares, variances / variances.sum(), atol=4 / np.sqrt(4096))


def test_all_is_shared_where_one_bias_is_all_that_is_uncertain(tmp_path: Path) -> None:
    text = panel_files.SPECIFICATION.replace("between = 0.15, between_sigma = 0.5", "between = 0")
    text = text[: text.index("[source.clinic]")]
    text += '[noise]\nerror = { median = 0.01, sigma = 0, because = "known" }\nby_source = 0\n'
    rows = panel_files.observations().splitlines(keepends=True)
    figures = "".join(row for row in rows if row.startswith(("id", "permits")))
    estimate = popest.estimate(panel_files.write(tmp_path / "panel", text, figures))
    found = total_variance(estimate)
    assert found is not None
    assert found.shared > 0.95
    assert found.by_quantity["permits"].share > 0.95


def test_there_is_none_without_a_total(tmp_path: Path) -> None:
    text = panel_files.SPECIFICATION.replace("total = true\n", "")
    assert total_variance(popest.estimate(panel_files.write(tmp_path / "panel", text))) is None
