"""Estimates beside one another: what moved the one to the other, through time or by variant."""
