"""Tests of what popest loads: the bank path stays light, so that it starts fast."""

import json
import subprocess
import sys

HEAVY = {"arviz", "matplotlib", "nutpie", "pandas", "pymc", "pytensor", "scipy", "xarray"}

ESTIMATE = """
sys.argv = ["popest", "estimate", "serbia-report-2024", "--json"]
from popest.cli import main
try:
    main()
except SystemExit as end:
    if end.code:
        raise
"""


def loaded_by(code: str) -> tuple[str, set[str]]:
    """What `code` prints, and the heavy packages that it loads, in a process of its own."""
    report = "\nimport json\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", "import sys\n" + code + report],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, HEAVY & set(json.loads(done.stderr.splitlines()[-1]))


def test_an_import_loads_nothing_heavy() -> None:
    code = "import popest, popest.cli, popest.study, popest.estimates"
    assert loaded_by(code)[1] == set()


def test_a_study_is_read_and_checked_without_numpy() -> None:
    """Its measures are declared where they are implemented, and declared without it."""
    code = "from popest.study import load_study\nload_study('serbia')\n"
    code += "from popest.study.measures import MEASURES\nassert len(MEASURES) > 5\n"
    loaded_by(code + "assert 'numpy' not in sys.modules")


def test_an_estimate_by_the_bank_loads_nothing_heavy() -> None:
    printed, heavy = loaded_by(ESTIMATE)
    assert json.loads(printed)["engine"] == "bank"
    assert heavy == set()


def test_a_heavy_import_would_be_seen() -> None:
    assert "pandas" in loaded_by("import pandas")[1]
