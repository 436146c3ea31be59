"""The committed versions of a table, the earliest first."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Container, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from popest.ledger.git.borrowed import (
    PATIENCE,
    Git,
    NothingCommittedError,
    OutOfTimeError,
    git_program,
    repository_of,
)
from popest.study.files.reading import LARGEST_FILE, OBSERVATIONS_FILE, typed

MOST_COMMITS = 20_000
LONGEST_LOG = 50_000_000
LOG = (
    *("log", "--topo-order", "--full-history", "--parents", "--format=%H|%cs|%P"),
    *("--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv", "--root"),
    "--diff-merges=first-parent",
)
REGULAR = "100"
"""How the mode of a regular file begins."""

type Say = Callable[[str], object]


class Version(NamedTuple):
    """A table as one commit has it.

    `parents` are the nearest earlier commits that changed it, `children` is the number of later
    ones that have this among theirs. `data` is None where the commit has no such file.
    """

    commit: str
    day: str
    parents: tuple[str, ...]
    children: int
    data: bytes | None

    def __str__(self) -> str:
        return f"commit {self.commit[:10]} of {self.day}"


class _Commit(NamedTuple):
    """A commit that changed the table; `blob` names what it has, nothing where it has no table."""

    name: str
    day: str
    parents: tuple[str, ...]
    blob: str


def versions(path: Path, say: Say) -> Iterator[Version]:
    """Yield each committed version of a table, up to the commit that is checked out.

    Parents come before their children. Nothing is yielded outside a work tree, or where nothing
    is committed. What the table was called before it came to this path is not looked for.

    Parameters
    ----------
    path
        The table.
    say
        Called with a sentence about what could not be read: a limit was reached, the repository
        does not hold its whole history, or git is not installed.

    Raises
    ------
    PopestError
        When git cannot read what the repository says it holds.
    """
    path = path.resolve()
    repository = repository_of(path.parent)
    if repository is None:
        return

    def unread(why: str) -> None:
        say(f"{typed(path)}: {why}")

    program = git_program()
    if program is None:
        unread("git is not installed, so edits of committed rows cannot be seen")
        return
    with tempfile.TemporaryDirectory(prefix="popest-git-") as place:
        try:
            git = Git(program, repository, Path(place))
        except OSError as error:
            unread(f"committed versions were not compared: {error.strerror}")
            return
        try:
            yield from _versions(git, path.relative_to(repository.top).as_posix(), unread)
        except NothingCommittedError:
            return
        except OutOfTimeError:
            unread(
                f"git did not finish within {PATIENCE:g} s, so not every committed version was "
                "compared; the latest came last"
            )


def _versions(git: Git, name: str, unread: Say) -> Iterator[Version]:
    commits = _commits(git, name)
    if len(commits) == MOST_COMMITS:
        unread(f"only the {MOST_COMMITS:,} latest committed versions were compared")
    if git.is_shallow:
        unread("the clone is shallow: what its earlier commits had was not compared")
    sizes = _sizes(git, list(dict.fromkeys(commit.blob for commit in commits if commit.blob)))
    limit = LARGEST_FILE[OBSERVATIONS_FILE]
    lacking = {blob for blob, size in sizes.items() if size is None or size > limit}
    if lacking:
        unread(
            f"{len(lacking)} of {len(sizes)} committed versions are not in this clone or larger "
            f"than {limit / 1e6:.0f} MB, so they were not compared"
        )
    commits = _without(commits, lacking)
    children = Counter(parent for commit in commits for parent in commit.parents)
    with closing(_contents(git, [commit.blob for commit in commits if commit.blob])) as contents:
        for commit in commits:
            data = next(contents) if commit.blob else None
            yield Version(commit.name, commit.day, commit.parents, children[commit.name], data)


def _without(commits: Sequence[_Commit], lacking: Container[str]) -> list[_Commit]:
    """Leave out the commits whose blob is lacking; their children become their parents'."""
    nearest: dict[str, tuple[str, ...]] = {}
    kept = []
    for commit in commits:
        parents = tuple(near for name in commit.parents for near in nearest.get(name, (name,)))
        if commit.blob in lacking:
            nearest[commit.name] = parents
        else:
            kept.append(commit._replace(parents=parents))
    return kept


def _commits(git: Git, name: str) -> list[_Commit]:
    """Return the commits that changed a file, parents before their children."""
    with git.answer([*LOG, f"--max-count={MOST_COMMITS}", "HEAD", "--", name]) as output:
        lines = output.readlines(LONGEST_LOG)
    found: list[tuple[list[str], str]] = []
    for line in (line.decode(errors="replace").strip() for line in lines):
        if line.startswith(":"):
            found[-1] = found[-1][0], line
        elif line:
            found.append((line.split("|"), ""))
    blobs: dict[str, str] = {}
    commits = []
    for (commit, day, above), change in reversed(found):
        parents = tuple(above.split())
        # A merge that has the file as its first parent has it shows no change.
        blobs[commit] = _blob(change) if change else blobs.get("".join(parents[:1]), "")
        commits.append(_Commit(commit, day, parents, blobs[commit]))
    return commits


def _blob(change: str) -> str:
    """Return the blob that a line of git's raw format leads to; nothing where that is no file."""
    _, mode, _, blob, *_ = change.split()
    return blob if mode.startswith(REGULAR) else ""


def _sizes(git: Git, blobs: Sequence[str]) -> dict[str, int | None]:
    """Return the size of each blob in bytes, None where it is not in the repository."""
    arguments = ["cat-file", "--batch-check=%(objecttype) %(objectsize)"]
    with git.answer(arguments, blobs) as output:
        answers = [line.split() for line in output]
    return {
        blob: int(answer[1]) if answer[0] == b"blob" else None
        for blob, answer in zip(blobs, answers, strict=True)
    }


def _contents(git: Git, blobs: Sequence[str]) -> Generator[bytes]:
    """Yield what each blob holds."""
    with git.answer(["cat-file", "--batch"], blobs) as output:
        for _ in blobs:
            head = output.readline().split()
            size = int(head[2]) if len(head) == 3 else 0
            data = output.read(size + 1)
            if not data or len(data) != size + 1:
                break
            yield data[:-1]
        else:
            return
    raise git.refusal("")
