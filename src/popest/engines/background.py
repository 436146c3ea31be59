"""A function that another process computes while this one goes on.

Every process of popest's own is started here. Not ``multiprocessing``: that runs a caller's script
a second time unless it is guarded. Where no other process can be had, the function is computed
here.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

# -P: what lies in the current folder is not imported, as it may be anybody's.
SAFE = "-P"
CODE = (
    "import pickle, sys; "
    "sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from popest.engines.background import serve; serve()"
)


class BackgroundTask[Result]:
    """The result of a function of a module, computed by a process of its own.

    Parameters
    ----------
    function
        A function at the top of a module.
    arguments, settings
        What it is called with, by place and by name; all of it can be pickled.
    is_worth_it
        Whether another process is; the function is computed here when it is not.
    """

    def __init__(
        self,
        function: Callable[..., Result],
        *arguments: Any,
        is_worth_it: bool = True,
        **settings: Any,
    ) -> None:
        self._task = function, arguments, settings
        self._is_worth_it = is_worth_it
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if not self._is_worth_it:
            return self
        try:
            self._process = subprocess.Popen(
                [sys.executable, SAFE, "-c", CODE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            assert self._process.stdin is not None
            pickle.dump(_search_path(), self._process.stdin)
            pickle.dump(self._task, self._process.stdin)
            self._process.stdin.flush()
        except OSError:
            self._stop()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def result(self) -> Result:
        """Return the function's result; wait for it, or compute it here if the process failed."""
        if self._process is not None:
            printed, _ = self._process.communicate()
            if self._process.returncode == 0:
                return pickle.loads(printed)
        function, arguments, settings = self._task
        return function(*arguments, **settings)

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            try:
                self._process.communicate()
            except OSError:
                # What had not been sent to it by then cannot be sent any more.
                self._process.wait()
            self._process = None


def _search_path() -> list[str]:
    """Return where modules are looked for here, without what depends on the current folder."""
    return [entry for entry in sys.path if os.path.isabs(entry)]


def serve() -> None:
    """Compute what stands on the standard input and write it to the standard output."""
    function, arguments, settings = pickle.load(sys.stdin.buffer)
    sys.stdout.buffer.write(pickle.dumps(function(*arguments, **settings)))
