"""What is likely wrong with rows, although no rule forbids it."""
