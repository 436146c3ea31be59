"""The part of the page that asks "what if": what it is given, and when it is left out."""

from __future__ import annotations

import json
import shlex
import tomllib
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from popest.checks.result import Context
from popest.engines.draws import LARGEST_PARETO_K
from popest.estimates.days import values_of
from popest.estimates.distribution import Distribution
from popest.model.statistics import Settings, constants_of
from popest.report.language import Texts
from popest.report.what_if.in_full import left_out_in_full
from popest.report.what_if.packing import Packing, json_in_html
from popest.report.what_if.page_bank import PageDraws, draw_for_page, mapped
from popest.report.what_if.post_strata import MismatchError, fitted_to, verify
from popest.report.what_if.statistics import Carried, Group, groups_of
from popest.study import Study

SMALLEST_EFFECTIVE_SIZE = 400
SMALLEST_STOCK = 1e-3
LARGEST_ROUNDING = 0.05
SCRIPT = "script."
NAME = "what_if"
SCRIPTS = ("what_if_model.js", "what_if_weighings.js", "what_if_picture.js", "what_if.js")


@dataclass(frozen=True)
class WhatIf:
    """What the page needs to ask "what if".

    Attributes
    ----------
    document
        JSON that may stand in a script element; empty where the page cannot ask.
    script, style
        What the page runs and how it looks.
    groups
        The controls, source by source, for the template.
    """

    document: str
    script: str = ""
    style: str = ""
    groups: tuple[Group, ...] = field(default=())


def what_if_section(context: Context, texts: Texts) -> WhatIf:
    """Return the "what if" of a study's report.

    Parameters
    ----------
    context
        The study with its estimate and its banks.
    texts
        The sentences of the report's language.
    """
    context.progress("drawing populations for the what-if of the page")
    draws = draw_for_page(context)
    try:
        packed = pack(context, draws)
    except MismatchError:
        return WhatIf("", style=_file("what_if.css"))
    sentences = texts.under("what_if")
    document = {
        **packed,
        **_description(context, draws.carried),
        "texts": {
            key.removeprefix(SCRIPT): sentence
            for key, sentence in sentences.items()
            if key.startswith(SCRIPT)
        },
        "number": texts.under("number"),
        "shortMonths": texts.plain("date.short_months").split(),
    }
    return WhatIf(
        json_in_html(document),
        "".join(_file(name) for name in SCRIPTS),
        _file("what_if.css"),
        groups_of(context.study.specification, draws.carried),
    )


def pack(context: Context, draws: PageDraws) -> dict[str, Any]:
    """Return the draws as the page reads them, made to give the estimate itself.

    Raises
    ------
    MismatchError
        When they cannot be made to.
    """
    packing = Packing()
    read = mapped(draws.carried, packing.statistic)
    exact, seen = draws.carried.log_density(Settings()), read.log_density(Settings())
    values = values_of(context.model, draws.population, context.asked)
    estimate, ranges = context.itself.headline, context.study.specification.ranges
    strata = fitted_to(estimate, values, _weights(draws.log_base + exact), ranges)
    base = draws.log_base + rounding(exact, seen) + np.log(strata.factors)
    base = (base - np.median(base)).astype(np.float32)
    verify(estimate, Distribution(strata.headline, _weights(base + seen)), ranges)

    def weights_of(settings: Settings) -> np.ndarray:
        return _weights(base + read.log_density(settings))

    for month in np.log(np.maximum(draws.population.stock, SMALLEST_STOCK)):
        packing.add(month)
    return {
        "draws": len(base),
        "efficiency": draws.efficiency,
        "rows": packing.layout,
        "data": packing.text(base, strata.headline),
        "inFull": left_out_in_full(context, strata.headline, weights_of),
    }


def rounding(exact: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return what the base weights are given back of the rounding of what the page reads.

    Without it, rounding would show at the study's own settings. Where a tail was cut there is
    nothing to give back: the draw has no weight there, and keeps its own where it has.
    """
    possible = np.isfinite(exact) & np.isfinite(seen)
    difference = np.where(possible, exact, 0.0) - np.where(possible, seen, 0.0)
    return np.where(np.abs(difference) < LARGEST_ROUNDING, difference, 0.0)


def _weights(log_weights: np.ndarray) -> np.ndarray:
    weights: np.ndarray = np.exp(log_weights - log_weights.max())
    return weights / weights.sum()


def _description(context: Context, carried: Carried) -> dict[str, Any]:
    """Return what the page must know of the model, the calendar and the study."""
    study, model = context.study, context.model
    specification = study.specification
    return {
        "evidence": [source.constants() for source in carried.evidence],
        "levels": [constants_of(level) for level in carried.levels],
        "months": [str(day) for day in model.calendar.month_ends],
        "before": str(model.calendar.first_day - timedelta(days=1)),
        "isStatic": specification.population.kind == "static",
        # The day of the answer's bar; a flow has no place among the stocks of the picture.
        "headline": str(context.asked.last) if context.asked.is_stock else None,
        "lastCount": None if study.last_count is None else str(study.last_count.day),
        "ranges": specification.ranges,
        "limits": {"paretoK": LARGEST_PARETO_K, "effectiveSize": SMALLEST_EFFECTIVE_SIZE},
        "tails": {
            each.name: {"tails": ratio.tails, "tailed": ratio.tailed}
            for each in carried.evidence
            if (ratio := specification.source[each.name].ratio) and ratio.tails is not None
        },
        "learned": [
            each.name
            for each in carried.evidence
            if (ratio := specification.source[each.name].ratio) and ratio.learned is not None
        ],
        "variant": variant_of(study),
        "command": _command(study),
    }


def _command(study: Study) -> str:
    as_of = [] if study.as_of_day is None else ["--as-of", str(study.as_of_day)]
    return shlex.join(
        ["popest", "estimate", study.name, "--variant", variant_of(study)["name"], *as_of]
    )


def variant_of(study: Study) -> dict[str, Any]:
    """Return name, entries and lists of the variant that stands for the page's settings.

    A view of a variant starts from that variant's entries, each a key and a value as TOML has
    them, and from its rows and sources.
    """
    document = tomllib.loads(study.specification_text.removeprefix("\ufeff"))
    taken = document.get("variant", {})
    name, number = NAME, 1
    while name in taken:
        number += 1
        name = f"{NAME}_{number}"
    own = taken.get(study.variant, {}) if study.variant is not None else {}
    return {
        "name": name,
        "set": [[key, toml(value)] for key, value in own.get("set", {}).items()],
        "without": sorted({*own.get("without", []), *study.view.left_out}),
        "use": own.get("use", []),
        "ignore": own.get("ignore", []),
    }


def toml(value: Any) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        entries = (f"{json.dumps(key)} = {toml(entry)}" for key, entry in value.items())
        return f"{{ {', '.join(entries)} }}"
    if isinstance(value, list):
        return f"[{', '.join(toml(entry) for entry in value)}]"
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f")
    return str(value)


@cache
def _file(name: str) -> str:
    return files("popest.report.what_if").joinpath(name).read_text(encoding="utf-8")
