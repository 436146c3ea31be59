"""Tests of what the page says of learned ratios: the type, the pairs, and each factor."""

from __future__ import annotations

import pytest
from html_page import Element
from report_pages import Pages

from popest.report.language import Texts
from popest.study.specification.learned import LearnedRatio, learned_ratios


def row(pages: Pages, name: str, without: str = "") -> LearnedRatio:
    table = learned_ratios(pages.contents("learned").study.ratios_text)
    found = next(row for row in table if (row.name, row.without) == (name, without))
    return found


def article(page: Element, title: str) -> Element:
    (found,) = [each for each in page.one("sources").each("article") if title in each.text]
    return found


def said(element: Element) -> str:
    """The text of an element, without the spaces that its marked names bring before a stop."""
    return element.text.replace(" .", ".").replace(" :", ":")


def priors(page: Element) -> dict[str, list[str]]:
    (table,) = [
        each
        for each in page.one("provenance").each("table")
        if [c for c in each.each() if c["id"] == "priors-table-caption"]
    ]
    lines = [[said(cell) for cell in line.each("th", "td")] for line in table.each("tr")]
    return {name: rest for name, *rest in lines}


def type_in_words(row: LearnedRatio) -> str:
    median, lower, upper = map(Texts("en").significant, (row.median, row.lower, row.upper))
    return (
        f"type {row.name} (pairs: {row.n_pairs}, blocks: {row.n_blocks}, countries: "
        f"{row.n_countries}), median {median}, 90 % interval {lower} to {upper}"
    )


def test_a_learned_ratio_says_from_what_it_was_learned(pages: Pages) -> None:
    page = pages.tree("learned", "en")
    issued = row(pages, "cumulative_issued.wave", "Czechia")
    expected = (
        f"{type_in_words(issued)} for a place not seen before. By definition it counts thus: most "
        "of those who are counted stay. Pairs of one country were left out: Czechia. That is "
        "12 months after a wave began; here it is taken at 24 months."
    )
    assert expected in said(article(page, "Numbers issued"))
    value, because = priors(page)["Ratio of Numbers issued"]
    assert expected in because and "Numbers are never withdrawn." in because
    assert value.startswith(f"median {issued.after(24)[0]:.2f}, 90 % interval ")


def test_each_factor_stands_by_its_name_with_its_reason(pages: Pages) -> None:
    page = pages.tree("learned", "en")
    (factors,) = [each for each in article(page, "Firms").each("ul") if "factors" in each.classes]
    assert [said(each) for each in factors.each("li")] == [
        "times founders per firm: median 1.5, 90 % interval 1.00 to 2.25. "
        "Some firms have two founders.",
        "times closures: median 1.2, 90 % interval 1.00 to 1.44. Closed firms stay on file.",
    ]
    firms = row(pages, "firms")
    assert type_in_words(firms) in said(article(page, "Firms"))
    assert "months after a wave" not in said(article(page, "Firms"))
    assert "were left out" not in said(article(page, "Firms"))
    found = priors(page)
    assert found["Ratio of Firms"][0].startswith(f"median {1.8 * firms.median:.2f}, ")
    assert found["Factor of the ratio of Firms: founders per firm"] == [
        "median 1.5, 90 % interval 1.00 to 2.25",
        "Some firms have two founders.",
    ]
    assert found["Factor of the ratio of Firms: closures"][1] == "Closed firms stay on file."


def test_a_ratio_of_one_s_own_is_not_called_learned(pages: Pages) -> None:
    page = pages.tree("learned", "en")
    own = article(page, "Register")
    assert "places where the truth is known" not in own.text
    assert priors(page)["Ratio of Register"] == [
        "median 0.8, 90 % interval 0.60 to 1.07",
        "a survey",
    ]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "hierarchical model"), ("sr", "hijerarhijskog modela")]
)
def test_the_methods_name_the_sources_with_learned_ratios(
    pages: Pages, language: str, words: str
) -> None:
    statement = pages.tree("learned", language).one("methods")
    (sentence,) = [each for each in statement.text.split(". ") if words in each]
    assert "Numbers issued" in sentence and "Firms" in sentence and "Register" not in sentence
    assert words not in pages.tree("single source", language).one("methods").text


def test_the_serbian_page_says_the_same(pages: Pages) -> None:
    page = pages.tree("learned", "sr")
    issued = row(pages, "cumulative_issued.wave", "Czechia")
    text = said(article(page, "Numbers issued"))
    assert f"vrsta {issued.name} (parova: {issued.n_pairs}, blokova: {issued.n_blocks}" in text
    assert "Izostavljeni su parovi jedne zemlje: Czechia." in text
    assert "ovde se uzima kao broj meseci: 24." in text
    assert "pomnoženo činiocem closures" in said(article(page, "Firms"))
