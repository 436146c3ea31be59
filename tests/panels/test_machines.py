"""Who computes a panel: the same bytes by any, what is kept, and what is lost when one dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import panel_files
import pytest

import popest
from popest.engines.background import Processes
from popest.estimates.document import as_json
from popest.panels import workers
from popest.panels.chunks import Chunk, Stored
from popest.panels.compute import estimate_panel
from popest.panels.document import panel_document
from popest.panels.prepared import prepared
from popest.study.panel.panel import Panel, load_panel

NOISE = """
[noise]
error = { median = 0.08, sigma = 0.4, because = "it is uncertain, so that banks have many draws" }
by_source = 0.5
"""


def many(folder: Path, n_populations: int = 7) -> Panel:
    """Return a panel of populations with two registers and noise."""
    sizes = {f"p{number}": 2000 + 700 * number for number in range(n_populations)}
    figures, table = panel_files.observations(sizes), panel_files.populations(sizes)
    text = panel_files.SPECIFICATION + NOISE
    return load_panel(panel_files.write(folder, text, figures, table))


def said(estimate: popest.PanelEstimate) -> str:
    document = panel_document(estimate)
    del document["seconds"]
    return as_json(document)


def same(one: popest.PanelEstimate, other: popest.PanelEstimate) -> bool:
    """Return whether two estimates agree in every byte of what they say and of all draws."""
    arrays = [(found.learned.u, found.learned.weights, *found.drawn) for found in (one, other)]
    pairs = zip(*arrays, strict=True)
    return said(one) == said(other) and all(a.tobytes() == b.tobytes() for a, b in pairs)


@pytest.fixture(scope="module", autouse=True)
def few_draws() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("popest.panels.learning.MOST_DRAWS", 512)
        yield


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    return many(tmp_path_factory.mktemp("many") / "panel")


@pytest.fixture(scope="module")
def alone(panel: Panel) -> popest.PanelEstimate:
    return estimate_panel(panel, executor=1)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Return the chunks that this process fits from now on, by their populations."""
    found: list[tuple[str, ...]] = []
    fit = Chunk.fit

    def counted(chunk: Chunk, *rest: Any) -> Any:
        found.append(chunk.names)
        return fit(chunk, *rest)

    monkeypatch.setattr(Chunk, "fit", counted)
    return found


@pytest.mark.parametrize(("number", "size"), [(1, 2), (2, 3), (4, 1)])
def test_processes_and_chunks_give_the_same_bytes(
    panel: Panel, alone: popest.PanelEstimate, number: int, size: int
) -> None:
    assert same(alone, estimate_panel(panel, executor=number, size=size))


def test_any_executor_gives_the_same_bytes(panel: Panel, alone: popest.PanelEstimate) -> None:
    with ThreadPoolExecutor(2) as executor:
        assert same(alone, estimate_panel(panel, executor=executor, size=3))


def test_large_results_in_a_file_are_the_same(
    panel: Panel, alone: popest.PanelEstimate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("popest.panels.compute.IN_MEMORY", 0)
    found = estimate_panel(panel, executor=1)
    assert isinstance(found.drawn.log_sizes, np.memmap) and same(alone, found)


def test_finished_chunks_are_not_fitted_again(
    panel: Panel, alone: popest.PanelEstimate, tmp_path: Path, fits: list[tuple[str, ...]]
) -> None:
    assert same(alone, estimate_panel(panel, executor=1, out=tmp_path, size=3))
    assert len(fits) == 3
    assert same(alone, estimate_panel(panel, executor=1, out=tmp_path, size=3))
    assert len(fits) == 3
    estimate_panel(panel, executor=1, out=tmp_path, size=3, seed=2)
    assert len(fits) == 6


def test_a_changed_figure_is_fitted_again(
    panel: Panel, tmp_path: Path, fits: list[tuple[str, ...]]
) -> None:
    estimate_panel(panel, executor=1, out=tmp_path, size=3)
    other = many(tmp_path / "other")
    path = other.folder / "observations.csv"
    figures = path.read_text()
    first = figures.splitlines()[1].split(",")[2]
    path.write_text(figures.replace(f",{first},", f",{int(first) + 100},", 1))
    other = load_panel(other.folder)
    found = estimate_panel(other, executor=1, out=tmp_path, size=3)
    assert fits[3:6] == fits[:3]
    # One population of it is fitted again with twice the points, whatever its chunk.
    assert fits[6:] == [("p3", "p4", "p5")]
    assert same(found, estimate_panel(other, executor=2, size=2))


@pytest.mark.parametrize("damage", ["cut", "turned", "packed", "not one"])
def test_a_damaged_chunk_is_fitted_again(
    panel: Panel,
    alone: popest.PanelEstimate,
    tmp_path: Path,
    fits: list[tuple[str, ...]],
    damage: str,
) -> None:
    estimate_panel(panel, executor=1, out=tmp_path, size=3)
    path = sorted((tmp_path / "chunks").glob("*.npz"))[0]
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[:-100])
    elif damage == "turned":
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    elif damage == "packed":
        with np.load(path) as file:
            np.savez_compressed(path, **dict(file))
    else:
        path.write_bytes(b"no arrays")
    assert same(alone, estimate_panel(panel, executor=1, out=tmp_path, size=3))
    assert len(fits) == 4
    assert path.stat().st_size == len(content)


class Dying(Executor):
    """One process that is killed at some of its tasks, as if memory had run out."""

    def __init__(self, at: set[int]) -> None:
        self.inner, self.at, self.n_tasks = Processes(1), at, 0

    def submit(self, function: Any, /, *arguments: Any, **settings: Any) -> Future[Any]:
        self.n_tasks += 1
        if self.n_tasks in self.at:
            self.inner.submit(os.getpid).result()
            for process in self.inner._processes:
                os.kill(process.pid, signal.SIGKILL)
        return self.inner.submit(function, *arguments, **settings)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.inner.shutdown(wait, cancel_futures=cancel_futures)


def test_a_killed_worker_costs_what_it_had_in_hand(
    panel: Panel, alone: popest.PanelEstimate
) -> None:
    with Dying({2, 9}) as executor:
        assert same(alone, estimate_panel(panel, executor=executor, size=2))


def test_a_process_keeps_the_banks_it_used_last(
    panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimate_panel(panel, executor=1, out=tmp_path, size=3)
    read: list[Path] = []
    load = Stored.load

    def counted(part: Stored) -> Any:
        read.append(part.path)
        return load(part)

    monkeypatch.setattr(Stored, "load", counted)
    monkeypatch.setattr(workers, "_kept", {})
    paths = sorted((tmp_path / "chunks").iterdir())
    found = prepared(panel)
    parts = [Stored(path, ("p",), found.groups, found.prior) for path in paths]
    first = [workers.loaded(part) for part in parts]
    assert all(workers.loaded(part) is kept for part, kept in zip(parts, first, strict=True))
    assert read == paths
    monkeypatch.setattr(workers, "MOST_KEPT", first[0].n_bytes)
    workers.loaded(parts[0])
    assert [*workers._kept] == paths[:1]
    workers.loaded(parts[1])
    assert read == [*paths, paths[1]]


def test_workers_that_keep_dying_are_said(panel: Panel) -> None:
    class Broken(Executor):
        def submit(self, *_: Any, **__: Any) -> Future[Any]:
            raise BrokenExecutor("a process ended")

    with pytest.raises(popest.PopestError, match="the workers ended before their work was done"):
        estimate_panel(panel, executor=Broken())


RUN = """
import os, signal, sys
from pathlib import Path
from popest.panels import workers
from popest.panels.compute import estimate_panel
from popest.study.panel.panel import load_panel
fitted, left = workers.fitted, [int(sys.argv[3])]
def killed(*chunk):
    found = fitted(*chunk)
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return found
workers.fitted = killed
estimate_panel(load_panel(sys.argv[1]), executor=1, out=Path(sys.argv[2]), size=2)
"""


def test_a_killed_run_goes_on_where_it_was(
    panel: Panel, alone: popest.PanelEstimate, tmp_path: Path, fits: list[tuple[str, ...]]
) -> None:
    run = subprocess.run(
        [sys.executable, "-c", RUN, str(panel.folder), str(tmp_path), "2"], check=False
    )
    assert run.returncode == -signal.SIGKILL
    assert same(alone, estimate_panel(panel, executor=1, out=tmp_path, size=2))
    assert len(fits) == 2  # of four chunks


def test_what_is_no_executor_is_refused(panel: Panel, tmp_path: Path) -> None:
    with pytest.raises(popest.UsageError, match="write a number from 1 to 1,024"):
        estimate_panel(panel, executor=0)
    with pytest.raises(popest.UsageError, match="is none: give a number of processes"):
        estimate_panel(panel, executor=object())
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(popest.UsageError, match="is a file; name a folder"):
        estimate_panel(panel, out=file)


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    from distributed import Client, LocalCluster

    cluster = LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    )
    with cluster, Client(cluster, set_as_default=False) as client:
        yield client


def test_dask_gives_the_same_bytes(
    panel: Panel, alone: popest.PanelEstimate, client: Any, tmp_path: Path
) -> None:
    assert same(alone, estimate_panel(panel, executor=client, out=tmp_path, size=2))
    assert len(list((tmp_path / "chunks").glob("*.npz"))) == 4
    address = client.scheduler.address
    assert same(alone, popest.estimate(panel, executor=address, out=tmp_path))


def test_dask_goes_on_from_what_is_on_disk(
    panel: Panel,
    alone: popest.PanelEstimate,
    client: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    estimate_panel(panel, executor=1, out=tmp_path, size=2)
    # By the client: no chunk is fitted.
    monkeypatch.setattr(workers, "fitted", None)
    assert same(alone, estimate_panel(panel, executor=client, out=tmp_path, size=2))


def test_dask_survives_a_worker_that_is_killed(
    panel: Panel, alone: popest.PanelEstimate, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    each, killed = workers.ByDask.each, []

    def killing(self: workers.ByDask, function: Any, parts: Any, *arguments: Any) -> Any:
        found = each(self, function, parts, *arguments)
        if not killed:
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)
        return found

    monkeypatch.setattr(workers.ByDask, "each", killing)
    assert same(alone, estimate_panel(panel, executor=client, size=2, seed=1))


def test_a_worker_with_another_version_is_refused(
    panel: Panel, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "__version__", "0.0.0")
    with pytest.raises(popest.UsageError, match=r"and this is popest 0\.0\.0: install the same"):
        estimate_panel(panel, executor=client)


def test_a_cluster_that_is_not_there_is_said(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    import distributed

    asked: list[float] = []
    real = distributed.Client

    def soon(address: str, timeout: float, **settings: Any) -> Any:
        asked.append(timeout)
        return real(address, timeout=0.2, **settings)

    monkeypatch.setattr(distributed, "Client", soon)
    with pytest.raises(popest.UsageError, match=r"no cluster answers at .* within 5 s"):
        estimate_panel(panel, executor="tcp://127.0.0.1:9")
    assert asked == [5]
    with pytest.raises(popest.UsageError, match="no cluster answers"):
        estimate_panel(panel, executor="nonsense")


def test_stored_chunks_are_arrays(panel: Panel, tmp_path: Path) -> None:
    """Nothing of them is a pickle."""
    estimate_panel(panel, executor=1, out=tmp_path, size=3)
    for path in (tmp_path / "chunks").iterdir():
        assert Stored.banks_of(path) is not None
        with np.load(path, allow_pickle=False) as file:
            assert all(file[name].dtype != object for name in file.files)
