"""Giving a study's figures to other programs: CSV, JSON, a Data Package.

Every export is made from the texts on file, so that nothing is lost on the way but the line breaks
of texts in a table. Tables of others are read in ``popest.ledger.spreadsheet``.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from popest.ledger import Format
from popest.ledger.export_of_panels import panel_blocks, populations_schema, populations_table
from popest.study.drafts.addition import Ledger
from popest.study.drafts.new_rows import lines_of, on_one_line
from popest.study.entry_types import NAME_PATTERN
from popest.study.files.reading import (
    OBSERVATIONS_FILE,
    POPULATIONS_FILE,
    SPECIFICATION_FILE,
    typed,
)
from popest.study.files.whole import write_confirmed
from popest.study.load import files_of, rows_in_use
from popest.study.observations.columns import PANEL_COLUMNS, PRECISIONS, Kind, columns_of
from popest.study.panel.panel import Panel
from popest.study.problems import PopestError
from popest.study.study import Study
from popest.study.tables.cells import LONGEST_CELL, escaped

DESCRIPTOR_FILE = "datapackage.json"
_TABLES = (OBSERVATIONS_FILE, POPULATIONS_FILE)

_ESCAPES = (
    "A cell that a spreadsheet would take for a formula (it begins with = + - or @, and is no "
    "number) has an apostrophe before it, which popest sources add --from takes off."
)
_PROFILES = "https://datapackage.org/profiles/2.0"
_NAME = {"pattern": f"^{NAME_PATTERN.pattern}$"}
_PERIOD = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"
_PARENTS = r"^'?\s*([+-][A-Za-z0-9][A-Za-z0-9_.-]{0,63}(\s+|$))+$"
_SCHEMAS: dict[Kind, tuple[str, dict[str, Any]]] = {
    "id": ("string", {"required": True, "unique": True} | _NAME),
    "source": ("string", {"required": True} | _NAME),
    "count": ("integer", {}),
    "precision": ("string", {"enum": list(PRECISIONS)}),
    "day": ("date", {}),
    "period": ("string", {"pattern": _PERIOD}),
    "recorded": ("date", {"required": True}),
    "publisher": ("string", {"required": True}),
    "text": ("string", {"maxLength": LONGEST_CELL}),
    "yes_or_no": ("boolean", {"required": True}),
    "row": ("string", _NAME),
    "parents": ("string", {"pattern": _PARENTS}),
    "quantity": ("number", {"minimum": 0}),
    "population": ("string", {"required": True} | _NAME),
}
_SLUG = re.compile("[a-z0-9][a-z0-9._-]{0,63}")
LONGEST_WORDS = 48
# ruff: noqa: RUF001 - these letters are meant
_LETTERS = str.maketrans(
    "абвгдезийклмнопрстуфыэёєіјћўѓґđðøł",
    "abvgdeziyklmnoprstufyeoeijcwggddol",
    "ъь",
) | str.maketrans(
    {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya"}
    | {"ђ": "dj", "љ": "lj", "њ": "nj", "џ": "dz", "ѕ": "dz", "ќ": "kj", "ї": "yi"}
    | {"æ": "ae", "œ": "oe", "þ": "th"}
)


def exported(study: Study | Panel, form: Format) -> dict[str, str]:
    """Return a study's figures as the texts of files, by their names.

    Parameters
    ----------
    study
        The study or the panel; all its rows on file are exported, used or not.
    form
        ``csv``: one table, its cells escaped for spreadsheets, as an import reads it. ``json``:
        one object with what is known of the sources, and of the populations of a panel, too.
        ``datapackage``: the table, and that of populations, with a Data Package (version 2)
        descriptor beside it, which says what each column means.
    """
    match form:
        case "csv":
            return {OBSERVATIONS_FILE: _csv_text(study)}
        case "json":
            return {f"{study.name}.json": _json_text(_document(study))}
        case "datapackage":
            tables = {OBSERVATIONS_FILE: _csv_text(study)}
            if isinstance(study, Panel):
                tables[POPULATIONS_FILE] = populations_table(study)
            return {**tables, DESCRIPTOR_FILE: _json_text(_descriptor(study, tables))}


def write_texts(texts: Mapping[Path, str]) -> None:
    """Write files, each whole or not at all; folders that are missing are made.

    Raises
    ------
    PopestError
        When a file cannot be written, or is the table of a study itself.
    """
    for path, text in texts.items():
        if path.name in _TABLES and (path.parent / SPECIFICATION_FILE).exists():
            raise PopestError(f"{typed(path)} is a study's own table: choose another place")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(prefix=".popest-", dir=path.parent) as hidden:
                unfinished = Path(hidden, path.name)
                write_confirmed(unfinished, partial(Path.write_bytes, data=text.encode()))
                unfinished.replace(path)
        except OSError as error:
            reason = error.strerror or error
            raise PopestError(f"{typed(path)} cannot be written: {reason}") from None


def rows_on_file(study: Study | Panel) -> list[dict[str, str]]:
    """Return the text of every column of every row of a study's view, in file order."""
    shown = {row.id for row in study.observations}
    return [dict(row) for name, row in Ledger(*files_of(study)).cells.items() if name in shown]


def _columns(study: Study | Panel) -> list[str]:
    """Return the columns of a study's table, in the order of the format."""
    ledger = Ledger(*files_of(study))
    header = ledger.header
    return [name for name in ledger.columns if name in header]


def _csv_text(study: Study | Panel) -> str:
    columns = _columns(study)
    header = dict(zip(columns, columns, strict=True))
    rows = [
        {column: escaped(cell) for column, cell in on_one_line(row).items()}
        for row in rows_on_file(study)
    ]
    return lines_of("", [header, *rows], columns)


def _document(study: Study | Panel) -> dict[str, Any]:
    used = {row.id for row in rows_in_use(study)}
    by_id = {row.id: row for row in study.observations}
    columns = Ledger(*files_of(study)).columns
    rows = []
    for cells in rows_on_file(study):
        entry: dict[str, Any] = {column: cells[column] or None for column in columns}
        row = by_id[cells["id"]]
        entry |= {"value": row.value, "use": row.use, "in_use": row.id in used}
        entry |= {name: getattr(row, name) for name in columns_of("quantity")}
        entry["derived_from"] = [{"sign": sign, "id": name} for sign, name in row.derived_from]
        rows.append(entry)
    specification = study.specification
    sources = {name: source.written() for name, source in specification.source.items()}
    return {
        "study": study.name,
        "title": specification.title,
        "target": specification.target,
        "unit": specification.unit,
        "headline": [asked.as_written for asked in specification.headlines],
        "data_sha256": study.data_sha256,
        "sources": sources,
        **(panel_blocks(study) if isinstance(study, Panel) else {}),
        "observations": rows,
    }


def _descriptor(study: Study | Panel, tables: Mapping[str, str]) -> dict[str, Any]:
    specification = study.specification
    schema = _schema(_columns(study))
    resources = [_resource(study, OBSERVATIONS_FILE, "Published figures", tables, schema)]
    if isinstance(study, Panel):
        reference = {"resource": "populations", "fields": ["population"]}
        schema["foreignKeys"].append({"fields": ["population"], "reference": reference})
        of_populations = {"$schema": schema["$schema"], **populations_schema(study)}
        resources.append(_resource(study, POPULATIONS_FILE, "Populations", tables, of_populations))
    return {
        "$schema": f"{_PROFILES}/datapackage.json",
        "name": slug(study.name),
        "title": specification.title,
        "description": f"Counts related to this population: {specification.target}. Rows are only "
        f"ever added: a row that supersedes another corrects or withdraws it. {_ESCAPES}",
        "sources": _sources(study),
        "resources": resources,
    }


def _resource(
    study: Study | Panel, file: str, title: str, tables: Mapping[str, str], schema: dict[str, Any]
) -> dict[str, Any]:
    data = tables[file].encode()
    return {
        "$schema": f"{_PROFILES}/dataresource.json",
        "name": file.removesuffix(".csv"),
        "type": "table",
        "path": file,
        "title": f"{title} of {'panel' if isinstance(study, Panel) else 'study'} {study.name}",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(data),
        "hash": f"sha256:{sha256(data).hexdigest()}",
        "schema": schema,
    }


def _schema(columns: Sequence[str]) -> dict[str, Any]:
    fields = []
    for name in columns:
        column = PANEL_COLUMNS[name]
        kind, constraints = _SCHEMAS[column.kind]
        entry: dict[str, Any] = {"name": name, "type": kind, "title": column.meaning}
        if kind == "boolean":
            entry |= {"trueValues": ["yes"], "falseValues": ["no"]}
        if constraints:
            entry["constraints"] = constraints
        fields.append(entry)
    return {
        "$schema": f"{_PROFILES}/tableschema.json",
        "fields": fields,
        "missingValues": [""],
        "primaryKey": ["id"],
        "foreignKeys": [{"fields": ["supersedes"], "reference": {"fields": ["id"]}}],
    }


def _sources(study: Study | Panel) -> list[dict[str, str]]:
    """Return who published the figures, with the address of each figure that has one."""
    found = dict.fromkeys((row.publisher, row.url) for row in study.observations)
    return [
        {"title": publisher, **({"path": url} if url.startswith(("http://", "https://")) else {})}
        for publisher, url in found
    ]


def slug(name: str) -> str:
    """Return a name for other programs, never empty: lower-case letters, digits, ``.`` ``_`` ``-``.

    A name that has this form already stays. Any other is written in Latin letters, as far as they
    are known, with six digits of its SHA-256 behind it, so that no other name gives the same.
    """
    if _SLUG.fullmatch(name):
        return name
    composed = unicodedata.normalize("NFC", name)
    mark = sha256(composed.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    spelt = composed.casefold().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()
    words = re.sub("[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_WORDS].strip("-")
    return f"{words or 'study'}-{mark}"


def _json_text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
