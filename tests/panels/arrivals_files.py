"""A small panel of arrivals on disk, and each of its populations as a study of its own."""

from __future__ import annotations

from pathlib import Path

from small_study import HEADER

HEADLINE = "2023-12-31"
HAZARD = "pooled = { between = 0.25, between_sigma = 0.4 }, "
WAVE = "pooled = { between = 0.4, between_sigma = 0.4 }, "
REGISTER = "pooled = { between = 0.15, between_sigma = 0.5 }, "
SPECIFICATION = f"""\
title = "People of A in the towns of B"
target = "citizens of A who arrived since 2022"
unit = "persons"
headline = ["{HEADLINE}", "2022-12-31"]
total = true
[calendar]
start = "2022-01"
end = "2023-12"
[population]
kind = "arrivals"
background = {{ median = {{ column = "monthly" }}, sigma = 0.8, volatility = 0.3, step = "year", \
because = "x" }}
departure_hazard = {{ median = 0.02, sigma = 0.6, {HAZARD}because = "x" }}
[[population.wave]]
name = "first"
size = {{ median = 800, sigma = 0.9, {WAVE}because = "x" }}
weights = {{ "2022-03" = 1, "2022-04" = 0.5 }}
[source.register]
title = "Register"
producer = "Ministry"
counts = "persons on file"
measure = "stock"
sampling = "none"
ratio = {{ median = 0.7, interval90 = [0.35, 1.4], {REGISTER}because = "x" }}
[source.firms]
title = "Firms"
producer = "Court"
counts = "firms founded"
measure = "arrivals"
sampling = "none"
ratio = {{ median = 0.1, interval90 = [0.05, 0.2], because = "x" }}
"""
MONTHLY = {"alder": 50, "birch": 20, "cedar": 90, "dogwood": 35, "elm": 60}
"""Arrivals a month that were expected of each town."""
FIGURES = {
    "alder": {"register": (900, 980, 1010), "firms": (210, 62)},
    "birch": {"register": (640, 610, 560), "firms": (128, 18)},
    "cedar": {"register": (1500, 1790, 2050), "firms": (300, 150)},
    "dogwood": {"register": (410, 420, 455), "firms": (95, 33)},
    "elm": {"register": (1310, 1300, 1260), "firms": (260, 60)},
}
"""The register at the end of 2022, of June 2023 and of 2023, and the firms of both years."""
DAYS = {
    "register": (("", "2022-12-31"), ("", "2023-06-30"), ("", "2023-12-31")),
    "firms": (("2022-01-01", "2022-12-31"), ("2023-01-01", "2023-12-31")),
}
ALONE = SPECIFICATION.replace(HAZARD, "").replace(WAVE, "").replace(REGISTER, "")
"""With nothing pooled."""


def rows_of(name: str) -> list[str]:
    """The rows of one population, without the column that names it."""
    return [
        f"{source}.{at}.{name},{source},{value},exact,{start},{end},2024-01,2024-02-01,Office,,yes,,,,"
        for source, values in FIGURES[name].items()
        for at, (value, (start, end)) in enumerate(zip(values, DAYS[source], strict=True))
    ]


def write_panel(folder: Path, names: list[str], specification: str = SPECIFICATION) -> Path:
    folder.mkdir(exist_ok=True)
    table = [f"{name},The town {name},{MONTHLY[name]}" for name in names]
    figures = [f"{row}{name}" for name in names for row in rows_of(name)]
    head = f"{HEADER.rstrip()},population"
    texts = {
        "study.toml": specification,
        "populations.csv": "\n".join(["population,title,monthly", *table, ""]),
        "observations.csv": "\n".join([head, *figures, ""]),
    }
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
    return folder


def write_study(folder: Path, name: str) -> Path:
    """One population in which nothing is pooled, as a study of its own."""
    folder.mkdir(exist_ok=True)
    text = ALONE.replace("total = true\n", "")
    text = text.replace('{ column = "monthly" }', str(MONTHLY[name]))
    (folder / "study.toml").write_text(text, encoding="utf-8")
    rows = [row.removesuffix(",") for row in rows_of(name)]
    (folder / "observations.csv").write_text("\n".join([HEADER.rstrip(), *rows, ""]), "utf-8")
    return folder
