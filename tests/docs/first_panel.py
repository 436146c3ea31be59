"""The first panel of the docs: its estimate beside the truth, and beside nothing shared.

Run as a script it prints the table and the sentence of ``docs/panels.md``.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import popest
from popest.estimates.words import persons, range_of


def held_against_the_truth(folder: Path) -> tuple[str, str]:
    """Return a table of every district and the total, and what is said of it in a sentence."""
    panel = popest.load_panel(folder)
    shared, alone = popest.estimate(panel), popest.estimate(panel.with_variant("alone"))
    with (folder / "truth.csv").open(encoding="utf-8") as file:
        truth = {row["population"]: float(row["size"]) for row in csv.DictReader(file)}
    lines = [
        "| district | truth | 90 %, shared | 90 %, each alone |",
        "|---|---|---|---|",
    ]
    inside, ratios = 0, []
    for together, apart in zip(shared.rows(), alone.rows(), strict=True):
        true = truth[together.population]
        lines.append(_line(together.population, true, together.size, apart.size))
        bounds = together.size.interval(0.9)
        inside += bounds.lower <= true <= bounds.upper
        ratios.append(math.log(_width(apart.size) / _width(together.size)))
    assert shared.total is not None and alone.total is not None
    total = sum(truth.values())
    lines.append(_line("total", total, shared.total, alone.total))
    lower, upper, *_ = shared.total.interval(0.9)
    where = "inside" if lower <= total <= upper else "outside"
    factor = math.exp(sum(ratios) / len(ratios))
    said = (
        f"The truth lies inside {inside} of the 12 intervals of 90 %, and {where} that of the "
        f"total; where nothing is shared they are {factor:.2f} times as wide."
    )
    return "\n".join(lines), said


def _line(name: str, true: float, *sizes: popest.estimates.distribution.Distribution) -> str:
    cells = [name, persons(true), *(range_of(size, 0.9) for size in sizes)]
    return f"| {' | '.join(cells)} |"


def _width(size: popest.estimates.distribution.Distribution) -> float:
    lower, upper, *_ = size.interval(0.9)
    return math.log(upper / lower)


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        print(*held_against_the_truth(popest.write_panel_template(Path(place, "districts"))))
