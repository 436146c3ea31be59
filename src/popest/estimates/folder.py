"""Writing an estimate to a folder, each file whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol

from popest.study import PopestError, UsageError
from popest.study.formulas import escaped

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from popest.estimates.result import Estimate
    from popest.estimates.variants import VariantRow

Writer = Callable[[Path], Any]


class Drawable(Protocol):
    """Anything that can draw itself on axes."""

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw on the axes, or on new ones, and return them."""
        ...


def refuse_unusable(folder: Path) -> None:
    """Refuse a folder that cannot be made or written to, before anything long is begun.

    Raises
    ------
    UsageError
        When it is a file, lies in one, or nothing may be written there.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if os.path.exists(path))
    if not there.is_dir():
        raise UsageError(f"{there} is a file; name a folder, new or old")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(f"nothing can be written to {there}; name another folder")


def write_folder(estimate: Estimate, folder: Path, variants: Sequence[VariantRow] = ()) -> None:
    """Write ``estimate.json``, its tables as CSV, the picture and the draws to a folder.

    Files of an earlier estimate stay as they are until all new ones are complete.

    Raises
    ------
    PopestError
        When a file cannot be written.
    """
    from popest.estimates.document import as_json, document
    from popest.estimates.storage import write_tree

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror})") from error
    text = as_json(document(estimate, variants)) + "\n"
    writers: dict[str, Writer] = {
        "estimate.json": lambda path: path.write_text(text, encoding="ascii")
    }
    for name in ("table", "trajectory", "ratios", "fit"):
        writers[f"{name}.csv"] = _safe_frame(getattr(estimate, name)()).to_csv
    writers["trajectory.png"] = lambda path: _draw(estimate, path)
    writers["estimate.nc"] = lambda path: write_tree(estimate, path)
    write_all(folder, writers)


def safe_cell(cell: Any) -> Any:
    """Return a cell of a table, its text such that no spreadsheet takes it for a formula."""
    return escaped(cell) if isinstance(cell, str) else cell


def _safe_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the texts of its cells and rows safe for spreadsheets."""
    return frame.map(safe_cell).rename(index=safe_cell)


def write_whole(path: Path, write: Writer) -> Path:
    """Write a file, whole or not at all; return its path.

    Raises
    ------
    PopestError
        When it cannot be written.
    """
    write_all(path.parent, {path.name: write})
    return path


def write_all(folder: Path, writers: dict[str, Writer]) -> None:
    """Write files by name to a folder beside their places, and move them there when all are whole.

    Raises
    ------
    PopestError
        When one cannot be written.
    """
    place = folder
    try:
        with TemporaryDirectory(prefix=".popest-", dir=folder) as hidden:
            for name, write in writers.items():
                place, temporary = folder / name, Path(hidden, name)
                write(temporary)
                with temporary.open("rb+") as written:
                    os.fsync(written.fileno())
            for name in writers:
                place = folder / name
                Path(hidden, name).replace(place)
    except OSError as error:
        raise PopestError(f"{place}: cannot be written ({error.strerror or error})") from error


def write_picture(drawable: Drawable, path: Path) -> Path:
    """Write the picture of anything that can draw itself to a file, in the format of its name.

    Raises
    ------
    PopestError
        When it cannot be written, or the format is unknown.
    """
    from matplotlib.figure import Figure

    formats = Figure().canvas.get_supported_filetypes()
    if path.suffix.removeprefix(".") not in formats:
        raise UsageError(f"{path}: write a name that ends in .png, .svg or .pdf")
    return write_whole(path, lambda temporary: _draw(drawable, temporary))


def _draw(drawable: Drawable, path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5.5), layout="constrained")
    drawable.plot(figure.add_subplot())
    figure.savefig(path, dpi=150)
