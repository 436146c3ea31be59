"""How what is wrong with an entry of ``study.toml`` is said, and what to write instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, NamedTuple

from popest.study.problems import EntryError, listed, suggestion
from popest.study.specification.toml_lines import Path

EXAMPLES = {
    "title": 'title = "a name for people"',
    "target": 'target = "who is to be counted"',
    "unit": 'unit = "persons"',
    "headline": 'headline = "2023-12-31", or a list of up to 12 days, the foremost first, '
    'or { arrivals = ["2023-01-01", "2023-12-31"] }',
    "arrivals": 'arrivals = ["2023-01-01", "2023-12-31"], the first day and the last',
    "departures": 'departures = ["2023-01-01", "2023-12-31"], the first day and the last',
    "ranges": "ranges = [[30000, 40000]]",
    "calendar": 'a table [calendar] with start = "2022-02" and end = "2024-12"',
    "population": "a table [population] with its kind and priors",
    "noise": "a table [noise] with its error",
    "source": "a table [source.NAME] for each series of counts",
    "variant": "a table [variant.NAME] for each alternative",
    "start": 'start = "2022-02"',
    "end": 'end = "2024-12"',
    "first_day": 'first_day = "2022-02-24"',
    "kind": 'kind = "arrivals" or "static"',
    "background": 'background = { median = 600, sigma = 0.8, volatility = 0.3, because = "..." }',
    "departure_hazard": 'departure_hazard = { median = 0.014, sigma = 0.5, because = "..." }',
    "wave": "a table [[population.wave]] with name, size and weights",
    "name": 'name = "invasion"',
    "size": 'size = { median = 8000, sigma = 0.8, because = "..." }',
    "weights": 'weights = { "2022-02" = 0.3, "2022-03" = 1 }',
    "median": "median = 0.5, a number",
    "sigma": "sigma = 0.5, a number (0 when the median is known)",
    "volatility": "volatility = 0.3, a number",
    "because": 'because = "the reason and its source"',
    "by_source": "by_source = 0.7, a number",
    "producer": 'producer = "the body that counts"',
    "counts": 'counts = "who is counted"',
    "measure": 'measure = "stock"',
    "ratio": 'ratio = { median = 0.5, interval90 = [0.25, 1.0], because = "..." }',
    "tails": "tails = 5, degrees of freedom",
    "tailed": "tailed = 0.8, a share of the variance",
    "interval90": "interval90 = [lower, upper], two numbers",
    "known": "known = 1, a number",
    "seen": "seen = 54, the persons of a sample who were counted",
    "of": "of = 450, the persons of the sample",
    "at_most_one": "at_most_one = true",
    "interval": "interval = 0.95, a probability",
    "sampling": 'sampling = "poisson", "binomial" or "none"',
    "learned": 'learned = "permits_in_force.optional", a type of popest ratios list',
    "definition": 'definition = "any_stay", what the source counts',
    "times": 'times = { median = 0.9, interval90 = [0.8, 1.01], because = "..." }',
    "months": "months = 18, a number of months",
    "baseline": 'baseline = { median = 3000, sigma = 0.15, because = "..." }',
    "group": 'group = "a name that sources share"',
    "group_correlation": "group_correlation = 0.4, a number from 0 to below 1",
    "drift": "drift = 0.05, a number",
    "lag_months": "lag_months = 3, a number of months",
    "every_months": 'every_months = 12, or a list such as [{ from = "2022-02", months = 12 }]',
    "renewed": "renewed = 0.8, a number from 0 to 1",
    "later": 'later = { median = 0.1, sigma = 0.5, because = "..." }',
    "initial": 'initial = { median = 5000, sigma = 0.1, because = "..." }',
    "step": 'step = "year"',
    "bias": 'bias = { mean = 5000, sd = 7000, because = "..." }',
    "mean": "mean = 5000, a number of persons",
    "sd": "sd = 4000, a number of persons",
    "error": 'error with its spread and because = "..."',
    "date": 'date = "2024-05"',
    "n": "n = 222, the number of respondents",
    "deff": "deff = 3, the design effect, 1 or more",
    "published": 'published = "2024-12"',
    "windows": 'windows = [{ from = "2022-02", to = "2022-08", share = 0.4 }]',
    "from": 'from = "2022-02"',
    "to": 'to = "2022-08"',
    "share": "share = 0.4, a number from 0 to 1",
    "set": 'set = { "population.departure_hazard.median" = 0.004 }',
    "without": 'without = ["a source"]',
    "use": 'use = ["the id of a row"]',
    "ignore": 'ignore = ["the id of a row"]',
}

UNKNOWN_KEY = "is not a known key"


class Fault(NamedTuple):
    """A broken rule of one entry, before the line on which it stands is known."""

    path: Path
    value: str | None
    rule: str
    remedy: str


def dotted(path: Path) -> str:
    """Return a path as it is written in messages."""
    return ".".join(map(str, path))


def toml_text(value: Any) -> str:
    """Return a TOML value as text: a string as it is, a table or a long list abridged."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return "{...}"
    if isinstance(value, list):
        return f"[{', '.join('[...]' if isinstance(v, list) else toml_text(v) for v in value[:9])}]"
    try:
        return str(value)
    except ValueError:  # Python refuses to write whole numbers of more than 4,300 digits
        return hex(value)


def refusal(path: Path, value: Any, rule: str) -> Fault:
    """Return the fault of an entry that breaks a rule; the remedy is an example."""
    return Fault(path, toml_text(value), rule, _example(path))


def absence(path: Path) -> Fault:
    """Return the fault of a key that is missing."""
    reason = ": give the reason and its source" if path[-1] == "because" else ""
    return Fault(path, None, f"is missing{reason}", _example(path))


def own_fault(path: Path, value: Any, error: EntryError) -> Fault:
    """Return the fault of a record whose keys do not fit together."""
    is_given = isinstance(value, Mapping) and error.key in value
    text = toml_text(value[error.key]) if is_given else None
    return Fault((*path, error.key), text, error.rule, error.remedy)


def unknown_key(path: Path, value: Any, keys: Collection[str]) -> Fault:
    """Return the fault of a key that is none of those of its record."""
    near = suggestion(str(path[-1]), keys)
    remedy = f"{near}the keys here are {listed(keys)}"
    return Fault(path, toml_text(value), UNKNOWN_KEY, remedy)


def unknown_word(path: Path, value: Any, words: Collection[str]) -> Fault:
    """Return the fault of a text that is none of a few words."""
    near = suggestion(toml_text(value), words)
    remedy = f"{near}write one of {listed(words)}"
    return Fault(path, toml_text(value), "is not a known word", remedy)


def _example(path: Path) -> str:
    """Return what to write for the innermost key of a path of which an example is known."""
    for step in reversed(path):
        if step in EXAMPLES:
            return f"write {EXAMPLES[str(step)]}"
    return "write a name of letters, digits, _ . or -"
