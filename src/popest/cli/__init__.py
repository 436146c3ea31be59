"""The command line: ``popest``.

Only words, options and exit codes belong here; what they ask for is done by the other rooms.
"""

from popest.cli.app import main

__all__ = ["main"]
