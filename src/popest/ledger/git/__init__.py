"""What git remembers of a study: committed versions of its rows, read without running anything."""
