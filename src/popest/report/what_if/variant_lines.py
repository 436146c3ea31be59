"""The start of the ``study.toml`` lines that the page offers: what its own variant had already.

The script of the page adds what its controls change.
"""

from __future__ import annotations

import json
import tomllib
from typing import Any

from popest.study import Study

NAME = "what_if"


def variant_of(study: Study) -> dict[str, Any]:
    """Return name, entries and lists of the variant that stands for the page's settings.

    A view of a variant starts from that variant's entries, each a key and a value as TOML has
    them, and from its rows and sources.
    """
    document = tomllib.loads(study.specification_text.removeprefix("\ufeff"))
    taken = document.get("variant", {})
    name, number = NAME, 1
    while name in taken:
        number += 1
        name = f"{NAME}_{number}"
    own = taken.get(study.variant, {}) if study.variant is not None else {}
    return {
        "name": name,
        "set": [[key, toml(value)] for key, value in own.get("set", {}).items()],
        "without": sorted({*own.get("without", []), *study.view.left_out}),
        "use": own.get("use", []),
        "ignore": own.get("ignore", []),
    }


def toml(value: Any) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        entries = (f"{json.dumps(key)} = {toml(entry)}" for key, entry in value.items())
        return f"{{ {', '.join(entries)} }}"
    if isinstance(value, list):
        return f"[{', '.join(toml(entry) for entry in value)}]"
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f")
    return str(value)
