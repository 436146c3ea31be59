"""Languages: what popest says to people, one file of sentences a language, below every room."""
