"""A panel without a source or a population is the panel that was written without it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import panel_files
import pytest

import popest
from popest.panels.compute import estimate_panel
from popest.panels.without import without_population
from popest.study.panel.panel import load_panel


@pytest.fixture
def panel(tmp_path: Path) -> popest.Panel:
    return load_panel(panel_files.write(tmp_path / "panel"))


def test_without_a_source(panel: popest.Panel, tmp_path: Path) -> None:
    text = panel_files.SPECIFICATION
    clinic = text[text.index("[source.clinic]") : text.index("[source.census]")]
    rows = panel_files.observations().splitlines(keepends=True)
    figures = "".join(row for row in rows if not row.startswith("clinic."))
    folder = panel_files.write(tmp_path / "written", text.replace(clinic, ""), figures)
    written, left = (
        estimate_panel(load_panel(folder)),
        estimate_panel(panel.without("clinic")),
    )
    np.testing.assert_array_equal(left.learned.u, written.learned.u)
    assert [row.size.median for row in left.rows()] == [row.size.median for row in written.rows()]
    assert [row.quantity for row in left.pooled()] == ["permits", "permits"]


def test_without_a_population(panel: popest.Panel, tmp_path: Path) -> None:
    sizes = {name: size for name, size in panel_files.SIZES.items() if name != "west"}
    figures = panel_files.observations(sizes)
    folder = panel_files.write(
        tmp_path / "written", figures=figures, table=panel_files.populations(sizes)
    )
    written = estimate_panel(load_panel(folder))
    left = estimate_panel(without_population(panel, "west"))
    np.testing.assert_array_equal(left.learned.u, written.learned.u)
    assert left.total is not None and written.total is not None
    assert left.total.median == written.total.median
