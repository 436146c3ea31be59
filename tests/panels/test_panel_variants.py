"""Variants of a panel: each is the panel that has its assumptions, estimated."""

from __future__ import annotations

from pathlib import Path

import panel_files
import pytest

import popest
from popest.panels.comparisons.panel_variants import PanelVariantRow, variants_text
from popest.panels.document import panel_document
from popest.study import UsageError
from popest.study.panel.panel import load_panel

VARIANTS = """[variant.alike]
because = "what if"
without = ["clinic"]
set = { "source.permits.ratio.pooled.between" = 0.05, "ranges" = [[40000, 50000]] }
"""
FEWER = """[variant.alike]
because = "what if"
without = ["census"]
"""


def test_a_variant_is_the_panel_that_is_written_out_by_hand(tmp_path: Path) -> None:
    """To the last byte of what is printed, but for what names the panel."""
    text = panel_files.SPECIFICATION
    varied = load_panel(panel_files.write(tmp_path / "varied", text + VARIANTS))
    text = text.replace("between = 0.15", "between = 0.05")
    text = text.replace("total = true", "total = true\nranges = [[40000, 50000]]")
    text = text[: text.index("[source.clinic]")] + text[text.index("[source.census]") :]
    rows = panel_files.observations().splitlines(keepends=True)
    figures = "".join(row for row in rows if ",clinic," not in row)
    by_hand = popest.estimate(load_panel(panel_files.write(tmp_path / "hand", text, figures)))
    variant = popest.estimate(varied.with_variant("alike"))
    named = ("panel", "variant", "data_sha256", "seconds")
    one, other = (
        {key: value for key, value in panel_document(found).items() if key not in named}
        for found in (variant, by_hand)
    )
    assert one == other and len(one["total"]["probabilities"]) == 1
    share = one["total"]["probabilities"][0]["prob"]
    assert share == pytest.approx(variant.total.probability(40000, 50000), rel=1e-5)
    assert "The probability that the total lies between 40,000 and 50,000" in " ".join(
        str(variant).split()
    )
    rows = popest.estimate_panel_variants(varied, population="west", itself=by_hand)
    assert [row.name for row in rows] == [None, "alike"]
    assert rows[1].size.median == variant.population("west").size.median
    assert "alike" in variants_text(rows)


def test_a_variant_without_an_estimate_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("popest.panels.learning.LARGEST_HALF_DIFFERENCE", 0.0)
    text = panel_files.UNPOOLED + FEWER
    panel = load_panel(panel_files.write(tmp_path / "varied", text, panel_files.without_clinic()))
    rows = popest.estimate_panel_variants(panel)
    assert [row.size for row in rows] == [None, None]
    assert all("not certified" in row.warnings[0] for row in rows)
    assert [row.to_dict()["certified"] for row in rows] == [False, False]
    assert "none" in variants_text(rows)


def test_there_must_be_one_size_to_show(tmp_path: Path) -> None:
    text = panel_files.UNPOOLED.replace("total = true\n", "") + FEWER
    panel = load_panel(panel_files.write(tmp_path / "varied", text, panel_files.without_clinic()))
    with pytest.raises(UsageError, match="has no total: name one of its populations"):
        popest.estimate_panel_variants(panel)
    assert "alike" in variants_text([PanelVariantRow("alike", None, ("has no total",))])
