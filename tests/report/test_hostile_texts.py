"""Tests that whatever a study says is shown as text, whole, and runs nowhere."""

from __future__ import annotations

import hostile_texts as hostile
import pytest
from html_page import Element
from report_pages import Pages


@pytest.fixture
def page(pages: Pages) -> Element:
    return pages.tree("hostile", "en")


def plain(text: str) -> str:
    return " ".join(text.split())


def test_no_script_and_no_element_comes_from_a_text(page: Element) -> None:
    scripts = list(page.each("script"))
    assert [each["type"] for each in scripts].count("application/json") <= 1
    assert len(scripts) <= 2
    assert not list(page.each("img"))
    running = [each.children[0] for each in scripts if not each["type"]]
    assert not any("it ran" in text for text in running)
    for element in page.each():
        assert not [key for key in element.attributes if key.startswith("on")]


def test_all_texts_are_shown_whole(page: Element) -> None:
    bodies = [plain(each.raw_text) for each in page.each("bdi")]
    for text in (hostile.TEXT, hostile.LONG, hostile.TURNED, hostile.MARKUP):
        assert plain(text) in bodies
    (title,) = page.each("h1")
    assert plain(title.raw_text) == plain(hostile.TEXT)
    assert sum(plain(hostile.TEXT) == body for body in bodies) > 20


def test_what_turns_text_around_is_kept_to_itself(page: Element) -> None:
    """Every mark that turns text stands in an element, or between marks, that isolates it."""

    def walk(element: Element, *, isolated: bool) -> None:
        isolated = isolated or element.tag in ("bdi", "title", "text", "legend", "output", "desc")
        for child in element.children:
            if isinstance(child, Element):
                walk(child, isolated=isolated or child.tag in ("script", "style"))
            elif "\u202e" in child:
                assert isolated, (element.tag, child[:60])

    walk(page, isolated=False)


def test_only_the_addresses_of_the_web_are_links(page: Element) -> None:
    provenance = page.one("provenance")
    links = [each["href"] for each in provenance.each("a")]
    assert links == [address for address in hostile.ADDRESSES if address in links]
    assert set(links) == {hostile.ADDRESSES[3], hostile.ADDRESSES[4]}
    assert "open evil.example" in provenance.text
    shown = [plain(each.raw_text) for each in provenance.each("bdi")]
    assert set(hostile.ADDRESSES) - set(links) <= set(shown)
    for each in provenance.each("a"):
        assert each["rel"] == "noopener noreferrer"


def test_pictures_hold_no_long_text(page: Element) -> None:
    for text in page.each("text"):
        assert len(text.raw_text) < 80
