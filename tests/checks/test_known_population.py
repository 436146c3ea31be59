"""A study in which every sigma is 0: the population is known, and everything can say so."""

import json
from pathlib import Path
from typing import Any

import pytest

import popest
from popest.checks.methods.fitted import in_widths, percent_of_width
from popest.checks.run import run_checks
from popest.study import study_from_texts

SPECIFICATION = """\
title = "Zero"
target = "x"
unit = "persons"
headline = "2023-12-31"
ranges = [[1000, 3000]]
[calendar]
start = "2023-01"
end = "2024-12"
[population]
kind = "arrivals"
background = { median = 100, sigma = 0, volatility = 0, because = "x" }
departure_hazard = { median = 0.02, sigma = 0, because = "x" }
[[population.wave]]
name = "w"
size = { median = 1000, sigma = 0, because = "x" }
weights = { "2023-03" = 1 }
[noise]
error = { median = 0.08, sigma = 0, because = "x" }
[source.reg]
title = "Register"
producer = "Office"
counts = "registered"
measure = "stock"
ratio = { median = 0.8, interval90 = [0.64, 1.0], because = "test" }
baseline = { median = 10, sigma = 0, because = "x" }
[source.border]
title = "Border"
producer = "Office"
counts = "counted"
measure = "net_change"
bias = { mean = 0, sd = 0, because = "test" }
error = { sd = 100, because = "test" }
[variant.big]
because = "x"
set = { "population.wave.w.size.median" = 1500 }
"""
STATIC = """\
title = "Static"
target = "x"
unit = "persons"
headline = "2023-12-31"
[calendar]
start = "2023-01"
end = "2024-12"
[population]
kind = "static"
size = { median = 1000, sigma = 0, because = "x" }
[source.reg]
title = "Register"
producer = "Office"
counts = "registered"
measure = "stock"
ratio = { median = 0.8, interval90 = [0.64, 1.0], because = "test" }
"""
HEADER = (
    "id,source,value,precision,start,end,published,recorded,publisher,url,use,supersedes,"
    "derived_from,note\n"
)
REGISTER = "R1,reg,1400,exact,,2023-06-30,2023-08,2026-11-20,Office,,yes,,,\n"
BORDER = "B1,border,1700,exact,2023-01-01,2023-12-31,2024-02,2026-11-20,Office,,yes,,,\n"
FILES = {
    "arrivals": (SPECIFICATION, HEADER + REGISTER + BORDER),
    "static": (STATIC, HEADER + REGISTER.replace("1400", "790")),
}
STOCK = {"static": 1000.0}


@pytest.fixture(params=FILES)
def study(request: pytest.FixtureRequest) -> popest.Study:
    return study_from_texts(request.param, *FILES[request.param])


def test_the_estimate_is_the_number_itself(study: popest.Study) -> None:
    found = popest.estimate(study, draws=2_000)
    interval = found.interval()
    assert interval.lower == interval.upper == found.prior_stock().median
    assert interval.lower == pytest.approx(STOCK.get(study.name, interval.lower))
    json.loads(json.dumps(found.to_dict(), allow_nan=False, default=str))


def test_nuts_has_nothing_to_sample_where_everything_is_known() -> None:
    without_ratio = SPECIFICATION.replace(SPECIFICATION[slice(*_register())], "")
    study = study_from_texts("known", without_ratio, HEADER + BORDER)
    bank, nuts = (popest.estimate(study, engine=name, draws=2_000) for name in ("bank", "nuts"))
    assert nuts.certificate.certified
    assert nuts.interval()[:2] == pytest.approx(bank.interval()[:2], rel=1e-12)


def _register() -> tuple[int, int]:
    return SPECIFICATION.index("[source.reg]"), SPECIFICATION.index("[source.border]")


@pytest.mark.nuts
def test_nuts_samples_ratios_where_the_population_is_known() -> None:
    study = study_from_texts("arrivals", *FILES["arrivals"])
    found = popest.estimate(study, engine="nuts", draws=2_000)
    bank = popest.estimate(study, engine="bank", draws=2_000)
    assert found.interval()[:2] == pytest.approx(bank.interval()[:2], rel=1e-12)


def test_every_quick_check_and_what_moves_priors_says_so(study: popest.Study) -> None:
    only = ["conflict", "drivers", "leave-one-out", "posterior-predictive", "prior-predictive"]
    only += ["ridge", "sensitivity", "tipping", "variants"]
    report = run_checks(study, only=only)
    said = {result.name: result.sentence for result in report.results}
    assert said["drivers"] == "The population is known: its interval has no width."
    assert said["leave-one-out"].startswith("No source moves the median")
    assert said["sensitivity"].startswith("The population is known")
    assert "nan" not in " ".join(said.values())
    if study.name == "arrivals":
        assert "beyond the study's own 90 % interval, which has no width" in said["variants"]


@pytest.mark.parametrize("name", FILES)
def test_the_page_and_the_pictures_can_be_drawn(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    for file, text in zip(("study.toml", "observations.csv"), FILES[name], strict=True):
        (folder / file).write_text(text, encoding="utf-8")
    page: Any = popest.write_report(folder, tmp_path / "page.html")
    assert page.stat().st_size > 10_000
    assert "NaN" not in page.read_text(encoding="utf-8")


def test_lengths_in_widths() -> None:
    assert in_widths(3.0, 2.0) == 1.5
    assert in_widths(0.0, 0.0) == 0.0
    assert in_widths(1.0, 0.0) is None
    assert percent_of_width(0.25) == "25 % of the width of the 90 % interval"
    assert "no width" in percent_of_width(None)
