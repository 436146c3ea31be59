"""Panels: many populations that learn from one another."""
