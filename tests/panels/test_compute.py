"""Panels beside studies of popest, and beside one PyMC model of all populations."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import panel_files
import pytest
from panel_files import SPECIFICATION

import popest
from popest.estimates.distribution import Distribution
from popest.study import load_study

ALONE = SPECIFICATION.replace(", pooled = { between = 0.15, between_sigma = 0.5 }", "").replace(
    ", pooled = { between = 0.2, between_sigma = 0.3 }", ""
)
TWO = {"east": 9000, "north": 20000}


def as_study(folder: Path, name: str, size: int) -> Path:
    """One population of the panel in which nothing is pooled, as a study of its own."""
    text = ALONE.replace("total = true\n", "").replace('{ column = "expert_size" }', str(size))
    reach = math.exp(1.6449 * 0.4)
    text = text.replace("tau = 0.4", f"interval90 = [{0.3 / reach}, {0.3 * reach}]")
    header, *rows = panel_files.observations(TWO).splitlines()
    assert header.endswith(",population")
    own = [row.rpartition(",")[0] for row in rows if row.endswith(f",{name}")]
    folder.mkdir()
    (folder / "study.toml").write_text(text)
    figures = "\n".join([header.removesuffix(",population"), *own]) + "\n"
    (folder / "observations.csv").write_text(figures)
    return folder


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[popest.PanelEstimate, list]:
    root = tmp_path_factory.mktemp("two")
    figures, table = panel_files.observations(TWO), panel_files.populations(TWO)
    panel = panel_files.write(root / "panel", ALONE, figures, table)
    studies = [
        popest.estimate(load_study(as_study(root / name, name, size)), draws=100_000)
        for name, size in TWO.items()
    ]
    return popest.estimate(panel), studies


def points(found: Distribution) -> list[float]:
    return [math.log(found.quantile(prob)) for prob in (0.05, 0.25, 0.5, 0.75, 0.95)]


def test_populations_with_nothing_pooled_are_studies(two: tuple) -> None:
    panel, studies = two
    for name, study in zip(TWO, studies, strict=True):
        found, known = panel.population(name), study.stock("2024-01-31")
        sd = Distribution(np.log(known.values), known.weights).sd
        assert points(found.size) == pytest.approx(points(known), abs=0.06 * sd)
        for learned in study.ratios_learned:
            ratio = found.ratios[learned.source]
            assert ratio.median == pytest.approx(learned.posterior[0], rel=0.01)
            assert ratio.interval(0.9)[:2] == pytest.approx(learned.posterior[1:], rel=0.02)


def test_the_total_of_populations_with_nothing_pooled_is_their_convolution(two: tuple) -> None:
    panel, studies = two
    rng = np.random.default_rng(1)
    parts = []
    for study in studies:
        stock = study.stock("2024-01-31")
        parts.append(rng.choice(stock.values, 200_000, p=stock.weights / stock.weights.sum()))
    known = Distribution.equal(sum(parts))
    sd = Distribution.equal(np.log(known.values)).sd
    assert points(panel.total) == pytest.approx(points(known), abs=0.06 * sd)


def test_a_panel_of_one_population_is_the_study(tmp_path: Path) -> None:
    one = {"east": 9000}
    figures, table = panel_files.observations(one), panel_files.populations(one)
    panel = popest.estimate(panel_files.write(tmp_path / "panel", ALONE, figures, table))
    study = popest.estimate(load_study(as_study(tmp_path / "study", "east", 9000)), draws=100_000)
    known = study.stock("2024-01-31")
    sd = Distribution(np.log(known.values), known.weights).sd
    assert points(panel.total) == pytest.approx(points(known), abs=0.06 * sd)
    assert points(panel.population("east").size) == pytest.approx(points(panel.total))


def test_same_seed_same_numbers_whatever_the_order_of_rows(tmp_path: Path) -> None:
    panel = panel_files.write(tmp_path / "panel")
    first = popest.estimate(panel, seed=3)
    head, *rows = panel_files.observations().splitlines(keepends=True)
    title, *populations = panel_files.populations().splitlines(keepends=True)
    panel_files.write(
        panel, figures=head + "".join(rows[::-1]), table=title + "".join(populations[::-1])
    )
    second = popest.estimate(panel, seed=3)
    assert (first.drawn.log_sizes == second.drawn.log_sizes).all()
    assert (popest.estimate(panel, seed=4).drawn.log_sizes != first.drawn.log_sizes).any()


def test_a_population_without_figures_learns_from_the_others(tmp_path: Path) -> None:
    figures = panel_files.observations().replace(",yes,,,,west", ",no,,,not now,west")
    estimate = popest.estimate(panel_files.write(tmp_path / "panel", figures=figures))
    assert "no figure of these populations is used" in estimate.warnings[0]
    assert "west" in estimate.warnings[0]
    # Its size is its prior: nothing of it is pooled.
    size = estimate.population("west").size
    expected = [12000 * math.exp(0.8 * z) for z in (0.0, -1.6449, 1.6449)]
    assert size.median_and_bounds(0.9) == pytest.approx(expected, rel=0.06)


def test_an_uncertified_panel_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("popest.panels.learning.LARGEST_HALF_DIFFERENCE", -1.0)
    with pytest.raises(popest.PanelNotCertifiedError, match="not certified: east, north") as caught:
        popest.estimate(panel_files.write(tmp_path / "panel"))
    assert caught.value.populations == ("east", "north", "south", "west")


@pytest.mark.nuts
def test_the_panel_as_one_pymc_model(tmp_path: Path) -> None:
    """All populations in one model, with the noise of every register drawn."""
    import nutpie
    import pymc as pm
    import pytensor.tensor as pt

    sizes = panel_files.SIZES
    text = SPECIFICATION.replace("measure", 'sampling = "none"\nmeasure')
    estimate = popest.estimate(panel_files.write(tmp_path / "panel", text))
    names, medians = list(sizes), np.log(list(sizes.values()))
    log_ratio = {"permits": math.log(0.9), "clinic": math.log(0.3), "census": math.log(0.97)}
    total = {"permits": math.log(1.62 / 0.5) / 2 / 1.6449, "clinic": 0.4}
    pooled = {"permits": (0.15, 0.5), "clinic": (0.2, 0.3)}
    with pm.Model() as model:
        z = pm.Normal("z", shape=len(names))
        log_size = pm.Deterministic("log_size", medians + 0.8 * z)
        noise = pt.exp(math.log(0.08) + 0.5 * pm.Normal("noise", shape=len(names)))
        own = {"census": math.log(1.02 / 0.92) / 2 / 1.6449 * pm.Normal("census", shape=len(names))}
        for source, (between, sigma) in pooled.items():
            level = math.sqrt(total[source] ** 2 - between**2 * math.exp(2 * sigma**2))
            mu = pm.Deterministic(f"mu_{source}", level * pm.Normal(f"level_{source}"))
            tau = between * pt.exp(sigma * pm.Normal(f"spread_{source}"))
            own[source] = mu + tau * pm.Normal(f"own_{source}", shape=len(names))
        for row in panel_files.observations().splitlines()[1:]:
            cells = row.split(",")
            source, value, place = cells[1], float(cells[2]), names.index(cells[-1])
            mean = log_size[place] + log_ratio[source] + own[source][place]
            sd = pt.sqrt(noise[place] ** 2 + 0.01**2)
            pm.Normal(f"count_{cells[0]}", mean, sd, observed=math.log(value))
    chains = nutpie.sample(
        nutpie.compile_pymc_model(model),
        draws=4000,
        tune=1000,
        chains=4,
        seed=1,
        progress_bar=False,
    )
    posterior = chains.posterior
    drawn = posterior["log_size"].to_numpy().reshape(-1, len(names))
    n = 3000  # effective draws of either, at least: both say more
    for place, name in enumerate(names):
        found = estimate.population(name).size
        log = Distribution(np.log(found.values), found.weights)
        assert abs(log.mean - drawn[:, place].mean()) < 3 * math.sqrt(2 / n) * log.sd
        assert log.sd == pytest.approx(drawn[:, place].std(), rel=0.08)
    known = Distribution.equal(np.log(np.exp(drawn).sum(axis=1)))
    log_total = Distribution(np.log(estimate.total.values), estimate.total.weights)
    assert abs(known.mean - log_total.mean) < 3 * math.sqrt(2 / n) * known.sd
    assert known.sd == pytest.approx(log_total.sd, rel=0.08)
    typical = {row.quantity: row.posterior for row in estimate.pooled() if row.part == "typical"}
    for source in pooled:
        mu = posterior[f"mu_{source}"].to_numpy().ravel()
        learned = np.log(typical[source].values) - log_ratio[source]
        mean = typical[source].weights @ learned
        assert abs(mean - mu.mean()) < 3 * math.sqrt(2 / n) * mu.std()
