"""What the page of the Serbian study says in numbers: this study beside that of the first release.

Log densities are differences of log evidences, so that nothing but the two engines' common model
enters: of a figure given others, log Z with it less log Z without it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from markup import plain, table

import popest
from popest.engines.bank import run_bank
from popest.estimates.words import persons
from popest.model.model import Model
from popest.study.observations.observation import Observation
from popest.study.specification.records import Specification

FIRST_RELEASE = Path(__file__).parents[1] / "serbia-first-release"
MOVES = Path(__file__).parents[1] / "serbia-first-release" / "moves.json"
"""What `popest compare docs/serbia-first-release serbia --json` printed: it takes minutes."""
NOW, BEFORE = "serbia", str(FIRST_RELEASE)
DAYS = ("2022-09-30", "2022-12-31", "2023-12-31", "2024-12-31")
COUNTED = ("stock", "arrivals", "presence")
STEPS = (
    ("2022-12-31", "2023-06-30"),
    ("2023-06-30", "2023-12-31"),
    ("2023-12-31", "2024-12-31"),
)
"""Up to which day figures are known, and to which the next ones count."""
LOWER, UPPER = 30_000, 40_000
"""Between which the report argues that the number lies."""


@cache
def estimate(study: str, variant: str | None = None, seed: int = 1) -> popest.Estimate:
    """Return the estimate of a study, computed once."""
    loaded = popest.load_study(study)
    view = loaded if variant is None else loaded.with_variant(variant)
    return popest.estimate(view, dates=DAYS, seed=seed)


def serbia_dates() -> str:
    """Return the stock on four days, then and now."""
    rows = []
    for day in DAYS:
        for name, study in (("first release", BEFORE), ("now", NOW)):
            stock = estimate(study).stock(day)
            lower, median, upper = (stock.quantile(prob) for prob in (0.05, 0.5, 0.95))
            share = f"{100 * stock.probability(LOWER, UPPER):.0f} %"
            interval = f"{persons(lower)} to {persons(upper)}"
            rows.append((day, name, persons(median), interval, share))
    return table(("day", "study", "median", "90 % interval", "30,000 to 40,000"), rows)


def serbia_scatter() -> str:
    """Return the error of each source's counts, then and now, where each may have its own."""
    then, now = scatter(estimate(BEFORE)), scatter(estimate(NOW, "noise_by_source"))
    rows = [(f"`{name}`", f"{then[name]:.2f}", f"{now[name]:.2f}") for name in now]
    return table(("source", "first release", "now, with `by_source` 0.7"), rows)


def scatter(found: popest.Estimate) -> dict[str, float]:
    """Return the posterior median of each source's noise, on the log scale."""
    return {name: noise.median for name, noise in found.posterior.noise().items()}


def evidence(specification: Specification, rows: Sequence[Observation]) -> float:
    """Return the log evidence of some rows, by a certified bank of its own."""
    model = Model(specification, tuple(rows))
    bank = run_bank(model, np.random.default_rng(1))
    if not bank.certificate.certified:
        raise RuntimeError(f"not certified without some of the figures: {bank.certificate}")
    found = bank.draws(model).log_evidence
    assert found is not None
    return found


@cache
def left_out(study: str) -> dict[str, float]:
    """Return the log density of each count given all other figures."""
    loaded = popest.load_study(study)
    specification, used = loaded.specification, loaded.used
    whole = evidence(specification, used)
    return {
        row.id: whole - evidence(specification, [other for other in used if other is not row])
        for row in used
        if specification.source[row.source].measure in COUNTED
    }


@cache
def one_step_ahead(study: str) -> list[tuple[str, tuple[str, ...], float]]:
    """Return for each step its day, the counts that came next, and their joint log density.

    Without survey and voters, which say nothing of what comes next.
    """
    loaded = popest.load_study(study).without("arrival_survey", "voters")
    specification, used = loaded.specification, loaded.used
    found = []
    for known_to, next_to in STEPS:
        known = [row for row in used if ends(row) <= date.fromisoformat(known_to)]
        coming = [
            row
            for row in used
            if date.fromisoformat(known_to) < ends(row) <= date.fromisoformat(next_to)
            and specification.source[row.source].measure in COUNTED
        ]
        gain = evidence(specification, known + coming) - evidence(specification, known)
        found.append((known_to, tuple(row.id for row in coming), gain))
    return found


def ends(row: Observation) -> date:
    """Return the last day that a row counts."""
    assert row.end is not None
    return row.end


def serbia_scores() -> str:
    """Return how well each figure is foreseen: by the others, and by those of before.

    The first release's exposures are given the rows of now, as scores of other rows say nothing.
    """
    studies = {"exposures of the first release, rows of now": with_rows_of_now(), "now": NOW}
    rows = []
    for name, study in studies.items():
        alone, ahead = left_out(study), one_step_ahead(study)
        gains = [gain for *_, gain in ahead]
        foreseen = sum(len(names) for _, names, _ in ahead)
        rows.append(
            (
                name,
                f"{sum(alone.values()):.1f} ({len(alone)} counts)",
                *(f"{gain:.1f}" for gain in gains),
                f"{sum(gains):.1f} ({foreseen} counts)",
            )
        )
    steps = (f"known to {known_to}" for known_to, _ in STEPS)
    header = ("log density of the counts", "each left out", *steps, "one step ahead, in all")
    return table(header, rows)


@cache
def with_rows_of_now() -> str:
    """Return the folder of a study with the first release's assumptions and the rows of now."""
    folder = Path(mkdtemp(prefix="popest-")) / "serbia-exposures-of-first-release"
    folder.mkdir()
    now = popest.load_study(NOW)
    (folder / "study.toml").write_bytes((FIRST_RELEASE / "study.toml").read_bytes())
    (folder / "observations.csv").write_text(now.observations_text, encoding="utf-8")
    return str(folder)


def serbia_variants() -> str:
    """Return each variant's answer and the reason for it."""
    study, own = popest.load_study(NOW), estimate(NOW).stock(DAYS[-1])
    rows = [("the study itself", *answer(own), "")]
    for name, variant in study.specification.variant.items():
        stock = estimate(NOW, name).stock(DAYS[-1])
        rows.append((f"`{name}`", *answer(stock), plain(variant.because)))
    return table(("variant", f"median, {DAYS[-1]}", "90 % interval", "what it assumes"), rows)


def serbia_range() -> str:
    """Return between what the variants' medians lie, and which lie outside 30,000 to 40,000."""
    names = popest.load_study(NOW).specification.variant
    medians = {name: estimate(NOW, name).stock(DAYS[-1]).median for name in names}
    below = [f"`{name}`" for name, median in medians.items() if median < LOWER]
    above = [f"`{name}`" for name, median in medians.items() if median > UPPER]
    lowest, highest = persons(min(medians.values())), persons(max(medians.values()))
    return (
        f"The medians of the {len(medians)} variants run from {lowest} to {highest} on {DAYS[-1]}. "
        f"Below {LOWER:,} lies {' and '.join(below) or 'none'}, "
        f"above {UPPER:,} {' and '.join(above) or 'none'}."
    )


def answer(stock: Any) -> tuple[str, str]:
    """Return a median and its 90 % interval in words."""
    lower, median, upper = (persons(stock.quantile(prob)) for prob in (0.05, 0.5, 0.95))
    return median, f"{lower} to {upper}"


def serbia_moves() -> str:
    """Return what moved the answer between the two studies, change by change."""
    moves = json.loads(MOVES.read_text(encoding="utf-8"))
    rows = [
        (plain(change["label"]), f"{change['median']:+,.0f}", f"{2 * change['median_se']:,.0f}")
        for change in moves["changes"]
    ]
    rows.append(("draws of the two estimates", f"{moves['remainder']:+,.0f}", ""))
    rows.append(("sum", f"{moves['new']['median'] - moves['old']['median']:+,.0f}", ""))
    return table(("change", f"median of {moves['date']}, persons", "+-"), rows)
