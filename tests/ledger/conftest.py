"""A small study to which rows are added, with a chain of sums, and the programs in benchmarks/."""

import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

sys.path.insert(0, str(Path(__file__).parent))

SPECIFICATION = """\
title = "People of A in B"
target = "citizens of A who arrived since 2022 and live in B"
unit = "persons"
headline = "2023-06-30"

[calendar]
start = "2022-01"
end = "2023-12"

[population]
kind = "arrivals"
background = { median = 50, sigma = 0.5, volatility = 0.2, because = "yearbook, PER09" }
departure_hazard = { median = 0.01, sigma = 0.5, because = "a study" }

[source.register]
title = "Register"
producer = "Ministry"
counts = "persons on file"
measure = "stock"
ratio = { median = 0.8, interval90 = [0.6, 1.07], because = "a survey" }
drift = 0.05

[source.permits]
title = "Permits"
producer = "Office"
counts = "first permits"
measure = "arrivals"
ratio = { median = 0.6, interval90 = [0.4, 0.9], because = "a survey" }
lag_months = 2

[source.border]
title = "Border"
producer = "Police"
counts = "entries less exits"
measure = "net_change"
bias = { mean = 0, sd = 100, because = "visitors" }
error = { sd = 50, because = "days at sea" }

[variant.more]
because = "it may be right"
use = ["REG03"]
"""

OBSERVATIONS = """\
id,source,value,precision,start,end,published,recorded,publisher,url,use,supersedes,derived_from,note
REG01,register,700,about,,2022-06-30,2022-08,2024-01-02,Ministry,,yes,,,
REG02,register,843,exact,,2022-12-31,2023-02-10,2024-01-02,Ministry,https://b.example,yes,,,
REG03,register,951,exact,,2023-03-31,2023-05,2024-01-02,Ministry,,no,,,"Definition
unknown, see ""Notes""."
PER01,permits,200,exact,2022-01-01,2022-06-30,2022-08,2024-01-02,Office,,no,,,Enters through PER03.
PER02,permits,452,exact,2022-01-01,2022-12-31,2023-02,2024-01-02,Office,,no,,,Enters through PER03.
PER03,permits,252,exact,2022-07-01,2022-12-31,2023-02,2024-01-02,Office,,yes,,+PER02 -PER01,
PER04,permits,452,exact,2022-01-01,2022-12-31,,2024-01-02,Office,,no,,+PER03 +PER01,A test.
BRD01,border,-20,exact,2022-02-01,2022-12-31,2023-01-15,2024-01-02,Police,,yes,,,
EXP01,experts,5000,,,,2023,2024-01-02,A newspaper,,no,,,No method given.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the small study."""
    folder = tmp_path / "example"
    folder.mkdir()
    (folder / "study.toml").write_bytes(SPECIFICATION.encode())
    (folder / "observations.csv").write_bytes(OBSERVATIONS.encode())
    return folder


@pytest.fixture
def repository(root: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that holds the small study and this repository's attributes."""
    from repositories import git

    # What a test finds does not hang on how busy the machine is.
    monkeypatch.setattr("popest.ledger.git.borrowed.PATIENCE", 60.0)
    top = folder.parent
    study = top / "data" / "sources" / "example"
    study.parent.mkdir(parents=True)
    folder.rename(study)
    shutil.copy(root / ".gitattributes", top)
    git(top, "init", "-q")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "A study")
    return study


@pytest.fixture(scope="session")
def program(root: Path) -> Callable[[str], ModuleType]:
    """Load a program of benchmarks/ as a module."""

    def load(name: str) -> ModuleType:
        place = root / "benchmarks" / f"{name}.py"
        specification = importlib.util.spec_from_file_location(name, place)
        assert specification is not None and specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        sys.modules[name] = module
        specification.loader.exec_module(module)
        return module

    return load
