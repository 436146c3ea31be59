"""Something that happens at a chosen line of the code that writes, for tests of every moment.

As a script it lets a signal come at each line in turn, every time to a fresh process that adds a
row, and prints what became of the table::

    python tests/ledger/moments.py FOLDER SIGKILL append 1     # at every line
    python tests/ledger/moments.py FOLDER SIGINT main 4        # at every fourth

It imports nothing of pytest: it forks, which a process with threads may not.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import popest.cli.app
import popest.cli.appending
import popest.ledger.appending
import popest.ledger.lock
import popest.study.files.whole
import popest.study.slips.detectors
from popest.cli import main
from popest.cli.appending import AppendOptions, append
from popest.ledger.appending import write
from popest.ledger.lock import locked
from popest.study.drafts.new_rows import Draft

WATCHED = {
    module.__file__
    for module in (
        popest.cli.app,
        popest.cli.appending,
        popest.ledger.appending,
        popest.ledger.lock,
        popest.study.files.whole,
    )
}
MOST = 2_000
LATE = 250
ROW = {
    **{"id": "NEW1", "source": "experts", "value": "7000", "recorded": "2024-06-01"},
    **{"publisher": "A", "use": "no", "note": "No method."},
}


@contextmanager
def at_line(number: int, happen: Callable[[], object]) -> Iterator[list[int]]:
    """Call a function before the line of that number, counted from the lock on, or from `write`.

    Gives a list of one number: how many lines have been run so far.
    """
    count, begun = [0], False

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal begun
        if frame.f_code.co_filename not in WATCHED:
            return None
        begun = begun or frame.f_code in (locked.__wrapped__.__code__, write.__code__)  # type: ignore[attr-defined]
        if begun and event == "line":
            count[0] += 1
            if count[0] == number:
                happen()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield count
    finally:
        sys.settrace(before)


def add_by_append(folder: Path) -> None:
    """Add a row as the commands do, without the command line."""
    append(
        str(folder), lambda _: [Draft(ROW)], AppendOptions(dry_run=False, yes=True, no_predict=True)
    )


def add_by_main(folder: Path) -> None:
    """Add a row by the command line."""
    columns = ("id", "source", "value", "publisher", "use", "note")
    options = [text for name in columns for text in (f"--{name}", ROW[name])]
    sys.argv = ["popest", "sources", "add", str(folder), *options, "--yes", "--no-predict"]
    main()


WAYS = {"append": add_by_append, "main": add_by_main}


def child(add: Callable[[Path], None], folder: Path, number: int, sent: signal.Signals) -> int:
    """Let a signal come to a process at a line; return how it ended, or `LATE`."""
    process = os.fork()
    if process == 0:
        code = 1
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with at_line(number, lambda: os.kill(os.getpid(), sent)) as count:
                add(folder)
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            os._exit(code if count[0] >= number else LATE)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def every_line(folder: Path, sent: signal.Signals, way: str, step: int) -> list[dict[str, Any]]:
    """Send the signal at one line after the other; return what became of table and next writer."""
    table, found = folder / "observations.csv", []
    before = table.read_bytes()
    for number in range(1, MOST, step):
        table.write_bytes(before)
        code = child(WAYS[way], folder, number, sent)
        if code == LATE:
            return found
        after = table.read_bytes()
        table.write_bytes(before)
        following = child(add_by_append, folder, 0, sent)
        found.append(
            {
                "code": code,
                "is_whole": after.startswith(before) and after.count(b"NEW1") <= 1,
                "added": after[len(before) :].decode(),
                "next": following,
                "left": sorted(path.name for path in folder.iterdir()),
            }
        )
    raise AssertionError("the addition did not end")


def run(folder: Path, sent: signal.Signals, way: str, step: int) -> list[dict[str, Any]]:
    """Run `every_line` with what the processes print left out."""
    told, nowhere = os.dup(1), os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    # What is loaded and checked once here need not be in every child.
    table = folder / "observations.csv"
    before = table.read_bytes()
    with suppress(SystemExit):
        WAYS[way](folder)
    table.write_bytes(before)
    found = every_line(folder, sent, way, step)
    os.dup2(told, 1)
    return found


if __name__ == "__main__":
    place, name, chosen, every = sys.argv[1:]
    print(json.dumps(run(Path(place), signal.Signals[name], chosen, int(every))))
