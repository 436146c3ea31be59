"""Ratios that are part of a draw, and counts that are too few for theirs to be integrated."""
