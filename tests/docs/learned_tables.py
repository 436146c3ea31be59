"""The tables of docs/learned-ratios.md, made from the shipped table and from fresh estimates.

Run ``python tests/docs/learned_tables.py`` after ``ratios.csv`` or one of the studies changed.
"""

import math
import re
from pathlib import Path

import fresh

import popest
from popest.estimates import Distribution
from popest.estimates.words import likely, persons
from popest.study import Study, load_study
from popest.study.observations.observation import Observation
from popest.study.specification.learned import learned_ratios, shipped_ratios
from popest.study.specification.priors import NORMAL_QUANTILE_95
from popest.study.specification.records import ArrivalsPopulation

PAGE = Path(__file__).parents[2] / "docs/learned-ratios.md"
TABLE = re.compile(r"(<!-- table (\w+) -->\n\n)(?:(?:\|.*\n)+\n?)?")
SERBIAN = ("serbia-report-2024", "serbia", "serbia-learned")
BY_HAND = {
    "census": "census_by_hand",
    "residence_permits": "residence_by_hand",
    "residence_applications": "residence_by_hand",
    "work_permits": "work_permits_by_hand",
    "companies": "companies_by_hand",
}
"""The variant of `serbia-learned` in which the ratio of each source is argued by hand."""

type Case = tuple[popest.Estimate, popest.Estimate, int]
"""The learned estimate, the one at face value, and the answer, persons."""


def answers(study: Study) -> list[Observation]:
    """The rows of the truth, in the order of the file; none is used."""
    return [row for row in study.observations if row.source == "truth"]


def czech_case() -> Case:
    """What could be said of Czechia at the end of February 2023."""
    estimate = fresh.estimate("czechia-2023")
    (answer,) = answers(estimate.study)
    return estimate, fresh.estimate("czechia-2023", variant="grants_at_face_value"), answer.value


def irish_cases() -> list[Case]:
    """What could be said of Ireland on the day of each release, of the last day it counts."""
    cases = []
    for answer in answers(load_study("ireland-2024")):
        known = {"as_of": str(answer.published), "day": str(answer.end)}
        naive = fresh.estimate("ireland-2024", variant="numbers_at_face_value", **known)
        cases.append((fresh.estimate("ireland-2024", **known), naive, answer.value))
    return cases


def bounds(stock: Distribution, prob: float = 0.9) -> str:
    """The interval as persons read it."""
    interval = stock.interval(prob)
    return f"{persons(interval.lower)} to {persons(interval.upper)}"


def place(estimate: popest.Estimate, truth: float) -> float:
    """The posterior probability of fewer persons than there were."""
    return estimate.probability(-1, truth)


def ratio_table() -> list[list[str]]:
    """The ratios learned from all pairs."""
    rows = [["type and regime", "median", "90 % interval", "pairs", "blocks", "countries"]]
    for row in learned_ratios(shipped_ratios()):
        if not row.without:
            is_usual = row.name not in {other[0].split("`")[1] for other in rows[1:]}
            name = f"`{row.name}`" + ("" if is_usual else f", `{row.definition}`")
            name += " after 12 months" if row.drift else ""
            numbers = [f"{value:.2g}" for value in (row.median, row.lower, row.upper)]
            counts = [str(row.n_pairs), str(row.n_blocks), str(row.n_countries)]
            shown = [numbers[0], f"{numbers[1]} to {numbers[2]}"]
            rows.append([name, *(["refused", ""] if row.standing == "refused" else shown), *counts])
    return rows


def answer_table() -> list[list[str]]:
    """The studies whose answer came out later."""
    head = ["study, day", "known by", "answer", "median", "90 % interval", "below the answer"]
    rows = [[*head, "at face value, 90 %"]]
    for estimate, naive, truth in (czech_case(), *irish_cases()):
        study, stock = estimate.study, estimate.stock()
        rows.append(
            [
                f"`{study.name}`, {estimate.dates[0]}",
                str(study.as_of_day or max(row.published for row in study.used if row.published)),
                persons(truth),
                persons(stock.median),
                bounds(stock),
                f"{100 * place(estimate, truth):.0f} %",
                bounds(naive.stock()),
            ]
        )
    return rows


def serbian_table() -> list[list[str]]:
    """The three Serbian studies side by side."""
    estimates = [fresh.estimate(name) for name in SERBIAN]
    stocks = [estimate.stock() for estimate in estimates]
    priors = [estimate.prior_stock() for estimate in estimates]
    return [
        ["persons", *(f"`{name}`" for name in SERBIAN)],
        ["headline", *(str(estimate.dates[0]) for estimate in estimates)],
        ["median", *(persons(stock.median) for stock in stocks)],
        ["50 % credible interval", *(bounds(stock, 0.5) for stock in stocks)],
        ["90 % credible interval", *(bounds(stock) for stock in stocks)],
        [
            "probability of 30,000 to 40,000",
            *(likely(estimate.probability(30_000, 40_000)) for estimate in estimates),
        ],
        [
            "prior: median, 90 % interval",
            *(f"{persons(prior.median)}, {bounds(prior)}" for prior in priors),
        ],
    ]


def source_table() -> list[list[str]]:
    """What each source's ratio is believed to be, and what a ratio argued by hand does here."""
    hand, learned = fresh.estimate("serbia"), fresh.estimate("serbia-learned")
    argued = {each.source: each.prior for each in hand.ratios_learned}
    rows = [["source", "by hand", "learned", "after the figures", "90 % interval with it by hand"]]
    for each in learned.ratios_learned:
        shown = [ratio(found) for found in (argued[each.source], each.prior, each.posterior)]
        rows.append([each.source, *shown, bounds(changed(BY_HAND[each.source]))])
    after = learned.posterior.weighted(learned.posterior.draws.state.population.hazard)
    shown = [departures(hand), departures(learned), a_year(after.median, *after.interval(0.9)[:2])]
    return [*rows, ["departures, share a year", *shown, bounds(changed("departures_by_hand"))]]


def changed(variant: str) -> Distribution:
    """The stock that a variant of `serbia-learned` gives."""
    stock = fresh.variants("serbia-learned")[variant].headline
    assert stock is not None
    return stock


def ratio(found: tuple[float, float, float]) -> str:
    """A ratio, its median and its 90 % interval."""
    median, lower, upper = found
    return f"{median:.2f}, {lower:.2f} to {upper:.2f}"


def departures(estimate: popest.Estimate) -> str:
    """The prior of the share that leaves in a year, with its 90 % interval."""
    population = estimate.study.specification.population
    assert isinstance(population, ArrivalsPopulation)
    prior = population.departure_hazard
    reach = math.exp(NORMAL_QUANTILE_95 * prior.sigma)
    return a_year(prior.median, prior.median / reach, prior.median * reach)


def a_year(*hazards: float) -> str:
    """Monthly hazards, a median and its interval, as shares that leave in a year."""
    median, lower, upper = (f"{1 - math.exp(-12 * hazard):.2f}" for hazard in hazards)
    return f"{median}, {lower} to {upper}"


TABLES = {
    "ratios": ratio_table,
    "answers": answer_table,
    "serbia": serbian_table,
    "sources": source_table,
}


def with_tables(page: str) -> str:
    """Return the page with each of its tables written anew."""
    return TABLE.sub(lambda found: found[1] + lines(TABLES[found[2]]()), page)


def lines(rows: list[list[str]]) -> str:
    """Rows as the lines of a table, the first as its head."""
    head, *body = (f"| {' | '.join(row)} |\n" for row in rows)
    return "".join([head, "|---" * len(rows[0]) + "|\n", *body, "\n"])


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
