"""The version of popest, below every room: estimates and pages name it."""

__version__ = "0.1.0"
