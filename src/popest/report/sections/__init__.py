"""The sections of a report, each beside its template."""
