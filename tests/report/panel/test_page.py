"""The page of a panel: whole, alone, readable, escaped, and with the terminal's numbers."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import hostile_texts
import panel_files
import pytest
from html_page import Element, parse, rows
from test_page import CLAIMS

import popest
from popest.language.catalogue import languages, sentences
from popest.report import write_report
from popest.report.language import Texts
from popest.report.panel.answer import quantity
from popest.report.panel.contents import DRAWN, PanelContents, PanelVoice, gather_panel
from popest.report.panel.page import render_panel
from popest.study.panel.panel import load_panel

SECTIONS = [
    *("answer", "rests-on", "populations", "shared"),
    *("contradict", "sources", "provenance", "certificate"),
]
MANY = {f"p{number:02}": 3_000 + 200 * number for number in range(DRAWN + 6)}
ODD = "p12"
LARGEST = 400_000
"""Bytes of the page of 36 populations."""


def hostile(folder: Path) -> Path:
    quoted = json.dumps(hostile_texts.SHORT)
    text = panel_files.SPECIFICATION
    for title in ("Residents of districts", "everybody who lives in a district", "Permits"):
        text = text.replace(json.dumps(title), quoted)
    text = text.replace('"Ministry"', quoted).replace('"places"', quoted)
    text = text.replace('unit = "persons"', f"unit = {json.dumps(hostile_texts.MARKUP)}")
    cell = '"' + hostile_texts.SHORT.replace('"', '""') + '"'
    table = panel_files.populations().replace("The east", cell)
    figures = panel_files.observations().replace("Office", cell)
    return panel_files.write(folder, text, figures, table)


def large(folder: Path) -> Path:
    """Many populations: one without a figure, one that contradicts the others."""
    lines = panel_files.observations(MANY).splitlines(keepends=True)
    for place, line in enumerate(lines):
        cells = line.split(",")
        if line.startswith(f"permits.{ODD},"):
            cells[2] = str(8 * int(cells[2]))
        if line.rstrip().endswith(",p03"):
            cells[10], cells[13] = "no", "not used here"
        lines[place] = ",".join(cells)
    table = panel_files.populations(MANY)
    text = panel_files.SPECIFICATION.replace(
        "between_sigma = 0.5 }", "between_sigma = 0.5 }, on = { log_size = { mean = 0, sd = 0.3 } }"
    )
    return panel_files.write(folder, text + panel_files.KNOWN_NOISE, "".join(lines), table)


def apart(folder: Path) -> Path:
    """Nothing is shared, and no total is asked for."""
    text = panel_files.SPECIFICATION.replace("total = true\n", "")
    text = text.replace("pooled = { between = 0.15, between_sigma = 0.5 }, ", "")
    text = text.replace("pooled = { between = 0.2, between_sigma = 0.3 }, ", "")
    return panel_files.write(folder, text)


def plain(folder: Path) -> Path:
    """One bias is shared by all, and the size is pooled around a column."""
    text = panel_files.SPECIFICATION.replace("between = 0.2, between_sigma = 0.3", "between = 0")
    text = text.replace(
        "sigma = 0.8", "sigma = 0.8, pooled = { between = 0.4, between_sigma = 0.3 }"
    )
    return panel_files.write(folder, text)


def whole(folder: Path) -> Path:
    """Two populations of which one has a count so low that both are drawn whole."""
    sizes = {"east": 9000, "north": 20000}
    figures = panel_files.observations(sizes) + panel_files.row("few", "permits", 12, "north")
    return panel_files.write(folder, figures=figures, table=panel_files.populations(sizes))


PANELS = {"large": large, "apart": apart, "hostile": hostile, "plain": plain, "whole": whole}


class PanelPages:
    """Pages of panels, each computed once and written once in each language."""

    def __init__(self, folder: Path) -> None:
        self.texts = {language: Texts(language) for language in languages()}
        self.contents = cache(
            lambda name: gather_panel(load_panel(PANELS[name](folder / name)), 1, lambda _: None)
        )
        self.html = cache(
            lambda name, language: render_panel(self.contents(name), self.texts[language])
        )

    def tree(self, name: str, language: str = "en") -> Element:
        return parse(self.html(name, language))


@pytest.fixture(scope="module")
def panels(tmp_path_factory: pytest.TempPathFactory) -> PanelPages:
    return PanelPages(tmp_path_factory.mktemp("panels"))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", list(PANELS))
def test_a_page_is_whole_alone_and_readable(
    panels: PanelPages, name: str, language: str, subtests: pytest.Subtests
) -> None:
    page = panels.tree(name, language)
    assert len(panels.html(name, language).encode()) < LARGEST
    for claim in CLAIMS[:-1]:  # the last one is of the sections of a study
        with subtests.test(claim.__name__):
            claim(page, language)


def test_the_sections(panels: PanelPages) -> None:
    for name in PANELS:
        found = [each["id"] for each in panels.tree(name).each("section")]
        absent = {"apart": {"rests-on", "shared"}, "whole": {"contradict"}}.get(name, set())
        assert found == [each for each in SECTIONS if each not in absent]


def test_its_numbers_are_those_of_the_terminal(panels: PanelPages) -> None:
    contents: PanelContents = panels.contents("large")
    terminal = str(popest.estimate(contents.panel))
    page = panels.tree("large")
    (headline,) = [each for each in page.each("p") if "headline" in each.classes]
    assert contents.estimate.total is not None
    lower, upper, *_ = contents.estimate.total.interval(0.9)
    texts = panels.texts["en"]
    for bound in (lower, upper):
        assert texts.persons(bound) in headline.text and texts.persons(bound) in terminal
    table = {row[0]: row[1:] for row in rows(page, "ranks-table")[1:]}
    assert len(table) == len(MANY)
    for row in contents.estimate.rows():
        lower, upper, *_ = row.size.interval(0.9)
        wanted = texts.interval(texts.persons(lower), texts.persons(upper))
        assert table[f"The {row.population}"] == [
            str(row.n_figures),
            texts.persons(row.size.median),
            wanted,
        ]


def test_the_largest_are_drawn_and_all_are_tabled(panels: PanelPages) -> None:
    drawn = rows(panels.tree("large"), "sizes-table")
    assert len(drawn) == DRAWN + 1
    medians = [float(row[3].replace(",", "")) for row in drawn[1:]]
    assert medians == sorted(medians, reverse=True)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("permits", "Permits"),
        ("size", "size of the population"),
        ("departure_hazard", "departures"),
        ("wave[first]", "the size of the wave first"),
        ("baseline[permits]", "the baseline of Permits"),
    ],
)
def test_what_is_shared_is_called_what_it_is(panels: PanelPages, name: str, said: str) -> None:
    voice = PanelVoice(panels.contents("plain"), panels.texts["en"])
    assert parse(f"<p>{quantity(voice, name)}</p>").text == said


def test_who_stands_apart_is_warned_of_before_the_number(panels: PanelPages) -> None:
    html = panels.html("large", "en")
    warned = html[html.index('class="warnings"') : html.index('class="headline"')]
    assert f"The {ODD}" in warned
    assert "p03" in warned  # it has no figure
    first = rows(panels.tree("large"), "apart-table")[1]
    assert first[0] == f"The {ODD}"
    assert 'class="warnings"' not in panels.html("plain", "en")


def test_nothing_of_a_hostile_panel_runs(panels: PanelPages) -> None:
    for language in languages():
        html = panels.html("hostile", language)
        assert "<script" not in html and "<img" not in html and "<svg onload" not in html
        page = parse(html)
        assert not list(page.each("script", "img", "b"))


@pytest.mark.parametrize("language", languages())
def test_every_sentence_of_the_page_is_said(
    panels: PanelPages, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PANELS:
        panels.html(name, language)
    # What only a large panel, or one that is hard to compute, has.
    monkeypatch.setattr("popest.report.panel.shared.MOST_FIGURES", 3)
    monkeypatch.setattr("popest.report.panel.apart.MOST_FIGURES", 3)
    monkeypatch.setattr("popest.checks.methods.others.LARGEST_PARETO_K", -9.0)
    assert "{" not in parse(render_panel(panels.contents("plain"), panels.texts[language])).text
    keys = {key for key in sentences("en") if key.startswith("panel.page.")}
    assert keys <= panels.texts[language].used


def test_a_report_is_written_of_a_folder(tmp_path: Path) -> None:
    folder = large(tmp_path / "panel")
    path = write_report(folder, tmp_path / "page.html")
    again = write_report(load_panel(folder), tmp_path / "again.html")
    assert path.read_bytes() == again.read_bytes()
