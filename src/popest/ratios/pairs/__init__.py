"""Pairs: places where an indicator stands beside a better total of the same population."""
