"""A report in the browser, and what tests ask of it."""

import json
from pathlib import Path

from selenium import webdriver

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
"""The rules of accessibility that pages keep, as axe-core calls them."""
SOONER = 10
"""How many times sooner the timers of a page are due than it asks for."""
HURRY = (
    "{ const later = window.setTimeout;"
    f"window.setTimeout = (done, wait = 0, ...rest) => later(done, wait / {SOONER}, ...rest); }}"
)


class Page:
    """A report in the browser."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(
        self, file: Path, fragment: str = "", *, width: int = 1280, scheme: str = "light"
    ) -> None:
        """Open a report afresh, the logs before it forgotten."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(file.as_uri() + fragment)

    def shown(self) -> dict[str, str]:
        """What the what-if shows now, once it has caught up."""
        return self.driver.execute_async_script(
            "const done = arguments[0];"
            "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => "
            "done({...document.getElementById('what-if').dataset}))));"
        )

    def numbers(self) -> tuple[float, float, float]:
        """Lower bound, median and upper bound of the answer, persons."""
        shown = self.shown()
        return float(shown["lower"]), float(shown["median"]), float(shown["upper"])

    def move(self, control: str, place: int) -> None:
        """Move a slider to a place between -100 and 100."""
        self.driver.execute_script(
            "const slider = document.querySelector(`[data-control='${arguments[0]}']`);"
            "slider.value = arguments[1];"
            "slider.dispatchEvent(new Event('input', {bubbles: true}));",
            control,
            place,
        )

    def text(self, name: str) -> str:
        """The text of an element of the what-if."""
        return self.driver.execute_script(
            "return document.getElementById(`what-if-${arguments[0]}`).textContent", name
        )

    def settled(self, name: str) -> str:
        """The text of an element that is written once the controls have rested for 0.7 seconds.

        By the page's timers, which are due in their order: its own was set before this one.
        """
        self.shown()
        self.driver.execute_async_script("setTimeout(arguments[0], 1500)")
        return self.text(name)

    def violations(self, axe: str) -> list[str]:
        """What axe-core, whose text is given, finds against WCAG, everything that folds open."""
        self.driver.execute_script(
            "for (const each of document.querySelectorAll('details')) each.open = true;" + axe
        )
        found = self.driver.execute_async_script(
            "const done = arguments[1];"
            "axe.run({runOnly: {type: 'tag', values: arguments[0]}}).then((result) => done({"
            "  violations: result.violations.map((each) =>"
            "    [each.id, each.nodes.map((n) => n.html)]),"
            "  passes: result.passes.length}));",
            WCAG,
        )
        assert found["passes"] > 10
        return found["violations"]

    def console(self) -> list[str]:
        """What the console said."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that were asked for, those of data inside the page aside."""
        log = self.driver.get_log("performance")
        events = [json.loads(entry["message"])["message"] for entry in log]
        asked = (
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        )
        return [address for address in asked if not address.startswith("data:")]
