"""Ratios: what registers count for each person, learned from places where the truth is known."""
