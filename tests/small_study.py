"""The small study of the tests, in parts: what a test needs of it is put together and changed.

People of A who arrived in B, with a source of every measure, and the residents of A, of constant
size. A part is a piece of `study.toml`; rows are lines of `observations.csv`.
"""

from popest.study.observations.columns import COLUMNS

HEADER = ",".join(name for name, column in COLUMNS.items() if not column.is_optional) + "\n"

STATIC = """\
title = "Residents of A"
target = "everybody who lives in A"
unit = "persons"
headline = "2024-01-31"
[calendar]
start = "2024-01"
end = "2024-03"
[population]
kind = "static"
size = { median = 1000, sigma = 0.5, because = "a guess" }
[source.register]
title = "Register"
producer = "Ministry"
counts = "persons on file"
measure = "stock"
ratio = { median = 0.8, interval90 = [0.6, 1.067], because = "a survey" }
[source.clinic]
title = "Clinic"
producer = "Health service"
counts = "patients"
measure = "stock"
ratio = { median = 0.3, interval90 = [0.15, 0.6], because = "a survey" }
drift = 0.2
"""

ARRIVALS = """\
title = "People of A in B"
target = "citizens of A who arrived since 2022 and live in B"
unit = "persons"
headline = "2022-12-31"
ranges = [[1000, 2000]]

[calendar]
start = "2022-01"
end = "2023-12"
first_day = "2022-01-10"

[population]
kind = "arrivals"
background = { median = 50, sigma = 0.5, volatility = 0.2, because = "yearbook" }
departure_hazard = { median = 0.01, sigma = 0.5, because = "a study" }

"""

WAVE = """\
[[population.wave]]
name = "first"
size = { median = 800, sigma = 0.5, because = "buses" }
weights = { "2022-01" = 1, "2022-02" = 0.5 }

"""

SECOND_WAVE = """\
[[population.wave]]
name = "second"
weights = { "2022-06" = 1 }
[population.wave.size]
median = 300
sigma = 0.5
because = "trains"

"""

NOISE = """\
[noise]
error = { median = 0.08, sigma = 0.5, because = "revisions" }

"""

REGISTER = """\
[source.register]
title = "Register"
producer = "Ministry"
counts = "persons on file"
measure = "stock"
ratio = { median = 0.8, interval90 = [0.6, 1.07], because = "a survey" }
baseline = { median = 100, sigma = 0.1, because = "on file before" }
drift = 0.05

"""

CONTRACTS = """\
[source.contracts]
title = "Contracts"
producer = "Labour office"
counts = "contracts"
measure = "presence"
ratio = { median = 0.4, interval90 = [0.25, 0.64], because = "a survey" }
baseline = { median = 200, sigma = 0.1, because = "in 2021" }

"""

PERMITS = """\
[source.permits]
title = "Permits"
producer = "Ministry"
counts = "first permits"
measure = "arrivals"
ratio = { median = 0.6, interval90 = [0.4, 0.9], because = "a survey" }
lag_months = 2

"""

BORDER = """\
[source.border]
title = "Border"
producer = "Police"
counts = "entries minus exits"
measure = "net_change"
bias = { mean = -10, sd = 100, because = "visitors" }
error = { sd = 50, because = "days at sea" }

"""

SURVEY = """\
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
  { from = "2022-01", to = "2022-05", share = 0.7 },
  { from = "2022-06", to = "2023-05", share = 0.3 },
]

"""

VOTERS = """\
[source.voters]
title = "Voters"
producer = "Embassy"
counts = "voters"
measure = "floor"
ratio = { median = 0.3, interval90 = [0.18, 0.5], because = "turnouts" }

"""


def changed(text: str, changes: dict[str, str]) -> str:
    """Return a text with parts of it replaced, each of which must stand there exactly once."""
    for old, new in changes.items():
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    return text


EVERY_MEASURE = changed(
    "".join(
        (ARRIVALS, WAVE, SECOND_WAVE, NOISE, REGISTER, CONTRACTS, PERMITS, BORDER, SURVEY, VOTERS)
    ),
    {
        "[[1000, 2000]]": "[[1000, 2000], [500, 900.5]]",
        "drift = 0.05": 'group = "permit"\ngroup_correlation = 0.3\ndrift = 0.05',
        "lag_months": 'group = "permit"\ngroup_correlation = 0.3\nlag_months',
        "share = 0.7": "share = 0.5",
        "share = 0.3": "share = 0.4",
    },
)
"""A specification with a source of every measure, two of them in a group."""


LEDGER = (
    changed(
        ARRIVALS + REGISTER + PERMITS + BORDER,
        {
            'headline = "2022-12-31"': 'headline = "2023-06-30"',
            "ranges = [[1000, 2000]]\n": "",
            'first_day = "2022-01-10"\n': "",
            'because = "yearbook"': 'because = "yearbook, PER09"',
            'baseline = { median = 100, sigma = 0.1, because = "on file before" }\n': "",
            'producer = "Ministry"\ncounts = "first permits"': (
                'producer = "Office"\ncounts = "first permits"'
            ),
            "mean = -10": "mean = 0",
        },
    )
    + """\
[variant.more]
because = "it may be right"
use = ["REG03"]
"""
)
"""A specification for a table to which rows are added."""

LEDGER_ROWS = (
    HEADER
    + """\
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
)
"""Its table: a correction of the counting, a chain of sums, and rows that are not used."""
