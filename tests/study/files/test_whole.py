"""Tests that only plain files are written: what stands under their names may be something else.

Every odd thing is put under every name that an addition uses. Nothing of it may be changed or
waited for, and a person is told what it is.
"""

import os
import socket
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from popest.ledger.appending import UNFINISHED_FILE, refuse_to_write, write
from popest.ledger.lock import LOCK_FILE, LedgerError, locked
from popest.study import load_study
from popest.study.drafts.addition import Ledger
from popest.study.drafts.drafting import added
from popest.study.drafts.new_rows import Draft
from popest.study.files.reading import UnfitFileError, read_bounded
from popest.study.files.whole import exchange

ROW = {"source": "experts", "value": "7000", "publisher": "A", "use": "no", "note": "No method."}
TABLE, SPECIFICATION = "observations.csv", "study.toml"


def append(folder: Path) -> None:
    with locked(folder, patience=0):
        ledger = Ledger.read(folder)
        write(folder, ledger.with_rows(added(ledger, [Draft(ROW)], date(2024, 6, 1))))


def contents(*folders: Path) -> dict[Path, tuple[int, bytes]]:
    """What every file is and holds; links are not followed."""
    return {
        path: (
            path.lstat().st_mode,
            path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else b"",
        )
        for folder in folders
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A file elsewhere that nobody wants to lose."""
    path = tmp_path / "elsewhere" / "thesis.txt"
    path.parent.mkdir()
    path.write_text("Years of work.\n")
    return path


def named_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket may not be long
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


ODD: dict[str, Callable[[Path, Path], object]] = {
    "hard link": lambda path, precious: path.hardlink_to(precious),
    "link": lambda path, precious: path.symlink_to(precious),
    "dangling link": lambda path, precious: path.symlink_to(precious.with_name("none")),
    "folder": lambda path, _: path.mkdir(),
    "pipe": lambda path, _: os.mkfifo(path),
    "socket": lambda path, _: named_socket(path),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", [LOCK_FILE, UNFINISHED_FILE])
def test_what_is_no_plain_file_is_refused_and_left_alone(
    folder: Path, precious: Path, name: str, odd: str
) -> None:
    ODD[odd](folder / name, precious)
    before = contents(folder, precious.parent)
    with pytest.raises(
        LedgerError, match=r"nothing was added.*[Ll]ook at it and move it away"
    ) as error:
        append(folder)
    words = {"hard link": "has 2 names", "link": "is a link", "dangling link": "is a link"}
    assert f"{name} {words.get(odd, 'is not a regular file')}" in str(error.value)
    assert contents(folder, precious.parent) == before


@pytest.mark.parametrize("name", [LOCK_FILE, UNFINISHED_FILE])
@pytest.mark.parametrize("victim", [TABLE, SPECIFICATION])
def test_another_name_of_a_file_of_the_study_is_not_emptied(
    folder: Path, name: str, victim: str
) -> None:
    (folder / name).hardlink_to(folder / victim)
    before = contents(folder)
    with pytest.raises(LedgerError, match=r"has 2 names \(hard links\)"):
        append(folder)
    assert contents(folder) == before


def test_a_file_that_holds_more_than_a_lock_is_not_removed(folder: Path) -> None:
    (folder / LOCK_FILE).write_text("Years of work.\n" * 100)
    before = contents(folder)
    with pytest.raises(LedgerError, match="1,500 bytes, more than a lock"):
        append(folder)
    assert contents(folder) == before


def test_nothing_is_written_into_a_file_that_was_there(folder: Path) -> None:
    """The one left behind is removed, and the lock held on a file that was made for it."""
    path = folder / LOCK_FILE
    path.write_text("")
    with path.open() as left_behind:
        with locked(folder, patience=0):
            assert path.read_text().split()[0] == str(os.getpid())
        assert left_behind.read() == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser gives files away")
def test_the_lock_of_a_stranger_is_refused(folder: Path) -> None:
    path = folder / LOCK_FILE
    path.write_text("")
    os.chown(folder / TABLE, 4001, 4001)
    os.chown(path, 4002, 4002)
    with pytest.raises(LedgerError, match="belongs to user 4002 and group 4002, the table to user"):
        append(folder)
    assert path.exists()
    os.chown(path, 4002, 4001)
    append(folder)


def test_a_table_of_two_names_is_refused(folder: Path) -> None:
    (folder / "other.csv").hardlink_to(folder / TABLE)
    before = contents(folder)
    for attempt in (refuse_to_write, append):
        with pytest.raises(LedgerError, match=r"has 2 names.*sources copy"):
            attempt(folder)
    assert contents(folder) == before


def test_a_table_that_nobody_may_write_is_refused(folder: Path) -> None:
    """Mode bits decide, so that the superuser is told as others are."""
    (folder / TABLE).chmod(0o444)
    before = contents(folder)
    for attempt in (refuse_to_write, append):
        with pytest.raises(LedgerError, match=r"read-only \(mode 444\).*chmod u\+w"):
            attempt(folder)
    assert contents(folder) == before


def test_a_pipe_in_place_of_a_file_is_not_waited_for(folder: Path) -> None:
    """Put there after the study was read, as nobody but an attacker does."""
    with locked(folder):
        ledger = Ledger.read(folder)
        addition = ledger.with_rows(added(ledger, [Draft(ROW)], date(2024, 6, 1)))
        specification = folder / SPECIFICATION
        specification.unlink()
        os.mkfifo(specification)
        with pytest.raises(LedgerError, match=r"study\.toml was changed .*is not a regular file"):
            write(folder, addition)
    with pytest.raises(UnfitFileError, match="is not a regular file"):
        read_bounded(specification, 1_000)


def test_a_folder_may_be_named_by_a_link(folder: Path, tmp_path: Path) -> None:
    """Both names lead to one lock."""
    link = tmp_path / "link"
    link.symlink_to(folder)
    with locked(folder), pytest.raises(LedgerError, match="is being changed"):
        append(link)
    append(link)
    assert load_study(folder).observations[-1].id == "EXP02"
    assert link.is_symlink() and len(list(folder.iterdir())) == 2


def test_two_names_are_swapped_or_nothing_happens(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("1")
    other.write_text("2")
    swapped = exchange(one, other)
    assert (one.read_text(), other.read_text()) == (("2", "1") if swapped else ("1", "2"))
