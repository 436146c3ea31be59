"""Tests of the page on the data format: its tables are the code's, its example is a study."""

import re
from collections.abc import Callable

import pytest
from domain_table import ENTRIES, domains_by_name, table

import popest
from popest.study import study_from_texts
from popest.study.calendar import MOST_MONTHS
from popest.study.domains import MOST_SOURCES, MOST_VARIANTS
from popest.study.files.reading import LARGEST_FILE, OBSERVATIONS_FILE, SPECIFICATION_FILE
from popest.study.measures import MEASURES
from popest.study.observations.columns import COLUMNS, PRECISIONS
from popest.study.problems import EntryError
from popest.study.specification.from_toml import MOST_ENTRIES
from popest.study.specification.records import Source, Specification
from popest.study.tables.csv_records import LONGEST_ROW
from popest.study.tables.csv_table import MOST_ROWS
from popest.study.tables.figures import read_count

PAGE = "docs/data-format.md"
DESCRIPTION = {"title", "producer", "counts", "measure"}

Page = Callable[[str], str]
Tables = Callable[[str], list[list[list[str]]]]
Example = tuple[str, str]

MISTAKES = [
    ("csv", ",10486,", ',"10,486",'),
    ("csv", ",31079,", ",31080,"),
    ("csv", "ENT10,border_balance,", "ENT10,border_balances,"),
    ("csv", "no,,,Entries; not persons.", "no,,,"),
    ("toml", "interval90", "interval"),
    ("toml", "median = 0.40", "median = 0.60"),
    ("toml", 'measure = "stock"', 'measure = "stock"\nlater = 0.1'),
    ("toml", ', because = "3,247 in the census of 2011."', ""),
    ("toml", '"2022-02" = 0.3', '"2021-02" = 0.3'),
]


@pytest.fixture(scope="module")
def example(blocks: Callable[[str, str], list[str]]) -> Example:
    (specification,) = blocks(PAGE, "toml")
    (observations,) = blocks(PAGE, "csv")
    return specification, observations


def table_headed(tables: Tables, head: str) -> list[list[str]]:
    (found,) = (table for table in tables(PAGE) if table[0][0] == head)
    return found[1:]


def names(cell: str) -> set[str]:
    return set(re.findall("`([^`]+)`", cell))


def test_the_columns_are_those_of_the_records(tables: Tables) -> None:
    listed = [row[0].strip("`") for row in table_headed(tables, "column")]
    assert listed == list(COLUMNS)


def test_the_measures_have_the_keys_of_the_records(tables: Tables) -> None:
    rows = table_headed(tables, "measure")
    assert [row[0].strip("`") for row in rows] == list(MEASURES)
    for name, _, required, optional in rows:
        rule = MEASURES[name.strip("`")].rules
        assert names(required) == rule.required - DESCRIPTION
        assert names(optional) == rule.optional


def test_every_key_of_a_specification_is_on_the_page(page: Page) -> None:
    text = re.sub(r"^```.*?^```$", "", page(PAGE), flags=re.MULTILINE | re.DOTALL)
    keys = {key.written for key in Source.keys.values()}
    assert {key for key in keys if f"`{key}" not in text} == set()
    listed = {name.split(".")[0] for name in names(text)}
    assert {key.written for key in Specification.keys.values()} - listed == set()


def test_every_precision_is_on_the_page(page: Page) -> None:
    assert [word for word in PRECISIONS if f"`{word}`" not in page(PAGE)] == []


def test_the_signs_on_the_page_are_named_as_it_says(tables: Tables) -> None:
    rows = table_headed(tables, "printed")
    assert len(rows) > 8
    for printed, what, place in rows:
        for sign in re.findall("`([^`]+)`", printed):
            with pytest.raises(EntryError) as caught:
                read_count(sign if len(sign) > 1 or sign in ":.x/*-–—" else f"2810 {sign}")  # noqa: RUF001
            said = f"{caught.value.rule} - {caught.value.remedy}"
            assert ("leave the row out" in said) == ("leave the row out" in place)
            assert any(word in said for word in re.findall("[a-z]{4,}", what)), (sign, said)
            for column in names(place) - {"0005"}:
                assert column.split(" ")[0] in said, (sign, said)


def test_the_example_is_a_study(example: Example) -> None:
    study = study_from_texts("small", *example)
    assert study.warnings == ()
    assert [row.id for row in study.used] == ["CEN01", "ENT10"]
    assert len(study.observations) == 5
    assert study.as_of("2023-12-31").used == study.used
    assert [row.id for row in study.as_of("2023-04-01").used] == ["ENT10"]


def test_the_example_and_its_variants_are_certified(example: Example) -> None:
    rows = popest.estimate_variants(study_from_texts("small", *example))
    assert [row.name for row in rows] == [None, "balance_at_its_word", "census_alone"]
    assert all(row.headline is not None for row in rows)


@pytest.mark.parametrize(("file", "right", "wrong"), MISTAKES)
def test_a_mistake_gives_the_message_on_the_page(
    file: str, right: str, wrong: str, example: Example, page: Page
) -> None:
    specification, observations = example
    if file == "toml":
        assert specification.count(right) == 1
        specification = specification.replace(right, wrong)
    else:
        assert observations.count(right) == 1
        observations = observations.replace(right, wrong)
    with pytest.raises(popest.StudyError) as caught:
        study_from_texts("small", specification, observations)
    assert str(caught.value.problems[-1]) in page(PAGE)


def test_no_other_message_is_on_the_page(tables: Tables) -> None:
    assert len(table_headed(tables, "written")) == len(MISTAKES)


def test_the_table_of_domains_is_that_of_the_code(page: Page) -> None:
    assert ENTRIES.keys() == domains_by_name().keys()
    assert table() in page(PAGE)


def test_the_limits_are_those_of_the_code(tables: Tables) -> None:
    limits = {row[0]: row[1] for row in table_headed(tables, "what")}
    assert limits["`calendar`"].startswith(f"{MOST_MONTHS} months")
    assert f"{MOST_ENTRIES:,} keys" in limits["`study.toml`"]
    assert f"{LARGEST_FILE[SPECIFICATION_FILE] // 10**6} MB" in limits["`study.toml`"]
    assert limits["`observations.csv`"] == (
        f"{LARGEST_FILE[OBSERVATIONS_FILE] // 10**6} MB, {MOST_ROWS:,} rows"
    )
    assert limits["a row"].startswith(f"{LONGEST_ROW:,} characters")
    assert limits["`variant`"] == f"{MOST_VARIANTS} entries"
    assert limits["`source`, `population.wave`, `ranges`"] == f"{MOST_SOURCES} entries each"
