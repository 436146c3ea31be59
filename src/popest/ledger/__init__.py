"""The ledger: rows appended to a study on disk, their history, and their way to other programs."""

from typing import Literal

Format = Literal["csv", "json", "datapackage"]
"""In which figures are given to other programs; see ``popest.ledger.export``."""
