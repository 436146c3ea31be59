"""Panels on the command line: their estimate, their check, and their figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

import click

from popest.cli.printing import certified, print_json
from popest.cli.progress import Progress
from popest.study.problems import StudyError, UsageError, listed, refuse_unknown

if TYPE_CHECKING:
    from pathlib import Path

    from popest.panels.comparisons.panel_variants import PanelVariantRow
    from popest.panels.panel_estimate import PanelEstimate
    from popest.study import Observation, Study
    from popest.study.panel.panel import Panel
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
    variant: str | None,
    *,
    variants: bool,
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
    variant
        The variant that is estimated; the panel itself when None.
    variants
        Whether all variants are shown side by side as well.
    as_json
        Whether JSON is printed instead of words.
    """
    from popest.study.panel.panel import load_panel

    loaded = load_panel(panel, as_of=as_of, variant=variant)
    if population is not None:
        loaded.place_of(population)
    from popest.panels.comparisons.one_size import refuse_no_size
    from popest.panels.comparisons.panel_variants import estimate_panel_variants
    from popest.panels.compute import estimate_panel as run
    from popest.panels.document import not_certified_panel_document
    from popest.panels.panel_result import PanelNotCertifiedError

    if variants:
        if variant:
            raise UsageError("--variants shows all variants: leave out --variant")
        refuse_no_size(loaded, population)
    rows: list[PanelVariantRow] = []
    refused = not_certified_panel_document if as_json else None
    with certified(PanelNotCertifiedError, refused), Progress() as progress:
        found = run(loaded, **computing._asdict(), progress=progress)
        if variants:
            rows = estimate_panel_variants(
                loaded,
                population=population,
                itself=found,
                seed=computing.seed,
                executor=computing.executor,
                progress=progress,
            )
    if computing.out is not None:
        from popest.panels.folder import write_panel

        written = write_panel(found, computing.out, rows)
        click.echo(f"Written to {computing.out}: {written}.", err=True)
    _print(found, population, rows, as_json=as_json)


def _print(
    found: PanelEstimate, population: str | None, rows: list[PanelVariantRow], *, as_json: bool
) -> None:
    """Print the estimate of all populations or of one, and the variants where there are any."""
    from popest.panels import document, words
    from popest.panels.comparisons.panel_variants import variants_text

    one = None if population is None else found.population(population)
    if as_json and one is None:
        print_json(document.panel_document(found, rows))
    elif as_json and one is not None:
        print_json(document.population_document(found, one, rows))
    else:
        click.echo(str(found) if one is None else words.population_text(found, one))
        if rows:
            click.echo(f"\n{variants_text(rows)}")


def check_panel(panel: str, edited: list[Problem]) -> None:
    """Check the three files of a panel and say that there is no problem.

    Parameters
    ----------
    panel
        The folder of the panel.
    edited
        Rows that do not stand as they were first committed.
    """
    from popest.study.drafts.drafting import days_to_come
    from popest.study.panel.panel import load_panel

    try:
        loaded = load_panel(panel)
    except StudyError as error:
        raise StudyError([*error.problems, *edited], error.more) from None
    if edited:
        raise StudyError(edited)
    for warning in (*loaded.warnings, *days_to_come(loaded.observations, date.today())):
        click.echo(f"Warning: {warning}", err=True)
    n_used = sum(len(rows) for rows in loaded.used.values())
    click.echo(
        f"{loaded.name}: no problems. {len(loaded.populations):,} populations, "
        f"{len(loaded.content.rows):,} figures on file, {n_used:,} used, "
        f"{len(loaded.specification.source)} sources, {len(loaded.pooled)} pooled quantities, "
        f"{len(loaded.specification.variant)} variants."
    )


@dataclass(frozen=True)
class Figures:
    """The figures of a study or a panel that a command shows: all, or those of one population.

    `title` names whose they are; `is_many` says whether they are of several populations.
    """

    loaded: Study | Panel
    kind: Literal["study", "panel"]
    title: str
    on_file: tuple[Observation, ...]
    used: tuple[Observation, ...]
    is_many: bool

    @property
    def header(self) -> tuple[str, ...]:
        """The further column of a table of sources, where populations differ in what they have."""
        return ("populations",) if self.is_many else ()

    def populations(self, used: Iterable[Observation]) -> tuple[str, ...]:
        """Return its cell: of how many populations these figures are."""
        return (f"{len({row.population for row in used}):,}",) if self.is_many else ()

    def refuse_unknown_source(self, source: str) -> None:
        """Refuse a source that is neither declared nor on file.

        Raises
        ------
        UsageError
            With the sources that there are.
        """
        sources = [*self.loaded.specification.source, *(r.source for r in self.loaded.observations)]
        known = dict.fromkeys(sources)
        refuse_unknown(f"{self.kind} {self.loaded.name}", "source", source, known)


def figures_of(loaded: Study | Panel, population: str | None) -> Figures:
    """Return the figures of all populations, or of one.

    Raises
    ------
    UsageError
        When a study is asked for a population, or a panel for one that it does not have.
    """
    from popest.study.load import rows_in_use
    from popest.study.panel.panel import Panel

    on_file, used = loaded.observations, rows_in_use(loaded)
    if not isinstance(loaded, Panel):
        if population is not None:
            raise UsageError(OF_ONE)
        return Figures(loaded, "study", loaded.name, on_file, used, is_many=False)
    if population is None:
        return Figures(loaded, "panel", loaded.name, on_file, used, is_many=True)
    loaded.place_of(population)
    on_file = tuple(row for row in on_file if row.population == population)
    used = tuple(row for row in used if row.population == population)
    title = f"{loaded.name}, {population}"
    return Figures(loaded, "panel", title, on_file, used, is_many=False)


OF_ONE = "--population is for a panel: this study is of one population"


def shared_lines(panel: Panel, source: str) -> Iterator[str]:
    """Yield what populations share of a source's ratio, and how they differ in it."""
    if source in panel.only:
        yield f"It is of these populations alone: {listed(panel.only[source])}."
    keys, ratio = panel.keys_of(source), panel.specification.source[source].ratio
    if ratio is None:
        return
    if keys.column is not None:
        yield (
            f"Ratio, counts per unit of exposure: the column {keys.column} of populations.csv; the "
            f"standard deviation of its logarithm is {ratio.tau:.3g}. {ratio.because}"
        )
    if keys.pooled is None:
        yield "Not pooled: no population says anything of another's ratio."
        return
    pooled = next(quantity for quantity in panel.pooled if quantity.name == source)
    yield (
        f"Pooled: on the log scale, what populations have in common has a standard deviation of "
        f"{pooled.level:.2g}, and what is a population's own has one of about {pooled.between:g}."
    )
    for name, (mean, sd) in pooled.effects.items():
        yield f"Its logarithm gains {mean:g} ({sd:g}) for each unit of {name}."
