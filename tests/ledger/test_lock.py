"""Tests of the lock: one writer at a time, and a dead one is in nobody's way."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from popest.ledger import lock
from popest.ledger.lock import LOCK_FILE, LedgerError, locked

HOLD = """
import sys, time
from pathlib import Path
from popest.ledger.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_the_holder_is_named_with_its_age(folder: Path) -> None:
    process = holder(folder)
    try:
        started = time.monotonic()
        with pytest.raises(LedgerError) as error, locked(folder, patience=0.2):
            pytest.fail("two writers hold the lock")
        assert 0.2 <= time.monotonic() - started < 5
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


def test_a_waiting_writer_gets_the_lock_when_it_is_released(folder: Path) -> None:
    got = threading.Event()

    def wait() -> None:
        with locked(folder):
            got.set()

    thread = threading.Thread(target=wait)
    with locked(folder):
        thread.start()
        assert not got.wait(0.2)
    assert got.wait(5)
    thread.join()


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
                    time.sleep(0.001)
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
