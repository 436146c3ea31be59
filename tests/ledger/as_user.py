"""One of two users of a group, as a script: what this one does to a shared study.

python tests/ledger/as_user.py USER UMASK FOLDER hold|leave|try|add [ID VALUE]

USER is a number, whose groups are that number and `SHARED`; 0 changes nothing, for tests without
a superuser. `try` gives up at once when another writer is at work.
"""

import contextlib
import grp  # noqa: F401
import io
import os
import pwd  # noqa: F401
import sys
import tempfile
from pathlib import Path

from popest.cli import main
from popest.ledger import lock
from popest.ledger.appending import UNFINISHED_FILE
from popest.study import PopestError
from popest.study.template import write_template

SHARED = 4100


def become(user: int) -> None:
    """Become a user of the shared group."""
    if user:
        os.setgroups([SHARED])
        os.setgid(user)
        os.setuid(user)


def add(folder: str, name: str, value: str) -> None:
    """Add a row by the command line, which ends the process."""
    options = ["--source", "experts", "--value", value, "--publisher", "A", "--use", "no"]
    sys.argv = ["popest", "sources", "add", folder, "--id", name, *options, "--note", "x", "--yes"]
    main()


def load_everything() -> None:
    """Add a row once, as the user may not be allowed to read popest and Python."""
    quiet = contextlib.redirect_stdout(io.StringIO())
    with tempfile.TemporaryDirectory() as name, contextlib.suppress(SystemExit), quiet:
        add(str(write_template(Path(name, "warm"))), "WARM", "1")


if __name__ == "__main__":
    user, mask, folder, action, *row = sys.argv[1:]
    load_everything()
    become(int(user))
    os.umask(int(mask, 8))
    lock.PATIENCE = 0.0 if action == "try" else 60.0
    if row:
        add(folder, *row)
    try:
        with lock.locked(Path(folder)):
            if action == "leave":
                Path(folder, UNFINISHED_FILE).write_text("half a ro")
            print(os.getpid(), flush=True)
            if action == "leave":
                os._exit(0)
            sys.stdin.read()
    except PopestError as error:
        sys.exit(str(error))
