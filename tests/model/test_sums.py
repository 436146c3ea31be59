"""The printed errors of sums: what figures share, against parents that are drawn with errors."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
import small_studies as small
from hypothesis import given, settings
from hypothesis import strategies as st

import popest
from popest.model.model import Model
from popest.model.noise import printed_covariance, printed_sd, printed_shift
from popest.study import Study
from popest.study.observations.columns import PRECISIONS
from popest.study.observations.observation import Observation, Summand
from popest.study.problems import StudyError
from popest.study.specification.reading import read
from popest.study.specification.records import Source

N = 400_000
WORDS = [word for word, printed in PRECISIONS.items() if not printed.is_bound]


def source(**entries: Any) -> Source:
    return read(Source, small.source("arrivals", ratio=small.ratio(0.5, 0.2), **entries))


def total(name: str, value: int, end: str, precision: str = "exact", **changes: Any) -> Observation:
    """A printed total since the start of 2022, which is not used."""
    row = small.count(name, "firms", value, end, "2022-01-01", precision)
    return replace(row, **({"use": False, "note": "A total."} | changes))


def increment(
    name: str, value: int, days: tuple[str, str], parents: str, precision: str = "exact"
) -> Observation:
    row = small.count(name, "firms", value, days[1], days[0], precision)
    named = tuple((1 if part[0] == "+" else -1, part[1:]) for part in parents.split())
    return replace(row, derived_from=named)


FILE = [
    total("TOT1", 4258, "2022-12-31", "about"),
    total("TOT2", 9494, "2023-12-31", "almost"),
    total("TOT3", 11081, "2024-06-09"),
    small.count("FEB", "firms", 616, "2023-02-15", "2023-01-01", "about"),
    total("PART", 5236, "2023-12-31", derived_from=((1, "TOT2"), (-1, "TOT1"))),
    increment("INC1", 4620, ("2023-02-16", "2023-12-31"), "+PART -FEB"),
    increment("INC2", 1587, ("2024-01-01", "2024-06-09"), "+TOT3 -TOT2", "about"),
    replace(total("OTHER", 700, "2022-02-28"), precision=None),
    increment("INC3", 1400, ("2022-01-01", "2022-03-31"), "+OTHER +SAME", "rounded"),
]
FILE.insert(8, replace(FILE[7], id="SAME"))


def study_of(rows: list[Observation], **entries: Any) -> Study:
    specification = small.document(
        small.arrivals_population(small.log_normal(500, 0.5)),
        {"firms": small.source("arrivals", ratio=small.ratio(0.5, 0.4), **entries)},
        end="2024-12",
    )
    return small.study_of(specification, rows)


def drawn_figures(rows: list[Observation], seed: int) -> dict[str, np.ndarray]:
    """Figures as they would be printed: their own truth times e^(shift + p z), and their sums."""
    rng = np.random.default_rng(seed)
    found: dict[str, np.ndarray] = {}
    for row in rows:
        if row.derived_from:
            found[row.id] = sum(sign * found[name] for sign, name in row.derived_from)
            continue
        printed = PRECISIONS[row.precision or "exact"]
        shrunk = printed.log_shift * 1e-3 + printed.log_sd * 1e-2 * rng.standard_normal(N)
        found[row.id] = row.count * np.exp(shrunk)
    return found


@pytest.mark.parametrize("baseline", [0.0, 160.0])
def test_sums_vary_as_their_figures_do(baseline: float) -> None:
    """Errors are a hundredth and shifts a thousandth of popest's, so that logs are linear.

    Covariance and shift follow to 5 standard errors, on the scale of the figure less its baseline.
    """
    entries = {"baseline": small.log_normal(baseline, 0.2)} if baseline else {}
    used = [row for row in study_of(FILE, **entries).used if row.id != "FEB"]
    assert [row.id for row in used] == ["INC1", "INC2", "INC3"]
    figures = drawn_figures(FILE, 1)
    years = [((row.end - row.start).days + 1) / 365.25 for row in used]
    net = [row.count - baseline * each for row, each in zip(used, years, strict=True)]
    logs = np.array(
        [
            np.log(figures[row.id] - row.count + each) - math.log(each)
            for row, each in zip(used, net, strict=True)
        ]
    )
    truth = np.cov(logs) * 1e4
    found = printed_covariance(used, source(**entries))
    assert truth[0, 1] < -0.1 * math.sqrt(truth[0, 0] * truth[1, 1])
    spread = np.sqrt((np.outer(np.diag(truth), np.diag(truth)) + truth**2) / N)
    # INC3 is worded worse than its figures are.
    expected = truth + np.diag([0, 0, 0.03**2 - truth[2, 2]])
    assert (np.abs(found - expected) < 5 * spread + 1e-4 * np.diag(np.diag(truth))).all()
    error = 5 * np.sqrt(np.diag(truth) / N) * 10
    shift = printed_shift(used, source(**entries))
    assert (np.abs(shift - logs.mean(axis=1) * 1e3) < error + 1e-3).all()
    assert shift[0] > 0.03 and shift[1] < -0.1


def test_a_figure_in_a_sum_shares_its_error_with_it() -> None:
    used = list(study_of(FILE).used)
    names = [row.id for row in used]
    found = printed_covariance(used, source())
    at = names.index("FEB"), names.index("INC1")
    assert found[at] == found[at[::-1]] == pytest.approx(-0.05 * 0.05 * 616 / 4620, rel=1e-12)
    assert found[at[0], at[0]] == 0.05**2


def test_a_sum_rests_on_the_figures_that_are_no_sums() -> None:
    by_id = {row.id: row for row in study_of(FILE).used}
    assert by_id["INC1"].terms == (
        Summand("FEB", -1, 616, "about"),
        Summand("TOT1", -1, 4258, "about"),
        Summand("TOT2", 1, 9494, "almost"),
    )
    assert by_id["FEB"].terms == ()


def test_a_sum_that_is_taken_off_turns_its_figures_round() -> None:
    """5,845 = 11,081 - (9,494 - 4,258)."""
    rest = increment("REST", 5845, ("2022-01-01", "2024-06-09"), "+TOT3 -PART")
    (used,) = study_of([*FILE[:3], FILE[4], rest]).used
    assert [(term.id, term.times) for term in used.terms] == [
        ("TOT1", 1),
        ("TOT2", -1),
        ("TOT3", 1),
    ]


def test_what_cancels_is_no_part_of_a_sum() -> None:
    """TOT1 is taken off and added again."""
    rows = [*FILE[:5], increment("BACK", 9494, ("2022-01-01", "2023-12-31"), "+PART +TOT1")]
    rows = [row for row in rows if row.id != "FEB"]
    (used,) = study_of(rows).used
    assert used.terms == (Summand("TOT2", 1, 9494, "almost"),)


@settings(derandomize=True, max_examples=200)
@given(st.data())
def test_the_covariance_is_positive_definite(data: st.DataObject) -> None:
    """Whatever sums are used together, also the same one several times."""
    names = ["A", "B", "C"]
    figures = {
        name: (data.draw(st.integers(0, 10**6)), data.draw(st.sampled_from(WORDS)))
        for name in names
    }
    rows = []
    for number in range(data.draw(st.integers(1, 6))):
        times = data.draw(st.dictionaries(st.sampled_from(names), st.sampled_from([-2, -1, 1, 2])))
        word = data.draw(st.sampled_from(WORDS))
        terms = tuple(Summand(name, k, *figures[name]) for name, k in times.items())
        value = data.draw(st.integers(0, 10**6))
        rows.append(
            replace(
                small.count(f"R{number}", "s", value, "2022-06-30", precision=word), terms=terms
            )
        )
    rows += [
        small.count(name, "s", value, "2022-06-30", precision=word)
        for name, (value, word) in figures.items()
    ]
    of = source(baseline=small.log_normal(1000, 0.1)) if data.draw(st.booleans()) else source()
    found = printed_covariance(rows, of)
    assert np.isfinite(found).all() and np.isfinite(printed_shift(rows, of)).all()
    assert (found == found.T).all()
    sd = np.sqrt(np.diag(found))
    assert np.linalg.eigvalsh(found / np.outer(sd, sd)).min() > 1e-6
    assert printed_sd(rows, of).max() <= 0.6 * 1.0001


def test_the_wording_of_a_sum_is_the_least_of_its_error() -> None:
    """A sum of two exact figures is exact; about stays about; a difference is worse."""
    plus = (Summand("A", 1, 500, "exact"), Summand("B", 1, 600, "exact"))
    minus = (Summand("A", -1, 500, "exact"), Summand("B", 1, 600, "exact"))
    row = small.count("S", "s", 1100, "2022-06-30")
    assert printed_sd([replace(row, terms=plus)], source()).tolist() == [0.01]
    assert printed_sd([replace(row, terms=plus, precision="about")], source()).tolist() == [0.05]
    apart = printed_sd([replace(row, value=100, terms=minus)], source())
    assert apart == pytest.approx([0.01 * math.hypot(500, 600) / 100], rel=1e-4)


def test_the_shift_of_its_own_wording_stands_where_no_figure_has_one() -> None:
    row = small.count("S", "s", 1100, "2022-06-30", precision="almost")
    exact, more = Summand("A", 1, 500, "exact"), Summand("B", 1, 600, "more_than")
    assert printed_shift([replace(row, terms=(exact,))], source()).tolist() == [0.02]
    shifted = printed_shift([replace(row, terms=(exact, more))], source())
    assert shifted == pytest.approx([-0.03 * 600 / 1100], rel=1e-12)


def test_rows_that_are_no_sums_are_as_they_were() -> None:
    rows = [small.count(word, "s", 80, "2022-06-30", precision=word) for word in WORDS]
    assert (printed_covariance(rows, source()) == np.diag(printed_sd(rows, source()) ** 2)).all()
    assert printed_sd(rows, source()).tolist() == [PRECISIONS[word].log_sd for word in WORDS]
    assert printed_shift(rows, source()).tolist() == [PRECISIONS[word].log_shift for word in WORDS]


def test_two_sums_that_say_the_same_are_one() -> None:
    """Entered twice, with the same days: the interval is hardly narrower than with one."""
    once = study_of(FILE)
    twice = study_of(
        [*FILE, increment("AGAIN", 1587, ("2024-01-01", "2024-06-09"), "+TOT3 -TOT2", "about")]
    )
    sds = [popest.estimate(study).stock("2024-06-30").interval(0.9) for study in (once, twice)]
    widths = [math.log(interval.upper / interval.lower) for interval in sds]
    assert widths[1] > 0.9 * widths[0]


def test_a_small_difference_of_large_figures_is_named() -> None:
    """100 of 9,494 is less than what exact allows for."""
    rows = [
        total("TOT1", 9394, "2023-11-30"),
        total("TOT2", 9494, "2023-12-31"),
        increment("INC", 100, ("2023-12-01", "2023-12-31"), "+TOT2 -TOT1"),
    ]
    study = study_of(rows)
    (warning,) = [each for each in study.view_warnings if each.kind == "small_difference"]
    assert warning.subject == "INC" and "0.6" in str(warning)
    assert printed_sd(study.used, source()) == pytest.approx([0.6], rel=1e-4)
    assert np.isfinite(
        Model(study.specification, study.used).log_density_of_data(
            np.zeros((len(Model(study.specification, study.used).normals), 1))
        )
    ).all()


def test_errors_that_are_shared_but_not_used_are_named() -> None:
    """Between two sources, and within one whose counts are few; not within one that is joint."""
    rows = [row for row in FILE if row.id in ("TOT1", "TOT2", "TOT3")]
    first = increment("INC1", 5236, ("2023-01-01", "2023-12-31"), "+TOT2 -TOT1")
    second = increment("INC2", 1587, ("2024-01-01", "2024-06-09"), "+TOT3 -TOT2")
    entries = small.document(
        small.arrivals_population(small.log_normal(500, 0.5)),
        {
            name: small.source("arrivals", ratio=small.ratio(0.5, 0.4))
            for name in ("firms", "owners")
        },
        end="2024-12",
    )
    few = small.count("FEW", "firms", 3, "2022-01-31", "2022-01-01")
    cases = [
        ([first, second], ()),
        ([first, replace(second, source="owners")], ("INC1", "INC2")),
        ([first, second, few], ("INC1", "INC2")),
    ]
    for used, expected in cases:
        study = small.study_of(entries, [*rows, *used])
        found = [each.rows for each in study.view_warnings if each.kind == "errors_apart"]
        assert found == ([expected] if expected else [])


def test_sums_of_too_many_figures_are_refused() -> None:
    """However they are nested: each sum doubles the one above it."""
    rows = [total("A0", 0, "2022-12-31"), total("B0", 0, "2022-12-31")]
    for number in range(1, 13):
        pair = ((1, f"A{number - 1}"), (1, f"B{number - 1}"))
        rows += [total(f"{letter}{number}", 0, "2022-12-31", derived_from=pair) for letter in "AB"]
    with pytest.raises(StudyError) as refused:
        study_of(rows)
    assert [problem.value for problem in refused.value.problems] == ["+A10 +B10", "+A10 +B10"]
    assert "1,200 figures" in str(refused.value)


def test_views_share_what_is_used_in_them() -> None:
    """A view of the day before a figure came out has neither it nor its sums."""
    study = study_of(FILE)
    assert study.recorded_as_of(date(2026, 1, 1)).used == study.used
    assert study.used[1].terms == study.recorded_as_of(date(2026, 1, 1)).used[1].terms
