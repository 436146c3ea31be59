"""All checks, of studies and of panels, found by importing the modules of this room."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from popest.checks.result import Check, CheckResult, Context

if TYPE_CHECKING:
    from popest.checks.panel.context import PanelContext

type Run[Given] = Callable[[Given], CheckResult]
_OF_STUDIES: dict[str, Check[Context]] = {}
_OF_PANELS: dict[str, Check[PanelContext]] = {}


def check(name: str, *, required: bool, quick: bool) -> Callable[[Run[Context]], Run[Context]]:
    """Register a function as a check of studies.

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

    def register(run: Run[Context]) -> Run[Context]:
        _OF_STUDIES[name] = Check(name, required, quick, run)
        return run

    return register


def panel_check(
    name: str, *, required: bool, quick: bool
) -> Callable[[Run[PanelContext]], Run[PanelContext]]:
    """Register a function as a check of panels, its sentences under ``panel.checks.NAME``."""

    def register(run: Run[PanelContext]) -> Run[PanelContext]:
        _OF_PANELS[name] = Check(name, required, quick, run, "panel.checks")
        return run

    return register


def all_checks() -> dict[str, Check[Context]]:
    """Return every check of studies by its name, in alphabetical order."""
    _import_checks("")
    return dict(sorted(_OF_STUDIES.items()))


def panel_checks() -> dict[str, Check[PanelContext]]:
    """Return every check of panels by its name, in alphabetical order."""
    _import_checks("panel")
    return dict(sorted(_OF_PANELS.items()))


def _import_checks(within: str) -> None:
    room, _, _ = __name__.rpartition(".")
    room = f"{room}.{within}" if within else room
    folder = Path(__file__).parent / within
    for module in sorted(pkgutil.iter_modules([str(folder)]), key=lambda found: found.name):
        if module.name.startswith("check_"):
            import_module(f"{room}.{module.name}")
