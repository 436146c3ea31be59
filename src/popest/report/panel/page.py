"""The page of a panel as HTML."""

from __future__ import annotations

from markupsafe import Markup

from popest.estimates.result import versions
from popest.panels.panel_result import said
from popest.report.language import Texts
from popest.report.page import command_for, fill
from popest.report.panel import answer, apart, shared, sizes
from popest.report.panel.contents import PanelContents, PanelVoice

TEMPLATE = "panel/panel.html.jinja"


def render_panel(contents: PanelContents, texts: Texts) -> str:
    """Return the page as HTML."""
    voice, panel = PanelVoice(contents, texts), contents.panel
    # All parts of the sentences are markup, escaped already.
    certificate = Markup(said(contents.estimate.certificate, texts))
    return fill(
        TEMPLATE,
        texts,
        style="",
        script="",
        answer=answer,
        apart=apart,
        shared=shared,
        sizes=sizes,
        contents=contents,
        voice=voice,
        warnings=_warnings(voice),
        study_name=panel.name,
        as_of_day=panel.as_of_day,
        certificate=certificate[:1].upper() + certificate[1:],
        versions=versions("panel"),
        command=command_for(
            panel.name, contents.estimate.settings.seed, panel.as_of_day, texts.language
        ),
    )


def _warnings(voice: PanelVoice) -> list[Markup]:
    """Return what speaks against the estimate, with the populations that it concerns."""
    found = [Markup(text) for text in voice.contents.estimate.warnings_in(voice.texts)]
    if voice.contents.contradictions.flagged:
        found.append(apart.warning(voice))
    return [sentence[:1].upper() + sentence[1:] for sentence in found]
