"""Studies unlike the shipped ones: each leaves something out, or goes wrong somewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import popest
import small_study as small
from popest.study import Study, study_from_texts
from small_study import BORDER, HEADER, SURVEY, VOTERS, WAVE, changed

PUBLISHED = Path(__file__).parents[1] / "published"

STATIC = changed(
    small.STATIC,
    {
        "Residents of A": "Homeless people of A",
        "everybody who lives in A": "people who sleep rough in A",
        'unit = "persons"': 'unit = "households"',
    },
)
ARRIVALS = changed(small.ARRIVALS, {"0.01, sigma = 0.5": "0.01, sigma = 0"})
REGISTER = changed(small.REGISTER, {"drift = 0.05\n": ""})

LEARNED = """\
[source.issued]
title = "Numbers issued"
producer = "Ministry"
counts = "numbers issued since the beginning"
measure = "stock"
[source.issued.ratio]
learned = "cumulative_issued.wave"
definition = "stay"
without = "Czechia"
months = 24
because = "Numbers are never withdrawn."
[source.firms]
title = "Firms"
producer = "Registrar"
counts = "firms founded by citizens of A"
measure = "stock"
[source.firms.ratio]
learned = "firms"
because = "Firms per person."
[[source.firms.ratio.times]]
name = "founders per firm"
median = 1.5
interval90 = [1.0, 2.25]
because = "Some firms have two founders."
[[source.firms.ratio.times]]
name = "closures"
median = 1.2
interval90 = [1.0, 1.44]
because = "Closed firms stay on file."
"""

PAPERS = (
    changed(
        ARRIVALS,
        {
            'headline = "2022-12-31"': 'headline = ["2022-12-31", "2023-12-31"]',
            "volatility = 0.2": 'volatility = { median = 0.2, sigma = 0.5, because = "a guess" }, '
            'step = "year"',
            'kind = "arrivals"': 'kind = "arrivals"\n'
            'initial = { median = 700, sigma = 0.3, because = "the census of 2021" }',
        },
    )
    + changed(
        small.REGISTER,
        {"drift = 0.05": "lag_months = 1.5", "median = 100": "median = 60"},
    )
    + """\
[source.valid]
title = "Permits in force"
producer = "Ministry"
counts = "permits in force"
measure = "stock"
ratio = { median = 0.8, interval90 = [0.6, 1.07], because = "a survey" }
every_months = [{ from = "2022-01", months = 6 }, { from = "2022-09", months = 12 }]
renewed = 0.7
because = "the act on foreigners"

[source.issued]
title = "Permits issued"
producer = "Ministry"
counts = "permits, renewals among them"
measure = "arrivals"
ratio = { median = 0.6, interval90 = [0.4, 0.9], because = "a survey" }
lag_months = 2
every_months = 12
later = 0.1
because = "a year's permit, and some lose theirs"

[source.firms]
title = "Firms"
producer = "Registrar"
counts = "firms founded by citizens of A"
measure = "arrivals"
ratio = { median = 0.1, interval90 = [0.05, 0.2], because = "a survey" }
later = { median = 0.5, sigma = 0.4, because = "two years of the registrar" }

[source.leavers]
title = "Departures notified"
producer = "Ministry"
counts = "notices of departure"
measure = "departures"
ratio = { median = 0.3, interval90 = [0.15, 0.6], because = "a survey" }
"""
)

VARIANTS = """\
[variant.busier]
because = "more buses"
set = { "population.background.median" = 80 }
[variant.later_figure]
because = "the figure of the press"
use = ["REG3"]
"""

REG1 = (
    "REG1,register,800,exact,,2022-06-30,2022-07-31,2024-06-01,Office,https://a.example/r,yes,,,\n"
)
REG2 = "REG2,register,1000,about,,2022-12-31,2023-01-31,2024-06-01,Office,,yes,,,\n"
REG2_AGAIN = (
    "REG4,register,1010,exact,,2022-12-31,2023-05-31,2024-06-01,Office,,yes,REG2,,corrected\n"
)
REG3 = "REG3,register,9000,exact,,2023-06-30,2023-07-31,2024-06-01,Press,,no,,,not believed\n"
WRONG = "REG5,register,90000,exact,,2022-09-30,2022-10-31,2024-06-01,Office,,yes,,,\n"
UNDATED = "REG6,register,900,exact,,2022-09-30,,2024-06-01,Office,,yes,,,\n"
BRD1 = "BRD1,border,1200,exact,2021-12-01,2022-12-31,2023-01-31,2024-06-01,Police,,yes,,,\n"
VOT1 = "VOT1,voters,90,exact,,2023-03-17,2023-03-31,2024-06-01,Embassy,,yes,,,\n"
VOT_HIGH = "VOT1,voters,90000,exact,,2023-03-17,2023-03-31,2024-06-01,Embassy,,yes,,,\n"
ISSUED = "ISS1,issued,1300,exact,,2022-12-31,2023-01-31,2024-06-01,Office,,yes,,,\n"
FIRMS = "FRM1,firms,250,exact,,2022-12-31,2023-01-31,2024-06-01,Registrar,,yes,,,\n"
LATE = "LAT1,register,1100,exact,,2022-12-31,2023-01-31,2024-06-01,Office,,yes,,,\n"
VALID = "VAL1,valid,1700,exact,,2023-03-31,2023-04-30,2024-06-01,Office,,yes,,,\n"
ISSUED_AGAIN = "ISS1,issued,900,exact,2022-01-10,2022-12-31,2023-01-31,2024-06-01,Office,,yes,,,\n"
FOUNDED = "FOU1,firms,700,exact,2022-01-10,2022-12-31,2023-01-31,2024-06-01,Registrar,,yes,,,\n"
LEFT = "LEF1,leavers,40,exact,2022-07-01,2023-06-30,2023-07-31,2024-06-01,Office,,yes,,,\n"
STATIC_ROWS = "A1,register,820,exact,,2024-01-31,2024-02-01,2024-06-01,Office,,yes,,,\n"


def study(specification: str, *rows: str, **view: str) -> Study:
    """A study from its texts."""
    return study_from_texts("odd", specification, HEADER + "".join(rows), **view)


def template(folder: Path) -> Study:
    """The study that ``popest new`` writes."""
    return popest.load_study(popest.write_template(str(folder / "invented")))


def flow(name: str) -> str:
    """A population whose headline is a flow."""
    window = f'{{ {name} = ["2022-03-15", "2022-12-31"] }}'
    return changed(ARRIVALS, {'headline = "2022-12-31"': f"headline = {window}"})


STUDIES: dict[str, Callable[[], Study]] = {
    "static": lambda: study(STATIC, STATIC_ROWS),
    "single source": lambda: study(ARRIVALS + REGISTER, REG1, REG2, REG2_AGAIN),
    "no waves": lambda: study(
        ARRIVALS.replace("volatility = 0.2", 'volatility = 0.2, step = "month"')
        + REGISTER
        + BORDER,
        REG1,
        REG2,
        BRD1,
    ),
    "arrivals": lambda: study(flow("arrivals") + WAVE + REGISTER + VARIANTS, REG1, REG2, REG3),
    "departures": lambda: study(flow("departures") + REGISTER, REG1, REG2),
    "papers": lambda: study(PAPERS, LATE, VALID, ISSUED_AGAIN, FOUNDED, LEFT),
    "survey alone": lambda: study(ARRIVALS + WAVE + SURVEY),
    "no figure": lambda: study(ARRIVALS + WAVE + REGISTER),
    "no source": lambda: study(ARRIVALS.replace("first_day", "# first_day") + "[source]\n"),
    "every measure": lambda: study(
        ARRIVALS + WAVE + REGISTER + BORDER + VOTERS + SURVEY + VARIANTS,
        REG1,
        REG2,
        REG3,
        BRD1,
        VOT1,
        UNDATED,
    ),
    "contradictory": lambda: study(
        ARRIVALS + WAVE + REGISTER + VOTERS, REG1, WRONG, VOT_HIGH, UNDATED
    ),
    "as of": lambda: study(
        ARRIVALS + WAVE + REGISTER + BORDER + SURVEY + VARIANTS,
        REG1,
        REG2,
        REG2_AGAIN,
        REG3,
        BRD1,
        UNDATED,
        as_of="2023-03-01",
    ),
    "learned": lambda: study(ARRIVALS + REGISTER + LEARNED, REG1, ISSUED, FIRMS),
    "variant": lambda: study(
        ARRIVALS + WAVE + REGISTER + VARIANTS, REG1, REG2, REG3, variant="later_figure"
    ),
    "by slice": lambda: popest.load_study(PUBLISHED / "closed-form-b2"),
}
