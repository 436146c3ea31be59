"""Writing a report: the study is read, everything computed, and one file written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from popest.report.contents import gather
from popest.report.language import Texts
from popest.report.page import render
from popest.report.panel.contents import gather_panel
from popest.report.panel.page import render_panel
from popest.study import Study, UsageError, load_study
from popest.study.files.locate import is_panel
from popest.study.files.whole import refuse_unusable, write_whole
from popest.study.panel.panel import Panel, load_panel


def write_report(
    study: Study | Panel | str | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    language: str = "en",
    seed: int = 1,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Write a report of the estimate of a study or a panel to one HTML file without a network.

    Parameters
    ----------
    study
        A study or a panel, or the name or folder of one.
    path
        The file, new or old, in a folder that exists.
    language
        The code of the language in which the report speaks, such as ``en``.
    seed
        Seed, a whole number not below 0; the same study, seed and versions give the same file.
    progress
        Called with a sentence as the work goes on.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StudyError
        When the study is invalid.
    UsageError
        When the language is unknown, the seed is below 0, or nothing can be written there.
    NotCertifiedError, PanelNotCertifiedError
        When the study or the panel cannot be estimated; nothing is written.
    PopestError
        When the file cannot be written.
    """
    path = Path(path)
    texts = Texts(language)
    refuse_unusable_file(path)
    say = progress or (lambda _: None)
    if isinstance(study, (Study, Panel)):
        loaded = study
    else:
        loaded = load_panel(study) if is_panel(study) else load_study(study)
    if isinstance(loaded, Panel):
        text = render_panel(gather_panel(loaded, seed, say), texts)
    else:
        text = render(gather(loaded, seed, texts, say), texts)
    say("writing the page")
    return write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def refuse_unusable_file(path: Path) -> None:
    """Refuse a file that cannot be written, before anything long is begun.

    Raises
    ------
    UsageError
        When it is a folder, its folder does not exist, or nothing may be written there.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file in it, such as {path / 'report.html'}")
    if not path.parent.exists():
        raise UsageError(f"{path.parent}: there is no such folder; make it, or name another")
    refuse_unusable(path.parent)
