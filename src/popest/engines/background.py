"""Functions that other processes compute: one while this process goes on, or many side by side.

Every process of popest's own is started here. Not ``multiprocessing``: that runs a caller's script
a second time unless it is guarded. Where no other process can be had, the function is computed
here.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

# -P: what lies in the current folder is not imported, as it may be anybody's.
SAFE = "-P"
CODE = (
    "import pickle, sys; "
    "sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from popest.engines.background import serve; serve()"
)
ATTEMPTS = 3
"""Times that a task is given to a process before it is given up: each time the process died."""


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
            self._process = _started()
            _send(self._process, pickle.dumps(self._task))
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
                is_done, found = pickle.loads(printed)
                if is_done:
                    return found
        function, arguments, settings = self._task
        return function(*arguments, **settings)

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            _ended(self._process)
            self._process = None


class Processes(Executor):
    """Processes that compute functions of modules side by side, one after another each.

    A process that dies is replaced, and what it had in hand is computed again by the next one.

    Parameters
    ----------
    number
        How many processes there are; each is started when it is first needed.
    """

    def __init__(self, number: int) -> None:
        self._threads = ThreadPoolExecutor(number)
        self._own = threading.local()
        self._lock = threading.Lock()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._is_open = True

    def submit[**P, Result](
        self, function: Callable[P, Result], /, *arguments: P.args, **settings: P.kwargs
    ) -> Future[Result]:
        """Return what will hold the result of a function, which can be pickled with all it takes.

        Its `result` raises what the function raised, and BrokenExecutor where processes keep dying.
        """
        return self._threads.submit(self._computed, function, arguments, settings)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes; what they have in hand is waited for, or with `wait` False is lost."""
        if wait:
            self._threads.shutdown(cancel_futures=cancel_futures)
        with self._lock:
            self._is_open = False
            for process in self._processes:
                process.kill()
        # Nobody reads from a process any more once the threads are done.
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            _ended(process)
        self._processes.clear()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # Who is interrupted does not wait for what is being computed.
        self.shutdown(wait=kind is None, cancel_futures=True)

    def _computed(self, function: Any, arguments: Any, settings: Any) -> Any:
        task = pickle.dumps((function, arguments, settings))
        for _ in range(ATTEMPTS):
            try:
                process = self._process()
            except OSError:  # none can be had
                return function(*arguments, **settings)
            try:
                _send(process, task)
                assert process.stdout is not None
                is_done, found = pickle.load(process.stdout)
            except (OSError, EOFError, pickle.UnpicklingError):
                self._own.process = None
                continue
            if not is_done:
                raise found
            return found
        raise BrokenExecutor(f"{ATTEMPTS} processes ended before they had finished the same task")

    def _process(self) -> subprocess.Popen[bytes]:
        """Return the process of this thread, a new one where it has none."""
        found: subprocess.Popen[bytes] | None = getattr(self._own, "process", None)
        if found is None:
            with self._lock:
                if not self._is_open:
                    raise BrokenExecutor("no more is computed")
                found = _started()
                self._processes.append(found)
            self._own.process = found
        return found


def _started() -> subprocess.Popen[bytes]:
    """Start a process that computes what is sent to it, or raise OSError."""
    process = subprocess.Popen(
        [sys.executable, SAFE, "-c", CODE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        _send(process, pickle.dumps(_search_path()))
    except OSError:
        process.kill()
        _ended(process)
        raise
    return process


def _ended(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process that was killed, and close what led to it."""
    try:
        process.communicate()
    except OSError:
        # What had not been sent to it by then cannot be sent any more.
        process.wait()


def _send(process: subprocess.Popen[bytes], message: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(message)
    process.stdin.flush()


def _search_path() -> list[str]:
    """Return where modules are looked for here, without what depends on the current folder."""
    return [entry for entry in sys.path if os.path.isabs(entry)]


def serve() -> None:
    """Compute what comes on the standard input; write whether it was, and the result or the error.

    It ends when nothing more comes.
    """
    tasks, results = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a function prints is no result
    while True:
        try:
            function, arguments, settings = pickle.load(tasks)
        except EOFError:
            return
        try:
            answer = pickle.dumps((True, function(*arguments, **settings)))
        except Exception as error:
            answer = pickle.dumps((False, error))
        results.write(answer)
        results.flush()
