"""A study in which every sigma is 0: the population is known, and everything can say so."""

import json
from pathlib import Path
from typing import Any

import pytest

import popest
import small_study as small
from popest.checks.methods.fitted import in_widths
from popest.checks.run import run_checks
from popest.checks.wording import percent_of_width
from popest.language.words import Words
from popest.study import study_from_texts
from small_study import HEADER, changed

KNOWN = {
    "sigma = 0.5": "sigma = 0",
    "sigma = 0.1": "sigma = 0",
    "volatility = 0.2": "volatility = 0",
}


def known(text: str) -> str:
    """A specification of which every sigma is 0."""
    for old, new in KNOWN.items():
        text = text.replace(old, new)
    return text


SPECIFICATION = (
    changed(
        known(small.ARRIVALS + small.WAVE + small.NOISE + small.REGISTER + small.BORDER),
        {"mean = -10, sd = 100": "mean = 0, sd = 0", "drift = 0.05\n": ""},
    )
    + """\
[variant.big]
because = "another guess"
set = { "population.wave.first.size.median" = 1500 }
"""
)
STATIC = known(small.STATIC)
REGISTER = "R1,register,700,exact,,2022-06-30,2022-08,2026-11-20,Office,,yes,,,\n"
BORDER = "B1,border,1200,exact,2022-02-01,2022-12-31,2023-02,2026-11-20,Office,,yes,,,\n"
STATIC_ROW = "R1,register,790,exact,,2024-01-31,2024-03,2026-11-20,Office,,yes,,,\n"
FILES = {
    "arrivals": (SPECIFICATION, HEADER + REGISTER + BORDER),
    "static": (STATIC, HEADER + STATIC_ROW),
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
    return SPECIFICATION.index("[source.register]"), SPECIFICATION.index("[source.border]")


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
    assert percent_of_width(Words("en"), 0.25) == "25 % of the width of the 90 % interval"
    assert "no width" in percent_of_width(Words("en"), None)
