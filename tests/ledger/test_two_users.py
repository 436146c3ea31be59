"""Tests of two users of one group: each waits for the other, and the table stays the group's.

Run by the superuser, the two are really others. Run by anybody else, both are that person, and what
the other would have left (a file that one may only read, of a mode of its own) is made by hand.
"""

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from popest.ledger.appending import UNFINISHED_FILE
from popest.ledger.lock import LOCK_FILE, LedgerError, locked
from popest.study import load_study
from popest.study.files.whole import write_like

IS_ROOT = os.geteuid() == 0
FIRST, SECOND, SHARED = (4001, 4002, 4100) if IS_ROOT else (0, 0, os.getgid())
only_root = pytest.mark.skipif(not IS_ROOT, reason="only the superuser can be two others")


def user(
    number: int, mask: str, shared: Path, *action: str, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    program = str(Path(__file__).with_name("as_user.py"))
    return subprocess.Popen(
        [sys.executable, program, str(number), mask, str(shared), *action],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate()
    return process.returncode, out, err


@pytest.fixture
def shared(folder: Path) -> Iterator[Path]:
    """The study in a folder of the group, which its files inherit."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        place = Path(name) / "study"
        place.mkdir()
        for file in folder.iterdir():
            copy = place / file.name
            copy.write_bytes(file.read_bytes())
            copy.chmod(0o664)
        for path in (*place.iterdir(), place):
            if IS_ROOT:
                os.chown(path, FIRST, SHARED)
        place.chmod(0o2775)
        yield place


def status(shared: Path) -> tuple[int, int]:
    found = (shared / "observations.csv").stat()
    return found.st_gid, stat.S_IMODE(found.st_mode)


def ids(shared: Path) -> list[str]:
    return [row.id for row in load_study(shared).observations][9:]


@pytest.mark.parametrize(
    ("masks", "mode"),
    [(("022", "002"), 0o664), (("002", "022"), 0o644), (("077", "077"), 0o664)],
)
def test_the_second_waits_for_the_first_and_names_it(
    shared: Path, masks: tuple[str, str], mode: int
) -> None:
    (shared / "observations.csv").chmod(mode)
    holder = user(FIRST, masks[0], shared, "hold", stdin=subprocess.PIPE)
    assert holder.stdout is not None
    process = int(holder.stdout.readline())
    code, _, words = finished(user(SECOND, masks[1], shared, "try", "EXP02", "7000"))
    assert code == 1 and f"is being changed by process {process} on " in words
    follower = user(SECOND, masks[1], shared, "add", "EXP02", "7000")
    holder.communicate()
    code, out, err = finished(follower)
    assert (code, "Added EXP02" in out) == (0, True), err
    assert ("belongs to you and no longer to user 4001" in err) is IS_ROOT
    assert status(shared) == (SHARED, mode)
    code, out, err = finished(user(FIRST, masks[0], shared, "add", "EXP03", "8000"))
    assert code == 0 and "Added EXP03" in out, err
    assert status(shared) == (SHARED, mode)
    assert ids(shared) == ["EXP02", "EXP03"]
    assert sorted(path.name for path in shared.iterdir()) == ["observations.csv", "study.toml"]


@pytest.mark.parametrize("mask", ["022", "002", "077"])
def test_what_the_other_left_behind_is_in_nobodys_way(shared: Path, mask: str) -> None:
    assert finished(user(FIRST, mask, shared, "leave"))[0] == 0
    assert (shared / LOCK_FILE).exists() and (shared / UNFINISHED_FILE).exists()
    code, out, err = finished(user(SECOND, mask, shared, "add", "EXP02", "7000"))
    assert code == 0 and "Added EXP02" in out, err
    assert sorted(path.name for path in shared.iterdir()) == ["observations.csv", "study.toml"]


def test_a_lock_that_may_only_be_read_is_waited_for_and_taken_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the lock of another user is, for whoever runs the tests."""
    path, real = folder / LOCK_FILE, os.open
    path.write_text("1 here 2024-01-01T00:00:00+00:00\n")
    path.chmod(0o444)

    def as_others(name: object, flags: int, mode: int = 0o777, **more: int) -> int:
        if name == path and flags & os.O_RDWR and not flags & os.O_EXCL:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path if name == path else name, flags, mode, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "open", as_others)
    with locked(folder, patience=0):
        assert path.read_text().split()[0] == str(os.getpid())
        with pytest.raises(LedgerError, match="is being changed by"), locked(folder, patience=0):
            pytest.fail("two writers hold the lock")


def test_a_lock_that_cannot_be_read_is_said_in_words(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real = folder / LOCK_FILE, os.open
    path.write_text("")

    def refuse(name: object, flags: int, *more: int) -> int:
        if name == path and not flags & os.O_EXCL:
            raise PermissionError(13, "Permission denied", str(path))
        return real(name, flags, *more)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "open", refuse)
    words = r"belongs to user \S+ and cannot be read.*move it away"
    with pytest.raises(LedgerError, match=words), locked(folder, patience=0):
        pytest.fail("the lock is another's")


@only_root
def test_a_group_that_cannot_be_kept_is_refused(shared: Path) -> None:
    table = shared / "observations.csv"
    os.chown(table, FIRST, 4999)
    shared.chmod(0o2777)
    before = table.read_bytes()
    code, _, err = finished(user(SECOND, "022", shared, "add", "EXP02", "7000"))
    assert code == 1
    assert "cannot be written (it belongs to group 4999, and you do not); nothing was added" in err
    assert table.read_bytes() == before and status(shared) == (4999, 0o664)
    assert sorted(path.name for path in shared.iterdir()) == ["observations.csv", "study.toml"]


def test_a_mode_or_group_that_is_not_kept_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on disks that know neither, for whoever runs the tests."""
    table = folder / "observations.csv"
    table.chmod(0o640)
    like = table.stat()
    monkeypatch.setattr(os, "fchmod", lambda *_: None)
    with pytest.raises(PermissionError, match="its mode 640 cannot be kept"):
        write_like(folder / "one", b"", like)
    monkeypatch.undo()

    def refuse(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    other = os.stat_result((*like[:5], 4999, *like[6:]))
    monkeypatch.setattr(os, "fchown", refuse)
    with pytest.raises(PermissionError, match="it belongs to group 4999, and you do not"):
        write_like(folder / "other", b"", other)


@only_root
def test_the_superuser_leaves_the_table_to_its_owner(shared: Path) -> None:
    code, out, err = finished(user(0, "077", shared, "add", "EXP02", "7000"))
    assert (code, err) == (0, "") and "Added EXP02" in out
    found = (shared / "observations.csv").stat()
    assert (found.st_uid, *status(shared)) == (FIRST, SHARED, 0o664)
