"""Tests of signals and edits at every line of the code that writes: nothing is lost or denied."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import moments
import pytest

from popest.ledger.appending import write
from popest.ledger.lock import locked
from popest.study import PopestError
from popest.study.drafts.addition import Ledger
from popest.study.drafts.drafting import added
from popest.study.drafts.new_rows import Draft

ROW = "NEW1,experts,7000,,,,,2024-06-01,A,,no,,,No method.\n"
EDIT = "EXP09,experts,1,,,,,2024-01-02,A,,no,,,Saved by an editor.\n"


def every_line(folder: Path, sent: signal.Signals, way: str, step: int) -> list[dict[str, Any]]:
    program = str(Path(__file__).with_name("moments.py"))
    done = subprocess.run(
        [sys.executable, program, str(folder), sent.name, way, str(step)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_a_kill_at_any_line_leaves_a_whole_table_and_nothing_in_the_way(folder: Path) -> None:
    found = every_line(folder, signal.SIGKILL, "append", 1)
    assert len(found) > 100
    assert {entry["code"] for entry in found} == {-signal.SIGKILL}
    assert all(entry["is_whole"] for entry in found)
    assert {entry["added"] for entry in found} == {"", ROW}
    assert {entry["next"] for entry in found} == {0}
    assert {tuple(entry["left"]) for entry in found} == {("observations.csv", "study.toml")}


def test_an_interrupt_at_any_line_is_not_denied_by_the_exit_code(folder: Path) -> None:
    """At every fourth line: 130 means that nothing was added, 0 that the row is on file."""
    found = every_line(folder, signal.SIGINT, "main", 4)
    assert {(entry["code"], entry["added"].partition(",")[0]) for entry in found} == {
        (130, ""),
        (0, "NEW1"),
    }


LATE = """
import atexit, os, signal, sys
from popest.cli import main

atexit.register(os.kill, os.getpid(), signal.SIGINT)
main()
"""


def test_an_interrupt_while_the_process_ends_is_not_heard(folder: Path) -> None:
    options = ("--source", "experts", "--value", "7000", "--publisher", "A", "--use", "no")
    done = subprocess.run(
        [sys.executable, "-c", LATE, "sources", "add", str(folder), *options, "--note", "x"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Added EXP02" in done.stdout


GONE = """
import os
from popest.cli import main
from popest.ledger import appending as ledger

reading, writing = os.pipe()
os.dup2(writing, 1)
write = ledger.write

def and_close(*arguments):
    write(*arguments)
    os.close(reading)

ledger.write = and_close
main()
"""


def test_a_reader_who_has_gone_is_no_reason_to_say_nothing(folder: Path) -> None:
    """As in ``popest sources add ... | head -1``, which ends after the first line."""
    options = ("--source", "experts", "--value", "7000", "--publisher", "A", "--use", "no")
    done = subprocess.run(
        [sys.executable, "-c", GONE, "sources", "add", str(folder), *options, "--note", "x"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 1 and done.stderr.startswith("Added EXP02 to ")
    assert (folder / "observations.csv").read_bytes().endswith(b",x\n")


def in_place(table: Path) -> None:
    with table.open("ab") as file:
        file.write(EDIT.encode())


def by_renaming(table: Path) -> None:
    saved = table.with_name("saved~")
    saved.write_bytes(table.read_bytes() + EDIT.encode())
    saved.replace(table)


def at_each_line(folder: Path, happen: Callable[[], None]) -> list[tuple[str, bytes, bytes]]:
    """Let something happen at each line of an addition: what was said, and both files after it."""
    table, specification = folder / "observations.csv", folder / "study.toml"
    before, assumed = table.read_bytes(), specification.read_bytes()
    found = []
    for number in range(1, moments.MOST):
        table.write_bytes(before)
        specification.write_bytes(assumed)
        drafts = [Draft(moments.ROW)]
        with locked(folder):
            ledger = Ledger.read(folder)
            addition = ledger.with_rows(added(ledger, drafts, date(2024, 6, 1)))
            said = ""
            with moments.at_line(number, happen) as count:
                try:
                    write(folder, addition)
                except PopestError as error:
                    said = str(error)
        if count[0] < number:
            return found
        found.append((said, table.read_bytes(), specification.read_bytes()))
    raise AssertionError("the addition did not end")


@pytest.mark.skipif(sys.platform != "linux", reason="names can be swapped in one step on Linux")
@pytest.mark.parametrize("save", [in_place, by_renaming])
def test_an_edit_at_any_line_is_on_file_and_the_row_unless_refused(
    folder: Path, save: Callable[[Path], None]
) -> None:
    table = folder / "observations.csv"
    before = table.read_bytes().decode()
    found = at_each_line(folder, lambda: save(table))
    assert len(found) > 50
    after = {(bool(said), data.decode().removeprefix(before)) for said, data, _ in found}
    assert after == {(True, EDIT), (False, ROW + EDIT)}
    line = before.count("\n") + 1
    words = f"observations.csv:{line} was changed by another program meanwhile, from byte "
    said = {text for text, *_ in found if text}
    assert all(f"{words}{len(before) + 1} on: nothing became" in text for text in said)
    assert sorted(os.listdir(folder)) == ["observations.csv", "study.toml"]


@pytest.mark.skipif(sys.platform != "linux", reason="names can be swapped in one step on Linux")
def test_a_specification_that_is_broken_meanwhile_is_noticed(folder: Path) -> None:
    specification, table = folder / "study.toml", folder / "observations.csv"
    before, assumed = table.read_bytes(), specification.read_bytes()
    found = at_each_line(folder, lambda: specification.write_text("broken ="))
    refused = [entry for entry in found if entry[0]]
    assert len(refused) > 50
    assert all("study.toml:1 was changed by another program" in entry[0] for entry in refused)
    assert {entry[1] for entry in refused} == {before}
    assert {entry[2] for entry in found} == {b"broken ="}
    assert assumed != b"broken ="


def test_the_line_that_was_edited_is_said(folder: Path) -> None:
    table = folder / "observations.csv"
    with locked(folder):
        ledger = Ledger.read(folder)
        addition = ledger.with_rows(added(ledger, [Draft(moments.ROW)], date(2024, 6, 1)))
        table.write_bytes(table.read_bytes().replace(b"REG02,register,843", b"REG02,register,943"))
        with pytest.raises(PopestError) as error:
            write(folder, addition)
    place = table.read_bytes().index(b"943") + 1
    assert f"observations.csv:3 was changed by another program meanwhile, from byte {place} on" in (
        str(error.value)
    )
    assert '"REG02,register,843' in str(error.value) and '"REG02,register,943' in str(error.value)
