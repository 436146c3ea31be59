"""Pages whose text stands outside this folder, and links that lead from one page to another.

A page that holds nothing but ``{outside} PATH`` is replaced by the text of that file, so that the
README, the notes of the data and the notebook are on the site without a second copy. Links are
written as any viewer of the repository follows them, and led to the page of the site here.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from sphinx.application import Sphinx

import reference

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent
OUTSIDE = re.compile(r"\A```\{outside\} (\S+)\n```\n\Z")
GENERATED = re.compile(r"^```\{generated\} (\S+)\n```$", re.MULTILINE)
FENCED = re.compile(r"^(`{3,}).*?^\1$", re.MULTILINE | re.DOTALL)
NAMED_LINK = re.compile(r"\[([^\]]+)\]\((\S+)\.md\)")
LINK = re.compile(r"\]\((?!\w+:)([^)\s#]+)(#[^)\s]*)?\)")
SECTION = re.compile(r"^## (.*)\n((?:(?!^#).*\n)*)", re.MULTILINE)


def outside_pages() -> dict[Path, str]:
    """Return the files outside this folder that have a page, each with the page's name."""
    pages = {}
    for page in DOCS.rglob("*.md"):
        found = OUTSIDE.match(page.read_text(encoding="utf-8"))
        if found:
            file = (page.parent / found[1]).resolve()
            pages[file] = page.relative_to(DOCS).with_suffix("").as_posix()
    return pages


def site_text(name: str, text: str) -> str:
    """Return the text of a page as the site shows it.

    Parameters
    ----------
    name
        The page's name: its path in this folder without its ending.
    text
        What its file holds.
    """
    page = folder = (DOCS / name).parent
    found = OUTSIDE.match(text)
    if found:
        file = (page / found[1]).resolve()
        text, folder = file.read_text(encoding="utf-8"), file.parent
        if file.suffix == ".ipynb":
            text = notebook_text(text)
    pages = outside_pages()
    text = _outside_fences(text, lambda part: _relink(part, folder, page, pages))
    text = GENERATED.sub(lambda match: reference.GENERATORS[match[1]](), text)
    return text + contents(text) if name == "index" else text


def _relink(text: str, folder: Path, page: Path, pages: dict[Path, str]) -> str:
    def led(match: re.Match[str]) -> str:
        target = (folder / match[1]).resolve()
        if target in pages:
            target = DOCS / f"{pages[target]}.md"
        return f"]({os.path.relpath(target, page)}{match[2] or ''})"

    return LINK.sub(led, text)


def _outside_fences(text: str, change: reference.Change) -> str:
    """Return the text with everything changed that is not in a fence."""
    parts, last = [], 0
    for fence in FENCED.finditer(text):
        parts += [change(text[last : fence.start()]), fence[0]]
        last = fence.end()
    return "".join([*parts, change(text[last:])])


def contents(index: str) -> str:
    """Return the site's contents: for each section of the index, the pages that it links to."""
    trees = []
    for heading, body in SECTION.findall(index):
        pages = dict.fromkeys(f"{title} <{name}>" for title, name in NAMED_LINK.findall(body))
        if pages:
            listed = "\n".join(pages)
            trees.append(f"```{{toctree}}\n:hidden:\n:caption: {heading}\n\n{listed}\n```\n")
    return "\n" + "\n".join(trees)


def notebook_text(notebook: str) -> str:
    """Return an executed notebook as a page: its texts, its code and what that printed."""
    parts = []
    for cell in json.loads(notebook)["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(text)
            continue
        parts.append(f"```python\n{text}\n```")
        parts += [shown for output in cell["outputs"] if (shown := _output(output))]
    return "\n\n".join(parts) + "\n"


def _output(output: dict[str, object]) -> str:
    if output["output_type"] == "stream":
        return f"```text\n{''.join(output['text']).rstrip()}\n```"  # type: ignore[arg-type]
    data: dict[str, list[str]] = output.get("data", {})  # type: ignore[assignment]
    if "image/png" in data:
        image = "".join(data["image/png"]).replace("\n", "")
        words = "What the cell above draws."
        return f'<img src="data:image/png;base64,{image}" alt="{words}">'
    return f"```text\n{''.join(data.get('text/plain', [])).rstrip()}\n```"


def setup(app: Sphinx) -> dict[str, bool]:
    """Replace the text of each page when it is read."""

    def read(app: Sphinx, name: str, source: list[str]) -> None:
        source[0] = site_text(name, source[0])

    app.connect("source-read", read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
