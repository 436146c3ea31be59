"""What a finished site must not hold: parts loaded over a network, places on one machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import SphinxError

LOADED = re.compile(
    r"<(?:script|img|iframe|source|object|embed)\b[^>]*\b(?:src|data)=[\"']?(?:https?:)?//"
    r"|<link\b[^>]*\brel=[\"']?(?:stylesheet|preload|icon)[^>]*\bhref=[\"']?(?:https?:)?//"
    r"|@import\s+[\"']?(?:url\()?[\"']?(?:https?:)?//"
)
MACHINE_PATH = re.compile(r"(?<![\w.:/-])(?:/(?:home|root|tmp|Users|opt|work)/|[A-Z]:\\Users)")


def faults(folder: Path) -> Iterator[str]:
    """Yield what is wrong with the pages of a site, each with its place in the folder."""
    for page in sorted(folder.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        for pattern, words in ((LOADED, "loads"), (MACHINE_PATH, "names a machine's")):
            for found in pattern.finditer(text):
                shown = text[found.start() : found.end() + 40]
                yield f"{page.relative_to(folder)} {words} {shown}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Refuse a site with faults."""

    def check(app: Sphinx, error: Exception | None) -> None:
        found = list(faults(Path(app.outdir))) if error is None else []
        if found:
            raise SphinxError("\n".join(found))

    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
