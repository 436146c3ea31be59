"""Writing an estimate to a folder, each file whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from popest.estimates.certified_estimate import Estimate
from popest.estimates.document import as_json, document
from popest.estimates.pictures.files import draw_to
from popest.estimates.result import VariantRow
from popest.study import UsageError
from popest.study.files.whole import Writer, write_all
from popest.study.tables.cells import escaped

if TYPE_CHECKING:
    import pandas as pd


def write_folder(estimate: Estimate, folder: Path, variants: Sequence[VariantRow] = ()) -> None:
    """Write ``estimate.json``, its tables as CSV, the picture and the draws to a folder.

    Files of an earlier estimate stay as they are until all new ones are complete.

    Raises
    ------
    PopestError
        When a file cannot be written.
    """
    from popest.estimates.saved.storage import write_tree

    make_folder(folder)
    text = as_json(document(estimate, variants)) + "\n"
    writers: dict[str, Writer] = {
        "estimate.json": lambda path: path.write_text(text, encoding="ascii")
    }
    for name in ("table", "trajectory", "ratios", "fit"):
        writers[f"{name}.csv"] = safe_frame(getattr(estimate, name)()).to_csv
    writers["trajectory.png"] = lambda path: draw_to(estimate, path)
    writers["estimate.nc"] = lambda path: write_tree(estimate, path)
    write_all(folder, writers)


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it lies in, where there is none.

    Raises
    ------
    UsageError
        When it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror})") from error


def safe_cell(cell: Any) -> Any:
    """Return a cell of a table, its text such that no spreadsheet takes it for a formula."""
    return escaped(cell) if isinstance(cell, str) else cell


def safe_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the texts of its cells and rows safe for spreadsheets."""
    return frame.map(safe_cell).rename(index=safe_cell)
