"""A certified estimate as its user has it: the result, and every way to show and keep it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from popest.estimates.result import Result

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.axes import Axes

    from popest.estimates.pictures.style import PictureKind


class Estimate(Result):
    """A certified estimate of a population.

    Made by `popest.estimate` and `popest.load_estimate`. Stocks, arrivals and departures are in
    the study's unit (persons).

    Attributes
    ----------
    dates
        The days whose stock it is of, the foremost first: those asked for, or the study's
        headline. None where that is a flow.
    asked
        What it is of, the foremost first: these stocks, or the flow.
    scenarios
        What of that lies after the last used count, by its last day, each with the share of the
        variance of its logarithm that no figure then speaks to.
    versions
        Those of the packages that drew it.
    origin_warnings
        What is not verified of the file that it was loaded from.
    """

    def table(self) -> pd.DataFrame:
        """Return the stock by date, or the flow of its window, posterior and prior, persons."""
        from popest.estimates.frames import date_frame

        return date_frame(self)

    def trajectory(self) -> pd.DataFrame:
        """Return the stock at each month's end, persons."""
        from popest.estimates.frames import trajectory_frame

        return trajectory_frame(self)

    def ratios(self) -> pd.DataFrame:
        """Return each source's ratio at the headline date, prior and posterior.

        Where the headline is a flow it is the last day of its window.
        """
        from popest.estimates.frames import ratio_frame

        return ratio_frame(self)

    def fit(self) -> pd.DataFrame:
        """Return each observation beside its posterior prediction and percentile."""
        from popest.estimates.frames import fit_frame

        return fit_frame(self)

    def plot(self, ax: Axes | None = None, kind: PictureKind = "trajectory") -> Axes:
        """Draw a picture of the estimate; return its axes.

        Parameters
        ----------
        ax
            Axes to draw on; new ones when None.
        kind
            ``"trajectory"``, ``"sources"`` (each beside the estimate of its day) or ``"ratios"``.

        Raises
        ------
        UsageError
            When there is no such kind.
        """
        from popest.estimates.pictures.trajectory import draw

        return draw(self, ax, kind)

    def to_datatree(self) -> xr.DataTree:
        """Return the estimate as ArviZ's tree of groups, posterior draws equally weighted."""
        from popest.estimates.saved.storage import to_datatree

        return to_datatree(self)

    def save(self, path: str | Path) -> Path:
        """Write a netCDF file that can be audited alone and that `popest.load_estimate` reads."""
        from popest.estimates.saved.storage import save_estimate

        return save_estimate(self, Path(path))

    def to_dict(self) -> dict[str, Any]:
        """Return what ``popest estimate --json`` prints."""
        from popest.estimates.document import document

        return document(self)

    def __repr__(self) -> str:
        from popest.estimates.words import in_brief

        return f"<{type(self).__name__} {self.study.name}: {in_brief(self)}>"

    def _repr_html_(self) -> str:
        from popest.estimates.words import as_html

        return as_html(self)

    def __str__(self) -> str:
        from popest.estimates.words import as_text

        return as_text(self)
