"""Tests of making an estimate: what may be asked, which engine answers, and what is refused."""

import shutil
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import popest
from popest.engines.bank import run_bank
from popest.engines.draws import Certificate
from popest.estimates import Estimate, NotCertifiedError
from popest.estimates.comparisons.variants import estimate_variants
from popest.study import UsageError


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"draws": 999}, "draws 999: write a whole number from 1,000 to 200,000"),
        ({"draws": 200_001}, "draws 200001: write a whole number"),
        ({"draws": 5_000.0}, "draws 5000.0: write a whole number"),
        ({"draws": "many"}, "draws many: write a whole number"),
        ({"seed": -1}, "seed -1: write a whole number from 0 up"),
        ({"seed": 1.5}, "seed 1.5: write a whole number from 0 up"),
        ({"seed": None}, "seed None: write a whole number from 0 up"),
        ({"engine": "stan"}, "engine 'stan': write one of auto, bank, slice, nuts"),
        ({"prob": 0}, "prob 0: write a probability between 0 and 1"),
        ({"prob": 1}, "prob 1: write a probability between 0 and 1"),
        ({"prob": 90}, "prob 90: write a probability between 0 and 1"),
        ({"prob": float("nan")}, "prob nan: write a probability between 0 and 1"),
        ({"prob": "0.9"}, "prob 0.9: write a probability between 0 and 1"),
        ({"dates": ["2023"]}, "date '2023': write a day as YYYY-MM-DD"),
        ({"dates": ["2024-02-30"]}, "date '2024-02-30': write a day as YYYY-MM-DD"),
        ({"dates": [20240131]}, "date 20240131: write a day as YYYY-MM-DD"),
        ({"dates": ["2023-12-31"]}, "date 2023-12-31 is outside the calendar of study sketch"),
        ({"dates": ["2024-01-31", "2084-01-01"]}, "choose a day from 2024-01-01, its first, to "),
        ({"dates": ["2084-01-01"]}, "2083-12-31, the last of 720 months"),
        ({"dates": ["tomorrow"]}, "such as 2023-12-31, or latest or today"),
    ],
    ids=str,
)
def test_an_argument_outside_its_domain_is_refused_in_words(static, setting, words) -> None:
    with pytest.raises(UsageError) as caught:
        popest.estimate(static.study(), **setting)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "dates",
    [
        "2024-02-29",
        ["2024-02-29"],
        date(2024, 2, 29),
        (datetime(2024, 2, 29, 12),),
        pd.DatetimeIndex(["2024-02-29"]),
    ],
    ids=str,
)
def test_a_date_may_be_text_or_date_alone_or_in_a_list(static, dates) -> None:
    found = static.estimate(dates=dates, draws=1_000)
    assert found.dates == (date(2024, 2, 29),) and type(found.dates[0]) is date


def test_the_headline_date_is_the_default(static) -> None:
    assert static.estimate(draws=1_000).dates == (date(2024, 1, 31),)


def test_numbers_of_numpy_are_taken_and_printed(static) -> None:
    found = static.estimate(draws=np.int64(1_000), seed=np.int64(3), prob=np.float64(0.8))
    assert found.to_dict()["seed"] == 3
    assert type(found.settings.n_draws) is int and type(found.settings.prob) is float


@pytest.mark.parametrize("kind", ["name", "text", "path", "study"])
def test_a_study_may_be_given_in_four_ways(kind: str, root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(root / "data" / "sources" / "serbia-report-2024", folder)
    study = {
        "name": "serbia-report-2024",
        "text": str(folder),
        "path": folder,
        "study": popest.load_study(folder),
    }[kind]
    found = popest.estimate(study, draws=1_000)
    assert found.study.name == ("serbia-report-2024" if kind == "name" else "copy")
    assert found.stock().median == pytest.approx(30_000, rel=0.1)


def test_the_default_study_is_serbia(monkeypatch: pytest.MonkeyPatch, static) -> None:
    asked = []
    monkeypatch.setattr(
        "popest.estimates.compute.load_study", lambda name: (asked.append(name), static.study())[1]
    )
    popest.estimate(draws=1_000)
    assert asked == ["serbia"]


@pytest.mark.parametrize(
    ("day", "prob"), [("2021-12-31", 0.9), ("2091-01-01", 0.9), ("31.12.2023", 0.9), (None, 1.5)]
)
def test_an_estimate_refuses_what_it_cannot_answer(report: Estimate, day, prob) -> None:
    with pytest.raises(UsageError):
        report.interval(prob, date=day)


def test_an_interval_and_a_probability_answer_for_any_day(report: Estimate) -> None:
    middle = report.interval(0.9, "2023-06-15")
    earlier, later = (report.stock(day).median for day in ("2023-05-31", "2023-06-30"))
    assert earlier < report.stock(date(2023, 6, 15)).median < later
    assert (middle.prob, middle.kind, middle.unit) == (0.9, "eti", "persons")
    inside = report.probability(middle.lower, middle.upper, "2023-06-15")
    assert inside == pytest.approx(0.9, abs=0.01)


def test_a_date_asked_for_does_not_move_the_draws(static) -> None:
    one, other = static.estimate(), static.estimate(dates=["2024-03-31", "2024-02-01"], prob=0.5)
    assert np.array_equal(one.draws.state.u, other.draws.state.u)
    assert one.stock().median == other.stock("2024-01-31").median


def test_auto_is_content_with_a_certified_bank(static, chains) -> None:
    found = static.estimate(engine="auto")
    assert found.draws.engine == "bank" and "seed" not in chains


def test_auto_goes_on_to_slice_where_the_bank_cannot_certify(static, chains, poor_bank) -> None:
    said: list[str] = []
    found = static.estimate(engine="auto", draws=8_000, progress=said.append)
    assert found.draws.engine == "slice" and found.certificate.certified
    assert "draws_per_chain" not in chains
    by_bank = run_bank(found.model, np.random.default_rng(1)).draws(found.model)
    assert found.draws.log_evidence == pytest.approx(by_bank.log_evidence, abs=0.03)
    assert any("not certified" in text and "going on to slice" in text for text in said)


def test_nuts_says_first_how_long_it_takes(static, chains) -> None:
    said: list[str] = []
    static.estimate(engine="nuts", draws=8_000, progress=said.append)
    assert "from half a minute to several minutes" in said[0]
    assert chains["draws_per_chain"] == 2_000


def test_the_seed_decides_that_of_the_sampler(static, chains) -> None:
    seeds = []
    for seed in (1, 1, 2):
        static.estimate(engine="nuts", draws=1_000, seed=seed)
        seeds.append(chains["seed"])
    assert seeds[0] == seeds[1] != seeds[2]
    assert chains["draws_per_chain"] == 500


def test_a_bank_that_was_insisted_on_raises_with_its_certificate(static, chains, poor_bank) -> None:
    with pytest.raises(NotCertifiedError) as caught:
        static.estimate(engine="bank", dates="2024-02-29")
    error = caught.value
    assert error.engine == "bank" and "seed" not in chains
    assert not error.certificate.certified and error.certificate.ess > 1_000
    assert error.settings.dates == (date(2024, 2, 29),) and error.seconds > 0
    assert "study sketch: the bank engine was not certified" in str(error)
    assert "Ask for more draws" in str(error)


def test_nuts_without_its_certificate_raises_too(static, chains) -> None:
    chains["certificate"] = Certificate(False, None, None, 1.2, 100.0, 90.0, 7)
    with pytest.raises(NotCertifiedError, match=r"R-hat 1\.200 .* 7 divergences") as caught:
        static.estimate(engine="nuts", draws=1_000)
    assert caught.value.engine == "nuts"


def test_variants_come_after_the_study_itself(static) -> None:
    rows = estimate_variants(static.study(), draws=4_000, dates="2024-02-29")
    assert [row.name for row in rows] == [None, "larger"]
    assert rows[0].headline.median == static.estimate(dates="2024-02-29").stock().median
    assert rows[1].headline.median > rows[0].headline.median
    assert all(row.log_evidence < 0 and row.warnings == () for row in rows)


def test_an_estimate_at_hand_is_not_made_again(static, monkeypatch: pytest.MonkeyPatch) -> None:
    found = static.estimate()
    made = []
    monkeypatch.setattr(
        "popest.estimates.comparisons.variants.estimate_or_refusal",
        lambda study, **settings: (made.append(study.variant), popest.estimate(study, **settings))[
            1
        ],
    )
    rows = estimate_variants(static.study(), itself=found, draws=4_000)
    assert made == ["larger"] and rows[0].headline.median == found.stock().median


def test_a_variant_that_fits_badly_says_which_figure(moving) -> None:
    sketch = moving.counting("REG1", 8_000)
    (row,) = estimate_variants(sketch.study(), draws=4_000)
    assert row.warnings == ("bad fit of REG1", "noise over 3 times its prior")


def test_a_variant_without_a_certificate_does_not_stop_the_others(static, poor_bank) -> None:
    rows = estimate_variants(static.study(), draws=1_000, engine="bank")
    assert [row.headline for row in rows] == [None, None]
    assert all("not certified: effective sample size" in row.warnings[0] for row in rows)


def test_wrong_settings_stop_all_variants(static) -> None:
    with pytest.raises(UsageError, match="seed"):
        estimate_variants(static.study(), seed=-1)
