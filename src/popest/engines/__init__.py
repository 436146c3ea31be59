"""Engines: two ways to draw from the posterior, and the certificate each must reach."""
