"""Tests of what replaced what, of what became known when, and of figures that are not on file."""

from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from popest.ledger.versions import became_known, figure_versions
from popest.study import Study, StudyError, UsageError, load_study
from popest.study.drafts.addition import Ledger
from popest.study.drafts.drafting import revised, withdrawn

TODAY = date(2024, 6, 1)


@pytest.fixture
def revised_study(folder: Path) -> Study:
    """The small study with one figure corrected twice, its sums too, and one withdrawn."""
    for name, columns in (
        ("PER02", {"value": "460", "published": "2023-06"}),
        ("PER10", {"value": "470", "published": "2023-09"}),
    ):
        ledger = Ledger.read(folder)
        text = ledger.with_rows(revised(ledger, name, columns, TODAY)).observations.text
        (folder / "observations.csv").write_text(text)
    ledger = Ledger.read(folder)
    text = ledger.with_rows(withdrawn(ledger, "REG01", "Wrong.", TODAY)).observations.text
    (folder / "observations.csv").write_text(text)
    return load_study(folder)


def test_the_versions_of_a_figure_stand_together(revised_study: Study) -> None:
    figures = figure_versions(revised_study, "permits")
    chains = [[version.row.id for version in versions] for versions in figures]
    assert chains == [
        ["PER01"],
        ["PER02", "PER10", "PER13"],
        ["PER03", "PER11", "PER14"],
        ["PER04", "PER12", "PER15"],
    ]
    used = [version.is_used for version in figures[2]]
    replaced = [version.replaced_by and version.replaced_by.id for version in figures[2]]
    assert (used, replaced) == ([False, False, True], ["PER11", "PER14", None])
    days = [version.known for version in figures[2]]
    assert days == [date(2023, 2, 28), date(2023, 6, 30), date(2023, 9, 30)]


def test_a_withdrawal_is_a_version(revised_study: Study) -> None:
    versions = figure_versions(revised_study, "register")[0]
    assert [(v.row.id, v.is_withdrawal) for v in versions] == [("REG01", False), ("REG04", True)]


def test_every_row_of_a_source_is_told_once(revised_study: Study) -> None:
    for source in {row.source for row in revised_study.observations}:
        told = [v.row.id for versions in figure_versions(revised_study, source) for v in versions]
        rows = [row.id for row in revised_study.observations if row.source == source]
        assert sorted(told) == sorted(rows)


def test_what_became_known_between_two_days(revised_study: Study) -> None:
    news = became_known(revised_study, date(2023, 2, 10), date(2023, 6, 30))
    told = [(str(n.day), n.name, n.replaces and n.replaces.id, n.is_used) for n in news]
    assert told == [
        ("2023-02-28", "PER02", None, False),
        ("2023-02-28", "PER03", None, False),
        ("2023-02-28", "PER04", None, False),
        ("2023-05-31", "REG03", None, False),
        ("2023-06-30", "PER10", "PER02", False),
        ("2023-06-30", "PER11", "PER03", True),
        ("2023-06-30", "PER12", "PER04", False),
    ]
    later = became_known(revised_study, date(2023, 6, 30), date(2024, 6, 1))
    told = [(n.name, n.replaces and n.replaces.id, n.is_withdrawal) for n in later]
    assert told == [
        ("PER13", "PER10", False),
        ("PER14", "PER11", False),
        ("PER15", "PER12", False),
        ("EXP01", None, False),
        ("REG04", "REG01", True),
    ]


def test_news_of_adjoining_spans_are_those_of_the_whole(revised_study: Study) -> None:
    days = [date(2000, 1, 1), date(2022, 12, 31), date(2023, 4, 1), date(2024, 6, 1)]
    parts = [
        news.name
        for since, until in pairwise(days)
        for news in became_known(revised_study, since, until)
    ]
    whole = [news.name for news in became_known(revised_study, days[0], days[-1])]
    assert parts == whole
    assert len(whole) == len(revised_study.observations)


def test_a_survey_is_news() -> None:
    news = became_known(load_study("serbia"), date(2024, 11, 30), date(2024, 12, 31))
    assert "arrival_survey" in [n.name for n in news if n.row is None]


def test_days_out_of_order_are_refused(revised_study: Study) -> None:
    with pytest.raises(UsageError, match="not before"):
        became_known(revised_study, date(2023, 1, 1), date(2023, 1, 1))


WHAT_IF = {"end": "2023-09-30", "published": "2023-11"}


def test_a_figure_that_is_not_on_file(folder: Path) -> None:
    study = load_study(folder)
    before = (folder / "observations.csv").read_bytes()
    more = study.with_observation("register", 905, **WHAT_IF)
    assert (more.folder, more.name) == (None, study.name)
    assert more.observations[:-1] == study.observations
    row = more.used[-1]
    assert (row.id, row.value, row.precision, row.use) == ("REG04", 905, "exact", True)
    assert more.data_sha256 != study.data_sha256
    assert (folder / "observations.csv").read_bytes() == before
    assert {path.name for path in folder.iterdir()} == {"study.toml", "observations.csv"}


def test_it_is_read_as_a_row_that_was_added(folder: Path) -> None:
    columns = {"published": "2023-06", "supersedes": "PER02", "recorded": date(2024, 6, 1)}
    days = {"start": date(2022, 1, 1), "end": datetime(2022, 12, 31, 12)}
    more = load_study(folder).with_observation(
        "permits", 460, use=False, note="x", publisher="Office", **days, **columns
    )
    ledger = Ledger.read(folder)
    drafts = revised(ledger, "PER02", {"value": "460", "published": "2023-06", "note": "x"}, TODAY)
    assert more.observations_text == ledger.with_rows(drafts).observations.text


def test_views_stay_what_they_are(folder: Path) -> None:
    early = load_study(folder, as_of="2023-10-31").with_observation("register", 905, **WHAT_IF)
    assert "REG04" not in {row.id for row in early.used}
    assert "REG04" in {row.id for row in early.as_of("2023-11-30").used}
    other = load_study(folder, variant="more").with_observation("register", 905, **WHAT_IF)
    assert {"REG03", "REG04"} <= {row.id for row in other.used}


def test_a_sum_that_is_not_on_file(folder: Path) -> None:
    more = load_study(folder).with_observation(
        "permits", derived_from="+PER01 +PER02", use=False, note="x"
    )
    assert more.observations[-1].value == 652


def test_what_if_keeps_the_rules(folder: Path) -> None:
    study = load_study(folder)
    with pytest.raises(StudyError) as error:
        study.with_observation("register", 905, end="2025-01-01")
    assert "outside the calendar" in str(error.value)
    with pytest.raises(UsageError, match="did you mean published"):
        study.with_observation("register", 905, publishd="2023-11")
    with pytest.raises(UsageError, match="is not a day"):
        study.with_observation("register", 905, recorded="yesterday")


def test_a_frame_of_the_rows(folder: Path) -> None:
    frame = load_study(folder, as_of="2022-12-31").to_frame()
    assert list(frame.index) == [row.id for row in load_study(folder).observations]
    assert frame.loc["REG02", "value"] == 843
    assert frame.loc["PER03", "derived_from"] == "+PER02 -PER01"
    assert str(frame.loc["REG01", "published"].date()) == "2022-08-31"
    assert frame["in_use"].tolist() == [True] + [False] * 8
    assert frame["start"].isna().sum() == 4
    assert frame["supersedes"].isna().all() and frame["precision"].isna().sum() == 1
