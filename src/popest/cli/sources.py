"""``popest sources``: what was counted, by whom, and whether the study is valid."""

from __future__ import annotations

import textwrap
from datetime import date
from typing import TYPE_CHECKING

import click

from popest.cli.on_demand import GroupOnDemand
from popest.cli.options import as_of_option, study_argument
from popest.study.problems import StudyError, printable

if TYPE_CHECKING:
    from popest.study import Observation, Source

population_option = click.option(
    "--population", help="Only the figures of one population of a panel."
)
WIDTH = 88

COMMANDS = {
    "list": "popest.cli.sources:list_sources",
    "show": "popest.cli.sources:show_source",
    "check": "popest.cli.sources:check_sources",
    "add": "popest.cli.adding:add",
    "revise": "popest.cli.adding:revise",
    "withdraw": "popest.cli.adding:withdraw",
    "history": "popest.cli.tracing:history",
    "diff": "popest.cli.tracing:diff",
    "export": "popest.cli.tracing:export",
    "copy": "popest.cli.tracing:copy",
}
"""Each command and where it is."""

sources = GroupOnDemand(
    COMMANDS,
    name="sources",
    help="""The figures of a study or a panel: list, check, add, revise, withdraw and trace them.

    \b
    Examples:
      popest sources list
      popest sources show census
      popest sources check path/to/my-study
    """,
)


@click.command("list")
@study_argument
@as_of_option
@population_option
def list_sources(study: str, as_of: str | None, population: str | None) -> None:
    """List the sources of a study or a panel and how many of their figures are used.

    \b
    Examples:
      popest sources list
      popest sources list serbia-report-2024 --as-of 2024-06-30
      popest sources list path/to/my-panel --population north
    """
    from popest.cli.panel import figures_of
    from popest.study import list_studies
    from popest.study.load import load_study_or_panel

    loaded = load_study_or_panel(study, as_of=as_of)
    shown = figures_of(loaded, population)
    click.echo(f"{shown.title}: {_one_line(loaded.specification.title)}\n")
    rows: list[tuple[str, ...]] = [
        ("source", "measure", *shown.header, "used", "on file", "last used", "producer")
    ]
    for name, source in loaded.specification.source.items():
        on_file = [row for row in shown.on_file if row.source == name]
        used = [row for row in shown.used if row.source == name]
        last = max((str(row.end) for row in used), default=source.date or "-")
        counts = ("survey",) * 2 if source.windows else (str(len(used)), str(len(on_file)))
        named = shown.populations(used)
        rows.append((name, source.measure, *named, *counts, last, _one_line(source.producer)))
    click.echo(table(rows))
    declared = set(loaded.specification.source)
    others = sum(row.source not in declared for row in shown.on_file)
    if others:
        figures = "figures on file belong" if others > 1 else "figure on file belongs"
        click.echo(f"\n{others} more {figures} to no source of the model.")
    for warning in loaded.warnings:
        _warn_of(warning)
    rest = [name for name in list_studies() if name != loaded.name]
    click.echo(
        f"\nOther studies: {', '.join(rest) or 'none'}. One source: popest sources show NAME"
    )


@click.command("show")
@click.argument("source", help="The name of a source.")
@study_argument
@as_of_option
@population_option
def show_source(source: str, study: str, as_of: str | None, population: str | None) -> None:
    """Show a source: what it counts, what is believed of it, and every figure on file.

    \b
    Examples:
      popest sources show census
      popest sources show residence_permits serbia-report-2024
      popest sources show permits path/to/my-panel --population north
    """
    from popest.cli.panel import figures_of, shared_lines
    from popest.study.load import load_study_or_panel
    from popest.study.panel.panel import Panel

    loaded = load_study_or_panel(study, as_of=as_of)
    figures = figures_of(loaded, population)
    figures.refuse_unknown_source(source)
    declared = loaded.specification.source.get(source)
    if declared is None:
        click.echo(f"{source}: figures on file that no source of the model uses")
    elif isinstance(loaded, Panel):
        # A median of 1 stands for a column, which is said as such.
        plain = declared.replaced(ratio=None)
        has_column = loaded.keys_of(source).column is not None
        described = _described(source, plain if has_column else declared, loaded.content.ratios)
        click.echo("\n".join([described, *map(folded, shared_lines(loaded, source))]))
    else:
        click.echo(_described(source, declared, loaded.ratios_text))
    used = {row.id for row in figures.used}
    for row in figures.on_file:
        if row.source == source:
            click.echo(f"\n{figure(row, row.id in used)}")


@click.command("check")
@study_argument
def check_sources(study: str) -> None:
    """Check the files of a study or a panel: every problem at once, exit code 3 when there is one.

    \b
    Examples:
      popest sources check
      popest sources check path/to/my-study

    Where the study is kept in git, each row must stand as it was first committed.
    """
    from popest.ledger.git.edited_rows import edited_rows
    from popest.study import load_study
    from popest.study.drafts.drafting import days_to_come
    from popest.study.files.locate import is_panel, study_folder

    edited = edited_rows(study_folder(study), _warn_of)
    if is_panel(study):
        from popest.cli.panel import check_panel

        check_panel(study, edited)
        return
    try:
        loaded = load_study(study)
    except StudyError as error:
        raise StudyError([*error.problems, *edited], error.more) from None
    if edited:
        raise StudyError(edited)
    for warning in (*loaded.warnings, *days_to_come(loaded.observations, date.today())):
        _warn_of(warning)
    click.echo(
        f"{loaded.name}: no problems. {len(loaded.observations)} figures on file, "
        f"{len(loaded.used)} used, {len(loaded.specification.source)} sources, "
        f"{len(loaded.specification.variant)} variants."
    )


def _warn_of(warning: str) -> None:
    click.echo(f"Warning: {warning}", err=True)


def _described(name: str, source: Source, learned: str) -> str:
    """Return what is declared of a source; `learned` is the table of learned ratios."""
    from popest.cli.ratio_words import (
        learned_lines,
        ratio_sentence,
        timing_words,
        variation_words,
    )

    parts = [f"{name}: {source.title}", f"{source.producer}. Counts {source.counts}."]
    parts.append(f"Measure: {source.measure}.")
    if source.ratio is not None:
        lower, upper = source.ratio.interval90
        median = f"{source.ratio.median:{'g' if source.ratio.learned is None else '.3g'}}"
        bounds = f", between {lower:.3g} and {upper:.3g} with 90 % probability"
        parts.append(
            f"Ratio, counts per unit of exposure: {median}{bounds if lower < upper else ''}. "
            f"{source.ratio.because}"
        )
        parts += [ratio_sentence(source), *learned_lines(source, learned)]
    parts += filter(None, (timing_words(source), variation_words(source)))
    if source.baseline is not None:
        parts.append(
            f"Baseline, counts that are not of the target: {source.baseline.median:,g} "
            f"({source.baseline.sigma:g} on the log scale). {source.baseline.because}"
        )
    if source.bias is not None and source.persons_error is not None:
        parts.append(
            f"Bias: {source.bias.mean:,.0f} ({source.bias.sd:,.0f}) persons; error of each figure "
            f"{source.persons_error.sd:,.0f} persons. {source.bias.because} "
            f"{source.persons_error.because}"
        )
    if source.group is not None:
        parts.append(
            f"Shares its errors with the group {source.group} (correlation "
            f"{source.group_correlation:g})."
        )
    if source.windows:
        shares = ", ".join(f"{w.first} to {w.last}: {100 * w.share:g} %" for w in source.windows)
        parts.append(
            f"Asked in {source.date}, {source.n} answers, design effect {source.deff:g}. Arrived "
            f"{shares}. {source.because or ''}"
        )
    return "\n".join(map(folded, parts))


def figure(row: Observation, used: bool) -> str:
    """Return a figure with where it comes from, on lines of its own."""
    from popest.study.observations.links import parents_text

    first = f"{value_and_dates(row)}  {'used' if used else 'not used'}"
    published = f"published by {row.published}" if row.published else "publication date unknown"
    later = [
        f"{row.publisher}, {published}, recorded {row.recorded} {row.url}".rstrip(),
        f"Replaces {row.supersedes}." if row.supersedes else "",
        f"Computed from {parents_text(row)}." if row.derived_from else "",
        row.note,
    ]
    return "\n".join([first, *(folded(line, "    ", "    ") for line in later if line)])


def value_and_dates(row: Observation) -> str:
    """Return a figure on one line: its id, its population, how many were counted, and when."""
    is_said = row.precision in (None, "exact") or row.is_bound
    precision = "" if is_said else f" ({row.precision})"
    name = row.id if row.population is None else f"{row.id}  {row.population}"
    return f"{name}  {figure_and_error(row)}{precision}  {dates(row)}"


def figure_and_error(row: Observation) -> str:
    """Return a figure, or the bounds of one, with the error that was published with it."""
    from popest.language.writers import plain_writer
    from popest.study.observations.saying import figure_and_error_in

    return figure_and_error_in(plain_writer().texts, row)


def dates(row: Observation) -> str:
    """Return the days that a figure counts."""
    return str(row.end or "no date") if row.start is None else f"{row.start} to {row.end}"


def folded(text: str, first: str = "", later: str = "  ") -> str:
    """Return text broken into lines with these indents, addresses whole."""
    return textwrap.fill(
        _one_line(text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=later,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))


def table(rows: list[tuple[str, ...]]) -> str:
    """Return rows of cells as text in columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
