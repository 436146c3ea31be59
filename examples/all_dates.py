"""Write what popest says of every month, and of every source, to two CSV files.

Run it where popest is installed: ``python examples/all_dates.py FOLDER [STUDY]``.
"""

import sys
from pathlib import Path

import popest

folder, study = Path(sys.argv[1]), (*sys.argv[2:], "serbia")[0]
folder.mkdir(parents=True, exist_ok=True)
estimate = popest.estimate(study, seed=1)
for warning in estimate.warnings:
    print(f"Warning: {warning}", file=sys.stderr)
for name, table in {
    "dates.csv": estimate.trajectory(),  # the stock at each month's end, persons
    "sources.csv": estimate.ratios().join(  # counts per unit of exposure, and how many figures
        estimate.fit().groupby("source").size().rename("figures")
    ),
}.items():
    table.to_csv(folder / name)
    print(f"{folder / name}: {len(table)} rows")
