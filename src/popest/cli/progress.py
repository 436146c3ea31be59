"""Progress on the standard error, for people only and only when something takes long."""

from __future__ import annotations

import sys
import textwrap
import threading
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
        self._latest = ""
        self._lock = threading.Lock()
        # What began before patience ended and goes on after it is said when it ends.
        self._timer = threading.Timer(PATIENCE, self._show_latest)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        if self._visible:
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._latest = ""
            if self._shown:
                self._write("")

    def __call__(self, sentence: str) -> None:
        """Show a sentence, unless nobody watches; when little time has passed, later."""
        if not self._visible:
            return
        with self._lock:
            self._latest = sentence
            if time.monotonic() - self._start > PATIENCE:
                self._show()

    def _show_latest(self) -> None:
        with self._lock:
            if self._latest:
                self._show()

    def _show(self) -> None:
        self._write(f"{self._latest} ...")
        self._shown = True

    @staticmethod
    def _write(text: str) -> None:
        # A line that wraps could not be wiped.
        text = textwrap.shorten(text, max(20, get_terminal_size().columns - 1), placeholder=" ...")
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()
