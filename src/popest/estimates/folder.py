"""Writing an estimate to a folder, each file whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from popest.study import PopestError, UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from popest.estimates.result import Estimate

Writer = Callable[[Path], Any]


class Drawable(Protocol):
    """Anything that can draw itself on axes."""

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw on the axes, or on new ones, and return them."""
        ...


def write_folder(estimate: Estimate, folder: Path) -> None:
    """Write ``estimate.json``, its tables as CSV, the picture and the draws to a folder.

    Raises
    ------
    PopestError
        When a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PopestError(f"{folder}: cannot be made ({error.strerror})") from error
    text = json.dumps(estimate.to_dict(), ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    write_whole(folder / "estimate.json", lambda path: path.write_text(text, encoding="utf-8"))
    for name in ("table", "trajectory", "ratios", "fit"):
        frame = getattr(estimate, name)()
        write_whole(folder / f"{name}.csv", frame.to_csv)
    write_picture(estimate, folder / "trajectory.png")
    estimate.save(folder / "estimate.nc")


def write_whole(path: Path, write: Writer) -> Path:
    """Write a file beside its place and move it there when it is complete; return its path.

    Raises
    ------
    PopestError
        When it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(
            suffix=path.suffix, prefix=f".{path.stem}.", dir=path.parent
        )
        os.close(handle)
        temporary = Path(name)
        try:
            write(temporary)
            with temporary.open("rb+") as written:
                os.fsync(written.fileno())
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise PopestError(f"{path}: cannot be written ({error.strerror or error})") from error
    return path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


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
    figure = Figure(figsize=(9, 5.5), layout="constrained")
    drawable.plot(figure.add_subplot())
    return write_whole(path, lambda temporary: figure.savefig(temporary, dpi=150))
