"""How an estimate would have evolved."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import popest
from popest.estimates.history import history, learning_views
from popest.study.drafts import revised, withdrawn
from popest.study.ledger import Ledger
from popest.study.template import write_template


@pytest.fixture(scope="module")
def study() -> popest.Study:
    return popest.load_study("serbia-report-2024")


def test_every_publication_is_a_vintage(study: popest.Study) -> None:
    found = history(study, engine="bank")
    days = [vintage.as_of for vintage in found.vintages]
    assert days == sorted(days) == list(learning_views(study))
    known = [name for vintage in found.vintages for name in vintage.news]
    assert sorted(known) == sorted([*(row.id for row in study.used), "arrival_survey"])
    assert not any(vintage.gone for vintage in found.vintages)


@pytest.mark.parametrize("name", ["serbia", "serbia-report-2024"])
def test_the_last_vintage_is_the_estimate_itself(name: str) -> None:
    # serbia has a balance of which nobody knows when it was published.
    study = popest.load_study(name)
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


def test_as_of_a_day_on_which_everything_is_on_file_is_the_study_itself() -> None:
    study = popest.load_study("serbia")
    today = max(row.recorded for row in study.observations)
    assert study.as_of(today).used == study.used
    assert study.as_of(today).warnings == study.warnings


@pytest.fixture
def changed_study(tmp_path: Path) -> popest.Study:
    """A study of which one figure was corrected and another one withdrawn, a year later."""
    folder = tmp_path / "town"
    write_template(folder)
    for rows in (
        lambda ledger: revised(
            ledger, "RES02", {"value": "2830", "published": "2024-02-01"}, date(2025, 3, 1)
        ),
        lambda ledger: withdrawn(ledger, "PER01", "Wrong.", date(2025, 6, 1), "2023-03"),
    ):
        ledger = Ledger.read(folder)
        text = ledger.with_rows(rows(ledger)).observations.text
        (folder / "observations.csv").write_text(text)
    return popest.load_study(folder)


def test_corrections_and_withdrawals_are_seen_by_both_clocks(changed_study: popest.Study) -> None:
    by_publication = history(changed_study, engine="bank")
    told = {str(v.as_of): (v.news, v.gone) for v in by_publication.vintages}
    assert told["2024-02-01"] == (("RES03",), ("RES02",))
    assert "PER01" not in [name for news, _ in told.values() for name in news]
    by_record = history(changed_study, by="record", engine="bank")
    told = {str(v.as_of): (v.news, v.gone) for v in by_record.vintages}
    assert list(told) == ["2024-07-01", "2025-03-01", "2025-06-01"]
    assert told["2025-03-01"] == (("RES03",), ("RES02",))
    assert told["2025-06-01"] == ((), ("PER01",))
    for found in (by_publication, by_record):
        answer = popest.estimate(changed_study, engine="bank").stock()
        assert found.vintages[-1].stock is not None
        assert found.vintages[-1].stock.median == answer.median


def test_a_history_says_how_late_a_figure_was_taken_back(changed_study: popest.Study) -> None:
    words = " ".join(str(history(changed_study, engine="bank")).split())
    assert "RES03 corrects RES02 on 2024-02-01, 170 days after it was known" in words
    assert "PER03 withdraws PER01 with the same day, 2023-03-31: PER01 is in none" in words
    found = history(changed_study, by="record", engine="bank")
    assert "PER03 withdraws PER01 on 2025-06-01, 335 days after" in " ".join(str(found).split())
    assert [entry["newer"] for entry in found.to_dict()["replacements"]] == ["RES03", "PER03"]


def test_another_clock_is_refused(study: popest.Study) -> None:
    with pytest.raises(popest.UsageError, match="write publication or record"):
        history(study, by="day")


def test_tables_and_picture(study: popest.Study) -> None:
    found = history(study)
    frame = found.to_frame()
    assert list(frame.index.date) == [vintage.as_of for vintage in found.vintages]
    assert "2023-04-28" in str(found) and "CEN01" in str(found)
    assert found.to_dict()["vintages"][0]["as_of"] == "2023-04-28"
    axes = found.plot()
    assert axes.get_title("left").startswith(f"The stock on {date(2023, 12, 31)}")
    plt.close(axes.figure)
