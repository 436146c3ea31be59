"""A small study with every measure, for tests to load, to view and to break."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from popest.study import Study, load_study, study_from_texts
from small_study import EVERY_MEASURE, HEADER, changed

SPECIFICATION = (
    EVERY_MEASURE
    + """\
[variant.slow]
because = "they stay"
set = { "population.departure_hazard.median" = 0.005, "noise.by_source" = 0.5 }

[variant.few_sources]
because = "only the best"
without = ["voters", "survey"]
ignore = ["BRD1"]

[variant.estimate_used]
because = "it may be right"
use = ["REG3"]
"""
)

OBSERVATIONS = (
    HEADER
    + """\
REG1,register,700,about,,2022-06-30,2022-08,2024-01-02,Ministry,,yes,,,
REG2,register,800,exact,,2022-12-31,2023-02-10,2024-01-02,Ministry,https://b.example,yes,,,
REG3,register,950,exact,,2023-03-31,2023-05,2024-01-02,Ministry,,no,,,"Definition
unknown, see ""Notes"".\"
CON1,contracts,600,exact,2022-01-10,2022-12-31,2023-03,2024-01-02,Labour office,,yes,,,
CON2,contracts,100,rounded,2022-01-10,2022-03-31,2022-05,2024-01-02,Labour office,,no,,,Within CON1.
CON3,contracts,500,rounded,2022-04-01,2022-12-31,,2024-01-02,Labour office,,no,,+CON1 -CON2,A test.
PER1,permits,450,almost,2022-02-01,2022-10-31,2022-12,2024-01-02,Ministry,,yes,,,
PER2,permits,460,exact,2022-02-01,2022-10-31,2023-06,2024-01-02,Ministry,,yes,PER1,,Corrected.
BRD1,border,-20,exact,2021-12-01,2022-12-31,2023-01-15,2024-01-02,Police,,yes,,,
VOT1,voters,90,more_than,,2023-03-17,2023,2024-01-02,Embassy,,yes,,,
EXP1,experts,5000,,,,,2024-01-02,A newspaper,,no,,,No method given.
"""
)


@dataclass(frozen=True)
class Example:
    """The two texts of a study, and the folder in which they are written."""

    folder: Path
    files: dict[str, str] = field(
        default_factory=lambda: {"study.toml": SPECIFICATION, "observations.csv": OBSERVATIONS}
    )

    def edited(self, file: str, old: str, new: str) -> "Example":
        """Return the study with a text replaced, which must stand there exactly once."""
        return replace(self, files=self.files | {file: changed(self.files[file], {old: new})})

    def extended(self, *rows: str, toml: str = "") -> "Example":
        """Return the study with rows, and TOML, appended."""
        more = {
            "study.toml": self.files["study.toml"] + toml,
            "observations.csv": self.files["observations.csv"] + "".join(f"{r}\n" for r in rows),
        }
        return replace(self, files=more)

    def line(self, file: str, marker: str) -> int:
        """Return the line on which a text first stands."""
        return self.files[file][: self.files[file].index(marker)].count("\n") + 1

    def write(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.files.items():
            (self.folder / name).write_bytes(text.encode())
        return self.folder

    def load(self, **options: str) -> Study:
        return load_study(self.write(), **options)

    def read(self, **options: str) -> Study:
        texts = self.files["study.toml"], self.files["observations.csv"]
        return study_from_texts("example", *texts, **options)


@pytest.fixture
def example(tmp_path: Path) -> Example:
    return Example(tmp_path / "example")
