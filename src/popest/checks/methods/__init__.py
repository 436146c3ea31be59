"""The statistics that checks compute, apart from how they are said and drawn."""
