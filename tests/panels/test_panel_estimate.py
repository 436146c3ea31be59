"""The estimate of a panel in the user's hand: table, words, populations."""

from __future__ import annotations

from pathlib import Path

import panel_files
import pytest

import popest


@pytest.fixture(scope="module")
def estimate(tmp_path_factory: pytest.TempPathFactory) -> popest.PanelEstimate:
    text = panel_files.SPECIFICATION.replace(
        "between_sigma = 0.5 }", "between_sigma = 0.5 }, on = { log_size = { mean = 0, sd = 0.3 } }"
    )
    text = text.replace(
        "sigma = 0.8", "sigma = 0.8, pooled = { between = 0.4, between_sigma = 0.3 }"
    )
    return popest.estimate(panel_files.write(tmp_path_factory.mktemp("panel") / "panel", text))


def test_the_table_has_every_population(estimate: popest.PanelEstimate) -> None:
    table = estimate.table()
    assert list(table.index) == ["east", "north", "south", "west"]
    assert list(table["figures"]) == [3, 2, 2, 2]
    for name in table.index:
        size = estimate.population(name).size
        assert table.loc[name, "median"] == pytest.approx(size.median)
        assert table.loc[name, "lower_90"] == pytest.approx(size.interval(0.9).lower)
        assert table.loc[name, "lower_90"] < table.loc[name, "median"] < table.loc[name, "upper_90"]


def test_what_was_learned_has_every_part(estimate: popest.PanelEstimate) -> None:
    found = [(row.quantity, row.part, row.of, row.is_factor) for row in estimate.pooled()]
    assert found == [
        ("size", "typical", "", True),
        ("size", "between", "", False),
        ("permits", "typical", "", False),
        ("permits", "between", "", False),
        ("permits", "effect", "log_size", False),
        ("clinic", "typical", "", False),
        ("clinic", "between", "", False),
    ]
    typical = estimate.pooled()[2]
    lower, upper, *_ = typical.prior.interval(0.9)
    assert typical.prior.median == pytest.approx(0.9, rel=0.01)
    assert 0.5 < lower < upper < 1.62  # the interval of a new population is wider
    assert typical.posterior.sd < typical.prior.sd


def test_words_hold_what_is_shared_and_say_what_a_factor_is(
    estimate: popest.PanelEstimate,
) -> None:
    text = str(estimate)
    assert (
        "Residents of districts, stock on 2024-01-31, 4 populations together: between"
        in " ".join(text.split())
    )
    for part in ("size: factor", "permits: effect of log_size", "A factor multiplies the column"):
        assert part in text
    assert repr(estimate) == "<PanelEstimate panel: 4 populations>"


def test_a_long_panel_is_shown_in_part(tmp_path: Path) -> None:
    sizes = {f"p{number:02}": 2000 + 100 * number for number in range(40)}
    figures, table = panel_files.observations(sizes), panel_files.populations(sizes)
    found = popest.estimate(panel_files.write(tmp_path / "panel", figures=figures, table=table))
    text = str(found)
    assert "p29" in text and "p30" not in text
    assert "The first 30 of 40 populations" in text


def test_settings_of_studies_are_refused(tmp_path: Path) -> None:
    panel = popest.load_panel(panel_files.write(tmp_path / "panel"))
    for given in ({"dates": "2024-01-31"}, {"engine": "nuts"}, {"draws": 5000}):
        with pytest.raises(popest.UsageError, match="is not built yet for panels"):
            popest.estimate(panel, **given)
    for given in ({"prob": 2.0}, {"seed": -1}):
        with pytest.raises(popest.UsageError):
            popest.estimate(panel, **given)
