"""Lets the tests of ratios import the programs in benchmarks/ that calibrate and validate them."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
