"""Mutants of the engines and of their certificates.

How they are judged is said in ``mutants.py``.
"""

from __future__ import annotations

from mutant import Table

CERTIFICATE = "tests/engines/test_certificate.py"
LIMITS = f"{CERTIFICATE}::test_the_limits_are_those_of_the_design"
CHAINS = "tests/engines/test_chains.py"
DRAWS = "tests/engines/test_draws.py"
EXACT = "tests/engines/test_bank_exact.py::test_static_study_is_its_closed_form_by_draws"
ADAPTATION = "tests/engines/test_adaptation.py"

SLICE = "tests/engines/test_slice.py"
MOVES = "tests/engines/test_moves.py"
TOYS = (
    f"{SLICE}::test_a_linear_model_has_its_closed_form",
    f"{SLICE}::test_a_banana_is_as_by_quadrature",
)

ENGINES: Table = (
    (
        "engines/moves.py",
        (f"{MOVES}::test_a_move_leaves_the_density_as_it_is", *TOYS),
        (
            ("a normal without its density", "+ 0.5 * _squares(z)", "+ 0 * _squares(z)"),
            ("an ellipse that is none", "place, np.sin(place))", "place, np.cos(place))"),
            (
                "slices without a level",
                "level = self._excess[points] - rng.standard_exponential(n)",
                "level = self._excess[points] - 0.01",
            ),
            (
                "a line on the ellipse's level",
                "excess - 0.5 * _squares(z), excess)",
                "excess, excess)",
            ),
        ),
    ),
    (
        "engines/moves.py",
        (MOVES,),
        (
            (
                "a bracket from the point",
                "lower[slides] = -WIDTH * rng.random",
                "lower[slides] = 0 * rng.random",
            ),
            (
                "shrunk to the wrong side",
                "np.where(tried < 0, tried, path.lower",
                "np.where(tried > 0, tried, path.lower",
            ),
            ("lines never taken", "if n_lines:", "if not n_lines:"),
            (
                "looked at before all of a stride is made",
                "ends = rest == 0",
                "ends = rest <= 1",
            ),
        ),
    ),
    (
        "engines/slice.py",
        (f"{SLICE}::test_steps_double_and_are_thinned_to_as_many",),
        (
            ("steps that do not double", "stride *= 2", "stride *= 1"),
            ("nothing is thinned", "kept = kept[1::2]", "kept = kept[1:]"),
        ),
    ),
    (
        "engines/slice.py",
        (f"{SLICE}::test_starts_are_likely_under_the_prior",),
        (
            (
                "annealed without the prior",
                "return power * target.log_likelihood(u) - 0.5",
                "return power * target.log_likelihood(u) + 0.5",
            ),
        ),
    ),
    (
        "engines/superchains.py",
        ("tests/engines/test_superchains.py",),
        (
            ("superchains with half their variance", "var(axis=1, ddof=1)", "var(axis=1)"),
            (
                "chains of a superchain taken as one",
                "means.var(axis=2, ddof=1) + variances",
                "0 * means.var(axis=2, ddof=1) + variances",
            ),
            ("R-hat squared", "np.sqrt(1 + ratio)", "(1 + ratio)"),
            (
                "the stock is not judged",
                "np.concatenate([chains, stocks",
                "np.concatenate([chains, chains",
            ),
            ("one good size is enough", "min(bulk, tail) >=", "max(bulk, tail) >="),
            ("what is no number is well", "np.isnan(found), np.inf", "np.isnan(found), 1.0"),
        ),
    ),
    (
        "engines/laplace.py",
        ("tests/engines/test_laplace.py",),
        (
            ("slope turned round", "(up - down) / (2", "(down - up) / (2"),
            ("curvature's root forgotten", "(vectors / np.sqrt(values))", "(vectors / values)"),
            (
                "mixed differences without the middle",
                "- up[i + 1 :] + here",
                "- up[i + 1 :] - here",
            ),
        ),
    ),
    (
        "engines/coordinates.py",
        ("tests/engines/test_coordinates.py",),
        (
            ("a change without its determinant", "+ np.log(sd).sum(axis=0)", "+ 0"),
            ("widths squared", "1 / np.sqrt(1 + found)", "1 / (1 + found)"),
            ("the noise of the draw not squared", "np.exp(2 * self._noise", "np.exp(self._noise"),
            ("the centre stays", "found / (1 + found) / share, 1.0", "1.0, 1.0"),
            ("a stated error is another's", "Mover(source, error.index,", "Mover(source, 1,"),
        ),
    ),
    (
        "engines/evidence.py",
        ("tests/engines/test_evidence.py",),
        (
            ("a prior without its constant", "density(points) + constant,", "density(points),"),
            (
                "half as many held as there are",
                "[held.shape[1], NORMAL",
                "[held.shape[1] // 2, NORMAL",
            ),
            ("a sum for a mean of densities", "log_mean_exp(each)", "each.max()"),
            ("all densities drawn as often", "(log_shares - found)[:, None]", "-found[:, None]"),
        ),
    ),
    (
        "engines/target.py",
        ("tests/engines/test_target.py",),
        (
            ("no end of time", "time.thread_time() > self._until", "time.thread_time() < 0"),
            ("a posterior without its prior", "- 0.5 * np.einsum", "- 0 * np.einsum"),
        ),
    ),
    (
        "engines/draws.py",
        (DRAWS, LIMITS),
        (
            ("effective size not squared", "weights.sum() ** 2 / (", "weights.sum() / ("),
            (
                "sum for a mean of exponentials",
                "np.exp(values - largest).mean()",
                "np.exp(values - largest).sum()",
            ),
            ("Pareto k of 0.9 is enough", "LARGEST_PARETO_K = 0.7", "LARGEST_PARETO_K = 0.9"),
            (
                "100 effective draws are enough",
                "SMALLEST_EFFECTIVE_SIZE = 1000",
                "SMALLEST_EFFECTIVE_SIZE = 100",
            ),
            ("R-hat of 1.1 is enough", "LARGEST_R_HAT = 1.01", "LARGEST_R_HAT = 1.1"),
            (
                "40 effective draws of chains",
                "SMALLEST_CHAIN_EFFECTIVE_SIZE = 400",
                "SMALLEST_CHAIN_EFFECTIVE_SIZE = 40",
            ),
        ),
    ),
    (
        "engines/bank.py",
        (CERTIFICATE, EXACT),
        (
            ("one good number certifies", "LARGEST_PARETO_K and size", "LARGEST_PARETO_K or size"),
            (
                "Pareto k need not be small",
                "shape < LARGEST_PARETO_K and",
                "shape != LARGEST_PARETO_K and",
            ),
            (
                "weights without the mixture",
                "self.log_prior + tempered - self.log_mixture",
                "self.log_prior + tempered",
            ),
            (
                "weights without the prior",
                "self.log_prior + tempered - self.log_mixture",
                "tempered - self.log_mixture",
            ),
            ("power forgotten", "possible, power * np.where(", "possible, np.where("),
            (
                "evidence without weights",
                "log_mean_exp(self.log_weights())",
                "log_mean_exp(self.log_likelihood)",
            ),
            (
                "prior's share of a hundredth",
                "NARROW_SHARE = 0.1, 0.3, 0.6",
                "NARROW_SHARE = 0.01, 0.39, 0.6",
            ),
            ("rounds are not doubled", "n_draws * 2**doubling", "n_draws * 2"),
        ),
    ),
    (
        "engines/bank.py",
        (ADAPTATION, "tests/engines/test_degenerate.py"),
        (
            (
                "the first seed again",
                "u = mixture.draw(n_round, rng)",
                "u = mixture.draw(n_round, np.random.default_rng(1))",
            ),
            (
                "stock not counted as memory",
                "n_normals + 2 * n_months",
                "n_normals + n_months",
            ),
            (
                "nonsense is certain",
                "log_likelihood[np.isnan(log_likelihood)] = -np.inf",
                "log_likelihood[np.isnan(log_likelihood)] = 0.0",
            ),
            (
                "power that leaves too few",
                "log_weights(middle)) >= enough",
                "log_weights(middle)) <= enough",
            ),
            ("wide as narrow", "bank.log_weights(WIDE_POWER * power)", "bank.log_weights(power)"),
            ("widening squeezes", "widening * wide.factor", "wide.factor / widening"),
        ),
    ),
    (
        "engines/mixture.py",
        (DRAWS,),
        (
            (
                "normal's determinant turned round",
                "constant = float(np.log(np.diag(inverse))",
                "constant = -float(np.log(np.diag(inverse))",
            ),
            ("normal's constant doubled", "- 0.5 * len(u) * math", "- len(u) * math"),
            ("drawn by the wrong side", "self.factor @ rng", "self.factor.T @ rng"),
            (
                "shares forgotten",
                "component.log_density(u) + math.log(share)",
                "component.log_density(u)",
            ),
            ("shares not logged", "+ math.log(share)", "+ share"),
            ("covariance around nothing", "deviation = u - mean[:, None]", "deviation = u"),
            (
                "covariance unweighted",
                "deviation *= np.sqrt(weights)",
                "deviation /= math.sqrt(u.shape[1])",
            ),
            ("inflated twice", "INFLATION * covariance)", "INFLATION**2 * covariance)"),
            ("shrunk by the draws", "(1 / (weights @ weights) if", "(u.shape[1] if"),
            ("misfit of variances unscaled", "] /= math.sqrt(2)", "] /= 2"),
            ("misfit in deviations", "root = math.sqrt(u.shape[1])", "root = u.shape[1]"),
            (
                "components in the wrong places",
                "self._ends(u.shape[1])[:-1]",
                "self._ends(u.shape[1])[1:]",
            ),
        ),
    ),
    (
        "engines/pareto.py",
        ("tests/engines/test_pareto.py",),
        (
            ("a longer tail", "3 * math.sqrt(n_draws)", "4 * math.sqrt(n_draws)"),
            (
                "excess over nothing",
                "np.exp(shifted[1:]) - math.exp(shifted[0])",
                "np.exp(shifted[1:])",
            ),
            (
                "points without their half",
                "np.arange(1, n_points + 1) - 0.5",
                "np.arange(1, n_points + 1)",
            ),
            (
                "profile turned round",
                "np.log(-rates / shapes) - shapes - 1",
                "np.log(-rates / shapes) + shapes - 1",
            ),
            ("shrinkage without its denominator", "10 * 0.5) / (n + 10)", "10 * 0.5) / n"),
            ("quartile off by one", "int(n / 4 + 0.5) - 1", "int(n / 4 + 0.5)"),
            ("rates by the smallest excess", "1 / excess[-1]", "1 / excess[0]"),
            ("equal weights are the worst", "return -math.inf", "return math.inf"),
            (
                "impossible draws forgiven",
                "length < MINIMUM_TAIL or not np.isfinite(shifted[0])",
                "length < MINIMUM_TAIL",
            ),
        ),
    ),
    (
        "engines/shared.py",
        ("tests/engines/test_shared_bank.py",),
        (
            (
                "prior's share of the last model",
                "shares[0] += fitted.shares[0]",
                "shares[0] = fitted.shares[0]",
            ),
            ("draws in their order", "u[:, rng.permutation(n_draws)]", "u[:, np.arange(n_draws)]"),
            ("normals by their number", "own = self.u[places]", "own = self.u[: len(places)]"),
            (
                "padded by number",
                "mean[places] = component.mean",
                "mean[: len(own)] = component.mean",
            ),
            (
                "shared nonsense is certain",
                "log_likelihood[np.isnan(log_likelihood)] = -np.inf",
                "log_likelihood[np.isnan(log_likelihood)] = 0.0",
            ),
        ),
    ),
    (
        "engines/nuts.py",
        (LIMITS, CHAINS),
        (
            ("R-hat at its limit", "r_hat < LARGEST_R_HAT", "r_hat <= LARGEST_R_HAT"),
            ("R-hat or effective size", "and min(bulk, tail) >=", "or min(bulk, tail) >="),
            ("bulk or tails", "min(bulk, tail) >=", "max(bulk, tail) >="),
            (
                "effective size above its limit",
                "min(bulk, tail) >= SMALLEST",
                "min(bulk, tail) > SMALLEST",
            ),
            ("divergences or the rest", "and divergences == 0", "or divergences == 0"),
            ("a divergence is allowed", "and divergences == 0", "and divergences <= 1"),
            (
                "best R-hat",
                "arviz_stats.rhat(sampled), np.nanmax",
                "arviz_stats.rhat(sampled), np.nanmin",
            ),
            (
                "best effective size of the bulk",
                'method="bulk"), np.nanmin',
                'method="bulk"), np.nanmax',
            ),
            ("bulk for the tails", 'method="tail"', 'method="bulk"'),
            ("ratios not judged", 'JUDGED = ("u", "log_ratio")', 'JUDGED = ("u",)'),
            ("the better R-hat again", "max(r_hat, claimed.r_hat", "min(r_hat, claimed.r_hat"),
            ("the better bulk again", "min(bulk, claimed.ess_bulk", "max(bulk, claimed.ess_bulk"),
            ("the better tails again", "min(tail, claimed.ess_tail", "max(tail, claimed.ess_tail"),
            ("a claim without R-hat is good", "claimed.r_hat or math.inf", "claimed.r_hat or 0.0"),
            ("divergences forgotten again", "claimed.divergences or 0,", "0,"),
            (
                "chains cut across again",
                "u.T.reshape(CHAINS, -1, len(u))",
                "u.T.reshape(-1, CHAINS, len(u)).swapaxes(0, 1)",
            ),
            (
                "draw after draw",
                '.transpose("normal", "chain", "draw")',
                '.transpose("normal", "draw", "chain")',
            ),
            ("weights of one chain", "1 / u.shape[1])", "1 / draws_per_chain)"),
            ("chains by one seed", "seed=seed,", "seed=1,"),
            ("two chains", "CHAINS = 4", "CHAINS = 2"),
            ("tuning draws kept", "tune=TUNING_DRAWS", "tune=0"),
        ),
    ),
)
