"""``popest report``: one page about an estimate, for people who decide."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from popest.cli.estimate import AsOf, StudyArgument
from popest.cli.printing import certified
from popest.cli.progress import Progress
from popest.language.catalogue import ENGLISH, languages

Language = Annotated[
    str, typer.Option(help=f"The language of the sentences: {' or '.join(languages())}.")
]


def report(
    study: StudyArgument = "serbia",
    *,
    out: Annotated[Path, typer.Option(help="The file to write, such as report.html.")],
    as_of: AsOf = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same gives the same file.")] = 1,
    language: Language = ENGLISH,
) -> None:
    """Write one page about an estimate: the answer, how it was reached, how sure it is.

    \b
    Examples:
      popest report --out serbia.html
      popest report serbia-report-2024 --out report.html
      popest report path/to/my-study --out mine.html --as-of 2024-06-30

    The file opens in any browser, without a network.
    """
    from popest.estimates import NotCertifiedError
    from popest.report import write_report
    from popest.study import load_study

    with certified(NotCertifiedError), Progress() as progress:
        loaded = load_study(study, as_of=as_of)
        written = write_report(loaded, out, language=language, seed=seed, progress=progress)
    typer.echo(f"Written to {written}.")
