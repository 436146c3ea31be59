"""The directive ``{picture}``: Python that draws, and below it what it drew.

The code runs when the site is built, so that no picture on it can differ from what popest draws.
Its last line gives the axes. The argument is the caption, and ``alt`` says it to those who do not
see it. With ``study`` the code finds a study of that name, made of the page's own TOML and CSV, and
with ``folder`` one that is a folder of the docs.
"""

from __future__ import annotations

import ast
import base64
import html
import re
from contextlib import chdir
from io import BytesIO
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from matplotlib import pyplot as plt
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

DOCS = Path(__file__).parents[1]


def drawn(code: str) -> str:
    """Return what the code draws as an SVG text; the same code gives the same text."""
    *before, last = ast.parse(code).body
    if not isinstance(last, ast.Expr):
        raise ValueError("the last line of a picture must be its axes")
    names: dict[str, Any] = {}
    exec(compile(ast.Module(before, []), "picture", "exec"), names)
    ax = eval(compile(ast.Expression(last.value), "picture", "eval"), names)
    file = BytesIO()
    with plt.rc_context({"svg.hashsalt": "popest"}):
        ax.figure.savefig(file, format="svg", metadata={"Date": None})
    plt.close("all")
    return file.getvalue().decode()


def write_study(page: str, folder: Path) -> None:
    """Write the study that a page shows in full: its first fences of TOML and CSV."""
    folder.mkdir()
    for language, name in (("toml", "study.toml"), ("csv", "observations.csv")):
        (text, *_) = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
        (folder / name).write_text(text, encoding="utf-8")


def copy_study(name: str, folder: Path) -> None:
    """Copy a study of the docs into a folder."""
    copytree(DOCS / name, folder / name)


class Picture(SphinxDirective):
    """Code, the picture that it draws, and a caption."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = {
        "alt": directives.unchanged_required,
        "study": directives.unchanged_required,
        "folder": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Return the code and the figure."""
        code = "\n".join(self.content)
        shown = nodes.literal_block(code, code, language="python")
        with TemporaryDirectory() as folder, chdir(folder):
            if "study" in self.options:
                page = Path(self.env.doc2path(self.env.docname)).read_text(encoding="utf-8")
                write_study(page, Path(self.options["study"]))
            if "folder" in self.options:
                copy_study(self.options["folder"], Path(folder))
            data = base64.b64encode(drawn(code).encode()).decode()
        alt = html.escape(self.options["alt"])
        image = f'<img alt="{alt}" src="data:image/svg+xml;base64,{data}">'
        words, messages = self.state.inline_text(self.arguments[0], self.lineno)
        caption = nodes.caption("", "", *words)
        figure = nodes.figure("", nodes.raw("", image, format="html"), caption)
        return [shown, figure, *messages]


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("picture", Picture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
