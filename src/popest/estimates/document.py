"""An estimate as plain data: what ``popest estimate --json`` prints."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from popest.engines.draws import Certificate
from popest.engines.threads import one_thread
from popest.estimates.distribution import PROBABILITIES, Distribution
from popest.estimates.result import NotCertifiedError, Result, VariantRow, trajectory_rows
from popest.estimates.settings import Settings
from popest.estimates.versions import versions
from popest.study import Study

SIGNIFICANT_DIGITS = 7


def document(estimate: Result, variants: Sequence[VariantRow] = ()) -> dict[str, Any]:
    """Return an estimate as nested dictionaries, lists, numbers and strings.

    The variants, where given, stand side by side under a key of their own.
    """
    with one_thread():
        return _document(estimate, variants)


def _document(estimate: Result, variants: Sequence[VariantRow]) -> dict[str, Any]:
    ranges = estimate.study.specification.ranges
    dates = [_date_block(estimate, day, ranges) for day in estimate.dates]
    middle = {
        "trajectory": [
            {
                "date": str(day),
                "median": median,
                "lower": interval.lower,
                "upper": interval.upper,
                "prob": interval.prob,
            }
            for day, median, (interval,) in trajectory_rows(estimate, [estimate.settings.prob])
        ],
        "ratios": [
            {
                "source": learned.source,
                "prior": _median_and_bounds(learned.prior),
                "posterior": _median_and_bounds(learned.posterior),
                "prob": learned.prob,
            }
            for learned in estimate.ratios_learned
        ],
        "fit": _fit_blocks(estimate),
        "warnings": list(estimate.warnings),
    }
    ending = _ending(
        estimate.study,
        estimate.settings,
        estimate.draws.engine,
        estimate.certificate,
        estimate.draws.log_evidence,
        estimate.versions,
        estimate.seconds,
    )
    result = {**_beginning(estimate.study), **dates[0], "dates": dates, **middle, **ending}
    if variants:
        result["variants"] = _variant_blocks(variants)
    return {key: rounded(value) for key, value in result.items()}


def as_json(value: Any) -> str:
    """Return plain data as the text of one JSON object, in ASCII, which any terminal can take."""
    return json.dumps(value, allow_nan=False, indent=1)


def not_certified_document(error: NotCertifiedError) -> dict[str, Any]:
    """Return the same keys where no engine was certified: estimates null, certificate filled."""
    study, settings = error.study, error.settings
    day = (settings.dates or (study.specification.headline,))[0]
    empty: dict[str, Any] = {
        "date": str(day),
        "median": None,
        "mean": None,
        "sd": None,
        "intervals": None,
        "probabilities": None,
        "prior": None,
        "dates": None,
        "trajectory": None,
        "ratios": None,
        "fit": None,
        "warnings": [str(error), *study.warnings],
    }
    ending = _ending(
        study,
        settings,
        error.engine,
        error.certificate,
        None,
        versions(error.engine),
        error.seconds,
    )
    result = {**_beginning(study), **empty, **ending}
    return {key: rounded(value) for key, value in result.items()}


def _variant_blocks(rows: Sequence[VariantRow]) -> list[dict[str, Any]]:
    """Return a study and its variants side by side, stocks in the study's unit."""
    blocks = []
    for row in rows:
        median = None if row.stock is None else row.stock.median
        intervals = (
            None if row.stock is None else _spread(row.stock, PROBABILITIES, ())["intervals"]
        )
        blocks.append(
            {
                "variant": row.name,
                "median": median,
                "intervals": intervals,
                "log_evidence": row.log_evidence,
                "warnings": list(row.warnings),
            }
        )
    return blocks


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
    return {
        "study": study.name,
        "title": study.specification.title,
        "unit": study.specification.unit,
        "as_of": None if study.as_of_day is None else str(study.as_of_day),
        "variant": study.variant,
    }


def _ending(
    study: Study,
    settings: Settings,
    engine: str,
    certificate: Certificate,
    log_evidence: float | None,
    made_by: dict[str, str],
    seconds: float,
) -> dict[str, Any]:
    return {
        "engine": engine,
        "certificate": certificate._asdict(),
        "log_evidence": log_evidence,
        "seed": settings.seed,
        "data_sha256": study.data_sha256,
        "versions": made_by,
        "seconds": seconds,
    }


def _date_block(estimate: Result, day: date, ranges: Sequence[Sequence[float]]) -> dict[str, Any]:
    probs = sorted({*PROBABILITIES, estimate.settings.prob})
    stock = estimate.stock(day)
    return {
        "date": str(day),
        "median": stock.median,
        "mean": stock.mean,
        "sd": stock.sd,
        **_spread(stock, probs, ranges),
        "prior": {
            "median": (prior := estimate.prior_stock(day)).median,
            **_spread(prior, probs, ranges),
        },
    }


def _spread(
    stock: Distribution, probs: Sequence[float], ranges: Sequence[Sequence[float]]
) -> dict[str, Any]:
    return {
        "intervals": [
            {"prob": i.prob, "lower": i.lower, "upper": i.upper, "kind": i.kind}
            for i in stock.intervals(probs)
        ],
        "probabilities": [
            {
                "lower": _whole(lower),
                "upper": _whole(upper),
                "prob": stock.probability(lower, upper),
            }
            for lower, upper in ranges
        ],
    }


def _whole(value: float) -> float:
    """Return a whole number as an int, which JSON prints without a point."""
    return int(value) if float(value).is_integer() else value


def _median_and_bounds(values: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("median", "lower", "upper"), values, strict=True))


def _fit_blocks(estimate: Result) -> list[dict[str, Any]]:
    blocks = []
    for fit in estimate.observations_fit:
        interval = fit.predicted.interval(estimate.settings.prob)
        predicted = (fit.predicted.median, interval.lower, interval.upper)
        blocks.append(
            {
                "observation": fit.observation,
                "source": fit.source,
                "value": _whole(fit.value),
                "predicted": _median_and_bounds(predicted),
                "percentile": fit.percentile,
            }
        )
    return blocks
