"""How an estimate would have evolved."""

from __future__ import annotations

from datetime import date

import matplotlib.pyplot as plt
import pytest

import popest
from popest.estimates.history import history, publication_days


@pytest.fixture(scope="module")
def study() -> popest.Study:
    return popest.load_study("serbia-report-2024")


def test_every_publication_is_a_vintage(study: popest.Study) -> None:
    found = publication_days(study)
    assert list(found) == sorted(found)
    known = [name for news in found.values() for name in news]
    assert sorted(known) == sorted([*(row.id for row in study.used), "arrival_survey"])


def test_the_last_vintage_is_the_estimate_itself(study: popest.Study) -> None:
    found = history(study, seed=1)
    last = found.vintages[-1].stock
    assert last is not None
    assert last.median == popest.estimate(study, seed=1).stock().median


def test_every_vintage_is_the_estimate_as_of_its_day(study: popest.Study) -> None:
    found = history(study, date="2023-06-30", seed=2)
    for vintage in found.vintages:
        seen = popest.estimate(study.as_of(vintage.as_of), dates=["2023-06-30"], seed=2)
        assert vintage.stock is not None
        assert vintage.stock.median == seen.stock().median


def test_serbia_is_certified_as_of_every_publication() -> None:
    found = history(popest.load_study("serbia"))
    assert len(found.vintages) > 10
    assert all(vintage.stock is not None for vintage in found.vintages)


def test_tables_and_picture(study: popest.Study) -> None:
    found = history(study)
    frame = found.to_frame()
    assert list(frame.index.date) == [vintage.as_of for vintage in found.vintages]
    assert "2023-04-28" in str(found) and "CEN01" in str(found)
    assert found.to_dict()["vintages"][0]["as_of"] == "2023-04-28"
    axes = found.plot()
    assert axes.get_title("left").startswith(f"The stock on {date(2023, 12, 31)}")
    plt.close(axes.figure)
