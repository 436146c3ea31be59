"""Rows that are not on file yet: filled in, numbered, checked with the study they would give."""
