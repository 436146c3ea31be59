"""What the page carries of a study that only chains certify, against closed forms."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from static_town import Town

from popest.checks.result import Context
from popest.engines import bank
from popest.engines.draws import effective_size
from popest.estimates.days import values_of
from popest.estimates.distribution import Distribution
from popest.model.statistics import Settings, median_of, width_of
from popest.report.what_if.page_bank import PageDraws, covered_settings, draw_for_page
from popest.study import study_from_texts
from small_study import HEADER

TOWN = Town().only("permits", "census")


@pytest.fixture(scope="module")
def context() -> Iterator[Context]:
    """A town whose bank never reaches its certificate."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bank, "SMALLEST_EFFECTIVE_SIZE", 1e12)
        patched.setattr(bank, "MAXIMUM_ROUNDS", 1)
        yield TOWN.context()


@pytest.fixture(scope="module")
def draws(context: Context) -> PageDraws:
    return draw_for_page(context)


SHIFT = TOWN.ratios["permits"][1]
CASES = {
    "as it is": (Settings(), TOWN),
    "without permits": (Settings(off=frozenset({"permits"})), TOWN.without("permits")),
    "without census": (Settings(off=frozenset({"census"})), TOWN.without("census")),
    "higher": (
        Settings({median_of("permits"): TOWN.ratios["permits"][0] * math.exp(SHIFT)}),
        TOWN.with_ratio("permits", SHIFT),
    ),
    "wider": (Settings({width_of("census"): 2.0}), TOWN.with_ratio("census", widen=2.0)),
}


@pytest.mark.parametrize("case", CASES)
def test_carried_chains_say_what_a_moved_study_says(
    context: Context, draws: PageDraws, case: str
) -> None:
    """Within four standard errors of what the draws are said to be worth, and 400 of those."""
    settings, town = CASES[case]
    log_weights = draws.log_base + draws.carried.log_density(settings)
    size = draws.efficiency * effective_size(log_weights)
    assert size > 400
    weights = np.exp(log_weights - log_weights.max())
    stock = Distribution(
        np.log(values_of(context.model, draws.population, context.asked)), weights / weights.sum()
    )
    mean, sd = town.posterior()
    for tail, z in ((0.05, -1.6449), (0.5, 0.0), (0.95, 1.6449)):
        density = math.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)
        error = sd * math.sqrt(tail * (1 - tail) / size) / density
        assert stock.quantile(tail) == pytest.approx(mean + z * sd, abs=4 * error)


FEW = """\
title = "A"
target = "residents"
unit = "persons"
headline = "2023-12-31"
[calendar]
start = "2023-01"
end = "2023-12"
[population]
kind = "static"
size = { median = 100, sigma = 1.0, because = "a guess" }
[noise]
error = { median = 0.1, sigma = 0, because = "known" }
"""


def test_a_ratio_that_is_drawn_is_carried_as_widely_as_one_that_is_integrated() -> None:
    """A count of 12 beside one of 150: the page is sure of whatever its controls are moved to."""
    text, rows = FEW, HEADER
    for name, median, value in (("few", 0.2, 12), ("many", 0.9, 150)):
        bounds = [0.72 * median, median / 0.72]
        text += f"""
[source.{name}]
title = "{name}"
producer = "office"
counts = "persons"
measure = "stock"
ratio = {{ median = {median}, interval90 = {bounds}, because = "a guess" }}
"""
        rows += f"{name}1,{name},{value},exact,,2023-12-31,,2024-02-01,office,,yes,,,\n"
    found = draw_for_page(Context(study_from_texts("few", text, rows)))
    kinds = {type(each).__name__ for each in found.carried.evidence}
    assert kinds == {"RatioStatistic", "DrawnRatioStatistic"}
    for settings in covered_settings(found.carried):
        log_weights = found.log_base + found.carried.log_density(settings)
        assert effective_size(log_weights) > 1_000, settings
