"""Progress on the standard error, for people only and only when something takes long."""

from __future__ import annotations

import sys
import textwrap
import time
from shutil import get_terminal_size
from typing import Self

PATIENCE = 2.0
"""Seconds before anything is said."""


class Progress:
    """Say what is being done, on one line that is wiped when it is over."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._shown = False
        self._visible = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._write("")

    def __call__(self, sentence: str) -> None:
        """Show a sentence, unless nobody watches or little time has passed."""
        if self._visible and time.monotonic() - self._start > PATIENCE:
            self._write(f"{sentence} ...")
            self._shown = True

    @staticmethod
    def _write(text: str) -> None:
        # A line that wraps could not be wiped.
        text = textwrap.shorten(text, max(20, get_terminal_size().columns - 1), placeholder=" ...")
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()
