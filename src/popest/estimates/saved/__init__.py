"""Saved estimates: one netCDF file, written to be audited and read on proof alone."""
