"""Workbooks, written here by hand, are read as the tables that they hold or refused by name."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from popest.ledger import workbook
from popest.ledger.habits import Habits
from popest.ledger.spreadsheet import read_spreadsheet
from popest.study import StudyError, UsageError

HEADER = ["source", "value", "precision", "end", "published", "publisher"]
ROW: list[Any] = ["residents", 2960, "exact", 45382, "2024-05", "Office"]
"""45382 is the number of 31 March 2024: its cell has the style of a day."""
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DAY_COLUMN = 3


def xlsx(path: Path, sheets: dict[str, list[list[Any]]], merged: str = "") -> Path:
    """Write a workbook of Office Open XML (ECMA-376), numbers and inline texts only."""
    names = [*sheets]
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONSHIPS}"><sheets>'
        + "".join(
            f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(names, 1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            {f"rId{n}": ("worksheet", f"worksheets/s{n}.xml") for n in range(1, len(names) + 1)}
            | {"rId99": ("styles", "styles.xml")}
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/>'
        '<xf numFmtId="14"/></cellXfs></styleSheet>',
    }
    for n, rows in enumerate(sheets.values(), 1):
        lines = "".join(
            f'<row r="{r}">' + "".join(_cell(r, c, cell) for c, cell in enumerate(row)) + "</row>"
            for r, row in enumerate(rows, 1)
        )
        merges = f'<mergeCells><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
        parts[f"xl/worksheets/s{n}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData>{merges}</worksheet>'
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


def _relations(found: dict[str, tuple[str, str]]) -> str:
    entries = "".join(
        f'<Relationship Id="{key}" Type="{RELATIONSHIPS}/{kind}" Target="{target}"/>'
        for key, (kind, target) in found.items()
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{entries}</Relationships>'


def _cell(row: int, column: int, cell: Any) -> str:
    place = f"{chr(ord('A') + column)}{row}"
    if cell == "":
        return ""
    if isinstance(cell, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    style = ' s="1"' if column == DAY_COLUMN else ""
    return f'<c r="{place}"{style}><v>{cell}</v></c>'


def ods(path: Path, rows: list[list[str]]) -> Path:
    """Write a workbook of OpenDocument (ISO 26300), texts and counts only."""
    office = "urn:oasis:names:tc:opendocument:xmlns"
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="float" office:value="{cell}"/>'
            if cell.isdigit()
            else f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p>'
            "</table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{office}:manifest:1.0"/>'
        )
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{office}:office:1.0" '
            f'xmlns:table="{office}:table:1.0" xmlns:text="{office}:text:1.0"><office:body>'
            f'<office:spreadsheet><table:table table:name="S">{cells}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return path


def test_numbers_days_and_texts_are_read_as_what_they_are(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "f.xlsx", {"S": [HEADER, ROW], "empty": []})
    (draft,) = read_spreadsheet(path)
    assert dict(draft.cells) == dict(
        zip(HEADER, ["residents", "2960", "exact", "2024-03-31", "2024-05", "Office"], strict=True)
    )
    assert not draft.problems and draft.line == 2


def test_open_document_is_read(tmp_path: Path) -> None:
    row = ["residents", "2960", "exact", "2024-03-31", "2024-05", "Office"]
    (draft,) = read_spreadsheet(ods(tmp_path / "f.ods", [HEADER, row]))
    assert [*draft.cells.values()] == row and not draft.problems


def refused(path: Path, sheet: str | None = None) -> list[str]:
    with pytest.raises((StudyError, UsageError)) as error:
        read_spreadsheet(path, sheet=sheet)
    return str(error.value).replace(str(path.parent) + "/", "").splitlines()


def test_what_stands_around_the_table_is_refused_by_name(tmp_path: Path) -> None:
    rows = [["Table 3. Residents"], [], HEADER, ROW, ["p: provisional"]]
    said = refused(xlsx(tmp_path / "f.xlsx", {"S": rows}, merged="A1:F1"))
    assert any(
        line.startswith('f.xlsx:1: row "Table 3. Residents" - stands above') for line in said
    )
    assert any(line.startswith('f.xlsx:5: row "p: provisional" - is a row with') for line in said)
    assert any("is merged over 1 row and 6 columns" in line for line in said)


def test_merged_cells_of_the_table_are_refused(tmp_path: Path) -> None:
    rows = [HEADER, ROW, ["", *ROW[1:]]]
    (said,) = refused(xlsx(tmp_path / "f.xlsx", {"S": rows}, merged="A2:A3"))
    assert "f.xlsx:2" in said and "merged over 2 rows" in said and "undo the merging" in said


def test_one_of_several_sheets_is_asked_for(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "f.xlsx", {"2023": [HEADER, ROW], "2024": [HEADER, ROW, ROW]})
    (said,) = refused(path)
    assert "several sheets: say which by --sheet, 2023, 2024" in said
    assert len(read_spreadsheet(path, sheet="2024")) == 2
    (said,) = refused(path, "2025")
    assert 'has no sheet "2025": write one of 2023, 2024' in said


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f.xlsx").write_text("source,value")
    (said,) = refused(tmp_path / "f.xlsx")
    assert "is no workbook" in said
    with zipfile.ZipFile(tmp_path / "g.xlsx", "w") as archive:
        archive.writestr("other", "x")
    (said,) = refused(tmp_path / "g.xlsx")
    assert "cannot be read" in said
    (said,) = refused(tmp_path / "absent.xlsx")
    assert "cannot be read: No such file" in said


def test_an_archive_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "LARGEST_ARCHIVE", 3 * 1024 * 1024)
    path = tmp_path / "f.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (4 * 1024 * 1024))
    assert path.stat().st_size < 10_000
    (said,) = refused(path)
    assert "unpacks to more than 3 MB" in said


def test_a_cell_in_the_farthest_corner_is_refused(tmp_path: Path) -> None:
    """A rectangle of 17 billion cells in two kilobytes; reading it here would end this process."""
    path = xlsx(tmp_path / "f.xlsx", {"S": [HEADER, ROW]})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/s1.xml"
    corner = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    parts[sheet] = parts[sheet].replace(b"</sheetData>", corner)
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    (said,) = refused(path)
    assert "cannot be read with the memory and time that a table of figures needs" in said


def table(values: list[str], days: list[str]) -> str:
    rows = [
        f'residents,"{value}",exact,{day},2025,Office'
        for value, day in zip(values, days, strict=True)
    ]
    return "\n".join([",".join(HEADER), *rows, ""])


@pytest.mark.parametrize(
    ("values", "days", "given", "expected"),
    [
        (["35.000", "1.250.000"], ["10.02.2024", "28.02.2024"], Habits(),
         [("35000", "2024-02-10"), ("1250000", "2024-02-28")]),
        (["35,000", "980"], ["02/10/2024", "02/28/2024"], Habits("comma"),
         [("35000", "2024-02-10"), ("980", "2024-02-28")]),
        (["35.000"], ["10.02.2024"], Habits("point", "day-first"), [("35000", "2024-02-10")]),
    ],
)  # fmt: skip
def test_a_whole_column_or_its_author_settles_a_cell(
    tmp_path: Path, values: list[str], days: list[str], given: Habits, expected: list[Any]
) -> None:
    (tmp_path / "f.csv").write_text(table(values, days))
    drafts = read_spreadsheet(tmp_path / "f.csv", habits=given)
    assert not [problem for draft in drafts for problem in draft.problems]
    assert [(draft.cells["value"], draft.cells["end"]) for draft in drafts] == expected


@pytest.mark.parametrize(
    ("values", "days", "said"),
    [
        (["35.000", "980"], ["2024-02-10"] * 2, "say --thousands point"),
        (["35.000", "1.250.000", "12.5"], ["2024-02-10"] * 3, "may mean"),
        (["1", "2"], ["10.02.2024", "11.02.2024"], "say --days day-first"),
        (["1", "2", "3"], ["10.02.2024", "28.02.2024", "02.28.2024"], "may mean"),
    ],
)
def test_an_open_column_is_asked_for_and_never_guessed(
    tmp_path: Path, values: list[str], days: list[str], said: str
) -> None:
    (tmp_path / "f.csv").write_text(table(values, days))
    drafts = read_spreadsheet(tmp_path / "f.csv")
    problems = [str(problem) for draft in drafts for problem in draft.problems]
    assert problems and any(said in problem for problem in problems)
