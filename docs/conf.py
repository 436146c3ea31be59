"""How Sphinx builds the site: ``sphinx-build -W --keep-going -b html docs OUT``.

Nothing is loaded over a network, neither when it is built nor when it is read.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "extensions"), str(HERE.parent / "src")]
os.environ["MPLBACKEND"] = "agg"

from pygments.lexers.special import TextLexer  # noqa: E402
from sphinx.application import Sphinx  # noqa: E402

import popest  # noqa: E402

project = "popest"
author = project_copyright = "popest contributors"
release = version = popest.__version__
language = "en"
highlight_language = "text"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "mathml",
    "outside",
    "pictures",
    "sealed",
]
exclude_patterns = ["extensions"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
add_module_names = False
python_use_unqualified_type_names = True
napoleon_google_docstring = False

html_theme = "sphinx_book_theme"
html_title = f"popest {release}"
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["site.css"]
html_theme_options = {
    "navbar_persistent": [],
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "article_header_start": ["toggle-primary-sidebar.html"],
}


def setup(app: Sphinx) -> None:
    """Show tables of comma-separated values as they are."""
    app.add_lexer("csv", TextLexer)
