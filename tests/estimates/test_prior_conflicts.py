"""Priors against figures: named where they disagree, silent where they do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

import popest
from popest.estimates.prior_conflicts import prior_conflicts
from popest.study import study_from_texts

HEADER = (
    "id,source,value,precision,start,end,published,recorded,publisher,url,use,supersedes,"
    "derived_from,note\n"
)
WHY = 'because = "Invented for a test."'


def study_of(size: tuple[float, float], ratios: dict[str, tuple[float, float]], rows: Any) -> Any:
    """A static study: the size's median and sigma, and each ratio's median and 90 % factor."""
    lines = [
        'title = "T"\ntarget = "nobody"\nunit = "persons"\nheadline = "2022-12-31"',
        '[calendar]\nstart = "2022-01"\nend = "2022-12"',
        f'[population]\nkind = "static"\nsize = {{ median = {size[0]}, sigma = {size[1]}, {WHY} }}',
        f"[noise]\nerror = {{ median = 0.05, sigma = 0, {WHY} }}",
    ]
    for name, (median, factor) in ratios.items():
        interval = f"interval90 = [{median / factor}, {median * factor}]"
        lines.append(
            f'[source.{name}]\ntitle = "T"\nproducer = "P"\ncounts = "C"\nmeasure = "stock"\n'
            f"ratio = {{ median = {median}, {interval}, {WHY} }}"
        )
    table = HEADER + "".join(
        f"R{number},{source},{value},exact,,2022-12-31,2023-01,2024-01-01,P,,yes,,,\n"
        for number, (source, value) in enumerate(rows)
    )
    return study_from_texts("small", "\n".join(lines) + "\n", table)


def test_a_size_that_two_counts_contradict_is_named_first() -> None:
    """A prior of 1,000 against two counts that agree on 110,000."""
    study = study_of(
        (1_000.0, 0.2),
        {"a": (0.9, 1.2), "b": (0.5, 1.2)},
        [("a", 99_000), ("b", 55_000)],
    )
    found = popest.estimate(study)
    worst = prior_conflicts(found.posterior)[0]
    assert worst.kind == "size"
    assert worst.prior == pytest.approx((1_000, 720, 1_390), rel=0.01)
    assert found.warnings[0].startswith("prior against figures: the size of the population")
    assert "1,000" in found.warnings[0] and "check the assumption" in found.warnings[0]


def test_a_percentage_for_a_ratio_is_named() -> None:
    """80 for .80, beside a second source and a prior of the size."""
    study = study_of(
        (1_000.0, 0.7),
        {"a": (80.0, 1.25), "b": (0.5, 1.25), "c": (0.6, 1.25)},
        [("a", 800), ("b", 500), ("c", 610)],
    )
    named = {(each.kind, each.name) for each in prior_conflicts(popest.estimate(study).posterior)}
    assert ("ratio", "a") in named


def test_a_score_is_the_median_over_what_was_learned() -> None:
    """One known ratio: z has a closed form, as the log size is normal given the count."""
    sigma, error, count = 0.5, np.hypot(0.05, 0.01), 3_000
    study = study_of((1_000.0, sigma), {"a": (1.0, 1.001)}, [("a", count)])
    (found,) = prior_conflicts(popest.estimate(study).posterior)
    tau = np.log(1.001) / 1.6449
    shift = 1 / (2 * count)  # of the logarithm of few events, psi(y) - log y = -1 / (2 y)
    variance = tau**2 + error**2 + 1 / count
    gain = sigma**2 / (sigma**2 + variance)
    median = gain * (np.log(count / 1_000) - shift) / sigma
    assert found.kind == "size"
    # Of 17,000 effective draws the median is good to .0007, the variance to 1 %.
    assert found.score == pytest.approx(median / np.sqrt(gain), abs=0.02)


def test_sound_studies_are_silent_nineteen_times_of_twenty() -> None:
    """Of 200 studies whose size, ratios and counts are drawn from their priors, some 10 are named.

    The scores of one study depend on each other, so that the rate may be lower, never higher.
    """
    rng, named = np.random.default_rng(11), 0
    for _ in range(200):
        size = 2_000 * np.exp(0.6 * rng.standard_normal())
        rows = []
        for source, median in (("a", 0.8), ("b", 0.4), ("c", 0.2)):
            tau = np.log(1.5) / 1.6449
            rate = size * median * np.exp(tau * rng.standard_normal())
            rate *= np.exp(np.hypot(0.05, 0.01) * rng.standard_normal())
            rows.append((source, max(1, int(rng.poisson(rate)))))
        study = study_of(
            (2_000.0, 0.6),
            dict.fromkeys("a", (0.8, 1.5)) | {"b": (0.4, 1.5), "c": (0.2, 1.5)},
            rows,
        )
        named += bool(prior_conflicts(popest.estimate(study, draws=2_000).posterior))
    assert named <= stats.binom(200, 0.05).ppf(0.999)
    assert named >= stats.binom(200, 0.01).ppf(0.001)


@pytest.mark.parametrize(("count", "few"), [(18_000, False), (1_000_000, False), (9, True)])
def test_a_ratio_with_tails_is_named_by_the_probability_of_its_t(count: int, few: bool) -> None:
    """The size is known, so the count says what the ratio is; few counts have it in the draw."""
    size, median = 1_000_000.0, 1e-6 if few else 0.001
    study = study_of((size, 0.0), {"a": (median, 1.5)}, [("a", count)])
    text = study.specification_text.replace("interval90", "tails = 3, interval90")
    study = study_from_texts("small", text, study.observations_text)
    found = prior_conflicts(popest.estimate(study).posterior)
    scale = np.log(1.5) / stats.t(3).ppf(0.95)
    p_value = 2 * stats.t(3).sf(np.log(count / size / median) / scale)
    assert p_value < 0.02 and len(found) == 1
    assert found[0].score == pytest.approx(stats.norm.isf(p_value / 2), rel=0.15)
    if not few:
        assert found[0].prior == pytest.approx((median, median / 1.5, median * 1.5), rel=1e-3)
        assert found[0].posterior == pytest.approx(count / size, rel=0.05)
