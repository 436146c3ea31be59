"""The ledger: rows appended to a study on disk, their history, and their way to other programs."""
