"""git, asked about a repository in such a way that nothing in it can start anything.

A repository may be a stranger's, and its configuration, hooks and attributes can name commands for
git to run. git is therefore never shown them: it works in a folder of popest's own, with settings
of popest's own, to which the repository lends nothing but its objects and the names of its commits.
What is missing there cannot be fetched, as no remote is known and no protocol allowed.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from popest.study.problems import PopestError, printable

PATIENCE = 3.0
"""Seconds that all answers about one file may take."""
LARGEST_SETTING, LARGEST_MESSAGE, PIPE_SIZE = 100_000, 1_000, 1_000_000
LENT = ("objects", "refs", "packed-refs", "reftable", "shallow")
EXTENSIONS = {"objectFormat": ("sha1", "sha256"), "refStorage": ("files", "reftable")}
"""How objects and names are written: the only settings of a repository that are taken over."""
ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_ALLOC_LIMIT": "200m",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}


class OutOfTimeError(Exception):
    """git did not answer in time."""


class NothingCommittedError(Exception):
    """The branch that is checked out has no commit yet."""


class Repository(NamedTuple):
    """Where a work tree is, its own git folder, and the one that it may share with others."""

    top: Path
    own: Path
    common: Path


def repository_of(folder: Path) -> Repository | None:
    """Return the repository whose work tree holds a folder, None where there is none.

    Parameters
    ----------
    folder
        The folder, without links.
    """
    for top in (folder, *folder.parents):
        own = top / ".git"
        named = _setting(own)
        if named is not None:
            own = top / os.fsdecode(named.removeprefix(b"gitdir:").strip())
        if os.path.isfile(own / "HEAD"):
            shared = _setting(own / "commondir")
            common = own if shared is None else own / os.fsdecode(shared.strip())
            return Repository(top, own, common)
    return None


def git_program() -> str | None:
    """Return where git is installed; one that lies in the current folder is not looked at."""
    places = [place for place in os.get_exec_path() if os.path.isabs(place)]
    return shutil.which("git", path=os.pathsep.join(places))


class Git:
    """git at work in a folder to which a repository lent its objects; all answers share a deadline.

    Parameters
    ----------
    program
        Where git is installed.
    repository
        The repository.
    place
        An empty folder of popest's own.

    Raises
    ------
    OSError
        When the system knows no links to other folders.
    """

    def __init__(self, program: str, repository: Repository, place: Path) -> None:
        self._program, self._repository, self._place = program, repository, place
        self._end = time.monotonic() + PATIENCE
        # Within a hook git's own variables name the repository relative to another folder.
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        self._environment = inherited | ENVIRONMENT | {"GIT_DIR": str(place)}
        self._borrow()

    @property
    def is_shallow(self) -> bool:
        """Whether the repository lacks the commits before some day."""
        return (self._place / "shallow").exists()

    def _borrow(self) -> None:
        common = self._repository.common
        for name in LENT:
            if os.path.exists(common / name):
                (self._place / name).symlink_to(common.resolve() / name)
        (self._place / "HEAD").write_bytes(_setting(self._repository.own / "HEAD") or b"")
        lines = ["[core]", "repositoryFormatVersion = 1", "bare = true", "[extensions]"]
        settings = (_setting(common / "config") or b"").decode(errors="replace")
        for name, values in EXTENSIONS.items():
            found = re.search(rf"(?im)^\s*{name}\s*=\s*({'|'.join(values)})\s*$", settings)
            if found is not None:
                lines.append(f"{name} = {found[1].lower()}")
        (self._place / "config").write_text("\n".join(lines) + "\n", encoding="ascii")

    @contextmanager
    def answer(
        self, arguments: Sequence[str], questions: Iterable[str] = ()
    ) -> Iterator[IO[bytes]]:
        """Give what git answers to read; git ends with the block.

        Parameters
        ----------
        arguments
            The command.
        questions
            What it reads, line by line.

        Raises
        ------
        OutOfTimeError
            When the deadline passed.
        NothingCommittedError
            When there is no commit to ask about.
        PopestError
            When git fails.
        """
        with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as errors:
            asked.writelines(f"{question}\n".encode() for question in questions)
            asked.seek(0)
            process = subprocess.Popen(
                [self._program, *arguments],
                stdin=asked,
                stdout=subprocess.PIPE,
                pipesize=PIPE_SIZE,
                stderr=errors,
                cwd=self._place,
                env=self._environment,
            )
            watchdog = threading.Timer(max(0.0, self._end - time.monotonic()), process.kill)
            watchdog.start()
            try:
                assert process.stdout is not None
                yield process.stdout
                is_longer = bool(process.stdout.read(1))
                code = -1 if is_longer else process.wait()
            finally:
                watchdog.cancel()
                process.kill()
                process.communicate()
            if time.monotonic() >= self._end:
                raise OutOfTimeError
            errors.seek(0)
            if code != 0:
                raise self.refusal(errors.read(LARGEST_MESSAGE).decode(errors="replace").strip())

    def refusal(self, message: str) -> Exception:
        """Return the error that git's message stands for."""
        if message == "fatal: bad revision 'HEAD'":
            return NothingCommittedError()
        why = message.replace(str(self._place), str(self._repository.common))
        return PopestError(
            f"{self._repository.top}: git cannot read what was committed: "
            f"{printable(why or 'its answer was cut short')}; git fsck says more"
        )


def _setting(path: Path) -> bytes | None:
    """Return what a small regular file holds, None where there is none."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return None
        with path.open("rb") as file:
            return file.read(LARGEST_SETTING)
    except (OSError, ValueError):
        return None
