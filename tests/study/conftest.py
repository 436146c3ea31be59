"""A small study with every measure, for tests to load, to view and to break."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from popest.study import Study, load_study, study_from_texts

SPECIFICATION = """\
title = "People of A in B"
target = "citizens of A who arrived since 2022 and live in B"
unit = "persons"
headline = "2022-12-31"
ranges = [[1000, 2000], [500, 900.5]]

[calendar]
start = "2022-01"
end = "2023-12"
first_day = "2022-01-10"

[population]
kind = "arrivals"
background = { median = 50, sigma = 0.5, volatility = 0.2, because = "yearbook" }
departure_hazard = { median = 0.01, sigma = 0.5, because = "a study" }

[[population.wave]]
name = "first"
size = { median = 800, sigma = 0.5, because = "buses" }
weights = { "2022-01" = 1, "2022-02" = 0.5 }

[[population.wave]]
name = "second"
weights = { "2022-06" = 1 }
[population.wave.size]
median = 300
sigma = 0.5
because = "trains"

[noise]
error = { median = 0.08, sigma = 0.5, because = "revisions" }

[source.register]
title = "Register"
producer = "Ministry"
counts = "persons on file"
measure = "stock"
ratio = { median = 0.8, interval90 = [0.6, 1.07], because = "a survey" }
baseline = { median = 100, sigma = 0.1, because = "on file before" }
group = "permit"
group_correlation = 0.3
drift = 0.05

[source.contracts]
title = "Contracts"
producer = "Labour office"
counts = "contracts"
measure = "presence"
ratio = { median = 0.4, interval90 = [0.25, 0.64], because = "a survey" }
baseline = { median = 200, sigma = 0.1, because = "in 2021" }

[source.permits]
title = "Permits"
producer = "Ministry"
counts = "first permits"
measure = "arrivals"
ratio = { median = 0.6, interval90 = [0.4, 0.9], because = "a survey" }
group = "permit"
group_correlation = 0.3
lag_months = 2

[source.border]
title = "Border"
producer = "Police"
counts = "entries minus exits"
measure = "net_change"
bias = { mean = -10, sd = 100, because = "visitors" }
error = { sd = 50, because = "days at sea" }

[source.survey]
title = "Survey"
producer = "University"
counts = "adults"
measure = "shares"
because = "a random sample"
date = "2023-05"
n = 222
deff = 2
published = "2023-07"
windows = [
  { from = "2022-01", to = "2022-05", share = 0.5 },
  { from = "2022-06", to = "2023-05", share = 0.4 },
]

[source.voters]
title = "Voters"
producer = "Embassy"
counts = "voters"
measure = "floor"
ratio = { median = 0.3, interval90 = [0.18, 0.5], because = "turnouts" }

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

OBSERVATIONS = """\
id,source,value,precision,start,end,published,recorded,publisher,url,use,supersedes,derived_from,note
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


@dataclass(frozen=True)
class Example:
    """The two texts of a study, and the folder in which they are written."""

    folder: Path
    files: dict[str, str] = field(
        default_factory=lambda: {"study.toml": SPECIFICATION, "observations.csv": OBSERVATIONS}
    )

    def edited(self, file: str, old: str, new: str) -> "Example":
        """Return the study with a text replaced, which must stand there exactly once."""
        assert self.files[file].count(old) == 1, f"{old!r} stands {self.files[file].count(old)} x"
        return replace(self, files=self.files | {file: self.files[file].replace(old, new)})

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
