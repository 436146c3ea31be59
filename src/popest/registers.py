"""Where what registers itself is found, below every room.

A room that keeps a registry may stand below the rooms whose classes register in it: it imports them
by these names when it is first asked, so that the registry is full whatever was imported first.
"""

MEASURES = "popest.model.measures"
"""The package of the measures; their registry is in ``popest.study.measures``."""
