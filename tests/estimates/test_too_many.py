"""Tests of refusing too many uncertain quantities: where they are declared, and the remedy."""

import pytest

import popest
import small_study as small
from popest.study import study_from_texts

STEPS = small.changed(
    small.ARRIVALS,
    {
        "volatility = 0.2": 'volatility = 0.2, step = "month"',
        'start = "2022-01"\n': 'start = "1985-01"\n',
        'first_day = "2022-01-10"\n': "",
    },
)


def test_a_long_calendar_by_month_is_refused_with_its_line_and_what_to_write() -> None:
    study = study_from_texts("long", STEPS + small.REGISTER, small.HEADER)
    with pytest.raises(popest.UsageError) as caught:
        popest.estimate(study)
    head, *parts = str(caught.value).splitlines()
    assert head.startswith("study long: its 4") and "more than the 400 that an engine" in head
    lines = study.specification_text.splitlines()
    (line,) = [number for number, text in enumerate(lines, 1) if text.startswith("background")]
    assert parts == [
        f"study.toml:{line}: population.background: 467 are its steps by month over 468 months; "
        'write step = "quarter" (155) or step = "year" (38)'
    ]


def test_the_entry_of_a_shipped_study_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("popest.estimates.too_many.MOST_NORMALS", 18)
    with pytest.raises(popest.UsageError) as caught:
        popest.estimate("serbia-report-2024")
    head, *parts = str(caught.value).splitlines()
    assert "its 19 uncertain quantities are more than the 18" in head
    assert [part.split(": ")[1:] for part in parts] == [
        [
            "population.background",
            '11 are its steps by quarter over 35 months; write step = "year" (2)',
        ]
    ]


def test_each_entry_that_declares_many_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps, errors of sources and a drift, the largest number first."""
    monkeypatch.setattr("popest.estimates.too_many.MOST_NORMALS", 18)
    sources = "".join(
        small.changed(small.REGISTER, {"[source.register]": f"[source.register{number}]"})
        for number in range(12)
    )
    noise = '[noise]\nerror = { median = 0.1, sigma = 0.5, because = "x" }\nby_source = 0.5\n'
    rows = "".join(
        f"A{at},register{at},{value},exact,,2022-12-31,,2024-01-02,Office,,yes,,,\n"
        for at, value in enumerate(range(300, 312))
    )
    rows += "".join(
        f"B{month},register0,{month},exact,,2022-{month:02}-28,,2024-01-02,Office,,yes,,,\n"
        for month in range(1, 8)
    )
    with pytest.raises(popest.UsageError) as caught:
        popest.estimate(
            study_from_texts("many", small.ARRIVALS + noise + sources, small.HEADER + rows)
        )
    parts = str(caught.value).splitlines()[1:]
    assert [part.split(": ")[1] for part in parts] == [
        "noise.by_source",
        "source",
        "source.register0.drift",
        "population.background",
    ]
    assert "write by_source = 0" in parts[0] and "remove drift" in parts[2]
