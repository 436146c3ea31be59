"""Estimates beside one another: what moved the one to the other, through time or by variant."""

from typing import Literal

Clock = Literal["publication", "record"]
"""What dates a figure of a history: its publication, or its record in the file."""
