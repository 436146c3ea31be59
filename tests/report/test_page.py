"""Tests of the page as a document: whole, alone, in order, and readable by anybody."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from itertools import pairwise

import odd_studies
import pytest
from html_page import Element, parse
from report_pages import SHIPPED, Pages

from popest.language.catalogue import languages
from popest.report.contents import gather
from popest.report.page import render

ODD = [*odd_studies.STUDIES, "template", "hostile"]
ALL = [*SHIPPED, *ODD]
SECTIONS = (
    *("answer", "trajectory", "what-if", "rests-on", "sources", "leave-one-out", "conflict"),
    *("variants", "history", "methods", "provenance", "certificate"),
)
LARGEST_SIZE = 3_000_000


Claim = Callable[[Element, str], None]
CLAIMS: list[Claim] = []
"""What holds of the page of every study in every language, given its language."""


def of_every_page(claim: Claim) -> Claim:
    CLAIMS.append(claim)
    return claim


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", ALL)
def test_a_page_is_whole_alone_and_readable(
    pages: Pages, name: str, language: str, subtests: pytest.Subtests
) -> None:
    assert len(pages.html(name, language).encode()) < LARGEST_SIZE
    page = pages.tree(name, language)
    assert len(CLAIMS) == 10
    for claim in CLAIMS:
        with subtests.test(claim.__name__):
            claim(page, language)


def sections(page: Element) -> list[str]:
    return [each["id"] for each in page.each("section")]


@of_every_page
def nothing_is_loaded_from_anywhere(page: Element, _: str) -> None:
    for element in page.each():
        assert element.tag not in ("link", "iframe", "object", "embed", "img", "base")
        assert not {"src", "srcset", "action", "formaction", "data", "xlink:href"} & set(
            element.attributes
        )
        if element["href"]:
            assert element.tag == "a"
            assert element["href"].startswith(("#", "http://", "https://"))
    for style in page.each("style"):
        assert not re.search(r"url\(|@import|@font-face", style.children[0])


@of_every_page
def links_inside_the_page_lead_somewhere(page: Element, _: str) -> None:
    ids = [each["id"] for each in page.each() if each["id"]]
    assert len(ids) == len(set(ids))
    for element in page.each():
        targets = [element["href"][1:]] if element["href"].startswith("#") else []
        targets += element["aria-labelledby"].split() + element["for"].split()
        assert set(targets) <= set(ids)


@of_every_page
def no_handler_stands_in_an_attribute_and_no_style(page: Element, _: str) -> None:
    for element in page.each():
        assert not [key for key in element.attributes if key.startswith("on") or key == "style"]


@of_every_page
def only_our_style_and_script_are_allowed(page: Element, _: str) -> None:
    (policy,) = [m["content"] for m in page.each("meta") if m["http-equiv"]]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        running = [each for each in page.each(tag) if each["type"] != "application/json"]
        assert len(running) <= 1
        for element in running:
            digest = hashlib.sha256(element.children[0].encode()).digest()
            assert f"{directive} 'sha256-{base64.b64encode(digest).decode()}'" in policy


@of_every_page
def headings_have_an_order_and_every_section_a_name(page: Element, _: str) -> None:
    levels = [int(each.tag[1]) for each in page.each("h1", "h2", "h3", "h4")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(each.text for each in page.each("h1", "h2", "h3", "h4"))
    for section in page.each("section"):
        (heading,) = [
            each for each in section.each("h2") if each["id"] == section["aria-labelledby"]
        ]
        assert heading.text


@of_every_page
def landmarks_are_there_once(page: Element, language: str) -> None:
    (html,) = page.each("html")
    assert html["lang"] == language
    for tag in ("header", "main", "nav", "footer"):
        assert len(list(page.each(tag))) == 1
    (main,) = page.each("main")
    assert main["id"] == "main"
    (first, *_) = page.each("a")
    assert first["class"] == "skip" and first["href"] == "#answer"


@of_every_page
def tables_say_what_they_are(page: Element, _: str) -> None:
    for table in page.each("table"):
        (caption,) = table.each("caption")
        assert caption.text
        for cell in table.each("th"):
            assert cell["scope"] in ("col", "row")
        header, *rows = (
            [c for c in row.children if isinstance(c, Element)] for row in table.each("tr")
        )
        assert {len(row) for row in rows} <= {len(header)}
        assert all(row[0].tag == "th" for row in rows)
    for region in page.each("div"):
        if "scroll" in region.classes:
            assert region["tabindex"] == "0" and region["role"] == "region"


@of_every_page
def pictures_are_named_and_have_their_numbers_in_a_table(page: Element, _: str) -> None:
    pictures = [each for each in page.each("svg") if each["role"] == "img"]
    assert pictures
    for figure in page.each("figure"):
        for picture in (each for each in figure.each("svg") if each["role"] == "img"):
            title, description = next(picture.each("title")), next(picture.each("desc"))
            assert picture["aria-labelledby"].split() == [title["id"], description["id"]]
            assert title.text and description.text
            (details,) = figure.each("details")
            assert list(details.each("table")) and list(details.each("summary"))
    inside = [p for figure in page.each("figure") for p in figure.each("svg")]
    assert all(picture in inside for picture in pictures)


@of_every_page
def no_place_in_a_picture_is_impossible(page: Element, _: str) -> None:
    for element in page.each("line", "rect", "text", "path", "svg"):
        values = " ".join(value for key, value in element.attributes.items() if key != "class")
        assert not re.search(r"\b(?:nan|inf)\b", values, re.IGNORECASE)
    for element in page.each("rect"):
        assert float(element["width"].rstrip("%")) >= 0


@of_every_page
def the_sections_stand_in_the_order_in_which_a_reader_asks(page: Element, _: str) -> None:
    found = sections(page)
    assert found == [each for each in SECTIONS if each in found]
    links = [each["href"][1:] for nav in page.each("nav") for each in nav.each("a")]
    assert links == found


@pytest.mark.parametrize("study", SHIPPED)
def test_shipped_studies_have_every_section(pages: Pages, study: str) -> None:
    assert sections(pages.tree(study, "en")) == list(SECTIONS)


@pytest.mark.parametrize(
    ("study", "absent"),
    [
        ("static", {"conflict", "variants"}),
        ("single source", {"conflict", "variants"}),
        ("survey alone", {"conflict", "variants"}),
        ("no figure", {"leave-one-out", "conflict", "variants", "history"}),
        ("no source", {"sources", "leave-one-out", "conflict", "variants", "history"}),
        ("every measure", set()),
        ("variant", {"variants", "conflict"}),
        ("as of", set()),
    ],
)
def test_what_does_not_apply_is_left_out(pages: Pages, study: str, absent: set[str]) -> None:
    assert set(SECTIONS) - set(sections(pages.tree(study, "en"))) == absent


def test_warnings_stand_before_the_number(pages: Pages) -> None:
    for study in ("serbia", "serbia-report-2024", "contradictory", "as of"):
        html = pages.html(study, "en")
        assert 0 < html.index('class="warnings"') < html.index('class="headline"')


def test_nothing_is_warned_of_where_nothing_is_wrong(pages: Pages) -> None:
    assert pages.contents("no waves").estimate.warnings == ()
    assert 'class="warnings"' not in pages.html("no waves", "en")


def test_what_the_study_says_is_marked_with_its_language(pages: Pages) -> None:
    page = pages.tree("serbia", "sr")
    quoted = {each.text for each in page.each("bdi") if each["lang"] == "en"}
    specification = pages.contents("serbia").specification
    assert specification.title in quoted
    for source in specification.source.values():
        assert {" ".join(text.split()) for text in (source.title, source.counts)} <= quoted


def test_popest_itself_speaks_the_language_of_the_page(pages: Pages) -> None:
    """What is left of a Serbian page without what is quoted holds none of these English words."""
    for study in ("serbia", "every measure", "contradictory", "as of"):
        page = parse(pages.html(study, "sr"))
        for element in page.each():
            element.children = [
                child
                for child in element.children
                if isinstance(child, str)
                or not (child["lang"] == "en" or child.tag in ("title", "code"))
            ]
        assert not re.findall(r"\b(?:the|of|with|figures?|between|is)\b", page.text)


def test_the_same_seed_gives_the_same_bytes_in_one_process_or_three(pages: Pages) -> None:
    def anew(name: str, seed: int) -> str:
        texts = pages.texts["en"]
        return render(gather(pages.study(name), seed, texts, lambda _: None), texts)

    assert anew("every measure", 1) == pages.html("every measure", "en")
    assert anew("static", 2) != pages.html("static", "en")
