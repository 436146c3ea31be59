"""All checks, found by importing the modules of this room."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from popest.checks.result import Check, CheckResult, Context

Run = Callable[[Context], CheckResult]
_REGISTERED: dict[str, Check] = {}


def check(name: str, *, required: bool, quick: bool) -> Callable[[Run], Run]:
    """Register a function as a check.

    Parameters
    ----------
    name
        Its name on the command line, lower case with hyphens; its sentences are in the catalogue
        under it, ``checks.NAME``.
    required
        Whether its failure fails the whole run.
    quick
        Whether it belongs to the quick run.
    """

    def register(run: Run) -> Run:
        _REGISTERED[name] = Check(name, required, quick, run)
        return run

    return register


def all_checks() -> dict[str, Check]:
    """Return every check by its name, in alphabetical order of their modules."""
    room, _, _ = __name__.rpartition(".")
    folder = Path(__file__).parent
    for module in sorted(pkgutil.iter_modules([str(folder)]), key=lambda found: found.name):
        if module.name.startswith("check_"):
            import_module(f"{room}.{module.name}")
    return dict(_REGISTERED)
