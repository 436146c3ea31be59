"""Tests of an estimate as pandas tables: their shape, and that they say what the JSON says."""

from typing import Any

import pandas as pd
import pytest

from popest.estimates import Estimate
from popest.estimates.document import rounded


def assert_same(frame: pd.DataFrame, rows: list[dict[str, Any]]) -> None:
    """The frame's columns of these names hold the JSON's numbers, row by row."""
    assert len(frame) == len(rows)
    for (_, found), expected in zip(frame.iterrows(), rows, strict=True):
        assert {key: rounded(found[key]) for key in expected} == expected


def bounds(block: dict[str, Any], prefix: str = "") -> dict[str, float]:
    return {
        f"{prefix}{side}_{100 * i['prob']:g}": i[side]
        for i in block["intervals"]
        for side in ("lower", "upper")
    }


def test_the_table_has_a_row_for_each_date(report: Estimate) -> None:
    frame = report.table()
    assert frame.index.name == "date" and pd.api.types.is_datetime64_any_dtype(frame.index)
    assert frame.index.strftime("%Y-%m-%d").tolist() == ["2023-12-31", "2022-12-31"]
    assert set(frame.drop(columns="scenario").dtypes) == {pd.Float64Dtype().numpy_dtype}
    expected = [
        {key: block[key] for key in ("median", "mean", "sd", "scenario")}
        | {"prior_median": block["prior"]["median"]}
        | bounds(block)
        | bounds(block["prior"], "prior_")
        for block in report.to_dict()["dates"]
    ]
    assert_same(frame, expected)
    assert frame.columns.size == len(expected[0]) + 1
    assert frame["scenario"].tolist() == [True, False]
    assert frame["assumed"].fillna(-1).tolist() == [0, -1]


def test_the_trajectory_has_a_row_for_each_month_end(report: Estimate) -> None:
    frame = report.trajectory()
    assert frame.index.name == "date" and frame.index.is_monotonic_increasing
    assert (frame.index == frame.index + pd.offsets.MonthEnd(0)).all()
    expected = [
        {"median": row["median"], "lower_90": row["lower"], "upper_90": row["upper"]}
        for row in report.to_dict()["trajectory"]
    ]
    assert_same(frame, expected)
    assert list(frame.columns) == [
        "median",
        *(f"{side}_{prob}" for prob in (50, 80, 90, 95) for side in ("lower", "upper")),
        "scenario",
    ]
    last = report.study.last_count.day
    assert frame["scenario"].tolist() == [day.date() > last for day in frame.index]


def test_the_ratios_have_a_row_for_each_source(report: Estimate) -> None:
    frame = report.ratios()
    rows = report.to_dict()["ratios"]
    assert frame.index.name == "source"
    assert frame.index.tolist() == [row["source"] for row in rows]
    expected = [
        {"prob": row["prob"]}
        | {f"{side}_{key}": row[side][key] for side in ("prior", "posterior") for key in row[side]}
        for row in rows
    ]
    assert_same(frame, expected)
    assert set(map(str, frame.dtypes)) == {"float64"}


def test_the_fit_has_a_row_for_each_observation(report: Estimate) -> None:
    frame = report.fit()
    rows = report.to_dict()["fit"]
    assert frame.index.name == "observation"
    assert frame.index.tolist() == [row["observation"] for row in rows]
    expected = [
        {"source": row["source"], "value": row["value"], "percentile": row["percentile"]}
        | {f"predicted_{key}": row["predicted"][key] for key in row["predicted"]}
        for row in rows
    ]
    assert_same(frame, expected)
    assert frame["extreme"].dtype == bool and not frame["extreme"].any()


def test_an_observation_that_is_not_explained_is_marked(moving) -> None:
    frame = moving.counting("REG1", 8_000).estimate().fit()
    assert frame.index[frame["extreme"]].tolist() == ["REG1"]


@pytest.mark.parametrize(("name", "columns"), [("ratios", 7), ("fit", 9)])
def test_a_table_without_rows_keeps_its_columns(moving, name: str, columns: int) -> None:
    empty = type(moving)(moving.without_sources("register", "permits", "survey").specification, ())
    frame = getattr(empty.estimate(draws=1_000), name)()
    assert frame.shape == (0, columns)
    assert frame.index.name == {"ratios": "source", "fit": "observation"}[name]
