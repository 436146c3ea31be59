"""The checks of panels: one file a check."""
