"""Tests of the lock: one writer at a time, and a dead one is in nobody's way."""

import math
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from popest.ledger import lock
from popest.ledger.lock import LOCK_FILE, LedgerError, locked

HOLD = """
import sys
from pathlib import Path
from popest.ledger.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


class Clock:
    """Time that passes only while somebody sleeps, and a note that somebody does."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.is_waited_for = threading.Event()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.is_waited_for.set()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(lock, "time", found)
    return found


def test_the_holder_is_named_with_its_age(folder: Path, clock: Clock) -> None:
    process = holder(folder)
    try:
        with pytest.raises(LedgerError) as error, locked(folder, patience=0.2):
            pytest.fail("two writers hold the lock")
        assert 0.2 <= clock.now - 1_000.0 < 0.3
    finally:
        end(process)
    text = str(error.value)
    assert re.search(rf"process {process.pid} on \S+, for \d+ s so far; nothing was added", text)
    assert "observations.csv is being changed" in text


def test_the_lock_of_a_killed_holder_is_taken_over(folder: Path) -> None:
    end(holder(folder))
    assert (folder / LOCK_FILE).exists()
    with locked(folder, patience=0):
        assert (folder / LOCK_FILE).read_text().split()[0] == str(os.getpid())
    assert not (folder / LOCK_FILE).exists()


def test_a_stale_file_that_names_a_living_process_is_no_lock(folder: Path) -> None:
    (folder / LOCK_FILE).write_text(f"{os.getpid()} here 2024-01-01T00:00:00+00:00\n")
    with locked(folder, patience=0):
        pass


def test_a_waiting_writer_gets_the_lock_when_it_is_released(folder: Path, clock: Clock) -> None:
    got = threading.Event()

    def wait() -> None:
        with locked(folder, patience=math.inf):
            got.set()

    thread = threading.Thread(target=wait)
    with locked(folder):
        thread.start()
        assert clock.is_waited_for.wait(60)
        assert not got.is_set()
    thread.join(60)
    assert got.is_set()


def test_the_lock_is_released_after_an_error(folder: Path) -> None:
    with pytest.raises(RuntimeError), locked(folder):
        raise RuntimeError
    with locked(folder, patience=0):
        pass


def test_many_threads_never_hold_it_together(folder: Path) -> None:
    holding, most, failures = 0, 0, []

    def work() -> None:
        nonlocal holding, most
        try:
            for _ in range(15):
                with locked(folder, patience=30):
                    holding += 1
                    most = max(most, holding)
                    for _ in range(20):  # others may run meanwhile
                        os.stat(folder)
                    holding -= 1
        except LedgerError as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, failures) == (1, [])
    assert not (folder / LOCK_FILE).exists()


def test_a_holder_that_has_not_said_who_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_write_holder", lambda handle: None)
    with (
        locked(folder),
        pytest.raises(LedgerError, match="changed by another process"),
        locked(folder, patience=0),
    ):
        pytest.fail("two writers hold the lock")


def test_a_link_in_place_of_the_lock_is_refused(folder: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (folder / LOCK_FILE).symlink_to(victim)
    with pytest.raises(LedgerError, match="is a link"), locked(folder):
        pytest.fail("the link was followed")
    assert victim.read_text() == "precious"


def test_without_file_locks_nothing_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "fcntl", None)
    with pytest.raises(LedgerError, match="WSL"), locked(folder):
        pytest.fail("there is no lock")
