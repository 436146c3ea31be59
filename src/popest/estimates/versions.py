"""The versions that an estimate depends on."""

from __future__ import annotations

import platform
import sys

import numpy as np

from popest.version import __version__


def versions(engine: str) -> dict[str, str]:
    """Return the versions of popest, Python and the packages that an engine computes with."""
    found = {"popest": __version__, "python": platform.python_version(), "numpy": np.__version__}
    if engine == "nuts":
        names = ("pymc", "pytensor", "nutpie", "numba")
        loaded = {name: getattr(sys.modules.get(name), "__version__", "") for name in names}
        found.update({name: version for name, version in loaded.items() if version})
    return found
