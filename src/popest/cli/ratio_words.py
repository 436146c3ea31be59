"""A source's ratio as a sentence: how many are counted for every hundred."""

from __future__ import annotations

from popest.study import Source

_UNITS = {
    "stock": ("persons present on the day", "counted on it"),
    "presence": ("years that persons live here", "counts"),
    "arrivals": ("persons who arrive", "counts"),
    "floor": ("persons present on the day", "counted at the very most"),
}


def ratio_sentence(source: Source) -> str:
    """Return what is believed of a source's ratio, as a sentence; nothing without a ratio."""
    if source.ratio is None:
        return ""
    unit, counted = _UNITS[source.measure]
    lower, upper = source.ratio.interval90
    sentence = (
        f"In words: for every 100 {unit} some {_number(source.ratio.median)} {counted} are "
        f"expected, and with 90 % probability between {_number(lower)} and {_number(upper)}"
    )
    if source.lag_months:
        sentence += f", {source.lag_months:g} months after the arrival on average"
    if source.drift:
        sentence += f"; from year to year the ratio wanders by some {100 * source.drift:.2g} %"
    return f"{sentence}."


def _number(ratio: float) -> str:
    """Return a ratio in counts per hundred, with two digits where it is small."""
    hundredfold = 100 * ratio
    return f"{hundredfold:,.0f}" if hundredfold >= 10 else f"{hundredfold:.2g}"
