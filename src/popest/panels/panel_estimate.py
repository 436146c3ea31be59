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

    def shared_table(self) -> pd.DataFrame:
        """Return a pandas frame with a row for each part of what populations share.

        Returns
        -------
        pandas.DataFrame
            By quantity and part (``typical``, ``between`` or ``effect``, of a covariate): prior and
            posterior, each with the median and the bounds of the estimate's interval.
        """
        import pandas as pd

        prob = self.settings.prob
        records = []
        for row in self.pooled():
            record: dict[str, object] = {
                "quantity": row.quantity,
                "part": row.part,
                "covariate": row.of,
            }
            for name, found in (("prior", row.prior), ("posterior", row.posterior)):
                median, lower, upper = found.median_and_bounds(prob)
                bounds = {
                    f"{name}_lower_{100 * prob:g}": lower,
                    f"{name}_upper_{100 * prob:g}": upper,
                }
                record |= {f"{name}_median": median, **bounds}
            records.append(record)
        columns = ["quantity", "part", "covariate"]
        return pd.DataFrame(records, columns=None if records else columns).set_index(columns)

    def __str__(self) -> str:
        return as_text(self)
