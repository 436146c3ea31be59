"""Pictures as files: anything that can draw itself, in the format of the file's name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from popest.study import UsageError
from popest.study.files.whole import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Drawable(Protocol):
    """Anything that can draw itself on axes."""

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw on the axes, or on new ones, and return them."""
        ...


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
    return write_whole(path, lambda temporary: draw_to(drawable, temporary))


def draw_to(drawable: Drawable, path: Path) -> None:
    """Draw something to a file that may be unfinished."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5.5), layout="constrained")
    drawable.plot(figure.add_subplot())
    figure.savefig(path, dpi=150)
