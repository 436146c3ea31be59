"""Panels on the command line: `popest estimate PANEL` and `popest sources check PANEL`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from popest.cli.printing import certified, print_json
from popest.cli.progress import Progress
from popest.study.problems import StudyError

if TYPE_CHECKING:
    from pathlib import Path

    from popest.study.problems import Problem


class Computing(NamedTuple):
    """How a panel is estimated; `executor` and `out` as `popest.estimate` takes them."""

    prob: float
    seed: int
    executor: int | str | None
    out: Path | None


def estimate_panel(
    panel: str,
    as_of: str | None,
    computing: Computing,
    population: str | None,
    *,
    as_json: bool,
) -> None:
    """Print the estimate of a panel, or of one of its populations.

    Parameters
    ----------
    panel
        The folder of the panel.
    as_of
        Only what was published by this day; everything when None.
    computing
        How it is estimated, and where results are written to.
    population
        The population that is shown in full; all of them when None.
    as_json
        Whether JSON is printed instead of words.
    """
    from popest.study.panel.panel import load_panel

    loaded = load_panel(panel, as_of=as_of)
    if population is not None:
        loaded.place_of(population)
    from popest.panels import document, words
    from popest.panels.compute import estimate_panel as run
    from popest.panels.panel_result import PanelNotCertifiedError

    refused = document.not_certified_panel_document if as_json else None
    with certified(PanelNotCertifiedError, refused), Progress() as progress:
        found = run(loaded, **computing._asdict(), progress=progress)
    if computing.out is not None:
        from popest.panels.folder import write_panel

        written = write_panel(found, computing.out)
        click.echo(f"Written to {computing.out}: {written}.", err=True)
    one = None if population is None else found.population(population)
    if as_json and one is None:
        print_json(document.panel_document(found))
    elif as_json and one is not None:
        print_json(document.population_document(found, one))
    else:
        click.echo(str(found) if one is None else words.population_text(found, one))


def check_panel(panel: str, edited: list[Problem]) -> None:
    """Check the three files of a panel and say that there is no problem.

    Parameters
    ----------
    panel
        The folder of the panel.
    edited
        Rows that do not stand as they were first committed.
    """
    from popest.study.panel.panel import load_panel

    try:
        loaded = load_panel(panel)
    except StudyError as error:
        raise StudyError([*error.problems, *edited], error.more) from None
    if edited:
        raise StudyError(edited)
    n_used = sum(len(rows) for rows in loaded.used.values())
    click.echo(
        f"{loaded.name}: no problems. {len(loaded.populations):,} populations, "
        f"{len(loaded.content.rows):,} figures on file, {n_used:,} used, "
        f"{len(loaded.specification.source)} sources, {len(loaded.pooled)} pooled quantities."
    )
