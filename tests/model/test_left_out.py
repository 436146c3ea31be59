"""A figure left out: what the others predict for it is the density with it over that without."""

from __future__ import annotations

import math

import invented_studies as invented
import numpy as np
import pytest
import small_studies as small
from scipy import stats

from popest.model.left_out import Normals
from popest.model.model import Model
from popest.model.state import Learned

DRAWS = 7


def learned(model: Model, seed: int) -> Learned:
    """Draws of the prior, as evidence takes them."""
    rng = np.random.default_rng(seed)
    state = model.state(rng.standard_normal((len(model.normals), DRAWS)))
    residuals = model.counts.residuals_in(state)
    return Learned(state, residuals, model.counts.draw_log_ratios(residuals, rng))


@pytest.mark.parametrize("n_rows", [1, 2, 5])
def test_jointly_normal_residuals_are_conditioned(n_rows: int) -> None:
    """Against the conditional normal, from the covariance matrix written out."""
    rng = np.random.default_rng(n_rows)
    rotation = rng.normal(size=(n_rows, n_rows)) + 3 * np.eye(n_rows)
    residuals = rng.normal(size=(n_rows, DRAWS))
    variance, shared = rng.uniform(0.5, 2, (n_rows, DRAWS)), rng.uniform(0, 3, DRAWS)
    found = Normals.of(rotation, rotation @ residuals, variance, shared)
    density = found.log_density()
    unrotate = np.linalg.inv(rotation)
    for draw in range(DRAWS):
        covariance = unrotate @ np.diag(variance[:, draw]) @ unrotate.T + shared[draw]
        for row in range(n_rows):
            rest = np.delete(np.arange(n_rows), row)
            gain = covariance[row, rest] @ np.linalg.inv(covariance[np.ix_(rest, rest)])
            mean = gain @ residuals[rest, draw]
            sd = math.sqrt(covariance[row, row] - gain @ covariance[rest, row])
            truth = stats.norm(mean, sd)
            value = residuals[row, draw]
            assert value - found.off[row, draw] == pytest.approx(mean, abs=1e-9)
            assert found.sd[row, draw] == pytest.approx(sd, rel=1e-9)
            assert density[row, draw] == pytest.approx(truth.logpdf(value), abs=1e-9)


STUDIES = {
    "one group": invented.grouped_study,
    "two groups": invented.two_groups,
    "everything": invented.everything_study,
    "papers": invented.papers_study,
    "sums": invented.summed_study,
}


@pytest.mark.parametrize("name", STUDIES)
def test_a_count_adds_the_density_with_it_over_that_without_it(name: str) -> None:
    """Against the likelihood of the study without the row, ratios and factors integrated there."""
    entries, rows = STUDIES[name]()
    model = small.model_of(entries, rows)
    given = learned(model, 1)
    pieces = [piece for piece in model.evidence if piece.has_rows]
    for piece in pieces:
        with_it = piece.log_likelihood(piece.values, given.state)
        found = list(piece.left_out(given, np.random.default_rng(2)))
        assert len(found) == len(piece.figures)
        for figure, left_out in zip(piece.figures, found, strict=True):
            others = [row for row in rows if row.id != figure.observation]
            part = small.model_of(entries, others)
            rest = part.piece_of(figure.source)
            if rest is None or part.normals.names != model.normals.names:
                continue  # the last figure of a source takes its noise along
            state = part.state(given.state.u)
            without = rest.log_likelihood(rest.values, state)
            assert left_out.log_density == pytest.approx(with_it - without, abs=1e-7)


def test_repeated_few_counts_get_their_power_back() -> None:
    """Two counts of the same persons share one count's weight; left alone, one has all of it."""
    entries = small.document(
        small.static_population(small.log_normal(12, 0.7)),
        {"register": small.source("stock", ratio=small.ratio(0.8, 0.2))},
    )
    rows = [
        small.count("R1", "register", 9, "2022-06-30"),
        small.count("R2", "register", 12, "2022-12-31"),
    ]
    model = small.model_of(entries, rows)
    given = learned(model, 3)
    (piece,) = (piece for piece in model.evidence if piece.sources == ["register"])
    first, second = piece.left_out(given, np.random.default_rng(4))
    both = piece.log_likelihood(piece.values, given.state)
    for left_out, other in ((first, rows[1]), (second, rows[0])):
        part = small.model_of(entries, [other])
        (rest,) = (piece for piece in part.evidence if piece.sources == ["register"])
        alone = rest.log_likelihood(rest.values, part.state(given.state.u))
        assert left_out.log_density == pytest.approx(both - alone, abs=1e-10)


def test_what_the_others_predict_is_drawn_with_its_mean_and_spread() -> None:
    """The draws of one state have the median and the sd of the closed form, within 4 errors."""
    entries, rows = invented.grouped_study()
    model = small.model_of(entries, rows)
    one = model.state(np.random.default_rng(5).standard_normal((len(model.normals), 1)))
    n_draws = 40_000
    state = model.state(np.repeat(one.u, n_draws, axis=1))
    residuals = model.counts.residuals_in(state)
    given = Learned(state, residuals, np.zeros((len(model.counts.names), n_draws)))
    rng = np.random.default_rng(6)
    baseline = model.counts.baseline(one.u)[:, 0]
    rotation = model.counts.rotation
    assert rotation.shape[0] == len(rows)
    for place, left_out in enumerate(model.counts.left_out(given, rng)):
        net = model.counts.values[place] - baseline[place]
        logs = np.log(left_out.values - baseline[place])
        # The log density of the count is that of a normal log, less the log itself.
        mean, sd = logs.mean(), logs.std()
        expected = stats.norm(mean, sd).logpdf(math.log(net)) - math.log(net)
        error = 4 * (1 + ((math.log(net) - mean) / sd) ** 2) / math.sqrt(n_draws)
        assert left_out.log_density[0] == pytest.approx(expected, abs=error)
