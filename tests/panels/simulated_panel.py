"""The panel that ``popest new --panel`` writes, simulated: districts whose truth is known.

Run as a script it writes the three tables of ``src/popest/study/new_panel`` anew.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

SEED = 20240131
FOLDER = Path(__file__).parents[2] / "src/popest/study/new_panel"
DISTRICTS = (
    *("Altdorf", "Bergen", "Cella", "Dornach", "Eschen", "Felden"),
    *("Grafenau", "Hofheim", "Ilmen", "Jettau", "Karden", "Lindau"),
)
COUNTED_WELL = ("altdorf", "eschen", "jettau")
TYPICAL_SIZE, SPREAD_OF_SIZES, ERROR_OF_GUESSES = 8000, 0.7, 0.5
REGISTERS = {
    "permits": (0.7, 0.12, "Ministry of the Interior"),
    "clinics": (0.35, 0.2, "Health Fund"),
    "pupils": (0.12, 0.15, "Ministry of Education"),
}
"""For each register what it counts of a hundred in the middle, how districts differ, and whose."""
CENSUS, ERROR_OF_CENSUS, ERROR_OF_COUNTS = 0.97, 0.02, 0.03
HEADER = (
    "id,source,value,precision,start,end,published,recorded,publisher,url,use,supersedes,"
    "derived_from,note,population"
)


def tables() -> dict[str, str]:
    """Return ``populations.csv``, ``observations.csv`` and ``truth.csv``."""
    rng = np.random.default_rng(SEED)
    populations, truth = (
        ["population,title,expert_size"],
        ["population,size," + ",".join(REGISTERS)],
    )
    registers, census = [], []
    for title in DISTRICTS:
        name = title.lower()
        size = TYPICAL_SIZE * np.exp(SPREAD_OF_SIZES * rng.standard_normal())
        guess = size * np.exp(ERROR_OF_GUESSES * rng.standard_normal())
        populations.append(f"{name},{title},{round(guess, -2):.0f}")
        ratios = []
        for source, (median, spread, publisher) in REGISTERS.items():
            ratios.append(median * np.exp(spread * rng.standard_normal()))
            count = size * ratios[-1] * np.exp(ERROR_OF_COUNTS * rng.standard_normal())
            registers.append((source, count, name, publisher))
        truth.append(f"{name},{size:.0f}," + ",".join(f"{ratio:.3f}" for ratio in ratios))
        error = ERROR_OF_CENSUS * rng.standard_normal() + ERROR_OF_COUNTS * rng.standard_normal()
        if name in COUNTED_WELL:
            census.append(("census", size * CENSUS * np.exp(error), name, "Statistical Office"))
    rows = [HEADER]
    published = [("2024-02-15", "2024-03-01", registers), ("2024-09-30", "2024-10-01", census)]
    for day, recorded, figures in published:
        for source, count, name, publisher in figures:
            number = sum(f",{source}," in row for row in rows) + 1
            rows.append(
                f"{source[:3].upper()}{number:02},{source},{count:.0f},exact,,2023-12-31,{day},"
                f"{recorded},{publisher},,yes,,,,{name}"
            )
    texts = {"populations": populations, "observations": rows, "truth": truth}
    return {f"{name}.csv": "\n".join(lines) + "\n" for name, lines in texts.items()}


if __name__ == "__main__":
    for name, text in tables().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
