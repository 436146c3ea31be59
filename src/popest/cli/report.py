"""``popest report``: one page about an estimate, for people who decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from popest.cli.options import (
    as_of_option,
    language_option,
    path_option,
    seed_option,
    study_argument,
)
from popest.cli.printing import certified
from popest.cli.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path


@click.command("report")
@study_argument
@path_option("--out", required=True, help="The file to write, such as report.html.")
@as_of_option
@seed_option("file", least=0)
@language_option()
def report(study: str, out: Path, as_of: str | None, seed: int, language: str) -> None:
    """Write one page about an estimate: the answer, how it was reached, how sure it is.

    \b
    Examples:
      popest report --out serbia.html
      popest report serbia-report-2024 --out report.html
      popest report path/to/my-study --out mine.html --as-of 2024-06-30
      popest report path/to/my-panel --out panel.html

    The file, of a study or a panel, opens in any browser, without a network.
    """
    from popest.estimates import NotCertifiedError
    from popest.panels.panel_result import PanelNotCertifiedError
    from popest.report import write_report
    from popest.study import load_study
    from popest.study.files.locate import is_panel
    from popest.study.panel.panel import load_panel

    refused = (NotCertifiedError, PanelNotCertifiedError)
    with certified(refused), Progress() as progress:
        load = load_panel if is_panel(study) else load_study
        loaded = load(study, as_of=as_of)
        written = write_report(loaded, out, language=language, seed=seed, progress=progress)
    click.echo(f"Written to {written}.")
