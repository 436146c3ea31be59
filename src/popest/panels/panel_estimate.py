"""The estimate of a panel, as it comes into the user's hand: in words and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popest.estimates.distribution import PROBABILITIES
from popest.panels.panel_result import PanelResult
from popest.panels.words import as_text

if TYPE_CHECKING:
    import pandas as pd


class PanelEstimate(PanelResult):
    """The certified estimate of a panel, as `popest.estimate` returns it.

    `total` is the sum of all populations where the panel asks for it, `population` gives one of
    them, `pooled` what was learned of what they share, and `warnings` what speaks against it all.
    Converted to text, it is what the command prints.
    """

    def table(self) -> pd.DataFrame:
        """Return a pandas frame with a row for each population.

        Returns
        -------
        pandas.DataFrame
            By name: the title, the figures in use, the median and the bounds of all intervals,
            such as ``lower_90``, persons.
        """
        import pandas as pd

        records = []
        for row in self.rows():
            record: dict[str, object] = {
                "population": row.population,
                "title": row.title,
                "figures": row.n_figures,
                "median": row.size.median,
            }
            for prob in PROBABILITIES:
                lower, upper, *_ = row.size.interval(prob)
                record |= {f"lower_{100 * prob:g}": lower, f"upper_{100 * prob:g}": upper}
            records.append(record)
        return pd.DataFrame(records).set_index("population")

    def __str__(self) -> str:
        return as_text(self)
