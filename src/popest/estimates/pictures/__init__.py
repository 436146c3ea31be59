"""The pictures of an estimate, in one style."""
