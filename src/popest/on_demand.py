"""Names of a package that are loaded when they are first used, below every room."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def names_on_demand(
    package: str, names: Mapping[str, str]
) -> tuple[Callable[[str], Any], list[str]]:
    """Return a package's ``__getattr__``, so that importing it costs next to nothing, and names.

    Parameters
    ----------
    package
        The name of the package.
    names
        The public names of each module, with spaces between them.
    """
    places = {name: module for module, listed in names.items() for name in listed.split()}

    def load(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(places[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return load, sorted(places)
