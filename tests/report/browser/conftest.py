"""Reports of studies, those of the report's tests among them, and a browser that opens them."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from opened_page import HURRY, Page
from report_pages import Pages
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

import popest

NEEDED = ("chromium", "chromedriver")
MISSING = [name for name in NEEDED if shutil.which(name) is None]


@pytest.fixture(scope="session")
def axe(root: Path) -> str:
    """The text of axe-core."""
    from fetch_axe import script

    if not script(root).is_file():
        pytest.skip("axe-core is absent: run tests/report/browser/fetch_axe.py, which needs npm")
    return script(root).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def driver() -> Iterator[webdriver.Chrome]:
    """Debian's Chromium without a window, which records its console and its network."""
    if MISSING:
        pytest.skip(f"absent: {', '.join(MISSING)}; Debian has them as chromium, chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    browser.set_script_timeout(60)
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": HURRY})
    yield browser
    browser.quit()


@pytest.fixture(scope="session")
def report(pages: Pages, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """What writes the page of a study, and gives its file."""
    folder = tmp_path_factory.mktemp("reports")

    def write(study: str | popest.Study, language: str = "en") -> Path:
        name = study if isinstance(study, str) else pages.name(study)
        path = folder / f"{name}-{language}.html"
        if not path.exists():
            path.write_text(pages.html(name, language), encoding="utf-8")
        return path

    return write


@pytest.fixture
def page(driver: webdriver.Chrome) -> Page:
    """The browser, with what the tests do in it."""
    return Page(driver)
