"""What was published: ``observations.csv``, its rows, and what they say of one another."""
