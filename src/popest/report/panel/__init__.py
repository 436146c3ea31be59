"""The page of a panel: its total, its populations, what they share, and which stand apart."""
