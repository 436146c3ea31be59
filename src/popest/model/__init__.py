"""The model: from standard normals to the population, and from it to the counts."""
