"""An estimate as plain data: what ``popest estimate --json`` prints."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from popest.engines.threads import one_thread
from popest.estimates.distribution import PROBABILITIES, Distribution
from popest.estimates.result import NotCertifiedError, Result, VariantRow, versions
from popest.estimates.trajectory import trajectory_rows
from popest.study import Study
from popest.study.estimand import Estimand

SIGNIFICANT_DIGITS = 7
UNKNOWN = (
    *("median", "mean", "sd", "intervals", "probabilities", "prior", "scenario", "assumed"),
    *("dates", "trajectory", "ratios", "fit"),
)
"""What there is of an estimate and not without one."""


def document(estimate: Result, variants: Sequence[VariantRow] = ()) -> dict[str, Any]:
    """Return an estimate as nested dictionaries, lists, numbers and strings.

    The variants, where given, stand side by side under a key of their own.
    """
    with one_thread():
        ranges, prob = estimate.study.specification.ranges, estimate.settings.prob
        blocks = [_block(estimate, asked, ranges) for asked in estimate.asked]
        result = {
            **_beginning(estimate.study),
            **blocks[0],
            "dates": blocks,
            "trajectory": [
                {"date": str(day), **_named((median, *interval[:2])), "prob": prob}
                for day, median, (interval,) in trajectory_rows(estimate, [prob])
            ],
            "ratios": [
                {
                    "source": learned.source,
                    "prior": _named(learned.prior),
                    "posterior": _named(learned.posterior),
                    "prob": learned.prob,
                }
                for learned in estimate.ratios_learned
            ],
            "fit": _fits(estimate),
            "warnings": list(estimate.warnings),
            **_ending(
                estimate, estimate.draws.engine, estimate.draws.log_evidence, estimate.versions
            ),
        }
        if variants:
            result["variants"] = _variant_blocks(variants)
        return rounded(result)


def as_json(value: Any) -> str:
    """Return plain data as the text of one JSON object, in ASCII, which any terminal can take."""
    return json.dumps(value, allow_nan=False, indent=1)


def not_certified_document(error: NotCertifiedError) -> dict[str, Any]:
    """Return the same keys where no engine was certified: estimates null, certificate filled."""
    asked = error.settings.asked_of(error.study)[0]
    return rounded(
        {
            **_beginning(error.study),
            **asked.entry,
            **dict.fromkeys(UNKNOWN),
            "warnings": [str(error), *error.study.warnings],
            **_ending(error, error.engine, None, versions(error.engine)),
        }
    )


def _fits(estimate: Result) -> list[dict[str, Any]]:
    """Return each observation beside its prediction, with what was published of its error.

    The value of a count that is between two is null. `precision`, `se`, `lower` and `upper` are
    there where the observation is a bound or has an error of its own.
    """
    rows = {row.id: row for row in estimate.study.used}
    found = []
    for fit in estimate.observations_fit:
        row = rows.get(fit.observation)
        said: dict[str, Any] = {"observation": fit.observation, "source": fit.source}
        said["value"] = None if fit.printed is None else _whole(fit.printed)
        if row is not None and (row.is_bound or row.has_own_error):
            quantities = {"se": row.se, "lower": row.lower, "upper": row.upper}
            said["precision"] = row.precision
            said |= {name: _whole(each) for name, each in quantities.items() if each is not None}
        predicted = _named(fit.predicted.median_and_bounds(estimate.settings.prob))
        found.append(said | {"predicted": predicted, "percentile": fit.percentile})
    return found


def _variant_blocks(rows: Sequence[VariantRow]) -> list[dict[str, Any]]:
    """Return a study and its variants side by side, in the study's unit."""
    return [
        {
            "variant": row.name,
            "median": row.headline.median if row.headline else None,
            "intervals": _intervals(row.headline, PROBABILITIES) if row.headline else None,
            "dates": [
                {
                    **asked.entry,
                    "median": found.median,
                    "intervals": _intervals(found, PROBABILITIES),
                }
                for asked, found in row.of_each.items()
            ],
            "log_evidence": row.log_evidence,
            "warnings": list(row.warnings),
        }
        for row in rows
    ]


def rounded(value: Any) -> Any:
    """Return a value with its floats at seven significant digits, at any depth.

    A number that is not finite, which JSON cannot say, becomes None.
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if isinstance(value, dict):
        return {key: rounded(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [rounded(entry) for entry in value]
    return value


def _beginning(study: Study) -> dict[str, Any]:
    last = study.last_count
    return {
        "study": study.name,
        "title": study.specification.title,
        "unit": study.specification.unit,
        "as_of": None if study.as_of_day is None else str(study.as_of_day),
        "variant": study.variant,
        "last_count": None if last is None else last._asdict() | {"day": str(last.day)},
    }


def _ending(
    found: Result | NotCertifiedError,
    engine: str,
    log_evidence: float | None,
    made_by: dict[str, str],
) -> dict[str, Any]:
    return {
        "engine": engine,
        "certificate": found.certificate._asdict(),
        "log_evidence": log_evidence,
        "seed": found.settings.seed,
        "data_sha256": found.study.data_sha256,
        "versions": made_by,
        "seconds": found.seconds,
    }


def _block(estimate: Result, asked: Estimand, ranges: Sequence[Sequence[float]]) -> dict[str, Any]:
    probs = sorted({*PROBABILITIES, estimate.settings.prob})
    found, scenario = estimate.posterior_of(asked), estimate.scenarios.get(asked.last)
    return {
        **asked.entry,
        "median": found.median,
        "mean": found.mean,
        "sd": found.sd,
        **_spread(found, probs, ranges),
        "prior": {
            "median": (prior := estimate.prior_of(asked)).median,
            **_spread(prior, probs, ranges),
        },
        "scenario": scenario is not None,
        "assumed": None if scenario is None else scenario.assumed,
    }


def _spread(
    found: Distribution, probs: Sequence[float], ranges: Sequence[Sequence[float]]
) -> dict[str, Any]:
    return {
        "intervals": _intervals(found, probs),
        "probabilities": [
            {
                "lower": _whole(lower),
                "upper": _whole(upper),
                "prob": found.probability(lower, upper),
            }
            for lower, upper in ranges
        ],
    }


def _intervals(found: Distribution, probs: Sequence[float]) -> list[dict[str, Any]]:
    return [
        {"prob": i.prob, "lower": i.lower, "upper": i.upper, "kind": i.kind}
        for i in found.intervals(probs)
    ]


def _whole(value: float) -> float:
    """Return a whole number as an int, which JSON prints without a point."""
    return int(value) if float(value).is_integer() else value


def _named(values: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("median", "lower", "upper"), values, strict=True))
