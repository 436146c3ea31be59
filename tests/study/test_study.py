"""What a study shows as of a day, under a variant, without a source."""

from dataclasses import FrozenInstanceError, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popest.study import (
    Observation,
    Study,
    StudyError,
    UsageError,
    load_study,
    study_from_texts,
)
from popest.study.observations.vintage import in_force, known_days, published_by, undated

CORRECTED = (
    "PER3,permits,480,exact,2022-02-01,2022-10-31,{},2024-02-01,Ministry,,{},PER2,,Withdrawn."
)
DERIVED = "CON5,contracts,{},exact,2022-04-01,2022-12-31,{},2024-02-01,Office,,yes,{},{},x"


def ids(study: Study) -> list[str]:
    return [row.id for row in study.used]


def test_used_rows_are_those_in_force_in_the_order_of_the_file(example: Any) -> None:
    study = example.load()
    assert ids(study) == ["REG1", "REG2", "CON1", "PER2", "BRD1", "VOT1"]
    assert len(study.observations) == 11
    assert study.warnings == ()
    assert study.name == "example"
    assert study.folder == example.folder
    assert (study.as_of_day, study.recorded_as_of_day, study.variant) == (None, None, None)
    assert study.calendar.first_day == date(2022, 1, 10)


@pytest.mark.parametrize(
    ("day", "known"),
    [
        ("2022-08-30", []),
        ("2022-08-31", ["REG1"]),
        ("2022-12-31", ["REG1", "PER1"]),
        ("2023-01-15", ["REG1", "PER1", "BRD1"]),
        ("2023-05-31", ["REG1", "REG2", "CON1", "PER1", "BRD1"]),
        ("2023-06-30", ["REG1", "REG2", "CON1", "PER2", "BRD1"]),
        ("2023-07-30", ["REG1", "REG2", "CON1", "PER2", "BRD1"]),
        ("2023-07-31", ["REG1", "REG2", "CON1", "PER2", "BRD1"]),
        ("2023-12-31", ["REG1", "REG2", "CON1", "PER2", "BRD1", "VOT1"]),
    ],
)
def test_rows_are_known_from_their_publication_on(example: Any, day: str, known: list[str]) -> None:
    study = example.load(as_of=day)
    assert ids(study) == known
    assert len(study.observations) == 11
    assert ("survey" in study.specification.source) == (day >= "2023-07-31")
    assert study.as_of_day == date.fromisoformat(day)
    assert study == example.load().as_of(day)
    silent = {text.split()[1] for text in study.warnings}
    assert silent == {"register", "contracts", "permits", "border", "voters"} - {
        row.source for row in study.used
    }


def test_a_later_correction_does_not_change_what_was_known(example: Any) -> None:
    later = example.extended(CORRECTED.format("2023-09-01", "no"))
    for day in ("2023-05-31", "2023-06-30", "2023-08-31"):
        assert ids(later.load(as_of=day)) == ids(example.load(as_of=day))
    assert "PER2" not in ids(later.load(as_of="2023-09-01"))
    assert "PER1" not in ids(later.load())


def test_rows_without_a_date_of_publication_are_known_from_their_day_of_record(
    example: Any,
) -> None:
    undated = example.edited("observations.csv", "2023-03,2024-01-02,Labour office,,yes",
                             ",2024-01-02,Labour office,,yes")  # fmt: skip
    assert undated.load().warnings == ()
    study = undated.load(as_of="2024-01-01")
    assert "CON1" not in ids(study)
    assert any("recorded only later: CON1." in text for text in study.warnings)
    assert undated.load(as_of="2024-01-02").used == undated.load().used
    assert undated.load(as_of="2024-01-02").warnings == ()


def test_a_period_of_publication_ends_with_the_day_of_record_at_the_latest(example: Any) -> None:
    early = example.edited("observations.csv", "2023-03,2024-01-02,Labour office,,yes",
                           "2024,2024-01-02,Labour office,,yes")  # fmt: skip
    assert "CON1" not in ids(early.load(as_of="2024-01-01"))
    assert "CON1" in ids(early.load(as_of="2024-01-02"))


def test_a_correction_that_is_left_out_for_want_of_a_date_names_what_it_revives(
    example: Any,
) -> None:
    undated = example.extended(CORRECTED.format("", "no"))
    recorded = undated.load().observations[-1].recorded
    before = undated.load(as_of=recorded - timedelta(1))
    assert "PER2" in ids(before)
    assert any("row PER2 is in use again, although PER3" in text for text in before.warnings)
    assert any("recorded only later: PER3" in text for text in before.warnings)
    after = undated.load(as_of=recorded)
    assert (after.used, after.warnings) == (undated.load().used, undated.load().warnings)
    dated = example.extended(CORRECTED.format("2023-09-01", "no")).load(as_of="2023-08-31")
    assert "PER2" in ids(dated)
    assert not any("PER3" in text for text in dated.warnings)


def test_a_correction_of_an_undated_correction_replaces_the_first_row_too(example: Any) -> None:
    again = CORRECTED.format("2023-09-01", "no").replace("PER3,", "PER4,").replace("PER2,", "PER3,")
    study = example.extended(CORRECTED.format("", "no"), again)
    assert [row.supersedes for row in study.load().observations[-2:]] == ["PER2", "PER3"]
    seen = study.load(as_of="2023-09-01")
    assert "PER2" not in ids(seen)
    assert "PER2" in ids(study.load(as_of="2023-08-31"))


def test_a_row_without_a_date_that_was_corrected_by_then_is_not_missed(example: Any) -> None:
    undated = example.edited("observations.csv", "2022-12,2024-01-02", ",2024-01-02")
    assert not any("PER1" in text for text in undated.load(as_of="2023-06-30").warnings)
    assert any("PER1" in text for text in undated.load(as_of="2023-06-29").warnings)


def test_a_derived_row_is_known_with_the_latest_of_its_parents(example: Any) -> None:
    whole = "CON4,contracts,500,exact,2022-01-10,2022-12-31,{},2024-01-02,Office,,no,,,x"
    for published, own in (("2023-04-10", ""), ("2023-04-10", "2023-01-01"), ("", "2023-01-01")):
        study = example.extended(
            whole.format(published), DERIVED.format(400, own, "", "+CON4 -CON2")
        )
        assert "CON5" in ids(study.load())
        assert "CON5" not in ids(study.load(as_of="2023-04-09"))
        assert ("CON5" in ids(study.load(as_of="2023-04-10"))) == bool(published)
        if not published:
            assert any("CON5" in text for text in study.load(as_of="2024-01-01").warnings)
            assert "CON5" in ids(study.load(as_of="2024-01-02"))


def test_a_sum_of_which_a_parent_was_corrected_before_it_is_marked(example: Any) -> None:
    row = "{},contracts,{},exact,2022-01-10,2022-12-31,{},2024-02-01,Office,,no,{},,x"
    study = example.extended(
        row.format("A", 1000, "2023-02-01", ""),
        DERIVED.format(900, "", "", "+A -CON2"),
        row.format("A2", 1100, "2023-03-01", "A"),
        row.format("B2", 90, "2023-08-01", "CON2"),
        DERIVED.format(1010, "", "CON5", "+A2 -B2").replace("CON5,contr", "CON6,contr"),
        row.format("CON3b", 510, "2023-08-01", "CON3"),
    )
    assert "CON6" in ids(study.load())
    early = study.load(as_of="2023-03-01")
    assert "CON5" in ids(early)
    assert "row CON5 is computed from A, which A2 had superseded by then." in early.warnings


def test_the_file_is_replayed_as_it_stood(example: Any) -> None:
    later = example.extended(CORRECTED.format("2023-09-01", "no"))
    before = later.load(recorded_as_of="2024-01-31")
    assert ids(before) == ids(example.load())
    assert [row.id for row in before.observations] == [
        row.id for row in example.load().observations
    ]
    assert before.recorded_as_of_day == date(2024, 1, 31)
    assert later.load(recorded_as_of="2024-01-01").observations == ()
    assert later.load(recorded_as_of="2024-01-02").observations == before.observations


def test_variants_change_what_they_name_and_nothing_else(example: Any) -> None:
    study = example.load()
    slow = study.with_variant("slow")
    assert slow.specification.population.departure_hazard.median == 0.005
    assert slow.specification.noise.by_source == 0.5
    assert slow.used == study.used
    changed = slow.specification.population
    kept = changed.replaced(departure_hazard=study.specification.population.departure_hazard)
    assert kept == study.specification.population
    few = study.with_variant("few_sources")
    assert set(study.specification.source) - set(few.specification.source) == {"voters", "survey"}
    assert ids(few) == ["REG1", "REG2", "CON1", "PER2"]
    more = example.load(variant="estimate_used")
    assert ids(more) == ["REG1", "REG2", "REG3", "CON1", "PER2", "BRD1", "VOT1"]
    assert more.with_variant(None) == study
    for view in (slow, few, more):
        assert view.specification.variant == study.specification.variant
        assert view.data_sha256 == study.data_sha256


def test_views_combine_in_any_order(example: Any) -> None:
    study = example.load()
    one = study.with_variant("estimate_used").as_of("2023-05-31").without("border", "voters")
    other = study.without("voters").as_of(date(2023, 5, 31)).without("border")
    assert other.with_variant("estimate_used") == one
    assert other.with_variant("estimate_used").used == one.used
    assert ids(one) == ["REG1", "REG2", "REG3", "CON1", "PER1"]
    assert set(one.specification.source) == {"register", "contracts", "permits"}
    assert one.warnings == ()
    early = one.as_of("2023-05-30")
    assert "REG3" not in ids(early)
    assert early.warnings == ("the variant takes in rows that were not known by then: REG3.",)
    assert one.as_of(datetime(2023, 5, 30, 12)).as_of_day == date(2023, 5, 30)
    assert study.as_of("2020-01-01").without(*study.specification.source).used == ()


def test_views_are_values(example: Any) -> None:
    study = example.load()
    assert study == example.load()
    assert study != study.with_variant("slow")
    assert len({study, example.load(), study.as_of("2023-01-01")}) == 2
    assert repr(study.with_variant("slow").as_of("2023-01-01")) == (
        "<Study example: 5 sources, 2 of 11 observations in use, variant slow, as of 2023-01-01>"
    )
    with pytest.raises(FrozenInstanceError):
        study.name = "other"


def test_a_saved_study_is_seen_as_it_was(example: Any) -> None:
    view = example.load(as_of="2023-06-30", variant="slow", recorded_as_of="2024-01-02")
    again = study_from_texts(
        "example",
        view.specification_text,
        view.observations_text,
        as_of="2023-06-30",
        variant="slow",
        recorded_as_of="2024-01-02",
        left_out=("border",),
    )
    assert replace(again, folder=view.folder) == view.without("border")
    assert again.specification == view.without("border").specification
    assert again.used == view.without("border").used


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"variant": "slwo"}, "did you mean slow? it has slow, few_sources, estimate_used"),
        ({"variant": ""}, "it has slow"),
        ({"as_of": "2023"}, "write it as YYYY-MM-DD"),
        ({"as_of": "2023-02-30"}, "write it as YYYY-MM-DD"),
        ({"as_of": "now\n"}, r'"now\n" is not a day'),
        ({"recorded_as_of": "2023-1-1"}, "write it as YYYY-MM-DD"),
    ],
)
def test_a_request_that_cannot_be_met_says_what_can(
    example: Any, options: dict[str, str], words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        example.load(**options)
    assert words in str(caught.value)


def test_an_unknown_source_cannot_be_left_out(example: Any) -> None:
    with pytest.raises(UsageError, match=r"no source \"borders\": did you mean border\?"):
        example.load().without("borders")


FIRST = date(2023, 1, 1)


@st.composite
def ledgers(draw: st.DrawFn) -> list[Observation]:
    """Rows with corrections and sums as the rules allow them, some without a date."""
    rows: list[Observation] = []
    days = st.none() | st.integers(0, 30).map(lambda days: FIRST + timedelta(days))
    recorded = FIRST + timedelta(draw(st.integers(0, 15)))
    for number in range(draw(st.integers(0, 12))):
        recorded += timedelta(draw(st.integers(0, 3)))
        superseded = {row.supersedes for row in rows}
        free = [None, *(row.id for row in rows if row.id not in superseded)]
        parents = draw(st.lists(st.sampled_from(rows), max_size=3, unique=True)) if rows else []
        rows.append(
            Observation(
                id=f"R{number}", source="s", value=1, precision=None, start=None, end=None,
                published=draw(days), recorded=recorded, publisher="x", url="",
                use=draw(st.booleans()),
                supersedes=draw(st.sampled_from(free)),
                derived_from=tuple((draw(st.sampled_from((1, -1))), row.id) for row in parents),
                note="", se=None, lower=None, upper=None, line=number + 2,
            )
        )  # fmt: skip
    return rows


@given(ledgers(), st.integers(-1, 31), st.integers(-1, 31))
def test_what_was_known_only_grows(rows: list[Observation], one: int, other: int) -> None:
    earlier, later = (FIRST + timedelta(days) for days in sorted((one, other)))
    known = published_by(rows, earlier)
    assert set(known) <= set(published_by(rows, later)) <= set(published_by(rows, None))
    names = {row.id for row in known}
    for row in known:
        assert {parent for _, parent in row.derived_from} <= names


@given(ledgers(), st.integers(0, 31), st.data())
def test_a_row_published_later_changes_nothing_earlier(
    rows: list[Observation], days: int, data: st.DataObject
) -> None:
    day = FIRST + timedelta(days)
    before = in_force(published_by(rows, day))
    target = data.draw(st.sampled_from([row.id for row in rows] or [None]))
    late = day + timedelta(data.draw(st.integers(1, 9)))
    blank = Observation(
        "NEW",
        "s",
        1,
        None,
        None,
        None,
        late,
        late,
        "x",
        "",
        True,
        target,
        (),
        "",
        None,
        None,
        None,
        99,
    )
    assert in_force(published_by([*rows, blank], day)) == before


@given(ledgers())
def test_rows_in_force_are_those_that_nothing_supersedes(rows: list[Observation]) -> None:
    names = {row.supersedes for row in rows}
    assert [row.id for row in in_force(rows)] == [row.id for row in rows if row.id not in names]


@given(ledgers())
def test_a_sum_is_known_when_the_last_of_its_leaves_is(rows: list[Observation]) -> None:
    by_id = {row.id: row for row in rows}

    def leaves(row: Observation) -> list[Observation]:
        if not row.derived_from:
            return [row]
        return [leaf for _, parent in row.derived_from for leaf in leaves(by_id[parent])]

    days, unstated = known_days(rows), undated(rows)
    for row in rows:
        found = leaves(row)
        bounds = [min(leaf.published or leaf.recorded, leaf.recorded) for leaf in found]
        assert days[row.id] == max(bounds) <= row.recorded
        assert (row.id in unstated) == (None in [leaf.published for leaf in found])


@given(ledgers(), st.integers(-1, 31))
def test_of_a_chain_of_corrections_at_most_one_row_is_in_force(
    rows: list[Observation], days: int
) -> None:
    by_id = {row.id: row for row in rows}

    def chain(row: Observation) -> str:
        return row.id if row.supersedes is None else chain(by_id[row.supersedes])

    known = published_by(rows, FIRST + timedelta(days))
    heads = [chain(row) for row in in_force(known, rows)]
    assert len(set(heads)) == len(heads)
    assert set(heads) == {chain(row) for row in known}


def test_a_study_without_sources_is_a_prior(example: Any) -> None:
    text = example.files["study.toml"]
    example.files["study.toml"] = text[: text.index("[source.register]")] + "[source]\n"
    with pytest.raises(StudyError):
        example.load()
    head = example.files["observations.csv"].split("\n")[0]
    example.files["observations.csv"] = f"{head}\n"
    assert example.load().used == ()


RATIO = "ratio = {{ median = {}, interval90 = [{}, {}], because = "


@pytest.mark.parametrize(
    ("measure", "before", "ratio", "is_questioned"),
    [
        ("stock", (0.8, 0.6, 1.07), (80, 60, 107), True),
        ("stock", (0.8, 0.6, 1.07), (3.1, 2.9, 3.3), True),
        ("stock", (0.8, 0.6, 1.07), (3, 2.9, 3.1), False),
        ("floor", (0.3, 0.18, 0.5), (30, 18, 50), True),
        ("presence", (0.4, 0.25, 0.64), (4, 2.5, 6.4), False),
    ],
)
def test_a_ratio_that_may_be_a_percentage_is_questioned(
    example: Any, measure: str, before: Any, ratio: Any, is_questioned: bool
) -> None:
    """Of persons present on a day: 80 written for .80 once gave 18 persons without a word."""
    edited = example.edited("study.toml", RATIO.format(*before), RATIO.format(*ratio))
    study = edited.load()
    found = [w for w in study.view_warnings if w.kind == "large_ratio"]
    assert len(found) == is_questioned
    for warning in found:
        assert study.specification.source[warning.subject].measure == measure
        assert warning.value == ratio[0]
        assert f"has the median {ratio[0]}" in str(warning)
        assert "percentage" in str(warning) and str(before[0]) not in str(warning)


def test_a_factor_of_a_learned_ratio_may_be_a_percentage_and_the_ratio_not() -> None:
    study = load_study("czechia-2023")
    ratio = study.specification.source["police_registrations"].ratio
    assert ratio is not None and ratio.median > 3
    assert not any("percentage" in text for text in study.warnings)
    variant = """
[variant.percent]
because = "a slip"
set = { "source.police_registrations.ratio.times" = [{ name = "15 and over", median = 70, \
interval90 = [63, 77.8], because = "seventy percent" }] }
""".replace("\\\n", "")
    text = study.specification_text + variant
    slipped = study_from_texts("x", text, study.observations_text, variant="percent")
    assert [w.value for w in slipped.view_warnings if w.kind == "large_ratio"] == [70]
