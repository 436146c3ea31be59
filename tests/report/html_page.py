"""A page as its elements: parsed strictly, so that what is not closed or not escaped is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "input", "link", "img", "hr", "base"}
SVG_LEAVES = {"path", "line", "rect"}
RAW = {"script", "style"}


@dataclass
class Element:
    """An element with its attributes, its children and the text directly in it."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name, "")

    @property
    def classes(self) -> list[str]:
        return self["class"].split()

    def each(self, *tags: str) -> Iterator[Element]:
        """This element and those below it, of some tags or all, in document order."""
        if not tags or self.tag in tags:
            yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.each(*tags)

    def one(self, name: str) -> Element:
        """The element with an id."""
        (found,) = [each for each in self.each() if each["id"] == name]
        return found

    @property
    def text(self) -> str:
        """All visible text, white space collapsed and no-break spaces made plain."""
        return " ".join(self.raw_text.split())

    @property
    def raw_text(self) -> str:
        if self.tag in RAW:
            return ""
        parts = (c if isinstance(c, str) else c.raw_text for c in self.children)
        return ("" if self.tag in ("bdi", "strong", "span", "code", "text") else " ").join(parts)


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("document", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SVG_LEAVES, f"{tag} closes itself"
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data[:80]}")


def parse(text: str) -> Element:
    """Return a page's root element; every element is closed where it ought to be."""
    builder = _Builder()
    builder.feed(text)
    builder.close()
    assert builder.open == [builder.root], [each.tag for each in builder.open]
    return builder.root


def rows(page: Element, table: str) -> list[list[str]]:
    """The texts of a table's cells, its header first."""
    (found,) = [
        each
        for each in page.each("table")
        if [c for c in each.each() if c["id"] == f"{table}-caption"]
    ]
    return [[cell.text for cell in row.each("th", "td")] for row in found.each("tr")]
