"""A small panel on disk, in parts: what a test needs of it is put together and changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from small_study import HEADER

SPECIFICATION = """\
title = "Residents of districts"
target = "everybody who lives in a district"
unit = "persons"
headline = "2024-01-31"
total = true
[calendar]
start = "2024-01"
end = "2024-03"
[population]
kind = "static"
size = { median = { column = "expert_size" }, sigma = 0.8, because = "an expert" }
[source.permits]
title = "Permits"
producer = "Ministry"
counts = "permits in force"
measure = "stock"
ratio = { median = 0.9, interval90 = [0.5, 1.62], \
pooled = { between = 0.15, between_sigma = 0.5 }, because = "places" }
[source.clinic]
title = "Clinic"
producer = "Health service"
counts = "patients"
measure = "stock"
ratio = { median = 0.3, tau = 0.4, \
pooled = { between = 0.2, between_sigma = 0.3 }, because = "ask" }
[source.census]
title = "Census"
producer = "Office"
counts = "persons"
measure = "stock"
ratio = { median = 0.97, interval90 = [0.92, 1.02], because = "a survey after it" }
"""
POOLED_PERMITS = ", pooled = { between = 0.15, between_sigma = 0.5 }"
WITHOUT_CLINIC = (
    SPECIFICATION[: SPECIFICATION.index("[source.clinic]")]
    + SPECIFICATION[SPECIFICATION.index("[source.census]") :]
)
UNPOOLED = WITHOUT_CLINIC.replace(POOLED_PERMITS, "")
"""Nothing is shared, so that an estimate takes no time; of figures without those of the clinic."""
KNOWN_NOISE = """\
[noise]
error = { median = 0.1, sigma = 0, because = "known" }
by_source = 0
"""
"""With it nothing of a population needs draws, so that all is exact and quick."""
SIZES = {"east": 9000, "north": 20000, "south": 5000, "west": 12000}


def populations(sizes: Mapping[str, int] = SIZES) -> str:
    rows = [
        f"{name},The {name},{size},{np.log(size / 10000):.3f},about {name}\n"
        for name, size in sizes.items()
    ]
    return "population,title,expert_size,log_size,remark\n" + "".join(rows)


def row(name: str, source: str, value: object, population: str, day: str = "2024-01-31") -> str:
    return f"{name},{source},{value},exact,,{day},2024-02,2024-03-01,Office,,yes,,,,{population}\n"


def observations(sizes: Mapping[str, int] = SIZES) -> str:
    rows = []
    for number, (name, size) in enumerate(sizes.items()):
        rng = np.random.default_rng(number)
        for source, share in (("permits", 0.7), ("clinic", 0.35), ("census", 0.97)):
            if source == "census" and number % 4:
                continue
            value = round(size * share * np.exp(0.1 * rng.standard_normal()))
            rows.append(row(f"{source}.{name}", source, value, name))
    return HEADER.rstrip("\n") + ",population\n" + "".join(rows)


def without_clinic() -> str:
    rows = observations().splitlines(keepends=True)
    return "".join(row for row in rows if ",clinic," not in row)


def write(
    folder: Path,
    specification: str = SPECIFICATION,
    figures: str | None = None,
    table: str | None = None,
) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "study.toml").write_text(specification, encoding="utf-8")
    figures = observations() if figures is None else figures
    (folder / "observations.csv").write_text(figures, encoding="utf-8")
    (folder / "populations.csv").write_text(table or populations(), encoding="utf-8")
    return folder
