"""The page itself: what the template is given, and how the one file is put together."""

from __future__ import annotations

import base64
import shlex
from datetime import date
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from popest.estimates.distribution import PROBABILITIES
from popest.estimates.trajectory import trajectory_rows
from popest.report.contents import Contents
from popest.report.language import STUDY_LANGUAGE, Texts, quoted
from popest.report.sections import answer, comparisons, methods, provenance, sources, trajectory
from popest.report.voice import Voice
from popest.version import __version__

TEMPLATE, STYLE = "page.html.jinja", "page.css"


def render(contents: Contents, texts: Texts) -> str:
    """Return the page as HTML."""
    voice = Voice(contents, texts)
    what_if = contents.what_if
    modules = {
        module.__name__.rpartition(".")[2]: module
        for module in (answer, comparisons, methods, provenance, sources, trajectory)
    }
    return fill(
        TEMPLATE,
        texts,
        style=what_if.style,
        script=what_if.script,
        **modules,
        contents=contents,
        voice=voice,
        what_if=what_if,
        study_name=contents.study.name,
        as_of_day=contents.study.as_of_day,
        months=trajectory_rows(contents.estimate, trajectory.BANDS[::-1]),
        study_language=STUDY_LANGUAGE,
        command=_command(contents, language=texts.language),
    )


def fill(template: str, texts: Texts, style: str, script: str, **given: object) -> str:
    """Return a template of a whole page, filled; `style` and `script` are its own additions."""
    environment = Environment(
        loader=PackageLoader("popest.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent_column"] = lambda prob, texts: texts(
        "column.interval", prob=texts.percent(prob)
    )
    style = files("popest.report").joinpath(STYLE).read_text(encoding="utf-8") + style
    return environment.get_template(template).render(
        **given,
        texts=texts,
        style=Markup(style),
        policy=_policy(style, script),
        probabilities=PROBABILITIES,
        quoted=quoted,
        version=__version__,
    )


def _policy(style: str, script: str) -> str:
    """Return what the page may do: apply this style, run this script, and nothing else."""
    runs = _hash(script) if script else "'none'"
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {runs}; img-src data:; "
        f"base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def _command(contents: Contents, language: str) -> str:
    """Return the command that writes the same report; nothing where no command can."""
    study, seed = contents.study, contents.estimate.settings.seed
    view = study.view
    if view.variant is not None or view.recorded_as_of_day is not None or view.left_out:
        return ""
    return command_for(study.name, seed, study.as_of_day, language)


def command_for(name: str, seed: int, as_of_day: date | None, language: str) -> str:
    """Return the command that writes a report of a study or a panel."""
    parts = ["popest report", shlex.quote(name), "--out report.html", f"--seed {seed}"]
    if as_of_day is not None:
        parts.append(f"--as-of {as_of_day}")
    if language != "en":
        parts.append(f"--language {language}")
    return " ".join(parts)
