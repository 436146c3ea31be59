"""Equations as MathML, which browsers draw by themselves: the site loads nothing over a network."""

from __future__ import annotations

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

# Spellings of LaTeX that docutils lacks, and how it spells them.
SPELLINGS = (
    (re.compile(r"\\dots(?![a-z])"), r"\\dotso"),
    (re.compile(r"\\([bB]ig)(?=[(\[])"), r"\\\1l"),
    (re.compile(r"\\([bB]ig)(?=[)\]])"), r"\\\1r"),
    (re.compile(r"\\[bB]igm\|"), r"\\mid "),
    (re.compile(r"\\(t?frac)(\d)(\d)"), r"\\\1{\2}{\3}"),
)
# LaTeX leaves room between a function and what has no brackets.
APPLIED = re.compile(r"(<mo>&ApplyFunction;</mo>)(?=\s*<(?!mo\b))")
THIN = '<mspace width="0.1667em"></mspace>'

_log = logging.getLogger(__name__)


def in_mathml(latex: str, *, as_block: bool) -> str:
    """Return a formula as a MathML element.

    Raises
    ------
    MathError
        When it holds a command that docutils does not know.
    """
    for theirs, ours in SPELLINGS:
        latex = theirs.sub(ours, latex)
    return APPLIED.sub(rf"\1{THIN}", tex2mathml(latex, as_block=as_block))


def _visit(translator: HTML5Translator, node: nodes.Element, *, as_block: bool) -> None:
    try:
        formula = in_mathml(node.astext(), as_block=as_block)
    except MathError as error:
        _log.warning("%s: %s", node.astext(), error, location=node)
        raise nodes.SkipNode from error
    translator.body.append(f'<div class="formula">{formula}</div>' if as_block else formula)
    raise nodes.SkipNode


def _visit_inline(translator: HTML5Translator, node: nodes.Element) -> None:
    _visit(translator, node, as_block=False)


def _visit_block(translator: HTML5Translator, node: nodes.Element) -> None:
    _visit(translator, node, as_block=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Make MathML the way in which equations are written."""
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
