"""Engines: three ways to draw from the posterior, and the certificate each must reach."""

from typing import Literal

Engine = Literal["auto", "bank", "slice", "nuts"]
"""Which is asked for; auto is the bank, then slice where the bank is not certified."""
