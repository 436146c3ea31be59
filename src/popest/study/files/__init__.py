"""Files of a study: found, read within bounds, and replaced in one step."""
