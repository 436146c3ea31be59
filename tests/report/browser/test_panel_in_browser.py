"""Tests of a panel's page in Chromium: it opens, asks for nothing, fits, and is accessible."""

import panel_files
import pytest

from popest.report import write_report

SIZES = {f"p{number:02}": 3_000 + 200 * number for number in range(36)}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("panel")
    text = panel_files.SPECIFICATION + panel_files.KNOWN_NOISE
    figures, table = panel_files.observations(SIZES), panel_files.populations(SIZES)
    panel_files.write(folder / "districts", text, figures, table)
    return write_report(folder / "districts", folder / "page.html")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_no_violation_and_nothing_is_too_wide(page, file, axe, width, scheme):
    page.open(file, width=width, scheme=scheme)
    assert page.console() == []
    assert set(page.requests()) == {file.as_uri()}
    assert page.driver.execute_script("return document.documentElement.scrollWidth") <= width
    assert page.violations(axe) == []
