"""The command line: ``popest``.

Only words, options and exit codes belong here; what they ask for is done by the other rooms.
"""

import gc
import os

__all__ = ["main"]

OBJECTS_BETWEEN_COLLECTIONS = 100_000


def main() -> None:
    """Run the command line and exit.

    A command is a short process, so its start-up counts: one thread for linear algebra, which
    the engines ask for anyway, and few collections of garbage: what loading makes, the process
    keeps, and gives back at its end without a search.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    from popest.cli.app import main as run

    try:
        run()
    finally:
        gc.freeze()
