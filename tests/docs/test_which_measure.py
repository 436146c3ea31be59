"""Tests of the page that gives each kind of count its measure: what it names exists."""

import re
from collections.abc import Callable

import pytest

from popest.study.measures import DESCRIPTION, MEASURES, REASON
from popest.study.observations.columns import COLUMNS, PRECISIONS
from popest.study.specification.ratio_prior import INTERVALS, RatioPrior
from popest.study.specification.records import Source

PAGE = "docs/which-measure.md"
KEY = re.compile(r"(?:(column|precision) )?`([a-z_\d]+)(?:\.([a-z_\d]+))?`")
Table = list[list[str]]


@pytest.fixture(scope="module")
def rows(tables: Callable[[str], list[Table]]) -> Table:
    _, (header, *rows) = tables(PAGE)
    assert header[:4] == ["counted", "example", "measure", "keys"]
    return rows


def test_it_has_many_kinds_of_counts_each_once(rows: Table) -> None:
    assert len(rows) >= 40
    assert len({row[0] for row in rows}) == len(rows)
    assert all(len(row) == 5 and all(row) for row in rows)


def test_every_measure_has_its_kinds(rows: Table, tables: Callable[[str], list[Table]]) -> None:
    measures = {row[2].strip("`") for row in rows}
    assert measures == {*MEASURES}
    (_, *choices), _ = tables(PAGE)
    assert [row[1].strip("`") for row in choices] != []
    assert {row[1].strip("`") for row in choices} == {*MEASURES}


def test_every_key_is_one_of_its_measure(rows: Table) -> None:
    for _, _, measure, keys, _ in rows:
        rules = MEASURES[measure.strip("`")].rules
        assert keys == ", ".join(match[0] for match in KEY.finditer(keys))
        for kind, name, part in KEY.findall(keys):
            if kind:
                assert name in {"column": COLUMNS, "precision": PRECISIONS}[kind]
            else:
                assert name in rules.keys and name in Source.keys
            if part:
                assert name == "ratio" and part in {*RatioPrior.keys, *INTERVALS}


def test_every_key_and_precision_of_a_count_is_on_the_page(page: Callable[[str], str]) -> None:
    named = {name for _, name, _ in KEY.findall(page(PAGE))}
    keys = set().union(*(measure.rules.keys for measure in MEASURES.values()))
    assert keys - DESCRIPTION - REASON <= named
    assert {"se", "lower", "upper", "between", "at_most", "at_least"} <= named
