"""Tests of whole reports in Chromium: they open, ask for nothing, print, and are accessible."""

import base64
import re

import hostile_texts
import odd_studies
import pytest

A4 = (595, 842)
"""Points."""
STUDIES = ("serbia", "serbia-report-2024")


@pytest.mark.parametrize("study", STUDIES)
def test_it_opens_from_a_file_without_a_complaint_and_asks_for_nothing_else(page, report, study):
    file = report(study)
    page.open(file)
    assert page.shown()["sure"] == "true"
    assert page.console() == []
    assert set(page.requests()) == {file.as_uri()}
    assert file.stat().st_size < 3e6


@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    # Each language, width and scheme with each of the others.
    [("en", 1280, "light"), ("en", 390, "dark"), ("sr", 1280, "dark"), ("sr", 390, "light")],
)
def test_axe_finds_no_violation(page, report, axe, language, width, scheme):
    page.open(report("serbia-report-2024", language), width=width, scheme=scheme)
    page.shown()
    assert page.violations(axe) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(page, report, width):
    page.open(report("serbia"), width=width)
    page.shown()
    assert page.driver.execute_script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("study", "language"), [*zip(STUDIES, ("en", "sr"), strict=True)])
def test_the_tables_of_the_answer_fit_a_wide_window_and_scroll_on_a_phone(
    page, report, study, language
):
    file = report(study, language)
    wider = (
        "for (const each of document.querySelectorAll('details')) each.open = true;"
        "return [...document.querySelectorAll('.scroll')].filter((each) => "
        "each.scrollWidth > each.clientWidth).map((each) => each.getAttribute('aria-labelledby'))"
    )
    page.open(file)
    page.shown()
    assert page.driver.execute_script(wider) == []
    lines = (
        "const range = document.createRange();"
        "return [...document.querySelectorAll('[aria-labelledby=answer-table-caption] td')].map("
        "(each) => { range.selectNodeContents(each); return range.getClientRects().length; })"
    )
    assert set(page.driver.execute_script(lines)) == {1}
    page.open(file, width=390)
    page.shown()
    assert "answer-table-caption" in page.driver.execute_script(wider)


def test_it_prints_on_a4(page, report):
    page.open(report("serbia-report-2024"))
    page.shown()
    printed = page.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    pdf = base64.b64decode(printed["data"])
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert 3 <= len(boxes) <= 60
    assert {tuple(round(float(side)) for side in box) for box in boxes} == {A4}


@pytest.mark.parametrize("width", [1280, 390])
def test_hostile_texts_stay_texts(page, report, width):
    page.open(report(hostile_texts.study()), width=width)
    assert page.shown()["sure"] == "true"
    assert page.driver.execute_script("return window.ran ?? null") is None
    assert page.console() == []
    assert len(page.requests()) == 1
    links = page.driver.execute_script("return [...document.links].map((link) => link.protocol)")
    assert set(links) <= {"http:", "https:", "file:"}
    assert page.driver.execute_script("return document.documentElement.scrollWidth") <= width
    assert "<script>window.ran" in page.driver.execute_script("return document.title")


@pytest.mark.parametrize("name", odd_studies.STUDIES)
def test_an_odd_study_opens_without_a_complaint(page, report, name):
    page.open(report(odd_studies.STUDIES[name]()))
    said = page.driver.find_element("id", "what-if").text
    assert "study's own settings" in said or "does not offer" in said
    assert page.console() == []


def test_without_scripts_it_says_that_the_what_if_needs_them(page, report):
    page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.open(report("serbia-report-2024"))
        visible = page.driver.find_element("id", "what-if").text
    finally:
        page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert "needs JavaScript" in visible
    assert "Reset" not in visible
