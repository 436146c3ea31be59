"""Studies that ask much of the engines: many annual stocks, long calendars, exact series.

python benchmarks/long_studies.py                       # all of them, by auto
python benchmarks/long_studies.py --only stocks-20 ppsn --engine slice
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np

import popest
from popest.study import Study, study_from_texts
from popest.study.observations.columns import COLUMNS

LAST_YEAR = 2024
SCATTER = 0.03
PPSN = (
    ("2022-12-11", 67448, 0.87),
    ("2023-06-06", 84613, 0.84),
    ("2023-10-08", 96338, 0.82),
    ("2024-02-04", 104870, 0.78),
    ("2024-06-02", 107406, 0.76),
    ("2024-09-29", 109566, 0.75),
)
"""Numbers issued in Ireland up to a day, and the share of them that was active (CSO)."""

STOCK = """
[source.register]
title = "Register"
producer = "Ministry"
counts = "persons on file"
measure = "stock"
ratio = { median = 0.9, interval90 = [0.81, 1.0], because = "invented" }
"""
ARRIVALS = """
[source.permits]
title = "First permits"
producer = "Ministry"
counts = "first permits in a year"
measure = "arrivals"
ratio = { median = 0.6, interval90 = [0.4, 0.9], because = "invented" }
lag_months = 2
"""


def specification(start: str, end: str, sources: str, noise: float, background: float) -> str:
    """Return the text of `study.toml` of a population that is fed by quarterly steps."""
    return f"""
title = "Long"
target = "invented"
unit = "persons"
headline = "{last_day(end)}"
[calendar]
start = "{start}"
end = "{end}"
[population]
kind = "arrivals"
background = {{ median = {background}, sigma = 0.8, volatility = 0.2, because = "invented" }}
departure_hazard = {{ median = 0.01, sigma = 0.5, because = "invented" }}
[noise]
error = {{ median = {noise}, sigma = 0.5, because = "invented" }}
by_source = 0.5
{sources}
"""


def last_day(month: str) -> date:
    """Return the last day of a month, `YYYY-MM`."""
    first = date(int(month[:4]), int(month[5:]), 1)
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def row(name: str, source: str, value: float, start: str, end: str) -> str:
    """Return a line of `observations.csv`."""
    cells = {
        "id": name,
        "source": source,
        "value": str(round(value)),
        "precision": "exact",
        "start": start,
        "end": end,
        "published": "",
        "recorded": "2026-01-01",
        "publisher": "invented",
        "use": "yes",
        "note": "invented",
    }
    return ",".join(cells.get(column, "") for column in COLUMNS)


def true_arrivals(n_months: int) -> np.ndarray:
    """Return the invented arrivals of each month, persons: slow swings around 1,000."""
    months = np.arange(n_months)
    return 1000 * np.exp(0.5 * np.sin(months / 20) + 0.3 * np.sin(months / 7))


def true_stock(arrivals: np.ndarray) -> np.ndarray:
    """Return the invented stock at the end of each month, persons."""
    stock = np.empty(len(arrivals))
    before = 0.0
    for month, arriving in enumerate(arrivals):
        before = before * math.exp(-0.01) + arriving * math.exp(-0.005)
        stock[month] = before
    return stock


def study(text: str, rows: list[str]) -> Study:
    """Return the study of a specification and its rows."""
    return study_from_texts("long", text, "\n".join([",".join(COLUMNS), *rows, ""]))


def annual_texts(
    n_stocks: int, *, with_arrivals: bool = False, noise: float = 0.05
) -> tuple[str, list[str]]:
    """Return a study of a stock at the end of each year, and of each year's first permits."""
    first = LAST_YEAR - n_stocks + 1
    n_months = 12 * n_stocks
    arrivals = true_arrivals(n_months)
    stock = true_stock(arrivals)
    rng = np.random.default_rng(n_stocks)
    errors = np.exp(SCATTER * rng.standard_normal((2, n_stocks)))
    rows = []
    for k in range(n_stocks):
        year, until = first + k, 12 * (k + 1)
        end = f"{year}-12-31"
        rows.append(row(f"S{k:03}", "register", 0.9 * stock[until - 1] * errors[0, k], "", end))
        if with_arrivals:
            issued = 0.6 * arrivals[until - 12 : until].sum() * errors[1, k]
            rows.append(row(f"A{k:03}", "permits", issued, f"{year}-01-01", end))
    sources = STOCK + ARRIVALS * with_arrivals
    return (specification(f"{first}-01", f"{LAST_YEAR}-12", sources, noise, 1000), rows)


def by_year(n_stocks: int) -> Study:
    """Return a study of annual stocks whose background may move once a year, as they can tell."""
    text, rows = annual_texts(n_stocks)
    return study(text.replace("volatility = 0.2", 'volatility = 0.4, step = "year"'), rows)


def long(n_months: int) -> Study:
    """Return a study of two series whose calendar has so many months, the last one December."""
    last = 12 * (LAST_YEAR + 1)
    year, month = divmod(last - n_months, 12)
    text, rows = annual_texts(n_months // 12, with_arrivals=True)
    first = f"{LAST_YEAR - n_months // 12 + 1}-01"
    return study(text.replace(f'start = "{first}"', f'start = "{year}-{month + 1:02}"'), rows)


def ppsn(noise: float = 0.01) -> Study:
    """Return the study of the numbers that Ireland issued to people from Ukraine."""
    sources = (
        STOCK.replace("0.9, interval90 = [0.81, 1.0]", "1.0, interval90 = [0.9, 1.11]")
        + ARRIVALS.replace("0.6, interval90 = [0.4, 0.9]", "1.0, interval90 = [0.95, 1.0526]")
    ).replace("lag_months = 2", "")
    rows = []
    for k, (end, issued, active) in enumerate(PPSN):
        rows.append(row(f"A{k}", "permits", issued, "2022-03-01", end))
        rows.append(row(f"S{k}", "register", issued * active, "", end))
    return study(specification("2022-03", "2024-12", sources, noise, 4000), rows)


CASES: dict[str, Callable[[], Study]] = {
    "stocks-10": lambda: study(*annual_texts(10)),
    "stocks-20": lambda: study(*annual_texts(20)),
    "stocks-30": lambda: study(*annual_texts(30)),
    "stocks-60": lambda: study(*annual_texts(60)),
    "stocks-60-by-year": lambda: by_year(60),
    "months-120": lambda: long(120),
    "months-294": lambda: long(294),
    "months-600": lambda: long(600),
    "ppsn": ppsn,
}
PROBABILITIES = (0.05, 0.5, 0.95)


def main() -> None:
    """Print a line a study: what its estimate cost, and what vouches for it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--draws", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    for name in asked.only:
        found = CASES[name]()
        start, clock = time.process_time(), time.perf_counter()
        try:
            estimate = popest.estimate(
                found, engine=asked.engine, draws=asked.draws, seed=asked.seed
            )
        except popest.NotCertifiedError as refusal:
            said = str(refusal)
        else:
            said = f"{estimate.draws.engine}, {estimate.certificate}; {quantiles(estimate)}"
        spent = f"{time.process_time() - start:.1f} s of CPU, {time.perf_counter() - clock:.1f} s"
        print(f"{name}: {spent}; {said}", flush=True)


def quantiles(estimate: popest.Estimate) -> str:
    """Return median and 5 and 95 % points of the headline stock with their standard errors.

    Standard errors are those of means over the sixteen or so independent parts that chains have.
    """
    stock, draws = estimate.stock(), estimate.draws
    texts = []
    for prob in PROBABILITIES:
        value = stock.quantile(prob)
        texts.append(f"{value:,.0f}")
    if draws.engine == "bank":
        return ", ".join(texts)
    parts = np.split(stock.values, 8)
    errors = np.std([np.quantile(part, PROBABILITIES) for part in parts], axis=0, ddof=1)
    pairs = zip(texts, errors / math.sqrt(len(parts)), strict=True)
    return ", ".join(f"{text} +- {error:,.0f}" for text, error in pairs)


if __name__ == "__main__":
    main()
