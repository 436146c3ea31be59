"""What the others lead to expect of a figure that is left out, given each draw."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

Draws = np.ndarray


class LeftOut(NamedTuple):
    """One figure as all others predict it, each `(draws,)`.

    Attributes
    ----------
    values
        A figure drawn from the prediction, in the figure's unit.
    log_density
        The log density that the figure adds to that of the others, by which a draw of all figures
        is weighed less to become one of the others alone.
    """

    values: Draws
    log_density: Draws


class Normals(NamedTuple):
    """Residuals that are jointly normal, each as the others predict it, `(row, draws)`.

    `off` is how far a residual lies from what the others lead to expect of it, and `sd` the
    standard deviation of that.
    """

    off: Draws
    sd: Draws

    @classmethod
    def of(
        cls, rotation: np.ndarray, rotated: Draws, variance: Draws, shared: Draws | float
    ) -> Normals:
        """Return residuals r with the covariance S = W^-1 diag(v) W'^-1 + c 11'.

        Parameters
        ----------
        rotation
            W, `(row, row)`.
        rotated
            W r, `(row, draws)`.
        variance
            v, `(row, draws)`.
        shared
            c, the variance of what all share, `(draws,)`.

        Notes
        -----
        Given the others, r_i is normal around r_i - [S^-1 r]_i / [S^-1]_ii with the variance
        1 / [S^-1]_ii; c enters by the formula of Sherman and Morrison.
        """
        ones = rotation.sum(axis=1)
        scaled = ones[:, None] / variance
        gain = shared / (1 + shared * (ones @ scaled))
        by_itself = rotation.T @ (rotated / variance - scaled * (gain * (scaled * rotated).sum(0)))
        precision = (rotation**2).T @ (1 / variance) - gain * (rotation.T @ scaled) ** 2
        return cls(by_itself / precision, 1 / np.sqrt(precision))

    def log_density(self) -> Draws:
        """Return the log density of each residual given the others, `(row, draws)`."""
        return -0.5 * (self.off / self.sd) ** 2 - np.log(self.sd) - 0.5 * math.log(2 * math.pi)
