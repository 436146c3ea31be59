"""Engines: two ways to draw from the posterior, and the certificate each must reach."""

from typing import Literal

Engine = Literal["auto", "bank", "nuts"]
"""Which is asked for; auto is the bank, then nuts where the bank is not certified."""
