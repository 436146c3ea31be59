"""What stands on disk: encodings, sizes, missing files, folders that are no study."""

import os
from pathlib import Path
from typing import Any

import pytest

from popest.study import Problem, StudyError, list_studies, load_study, study_from_texts
from popest.study.check import checked
from popest.study.files import reading as files


def only_problem(folder: Any) -> Problem:
    with pytest.raises(StudyError) as caught:
        load_study(folder)
    (problem,) = caught.value.problems
    return problem


FILES = ["study.toml", "observations.csv"]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    ("spoil", "words", "line"),
    [
        (lambda data: data[:9] + b"\0" + data[9:], "NUL", 2),
        (lambda data: data[:9] + b"\xe9" + data[9:], "not UTF-8 at byte 0xe9", 2),
        (lambda data: data.decode().encode("utf-16"), "NUL", 1),
        (lambda data: b"", "is empty", 1),
        (lambda data: b"\xef\xbb\xbf \r\n\n", "is empty", 1),
    ],
    ids=["NUL", "Latin-1", "UTF-16", "empty", "blank"],
)
def test_bytes_that_are_no_text(example: Any, file: str, spoil: Any, words: str, line: int) -> None:
    path = example.write() / file
    path.write_bytes(spoil(b"\n" + path.read_bytes() if line == 2 else path.read_bytes()))
    problem = only_problem(example.folder)
    assert problem.file.endswith(file)
    assert problem.line == line
    assert words in problem.rule


@pytest.mark.parametrize(("file", "size"), [("study.toml", 11), ("observations.csv", 100)])
def test_a_large_file_is_refused_with_its_size_unread(
    example: Any, file: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = example.write() / file
    os.truncate(path, size * 1_000_000)
    read = []
    opened = files._without_waiting

    def noted(name: str, flags: int) -> int:
        read.append(Path(name).name)
        return opened(name, flags)

    monkeypatch.setattr(files, "_without_waiting", noted)
    with pytest.raises(StudyError) as caught:
        load_study(example.folder)
    (problem,) = (one for one in caught.value.problems if one.file.endswith(file))
    assert f"is {size}.0 MB" in problem.rule
    assert problem.line == 1
    assert read == [name for name in FILES if name != file]


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named(example: Any, file: str) -> None:
    (example.write() / file).unlink()
    problem = only_problem(example.folder)
    assert problem.file.endswith(file)
    assert problem.rule == "does not exist"


def test_what_is_no_file_is_not_opened(example: Any) -> None:
    path = example.write() / "observations.csv"
    path.unlink()
    os.mkfifo(path)
    assert only_problem(example.folder).rule == "is not a regular file"
    path.unlink()
    path.mkdir()
    assert only_problem(example.folder).rule == "is not a regular file"


def test_byte_order_mark_and_line_endings_do_not_matter(example: Any) -> None:
    plain = example.load()
    for name in FILES:
        path = example.folder / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    marked = load_study(example.folder)
    assert marked.specification == plain.specification
    assert [row.id for row in marked.used] == [row.id for row in plain.used]
    assert [row.line for row in marked.observations] == [row.line for row in plain.observations]


def test_problems_keep_their_lines_behind_a_byte_order_mark(example: Any) -> None:
    folder = example.edited("study.toml", 'title = "People', 'titel = "People').write()
    path = folder / "study.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    with pytest.raises(StudyError) as caught:
        load_study(folder)
    assert {(one.line, one.field) for one in caught.value.problems} == {(1, "titel"), (1, "title")}


def test_a_header_behind_a_byte_order_mark_is_found(example: Any) -> None:
    with pytest.raises(StudyError) as caught:
        study_from_texts("x", "\ufeff[calendar]\nstart = 3\n", example.files["observations.csv"])
    lines = {problem.field: problem.line for problem in caught.value.problems}
    assert lines["calendar.start"] == 2


def test_a_study_is_hashed_as_it_stands_on_disk(example: Any) -> None:
    from hashlib import sha256

    folder = example.write()
    path = folder / "study.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    data = path.read_bytes() + (folder / "observations.csv").read_bytes()
    study = load_study(folder)
    assert study.data_sha256 == sha256(data).hexdigest()
    again = study_from_texts("x", study.specification_text, study.observations_text)
    assert again.data_sha256 == study.data_sha256


@pytest.mark.parametrize(
    "name", ["", "nothing", "../nothing", "..", "a/b", "x\ny", "x\0y", "x" * 5000, "/", "~"]
)
def test_what_is_no_study_is_said_on_one_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    with pytest.raises(StudyError) as caught:
        load_study(name)
    (line,) = str(caught.value).splitlines()
    assert "study" in line
    assert len(line) < 5000 + 500


def test_an_unknown_name_gets_the_nearest_and_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = list_studies()
    problem = only_problem(shipped[0][:-1])
    assert f"did you mean {shipped[0]}?" in problem.remedy
    assert all(name in problem.remedy for name in shipped)


def test_a_file_and_an_empty_folder_are_no_study(example: Any, tmp_path: Path) -> None:
    assert "is a file" in only_problem(example.write() / "study.toml").rule
    (tmp_path / "empty").mkdir()
    assert "without a study" in only_problem(tmp_path / "empty").rule


def test_problems_name_files_as_a_person_would(
    example: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = example.edited("study.toml", 'title = "People', 'titel = "People')
    folder = broken.write()
    monkeypatch.chdir(tmp_path)
    for study in ("example", "./example", folder, "other/../example"):
        (tmp_path / "other").mkdir(exist_ok=True)
        with pytest.raises(StudyError, match=r"(?m)^example/study.toml:1: title"):
            load_study(study)
    monkeypatch.chdir(tmp_path / "other")
    with pytest.raises(StudyError) as caught:
        load_study("../example")
    assert caught.value.problems[0].file == str(folder / "study.toml")


def test_a_shipped_name_means_the_shipped_study(
    example: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = list_studies()[0]
    example.write().rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert load_study(name).specification.title != "People of A in B"
    for folder in (f"./{name}", Path(name)):
        assert load_study(folder).specification.title == "People of A in B"


@pytest.mark.parametrize("name", list_studies())
def test_a_shipped_study_is_valid(name: str) -> None:
    study = load_study(name)
    assert study.used
    for variant in study.specification.variant:
        assert study.with_variant(variant).variant == variant


def test_a_study_that_is_read_again_is_not_checked_again(example: Any) -> None:
    checked.cache_clear()
    study = example.load()
    study.with_variant("slow").as_of("2023-01-01").without("border")
    assert checked.cache_info().misses == 1


def test_an_unreadable_file_is_said(example: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "_without_waiting", refuse)
    with pytest.raises(StudyError, match="cannot be read: Permission denied"):
        example.load()


def test_texts_are_checked_as_files_are(example: Any) -> None:
    texts = example.files.values()
    assert study_from_texts("x", *texts).used == example.load().used
    for spoilt in ("", "\0", "\ud800"):
        with pytest.raises(StudyError) as caught:
            study_from_texts("x", spoilt, spoilt)
        files = [problem.file for problem in caught.value.problems]
        assert files == ["x/study.toml", "x/observations.csv"]
