"""``popest estimate``: a study's population, in words or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import click

from popest.cli.options import as_of_option, json_option, path_option, seed_option, study_argument
from popest.cli.printing import certified, is_styled, print_json
from popest.cli.progress import Progress
from popest.engines import Engine
from popest.study.problems import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from popest.estimates import Estimate, VariantRow
    from popest.study import Study

DRAWS = 20_000


@click.command("estimate")
@study_argument
@click.option(
    "--date",
    multiple=True,
    help="A day to report, YYYY-MM-DD, latest (the last that is counted) or today; "
    "repeatable. Default: the study's headline.",
)
@as_of_option
@click.option("--prob", default=0.9, help="Probability of the intervals.")
@click.option("--variant", help="Estimate one of the study's variants.")
@click.option("--variants", is_flag=True, help="Show all variants side by side as well.")
@click.option(
    "--engine",
    type=click.Choice(get_args(Engine), case_sensitive=False),
    default="auto",
    help="auto tries the bank, then slice; nuts takes minutes.",
)
@click.option("--draws", default=DRAWS, help="Draws, 1000 to 200000.")
@seed_option()
@click.option("--details", is_flag=True, help="Show the ratios and the computation as well.")
@path_option("--out", help="Write JSON, tables, picture and the draws to this folder, too.")
@json_option
@click.option("--population", help="Show one population of a panel in full.")
@click.option(
    "--workers",
    type=int,
    help="Processes that compute a panel. Default: as many as cores for a large one.",
)
@click.option(
    "--dask", help="Compute a panel on the Dask cluster whose scheduler is at this address."
)
def estimate(
    study: str,
    date: tuple[str, ...],
    as_of: str | None,
    prob: float,
    variant: str | None,
    variants: bool,
    engine: str,
    draws: int,
    seed: int,
    details: bool,
    out: Path | None,
    as_json: bool,
    population: str | None,
    workers: int | None,
    dask: str | None,
) -> None:
    """Estimate a population, or all populations of a panel, and say how sure that is.

    \b
    Examples:
      popest estimate
      popest estimate serbia-report-2024 --json
      popest estimate --date 2022-12-31 --date 2023-12-31 --prob 0.95
      popest estimate --date latest --date today
      popest estimate --variants
      popest estimate path/to/my-study --as-of 2024-06-30 --out results
      popest estimate path/to/my-panel --population north
      popest estimate path/to/my-panel --workers 4 --out results

    The answer comes first, then the warnings. The certificate vouches for the computation only.
    """
    settings: dict[str, Any] = {"prob": prob, "engine": engine, "draws": draws, "seed": seed}
    of_study = {"--date": date, "--variant": variant, "--variants": variants, "--out": out}
    if details and as_json:
        raise UsageError("--json has all details: leave out --details")
    of_panel = {"--population": population, "--workers": workers, "--dask": dask}
    shown = Shown(as_json, details)
    if not _of_panel(study, as_of, settings, of_study, of_panel, shown=shown):
        _of_study(study, as_of, settings, of_study, shown=shown)


class Shown(NamedTuple):
    """What is printed of an estimate: JSON or words, and of words the details."""

    as_json: bool
    details: bool


def _of_panel(
    study: str,
    as_of: str | None,
    settings: dict[str, Any],
    of_study: dict[str, Any],
    of_panel: dict[str, Any],
    *,
    shown: Shown,
) -> bool:
    """Print the estimate of a panel; return False where it is a study."""
    from popest.cli.panel import Computing, estimate_panel
    from popest.study.files.locate import is_panel

    if not is_panel(study):
        for name in (name for name, value in of_panel.items() if value is not None):
            raise UsageError(f"{name} is for a panel: this study is of one population")
        return False
    variant, variants = of_study["--variant"], of_study["--variants"]
    given = {"--date": of_study["--date"], "--engine": settings["engine"] != "auto"}
    given["--draws"] = settings["draws"] != DRAWS
    if shown.details:
        raise UsageError("--details is for a study: of a panel all is shown, leave it out")
    for name in (name for name, value in given.items() if value):
        raise UsageError(f"{name} is not built yet for panels: leave it out")
    population, workers, dask = of_panel.values()
    if workers is not None and dask is not None:
        raise UsageError("--workers and --dask both say who computes: leave one out")
    computing = Computing(
        settings["prob"], settings["seed"], dask if workers is None else workers, of_study["--out"]
    )
    estimate_panel(
        study, as_of, computing, population, variant, variants=variants, as_json=shown.as_json
    )
    return True


def _of_study(
    study: str,
    as_of: str | None,
    settings: dict[str, Any],
    of_study: dict[str, Any],
    *,
    shown: Shown,
) -> None:
    """Print the estimate of a study."""
    from popest.study import load_study

    dates, variant, variants, out = of_study.values()
    loaded = load_study(study, as_of=as_of, variant=variant)
    if variants and variant:
        raise UsageError("--variants shows all variants: leave out --variant")
    from popest.estimates import NotCertifiedError
    from popest.estimates.document import not_certified_document

    if out is not None:
        from popest.study.files.whole import refuse_unusable

        refuse_unusable(out)
    with certified(NotCertifiedError, not_certified_document if shown.as_json else None):
        found, rows = _compute(loaded, dates, settings, variants)
    if out is not None:
        from popest.estimates.folder import write_folder

        write_folder(found, out, rows)
    _print(found, rows, shown)


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


def _print(found: Estimate, rows: list[VariantRow], shown: Shown) -> None:
    if shown.as_json:
        from popest.estimates.document import document

        print_json(document(found, rows))
        return
    from popest.estimates.words import as_text, headline, variants_text, wrapped

    text, answer = as_text(found, details=shown.details), wrapped(headline(found))
    if is_styled():
        text = text.replace(answer, click.style(answer, bold=True), 1)
    click.echo(text)
    if rows:
        click.echo(f"\n{variants_text(rows)}")
