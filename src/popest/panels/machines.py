"""Which machines compute a panel: as many processes as cores, an executor, or a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from popest.engines.background import Processes
from popest.panels.workers import ByDask, ByExecutor, Here, Workers
from popest.study.files.whole import refuse_unusable
from popest.study.problems import UsageError, shown

CHUNKS = "chunks"
"""The folder, in that of the results, in which finished chunks are kept."""
CHUNK_SIZE = {False: 256, True: 8}
"""Populations of a chunk, by whether they are drawn whole: some seconds of work each."""
WORTH_PROCESSES = {False: 1_000, True: 24}
"""Populations from which on further processes are started unasked: their start costs a second."""
MOST_WORKERS = 1_024
CONNECT_SECONDS = 5
"""Within which a cluster answers, or is said not to be there."""


def chunk_size(*, is_drawn: bool) -> int:
    """Return how many populations a chunk has, where nothing else is asked for."""
    return CHUNK_SIZE[is_drawn]


@contextmanager
def workers_of(
    executor: Any, out: Path | None, n_populations: int, *, is_drawn: bool
) -> Iterator[Workers]:
    """Give who computes a panel.

    Parameters
    ----------
    executor
        A number of processes; an executor whose workers see the same files; a Dask client, or the
        address of a cluster's scheduler. As many processes as cores when None, or this one alone
        where the panel is small.
    out
        The folder of the results, in which finished chunks are kept; they are not when None.
    n_populations
        How many populations there are.
    is_drawn
        Whether they are drawn whole.

    Raises
    ------
    UsageError
        When there is no such cluster, or it has no worker with this version of popest; when the
        number of processes is outside 1 to 1,024, or the folder cannot be made.
    """
    with ExitStack() as stack:
        kept = _kept(out)
        if executor is None:
            is_worth_it = n_populations >= WORTH_PROCESSES[is_drawn]
            executor = _cores() if is_worth_it else 1
        if isinstance(executor, str):
            executor = stack.enter_context(_client(executor))
        if _is_dask(executor):
            yield ByDask(executor, kept)
            return
        if isinstance(executor, int):
            if not 1 <= executor <= MOST_WORKERS:
                raise UsageError(f"workers {executor}: write a number from 1 to {MOST_WORKERS:,}")
            if executor == 1:
                yield Here(kept)
                return
            executors: list[Executor] = [stack.enter_context(Processes(1)) for _ in range(executor)]
        elif isinstance(executor, Executor):
            executors = [executor]
        else:
            raise UsageError(
                f"executor {shown(str(executor))} is none: give a number of processes, an executor "
                f"of concurrent.futures, or a Dask client"
            )
        folder = kept or Path(stack.enter_context(TemporaryDirectory(prefix="popest-")))
        yield ByExecutor(executors, folder)


def _cores() -> int:
    """Return the cores that this process may use, where the system says; else those there are."""
    mine = getattr(os, "sched_getaffinity", None)  # of Linux
    return len(mine(0)) if mine else os.cpu_count() or 1


def _kept(out: Path | None) -> Path | None:
    """Return the folder in which finished chunks are kept, made where there is none."""
    if out is None:
        return None
    folder = out / CHUNKS
    refuse_unusable(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror})") from error
    return folder


def _is_dask(executor: Any) -> bool:
    """Return whether an object is a Dask client, without loading Dask to find out."""
    return any(
        kind.__module__.partition(".")[0] == "distributed" and kind.__name__ == "Client"
        for kind in type(executor).__mro__
    )


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """Give a client of the cluster whose scheduler has an address."""
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("Dask is not installed: pip install 'popest[dask]'") from None
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise UsageError(
            f"no cluster answers at {shown(address)} within {CONNECT_SECONDS} s: start a scheduler "
            f"there (dask scheduler), or correct the address, such as tcp://127.0.0.1:8786"
        ) from error
    try:
        yield client
    finally:
        client.close()
