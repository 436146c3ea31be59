"""Settings of other packages that lie in the current folder, which no command reads.

matplotlib, ArviZ and Numba look for a file of settings in the current folder before they look in
the user's own. A command is run in folders of strangers, and such a file changes pictures, starts
LaTeX, or names a folder of compiled code to load.
"""

from __future__ import annotations

import os
from contextlib import chdir
from importlib import import_module
from pathlib import Path

READ_BY = {
    "matplotlibrc": "matplotlib",
    "arvizrc": "arviz_base",
    ".numba_config.yaml": "numba.core.config",
}
"""What each file is called, and the module that reads it when it is imported."""


def pass_over_settings_here() -> list[str]:
    """Let the packages read their settings elsewhere; return the files that are passed over.

    Nothing is imported where there is no such file.
    """
    found = [name for name in READ_BY if os.path.lexists(name)]
    for name in found:
        # A folder of popest's own has no settings in it.
        with chdir(Path(__file__).parent):
            module = import_module(READ_BY[name])
        if name == ".numba_config.yaml":
            # Numba looks for it again whenever it compiles; the null device is no regular file.
            vars(module)["_config_fname"] = os.devnull
    return found
