"""``popest estimate``: a study's population, in words or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from popest.cli.progress import Progress
from popest.engines import Engine
from popest.study.problems import PopestError, UsageError

if TYPE_CHECKING:
    from popest.estimates import Estimate, VariantRow
    from popest.study import Study

EXIT_NOT_CERTIFIED = 4


StudyArgument = Annotated[
    str, typer.Argument(help="A study shipped with popest, or the folder of one.")
]
AsOf = Annotated[
    str | None, typer.Option(help="Use only what was published by this day, YYYY-MM-DD.")
]
Dates = Annotated[
    list[str] | None,
    typer.Option(
        help="A day to report, YYYY-MM-DD, latest (the last that is counted) or today; "
        "repeatable. Default: the study's headline."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]


def estimate(
    study: StudyArgument = "serbia",
    date: Dates = None,
    as_of: AsOf = None,
    prob: Annotated[float, typer.Option(help="Probability of the intervals.")] = 0.9,
    variant: Annotated[
        str | None, typer.Option(help="Estimate one of the study's variants.")
    ] = None,
    variants: Annotated[
        bool, typer.Option("--variants", help="Show all variants side by side as well.")
    ] = False,
    engine: Annotated[
        Engine,
        typer.Option(
            case_sensitive=False, help="auto tries the bank, then slice; nuts takes minutes."
        ),
    ] = "auto",
    draws: Annotated[int, typer.Option(help="Draws, 1000 to 200000.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Seed; the same gives the same numbers.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="Write JSON, tables, picture and the draws to this folder, too."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Estimate a population and say how sure that is.

    \b
    Examples:
      popest estimate
      popest estimate serbia-report-2024 --json
      popest estimate --date 2022-12-31 --date 2023-12-31 --prob 0.95
      popest estimate --date latest --date today
      popest estimate --variants
      popest estimate path/to/my-study --as-of 2024-06-30 --out results

    Warnings about the fit come first. The certificate vouches for the computation only.
    """
    from popest.study import load_study

    loaded = load_study(study, as_of=as_of, variant=variant)
    if variants and variant:
        raise UsageError("--variants shows all variants: leave out --variant")
    from popest.estimates import NotCertifiedError
    from popest.estimates.document import not_certified_document

    if out is not None:
        from popest.study.files.whole import refuse_unusable

        refuse_unusable(out)
    settings = {"prob": prob, "engine": engine, "draws": draws, "seed": seed}
    with certified(NotCertifiedError, not_certified_document if as_json else None):
        found, rows = _compute(loaded, tuple(date or ()), settings, variants)
    if out is not None:
        from popest.estimates.folder import write_folder

        write_folder(found, out, rows)
    _print(found, rows, as_json)


def _compute(
    study: Study, dates: tuple[str, ...], settings: dict[str, Any], variants: bool
) -> tuple[Estimate, list[VariantRow]]:
    from popest.estimates import estimate as run
    from popest.estimates import estimate_variants

    with Progress() as progress:
        found = run(study, dates=dates, progress=progress, **settings)
        if not variants:
            return found, []
        rows = estimate_variants(study, itself=found, dates=dates, progress=progress, **settings)
        return found, rows


def _print(found: Estimate, rows: list[VariantRow], as_json: bool) -> None:
    if as_json:
        from popest.estimates.document import document

        print_json(document(found, rows))
        return
    from popest.estimates.words import variants_text

    typer.echo(str(found))
    if rows:
        typer.echo(f"\n{variants_text(rows)}")


@contextmanager
def certified(
    refusal: type[PopestError], document: Callable[[Any], dict[str, Any]] | None = None
) -> Iterator[None]:
    """Say that what is computed within is not certified where it is not, and exit with its code.

    `document` makes of the error what is printed as JSON, where that was asked for.
    """
    try:
        yield
    except refusal as error:
        if document is not None:
            print_json(document(error))
        typer.echo(f"Not certified: {error}", err=True)
        raise typer.Exit(EXIT_NOT_CERTIFIED) from error


def print_json(value: Any) -> None:
    """Print one JSON object on the standard output."""
    from popest.estimates.document import as_json

    typer.echo(as_json(value))
