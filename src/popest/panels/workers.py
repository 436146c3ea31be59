"""Who computes the chunks of a panel: this process, any executor, or the workers of a cluster.

A function is called with each chunk, and its results come in the order of the chunks, so that what
is made of them does not depend on who computed them, or when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from popest.engines.threads import one_thread
from popest.panels.chunks import Chunk, Stored
from popest.panels.part import Part
from popest.study.problems import PopestError, UsageError
from popest.version import __version__

MOST_KEPT = 512_000_000
"""Bytes of banks, about, that a process keeps in memory, those used last; others are read again."""

Done = Callable[[int], None]
"""Called with the number of populations that are fitted."""


class Workers(Protocol):
    """Who fits chunks, and computes functions of their banks."""

    def fit(self, chunks: Sequence[Chunk], before: Sequence[Any] | None, done: Done) -> list[Any]:
        """Fit chunks, and return what stands for the banks of each.

        `before` is what stands for their banks of a round before, None in the first round. What is
        on disk is not fitted again.
        """

    def each[*Arguments, Result](
        self,
        function: Callable[[Part, *Arguments], Result],
        parts: Sequence[Any],
        *arguments: *Arguments,
    ) -> Iterator[Result]:
        """Yield a function of the banks of each chunk, in the order of the chunks."""


class Here:
    """One process, this one. With a folder, banks are kept there as well."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def fit(self, chunks: Sequence[Chunk], before: Sequence[Part] | None, done: Done) -> list[Part]:
        """Fit chunks one after another."""
        found: list[Part] = []
        for number, chunk in enumerate(chunks):
            found.append(fitted(chunk, before[number] if before else None, self._folder))
            done(len(chunk.pieces))
        return found

    def each[*Arguments, Result](
        self,
        function: Callable[[Part, *Arguments], Result],
        parts: Sequence[Part],
        *arguments: *Arguments,
    ) -> Iterator[Result]:
        """Yield a function of each part."""
        for part in parts:
            yield on_one_thread(function, part, *arguments)


class ByExecutor:
    """Executors whose workers read and write one folder.

    A chunk goes to the same executor each time: where each has one worker, that keeps its banks.
    """

    def __init__(self, executors: Sequence[Executor], folder: Path) -> None:
        self._executors, self._folder = executors, folder

    def fit(
        self, chunks: Sequence[Chunk], before: Sequence[Stored] | None, done: Done
    ) -> list[Stored]:
        """Have chunks fitted and written to the folder."""
        with _said_where_broken():
            futures = [
                self._of(number).submit(
                    fitted_to_file, chunk, before[number] if before else None, self._folder
                )
                for number, chunk in enumerate(chunks)
            ]
            for chunk, future in zip(chunks, futures, strict=True):
                future.result()
                done(len(chunk.pieces))
        return [Stored.of(chunk, self._folder) for chunk in chunks]

    def each[*Arguments, Result](
        self,
        function: Callable[[Part, *Arguments], Result],
        parts: Sequence[Stored],
        *arguments: *Arguments,
    ) -> Iterator[Result]:
        """Yield a function of the banks of each chunk, which each worker reads once."""
        with _said_where_broken():
            futures = [
                self._of(number).submit(of_stored, function, part, *arguments)
                for number, part in enumerate(parts)
            ]
            for future in futures:
                yield future.result()

    def _of(self, number: int) -> Any:
        """Return the executor of a chunk, which takes functions of any arguments."""
        return self._executors[number % len(self._executors)]


class ByDask:
    """A client of a Dask cluster: banks stay with the workers that fitted them.

    With a folder, which is on this machine, banks are kept there as well.

    Raises
    ------
    UsageError
        When there is no worker, or one has another version of popest.
    """

    def __init__(self, client: Any, folder: Path | None = None) -> None:
        self._client, self._folder = client, folder
        versions: dict[str, str] = client.run(_version)
        if not versions:
            raise UsageError("the cluster has no worker: start some, and try again")
        for worker, found in versions.items():
            if found != __version__:
                raise UsageError(
                    f"worker {worker} of the cluster has popest {found}, and this is popest "
                    f"{__version__}: install the same version on all"
                )

    def fit(self, chunks: Sequence[Chunk], before: Sequence[Any] | None, done: Done) -> list[Any]:
        """Have chunks fitted by the workers of the cluster; what is on disk is sent to them."""
        parts = [
            self._begun(chunk, before and before[number]) for number, chunk in enumerate(chunks)
        ]
        for chunk, (part, is_on_disk) in zip(chunks, parts, strict=True):
            if self._folder is not None and not is_on_disk:
                Stored.of(chunk, self._folder).write(part.result())
            else:
                self._client.submit(len, part, pure=False).result()
            done(len(chunk.pieces))
        return [part for part, _ in parts]

    def each[*Arguments, Result](
        self,
        function: Callable[[Part, *Arguments], Result],
        parts: Sequence[Any],
        *arguments: *Arguments,
    ) -> Iterator[Result]:
        """Yield a function of the banks of each chunk, computed where these are."""
        futures = [
            self._client.submit(on_one_thread, function, part, *arguments, pure=False)
            for part in parts
        ]
        for future in futures:
            yield future.result()

    def _begun(self, chunk: Chunk, before: Any) -> tuple[Any, bool]:
        """Return the future of a chunk's banks, and whether they are on disk."""
        found = None if self._folder is None else Stored.of(chunk, self._folder).load()
        if found is not None:
            return self._client.scatter(found), True
        # By its digest: a chunk that is asked for again is not fitted again.
        key = f"popest-{chunk.digest}"
        return self._client.submit(fitted, chunk, before, key=key), False


def fitted(chunk: Chunk, before: Part | None = None, folder: Path | None = None) -> Part:
    """Return the banks of a chunk, those on disk or fitted now; with a folder they are kept."""
    place = None if folder is None else Stored.of(chunk, folder)
    found = None if place is None else place.load()
    if found is None:
        with one_thread():
            found = chunk.fit(before)
        if place is not None:
            place.write(found)
    return found


def fitted_to_file(chunk: Chunk, before: Stored | None, folder: Path) -> None:
    """Fit a chunk, unless its banks are in the folder."""
    fitted(chunk, None if before is None else loaded(before), folder)


def of_stored[*Arguments, Result](
    function: Callable[[Part, *Arguments], Result], part: Stored, *arguments: *Arguments
) -> Result:
    """Return a function of the banks of a chunk on disk."""
    return on_one_thread(function, loaded(part), *arguments)


def loaded(part: Stored) -> Part:
    """Return the banks of a chunk on disk, kept from when they were read last.

    Raises
    ------
    PopestError
        When they are not there any more.
    """
    found = _kept.pop(part.path, None)
    if found is None:
        found = part.load()
    if found is None:
        raise PopestError(f"{part.path}: is gone, or not what was written there; run it again")
    _kept[part.path] = found
    while len(_kept) > 1 and sum(one.n_bytes for one in list(_kept.values())) > MOST_KEPT:
        _kept.pop(next(iter(_kept)), None)
    return found


_kept: dict[Path, Part] = {}
"""The parts that were used last, the latest at the end; a name stands for one content."""


def on_one_thread[*Arguments, Result](
    function: Callable[[Part, *Arguments], Result], part: Part, *arguments: *Arguments
) -> Result:
    """Return a function of a part, computed without further threads of linear algebra."""
    with one_thread():
        return function(part, *arguments)


def _version() -> str:
    """Return the version of popest, as a worker of a cluster has it."""
    return __version__


@contextmanager
def _said_where_broken() -> Iterator[None]:
    try:
        yield
    except BrokenExecutor as error:
        raise PopestError(
            f"the workers ended before their work was done ({error}): what they finished is kept "
            f"where the estimate is written to a folder; run it again, with fewer workers if "
            f"memory was short"
        ) from error
