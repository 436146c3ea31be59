"""Writing the results of checks to a folder, each file whole or not at all."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path

from popest.checks.result import CheckResult
from popest.checks.run import CheckReport
from popest.estimates.document import as_json
from popest.estimates.folder import make_folder, safe_cell
from popest.estimates.pictures.files import write_picture
from popest.study.files.whole import write_whole


def write_checks(report: CheckReport, folder: Path) -> None:
    """Write ``check.json``, and a table (CSV) and a picture (PNG) of each check that has them.

    Raises
    ------
    PopestError
        When a file cannot be written.
    """
    make_folder(folder)
    for result in report.results:
        if result.table:
            write_whole(folder / f"{result.name}.csv", partial(_write_table, result))
        if result.figure is not None:
            write_picture(result, folder / f"{result.name}.png")
    text = as_json(report.to_dict()) + "\n"
    write_whole(folder / "check.json", lambda path: path.write_text(text, encoding="ascii"))


def _write_table(result: CheckResult, path: Path) -> None:
    rows = result.to_dict()["table"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: safe_cell(cell) for name, cell in row.items()} for row in rows)
