"""What an export of a panel says beside that of a study: its populations, and what is shared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from popest.study.drafts.new_rows import lines_of
from popest.study.panel.panel import Panel
from popest.study.panel.pooling import PanelKeys
from popest.study.panel.populations import FIRST_COLUMNS, Population
from popest.study.panel.quantities import SIZE
from popest.study.specification.toml_lines import Path
from popest.study.specification.wording import dotted
from popest.study.tables.cells import escaped


def populations_table(panel: Panel) -> str:
    """Return ``populations.csv`` with its cells escaped for spreadsheets, in file order."""
    columns = _columns(panel)
    header = dict(zip(columns, columns, strict=True))
    rows = [
        {column: escaped(cell) for column, cell in _cells(row).items()}
        for row in panel.content.populations
    ]
    return lines_of("", [header, *rows], columns)


def populations_schema(panel: Panel) -> dict[str, Any]:
    """Return what a Data Package says of the columns of ``populations.csv``.

    Those that ``study.toml`` uses are numbers; of others nobody knows what they hold.
    """
    used = {keys.column for keys in panel.keys} | {n for keys in panel.keys for n in keys.effects}
    named = {"required": True}
    fields: list[dict[str, Any]] = [
        {"name": "population", "type": "string", "constraints": named | {"unique": True}},
        {"name": "title", "type": "string", "constraints": named},
    ]
    for name in _columns(panel)[len(FIRST_COLUMNS) :]:
        fields.append({"name": name, "type": "number" if name in used else "string"})
    return {"fields": fields, "missingValues": [""], "primaryKey": ["population"]}


def panel_blocks(panel: Panel) -> dict[str, Any]:
    """Return the populations and what is shared, as JSON.

    Where `shared` names a column for a median, the median of 1 in ``sources`` stands for it.
    """
    return {
        "populations": [
            {name: cell or None for name, cell in _cells(row).items()}
            for row in panel.content.populations
        ],
        "total": panel.is_total,
        "only": {name: list(only) for name, only in panel.only.items()},
        "shared": [_shared(keys.path, keys) for keys in panel.keys if keys != PanelKeys(keys.path)],
    }


def _shared(path: Path, keys: PanelKeys) -> dict[str, Any]:
    entry: dict[str, Any] = {"quantity": "size" if path == SIZE else dotted(path)}
    if keys.column is not None:
        entry["median"] = {"column": keys.column}
    if keys.pooled is not None:
        pooled = keys.pooled.written()
        # What was not written is left out; between = 0 says that all have the same.
        entry["pooled"] = {
            name: value for name, value in pooled.items() if value or name == "between"
        }
    if keys.effects:
        entry["on"] = {name: effect.written() for name, effect in keys.effects.items()}
    return entry


def _columns(panel: Panel) -> list[str]:
    return [*FIRST_COLUMNS, *panel.content.populations[0].cells]


def _cells(row: Population) -> Mapping[str, str]:
    return dict(zip(FIRST_COLUMNS, (row.name, row.title), strict=True)) | dict(row.cells)
