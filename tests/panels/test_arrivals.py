"""Panels of arrivals beside studies of popest, and beside one PyMC model of all populations."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path

import arrivals_files
import numpy as np
import panel_files
import pytest
from arrivals_files import ALONE, HEADLINE, MONTHLY

import popest
from popest.estimates.distribution import Distribution
from popest.panels.document import panel_document
from popest.study import load_study

TWO = ["alder", "birch"]
REFERENCE = Path(__file__).with_name("arrivals_reference.json")


def points(found: Distribution) -> list[float]:
    return [math.log(found.quantile(prob)) for prob in (0.05, 0.25, 0.5, 0.75, 0.95)]


def close(found: Distribution, known: Distribution) -> None:
    """Check quantiles within what some 1,500 effective draws of either leave open.

    The standard error of the 5 % point of a normal is 2.1 sd over the root of the draws, that of
    the median 1.25: three times that of both together.
    """
    sd = Distribution(np.log(known.values), known.weights).sd
    assert points(found) == pytest.approx(points(known), abs=3 * 2.1 / math.sqrt(1500) * sd)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[popest.PanelEstimate, list]:
    root = tmp_path_factory.mktemp("two")
    panel = popest.estimate(arrivals_files.write_panel(root / "panel", TWO, ALONE))
    studies = [
        popest.estimate(load_study(arrivals_files.write_study(root / name, name)), draws=40_000)
        for name in TWO
    ]
    return panel, studies


def test_populations_with_nothing_pooled_are_studies(two: tuple) -> None:
    panel, studies = two
    for name, study in zip(TWO, studies, strict=True):
        found = panel.population(name)
        for day in (HEADLINE, "2022-12-31"):
            stocks = {str(key): value for key, value in found.stocks.items()}
            close(stocks[day], study.stock(day))
        close(found.size, study.stock(HEADLINE))
        months = dict(found.trajectory)
        assert len(months) == 24
        close(months[max(months)], study.stock(HEADLINE))
        close(months[min(months)], study.stock("2022-01-31"))
        for learned in study.ratios_learned:
            ratio = found.ratios[learned.source]
            assert ratio.median == pytest.approx(learned.posterior[0], rel=0.03)
            assert ratio.interval(0.9)[:2] == pytest.approx(learned.posterior[1:], rel=0.06)
        hazard = study.draws.state.population.hazard
        close(found.quantities["departure_hazard"], Distribution(hazard, study.draws.weights))


def test_the_total_of_populations_with_nothing_pooled_is_their_convolution(two: tuple) -> None:
    panel, studies = two
    rng = np.random.default_rng(1)
    parts = [rng.choice(study.stock().values, 100_000, p=study.draws.weights) for study in studies]
    close(panel.total, Distribution.equal(sum(parts)))
    priors = [rng.choice(study.prior_stock().values, 100_000) for study in studies]
    close(panel.prior_total, Distribution.equal(sum(priors)))


def test_a_panel_of_one_population_is_the_study(two: tuple, tmp_path: Path) -> None:
    panel = popest.estimate(arrivals_files.write_panel(tmp_path / "panel", TWO[:1], ALONE))
    close(panel.total, two[1][0].stock(HEADLINE))


def test_a_flow_as_the_headline_is_that_of_the_studies(two: tuple, tmp_path: Path) -> None:
    window = "2023-02-01", "2023-12-31"
    text = ALONE.replace(f'["{HEADLINE}", "2022-12-31"]', f"{{ arrivals = {list(window)} }}")
    text = text.replace("'", '"')
    panel = popest.estimate(arrivals_files.write_panel(tmp_path / "panel", TWO, text))
    flows = [study.arrivals(*window) for study in two[1]]
    for name, flow in zip(TWO, flows, strict=True):
        found = panel.population(name)
        close(found.size, flow)
        assert [*found.stocks] == [date(2023, 12, 31)]
    rng = np.random.default_rng(1)
    sums = sum(rng.choice(flow.values, 100_000, p=flow.weights) for flow in flows)
    close(panel.total, Distribution.equal(sums))
    said = " ".join(str(panel).split())
    assert "arrivals from 2023-02-01 to 2023-12-31, 2 populations together: between" in said
    assert panel_document(panel)["arrivals"] == list(window)


@pytest.fixture(scope="module")
def pooled(tmp_path_factory: pytest.TempPathFactory) -> popest.PanelEstimate:
    """A thousand draws of theta are enough for a test."""
    root = tmp_path_factory.mktemp("pooled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("popest.panels.learning.MOST_DRAWS", 1024)
        return popest.estimate(arrivals_files.write_panel(root / "panel", [*MONTHLY]))


def test_the_panel_is_what_one_pymc_model_makes_it(pooled: popest.PanelEstimate) -> None:
    """Means, spreads and the ends of 90 % intervals, within three standard errors."""
    reference = json.loads(REFERENCE.read_text(encoding="utf-8"))["quantities"]
    weights, certificate = pooled.learned.weights, pooled.certificate
    found = {}
    prior = pooled.populations.prior
    for part, place in zip(prior.shared, prior.places, strict=True):
        u = pooled.learned.u[place]
        found[f"mu {part.name}"] = Distribution(part.level * u[0], weights)
        log_tau = math.log(part.between) + part.between_sigma * u[-1]
        found[f"log_tau {part.name}"] = Distribution(log_tau, weights)
    for row in pooled.rows():
        log_size = Distribution(np.log(row.size.values), row.size.weights)
        found[f"log_size {row.population}"] = log_size
    total = pooled.total
    found["log_total"] = Distribution(np.log(total.values), total.weights)
    assert found.keys() == reference.keys()
    halves = max(certificate.halves, certificate.population_halves) / 2
    for name, one in found.items():
        known = reference[name]
        error = math.sqrt(1 / certificate.ess + 1 / known["ess"] + halves**2)
        assert abs(one.mean - known["mean"]) < 3 * error * known["sd"], name
        assert one.sd == pytest.approx(known["sd"], rel=3 * error), name
        for prob in (0.05, 0.95):
            end = known[f"{100 * prob:g}"]
            assert abs(one.quantile(prob) - end) < 3 * 2.1 * error * known["sd"], (name, prob)


def test_the_total_keeps_what_populations_share(pooled: popest.PanelEstimate) -> None:
    """The ratio that the register has everywhere makes the sum less sure than its parts are."""
    variances = sum(row.size.sd**2 for row in pooled.rows())
    assert pooled.total.sd**2 > 1.3 * variances


def simulated_totals(n_draws: int) -> np.ndarray:
    """The sum of all populations before any figure, simulated from the panel as it is written."""
    rng = np.random.default_rng(3)

    def pooled_logs(median: float, total: float, between: float, sigma: float) -> np.ndarray:
        level = math.sqrt(total**2 - between**2 * math.exp(2 * sigma**2))
        mu = level * rng.standard_normal(n_draws)
        tau = between * np.exp(sigma * rng.standard_normal(n_draws))
        return math.log(median) + mu + tau * rng.standard_normal((len(MONTHLY), n_draws))

    hazards = np.exp(pooled_logs(0.02, 0.6, 0.25, 0.4))
    waves = np.exp(pooled_logs(800, 0.9, 0.4, 0.4))
    totals = np.zeros(n_draws)
    for monthly, hazard, wave in zip(MONTHLY.values(), hazards, waves, strict=True):
        first = math.log(monthly) + 0.8 * rng.standard_normal(n_draws)
        second = first + 0.3 * rng.standard_normal(n_draws)
        stock = np.zeros(n_draws)
        for month in range(24):
            arrivals = np.exp(first if month < 12 else second)
            arrivals = arrivals + wave * {2: 2 / 3, 3: 1 / 3}.get(month, 0.0)
            stock = stock * np.exp(-hazard) + arrivals * np.exp(-hazard / 2)
        totals += stock
    return totals


def test_the_total_before_any_figure(pooled: popest.PanelEstimate) -> None:
    """Three standard errors of 4,096 draws; those of the simulation are few beside them."""
    known = np.log(simulated_totals(200_000))
    found = np.log(pooled.prior_total.values)
    assert abs(found.mean() - known.mean()) < 3 * known.std() / math.sqrt(len(found))
    assert found.std() == pytest.approx(known.std(), rel=3 / math.sqrt(len(found)))


def test_a_population_in_words_and_as_data(pooled: popest.PanelEstimate) -> None:
    from popest.panels.document import panel_document, population_document
    from popest.panels.words import population_text

    found = pooled.population("cedar")
    row = next(row for row in pooled.rows() if row.population == "cedar")
    assert found.size.median == pytest.approx(row.size.median, rel=1e-3)
    # Each draw's stock is that of the draw of the bank that was chosen for it.
    assert found.stocks[date(2023, 12, 31)].values == pytest.approx(found.size.values)
    text = population_text(pooled, found)
    for part in ("2022-12-31", "register", "departure_hazard", "wave[first]", "worst population"):
        assert part in text
    document = population_document(pooled, found)
    assert [one["date"] for one in document["stocks"]] == [HEADLINE, "2022-12-31"]
    assert len(document["trajectory"]) == 24
    assert panel_document(pooled)["certificate"]["population_ess"] >= 100


def test_impossible_figures_are_named(tmp_path: Path) -> None:
    """Of 9,000 persons no census finds 9,500."""
    text = panel_files.SPECIFICATION.replace("sigma = 0.8", "sigma = 0")
    text = text.replace(
        "ratio = { median = 0.97, interval90 = [0.92, 1.02]",
        'sampling = "binomial"\n'
        "ratio = { median = 0.97, interval90 = [0.95, 0.982], at_most_one = true",
    )
    rows = [row for row in panel_files.observations().splitlines() if "census" not in row]
    figures = "\n".join([*rows, panel_files.row("census.east", "census", 9500, "east")])
    panel = panel_files.write(tmp_path / "panel", text, figures)
    with pytest.raises(popest.PanelNotCertifiedError, match="not certified: east") as caught:
        popest.estimate(panel)
    assert caught.value.populations == ("east",)


def test_the_same_seed_gives_the_same_numbers(two: tuple, tmp_path: Path) -> None:
    folder = arrivals_files.write_panel(tmp_path / "panel", TWO, ALONE)
    assert (popest.estimate(folder).drawn.log_sizes == two[0].drawn.log_sizes).all()
