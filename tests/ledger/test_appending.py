"""Tests of appending: all rows or none, and the former bytes always stand before them."""

import errno
import os
import resource
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from popest.ledger.appending import UNFINISHED_FILE, refuse_to_write, write
from popest.ledger.lock import LOCK_FILE, LedgerError, locked
from popest.study import StudyError, load_study
from popest.study.drafts.addition import Addition, Ledger
from popest.study.drafts.drafting import added
from popest.study.drafts.new_rows import Draft, lines_of
from popest.study.entry_types import is_blank
from popest.study.files.reading import FileText
from popest.study.observations.columns import COLUMNS
from popest.study.observations.table import read_table

TODAY = date(2024, 6, 1)
UNUSED = {"source": "experts", "value": "7000", "publisher": "A", "use": "no", "note": "No method."}
NOBODY = 65534


def addition(folder: Path, **columns: str) -> Addition:
    ledger = Ledger.read(folder)
    return ledger.with_rows(added(ledger, [Draft(UNUSED | columns)], TODAY))


def append(folder: Path, **columns: str) -> None:
    with locked(folder):
        write(folder, addition(folder, **columns))


def table(folder: Path) -> Path:
    return folder / "observations.csv"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_row_stands_below_the_others_and_nothing_else_changes(folder: Path) -> None:
    before, others = table(folder).read_bytes(), names(folder)
    append(folder)
    after = table(folder).read_bytes()
    assert after == before + b"EXP02,experts,7000,,,,,2024-06-01,A,,no,,,No method.\n"
    assert names(folder) == others
    assert load_study(folder).observations[-1].id == "EXP02"


def test_the_file_keeps_its_mode(folder: Path) -> None:
    table(folder).chmod(0o640)
    append(folder)
    assert stat.S_IMODE(table(folder).stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("made", "gap"),
    [
        (lambda data: data.removesuffix(b"\n"), b"\n"),
        (lambda data: data.replace(b"\n", b"\r\n"), b""),
        (lambda data: data.replace(b"\n", b"\r\n").removesuffix(b"\r\n"), b"\r\n"),
        (lambda data: b"\xef\xbb\xbf" + data, b""),
        (lambda data: data + b"\n\n", b""),
    ],
    ids=["no last newline", "CRLF", "CRLF without the last", "mark", "empty lines"],
)
def test_lines_end_as_they_do_in_the_file(folder: Path, made: Any, gap: bytes) -> None:
    before = made(table(folder).read_bytes())
    table(folder).write_bytes(before)
    append(folder)
    after = table(folder).read_bytes()
    assert after.startswith(before + gap + b"EXP02,")
    assert after.endswith(b"\r\n" if b"\r\n" in before else b"\n")
    assert [row.id for row in load_study(folder).observations][-2:] == ["EXP01", "EXP02"]


CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\t\r\n")
TEXTS = st.text(CHARACTERS, max_size=40)
SEEN = TEXTS.filter(lambda text: not is_blank(text))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(notes=st.lists(SEEN, min_size=1, max_size=3), url=TEXTS)
def test_what_is_added_is_what_is_read(folder: Path, notes: list[str], url: str) -> None:
    """Each row is one line, also to programs that know more line breaks than LF; words stay."""
    ledger = Ledger.read(folder)
    given_ = [Draft(UNUSED | {"note": note, "url": url}) for note in notes]
    made = ledger.with_rows(added(ledger, given_, TODAY))
    new = made.observations.text.removeprefix(ledger.observations.text)
    assert len(new.splitlines()) == new.count("\n") == len(notes)
    rows = made.rows
    for row, note in zip(rows, notes, strict=True):
        assert row.note.split() == note.split()
        assert row.note == note or note.splitlines() != [note]
    assert [row.value for row in rows] == [7000] * len(notes)


@given(
    cells=st.lists(
        st.lists(
            st.text(st.sampled_from('a ,;"\n\r\t\u2028é'), max_size=6), min_size=15, max_size=15
        ),
        min_size=1,
        max_size=4,
    )
)
def test_any_cells_survive_being_written_and_read(cells: list[list[str]]) -> None:
    rows = [
        dict(zip(COLUMNS, [f"A{number}", "b", *row], strict=True))
        for number, row in enumerate(cells)
    ]
    header = dict(zip(COLUMNS, COLUMNS, strict=True))
    ledger = Ledger(FileText("study.toml"), FileText("o.csv", lines_of("", [header, *rows])))
    assert list(ledger.cells.values()) == rows
    assert set(read_table(ledger.observations).lines) == {row["id"] for row in rows}


def test_a_row_that_breaks_a_rule_is_said_of_the_new_row(folder: Path) -> None:
    ledger = Ledger.read(folder)
    given_ = [Draft({"source": "register", "value": "12,345"}, "mine.csv", 7)]
    with pytest.raises(StudyError) as error:
        ledger.with_rows(added(ledger, given_, TODAY))
    places = {(problem.file, problem.line) for problem in error.value.problems}
    assert places == {("mine.csv", 7)}
    columns = {problem.field for problem in error.value.problems}
    assert columns == {"value", "precision", "end", "publisher"}


def test_a_row_over_several_lines_is_placed_as_one(folder: Path) -> None:
    ledger = Ledger.read(folder)
    long = Draft(UNUSED | {"note": "a\nb\nc"}, "mine.csv", 2)
    wrong = Draft(UNUSED | {"note": ""}, "mine.csv", 5)
    with pytest.raises(StudyError) as error:
        ledger.with_rows(added(ledger, [long, wrong], TODAY))
    (problem,) = error.value.problems
    assert (problem.file, problem.line, problem.field) == ("mine.csv", 5, "note")


def test_a_fault_of_the_study_itself_keeps_its_place(folder: Path) -> None:
    text = (folder / "study.toml").read_text().replace("sd = 50", "sd = -1")
    (folder / "study.toml").write_text(text)
    with pytest.raises(StudyError) as error:
        addition(folder)
    (problem,) = error.value.problems
    assert problem.file.endswith("study.toml") and problem.field == "source.border.error.sd"


def test_rows_may_be_added_together_with_what_names_them(folder: Path) -> None:
    specification = folder / "study.toml"
    specification.write_text(specification.read_text().replace('"REG03"', '"REG77"'))
    with pytest.raises(StudyError):
        load_study(folder)
    cells = {"source": "register", "id": "REG77", "end": "2023-05-31", "precision": "exact"}
    append(folder, **cells)
    assert "REG77" in {row.id for row in load_study(folder, variant="more").used}


def test_a_table_that_cannot_be_read_is_not_added_to(folder: Path) -> None:
    table(folder).write_bytes(table(folder).read_bytes() + b"broken\n")
    with pytest.raises(StudyError) as error:
        Ledger.read(folder)
    assert error.value.problems[0].field == "row"


def test_surrogates_are_refused(folder: Path) -> None:
    with pytest.raises(StudyError) as error:
        addition(folder, note="\udcff")
    assert "UTF-8" in str(error.value)


def test_a_file_that_would_be_too_large_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = table(folder).stat().st_size
    monkeypatch.setitem(Ledger.with_rows.__globals__["LARGEST_FILE"], "observations.csv", size + 9)
    with pytest.raises(StudyError) as error:
        addition(folder)
    assert "larger" in str(error.value)


def test_a_link_is_refused(folder: Path) -> None:
    real = folder / "real.csv"
    table(folder).rename(real)
    table(folder).symlink_to(real)
    before = real.read_bytes()
    with pytest.raises(LedgerError, match="is a link"):
        refuse_to_write(folder)
    with pytest.raises(LedgerError, match="is a link"):
        append(folder)
    assert real.read_bytes() == before and table(folder).is_symlink()


def test_a_folder_of_an_installed_package_is_refused(folder: Path) -> None:
    installed = folder / "site-packages" / "popest" / "sources" / "serbia"
    installed.mkdir(parents=True)
    with pytest.raises(LedgerError, match="popest sources copy serbia"):
        refuse_to_write(installed)


def test_the_repository_of_an_editable_install_may_be_added_to(root: Path) -> None:
    refuse_to_write(root / "data/sources/serbia")


def test_a_file_that_changed_meanwhile_is_left_alone(folder: Path) -> None:
    with locked(folder):
        drafted = addition(folder)
        saved = table(folder).read_bytes() + b"EXP09,experts,1,,,,,2024-01-02,A,,no,,,Saved.\n"
        table(folder).write_bytes(saved)
        with pytest.raises(LedgerError, match="changed by another program"):
            write(folder, drafted)
    assert table(folder).read_bytes() == saved
    assert UNFINISHED_FILE not in names(folder)


def test_what_was_not_written_as_meant_is_not_put_in_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = table(folder).read_bytes()
    real = os.write

    def garbled(handle: int, data: memoryview) -> int:
        return real(handle, bytes(data).replace(b"700", b"100"))

    drafted = addition(folder)
    monkeypatch.setattr(os, "write", garbled)
    with locked(folder), pytest.raises(LedgerError, match="not what was meant"):
        write(folder, drafted)
    assert table(folder).read_bytes() == before


@pytest.mark.parametrize("function", ["write", "fsync", "fchmod"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_disk_that_refuses_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, function: str, number: int
) -> None:
    before, others = table(folder).read_bytes(), names(folder)

    def refuse(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    drafted = addition(folder)
    with locked(folder):
        monkeypatch.setattr(os, function, refuse)
        with pytest.raises(LedgerError, match=f"{os.strerror(number)}.*nothing was added"):
            write(folder, drafted)
        monkeypatch.undo()
    assert table(folder).read_bytes() == before
    assert names(folder) == others


def test_a_disk_that_takes_only_a_part_at_a_time_gets_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, bytes(data)[:100]))
    append(folder)
    monkeypatch.undo()
    assert load_study(folder).observations[-1].id == "EXP02"


def test_a_disk_that_does_not_confirm_is_said_apart(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def fail_for_folders(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        real(handle)

    monkeypatch.setattr(os, "fsync", fail_for_folders)
    with pytest.raises(LedgerError, match="were added, but"):
        append(folder)
    assert load_study(folder).observations[-1].id == "EXP02"


FULL = """
import resource, signal, sys
from popest.cli import main
size = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
main()
"""


def test_a_disk_that_is_really_full_changes_nothing(folder: Path) -> None:
    """A limit on the size of files stops a real write in its middle, as a full disk does."""
    before, others = table(folder).read_bytes(), names(folder)
    size = str(len(before) + 10)
    options = [f"--{column}={text}" for column, text in UNUSED.items()]
    done = subprocess.run(
        [sys.executable, "-c", FULL, size, "sources", "add", str(folder), *options],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 1, done.stderr
    assert "cannot be written (File too large); nothing was added" in done.stderr
    assert "Traceback" not in done.stderr
    assert table(folder).read_bytes() == before
    assert names(folder) == others
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != int(size)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Give up the rights of the superuser, to whom nothing is read-only."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_folder_is_said_in_words(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for file in folder.iterdir():
            (place / file.name).write_bytes(file.read_bytes())
        place.chmod(0o555)
        drafted = addition(place)
        with (
            as_nobody(),
            pytest.raises(LedgerError, match=r"Permission denied.*sources copy"),
            locked(place),
        ):
            write(place, drafted)
        assert names(place) == {"study.toml", "observations.csv"}
        place.chmod(0o755)


def test_a_table_that_has_gone_is_said_in_words(folder: Path) -> None:
    drafted = addition(folder)
    with locked(folder):
        table(folder).unlink()
        with pytest.raises(LedgerError, match="No such file"):
            write(folder, drafted)
    assert LOCK_FILE not in names(folder)


def test_litter_of_a_killed_writer_is_written_over(folder: Path) -> None:
    (folder / UNFINISHED_FILE).write_text("half a ro")
    append(folder)
    assert names(folder) == {"study.toml", "observations.csv"}
