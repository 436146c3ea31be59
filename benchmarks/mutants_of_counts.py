"""Mutants of the likelihood of counts, of what is drawn of them, and of the model as a whole.

How they are judged is said in ``mutants.py``.
"""

from __future__ import annotations

from mutant import Table

TESTS = "tests/model/test_counts.py"
WRITTEN_OUT = f"{TESTS}::test_a_grouped_study_as_written_out"
SHIPPED = f"{TESTS}::test_shipped_studies_have_the_density_of_the_design"
CHUNKS = f"{TESTS}::test_draws_are_computed_alike_in_chunks_and_alone"
DRAWN_RATIOS = "tests/model/test_ratio_draws.py"
DRAWN = "tests/model/test_joint_counts.py"
STATISTICS = "tests/model/test_statistics.py"

COUNTS: Table = (
    (
        "model/counts.py",
        (WRITTEN_OUT, SHIPPED),
        (
            ("own part too large", "self.tau**2 * (1 - shared)", "self.tau**2 * (1 - shared**2)"),
            (
                "loading without its root",
                "reshape(shape) * self.tau * np.sqrt(shared)",
                "reshape(shape) * self.tau * shared",
            ),
            (
                "wording the other way",
                "+ self.shift - self.counting_shift",
                "- self.shift - self.counting_shift",
            ),
            (
                "determinant of the last source",
                "self.log_determinant += block",
                "self.log_determinant = block",
            ),
            ("baseline of a year", "by_source[s] * years for", "by_source[s] for"),
            (
                "noise not squared",
                "np.exp(2 * log_sd)[self.source_of] + 1",
                "np.exp(log_sd)[self.source_of] + 1",
            ),
            (
                "no printing nor drift",
                "np.exp(2 * log_sd)[self.source_of] + 1",
                "np.exp(2 * log_sd)[self.source_of]",
            ),
            ("factor's loading not squared", "1 + loading**2 @ (", "1 + loading @ ("),
            ("factor without its prior", "1 + loading**2 @ (", "1e-9 + loading**2 @ ("),
            (
                "factor not shrunk",
                "loading @ (scale * weighted / shrink)",
                "loading @ (scale * weighted)",
            ),
            (
                "ratio adds to the distance",
                "quadratic -= (own * posterior",
                "quadratic += (own * posterior",
            ),
            (
                "factor's mean not squared",
                "(posterior.factor_weighted**2 / factor)",
                "(posterior.factor_weighted / factor)",
            ),
            (
                "determinant of the factor dropped",
                "in (residuals.variance, shrink, factor)",
                "in (residuals.variance, shrink)",
            ),
            (
                "determinant of the ratio dropped",
                "in (residuals.variance, shrink, factor)",
                "in (residuals.variance, factor)",
            ),
            (
                "Jacobian dropped",
                "(quadratic + log_determinant) - jacobian",
                "(quadratic + log_determinant)",
            ),
            (
                "constant of the counts doubled",
                "log_determinant - 0.5 * len(self.rows)",
                "log_determinant - len(self.rows)",
            ),
        ),
    ),
    (
        "model/counts.py",
        (DRAWN_RATIOS,),
        (
            ("drift by years", "self.drift_sd**2 * years", "self.drift_sd * years"),
            (
                "ratios drawn apart",
                "self.loading.T @ self.loading",
                "np.diag((self.loading**2).sum(axis=0))",
            ),
            (
                "factor's noise unrooted",
                "noise / np.sqrt(posterior.factor_precision)",
                "noise / posterior.factor_precision",
            ),
            ("own part not shrunk", "np.sqrt(own / shrink)", "np.sqrt(own)"),
            ("drift unlearned", "variance = variance - (gain", "variance = variance - 0 * (gain"),
            (
                "drift of later counts",
                "np.minimum(self.years[at], years)",
                "np.maximum(self.years[at], years)",
            ),
            (
                "drift explains the ratio, too",
                "- self.rotated_ones[at, None] * own",
                "",
            ),
        ),
    ),
    (
        "model/ratio_statistic.py",
        (STATISTICS,),
        (
            ("page: group forgotten", "tau**2 * (1 - source.correlation)", "tau**2"),
            (
                "page: distance not squared",
                "total += source.rest + 0.5 * (np.log(variance * gain) - gain * distance**2)",
                "total += source.rest + 0.5 * (np.log(variance * gain) - gain * distance)",
            ),
            (
                "page: loading without its root",
                "tau * math.sqrt(source.correlation)",
                "tau * source.correlation",
            ),
            (
                "page: variance dropped",
                "total += source.rest + 0.5 * (np.log(variance * gain)",
                "total += source.rest + 0.5 * (np.log(gain)",
            ),
            (
                "page: factor's determinant added",
                "/ precision - np.log(precision))",
                "/ precision + np.log(precision))",
            ),
            (
                "page: factor without its prior",
                "source.group, (1.0, 0.0))",
                "source.group, (1e-9, 0.0))",
            ),
            ("page: mean not squared", "- mean**2 * precision", "- mean * precision"),
            (
                "page: determinant turned round",
                "rest += np.linalg.slogdet",
                "rest -= np.linalg.slogdet",
            ),
            (
                "page: variance turned round",
                "log_variance = -np.log(implied.precision)",
                "log_variance = np.log(implied.precision)",
            ),
            ("page: Jacobian dropped", "rest - np.where(possible, jacobian, 0.0)", "rest"),
        ),
    ),
    (
        "model/statistics.py",
        (STATISTICS,),
        (
            ("page: width divides", "tau * self.of(", "tau / self.of("),
            (
                "page: reach not exponential",
                "factor = math.exp(REACH * spread)",
                "factor = 1 + REACH * spread",
            ),
            ("page: low mean is high", "mean - MEAN_REACH * sd", "mean + MEAN_REACH * sd"),
        ),
    ),
    (
        "model/joint_counts.py",
        (DRAWN,),
        (
            (
                "own part of a prior ratio unrooted",
                "np.sqrt(ratios.own_variance)[:, None]",
                "ratios.own_variance[:, None]",
            ),
            ("rotated twice", "np.linalg.solve(self.rotation, rotated)", "self.rotation @ rotated"),
            (
                "simulated noise not squared",
                "np.exp(2 * state.log_sd[self.noise])[self.source_of]",
                "np.exp(state.log_sd[self.noise])[self.source_of]",
            ),
            (
                "ratio of the wrong row",
                "log_ratios[self.source_of])",
                "log_ratios[self.source_of[::-1]])",
            ),
            ("repeated without printing", "+ self.printed_sd[i] ** 2", ""),
            (
                "repeated without its ratio",
                "self.ratios.log_median[source] + log_ratio",
                "self.ratios.log_median[source] + 0 * log_ratio",
            ),
            (
                "drift asked for where there is none",
                "if self.ratios.drift_sd[source] == 0:",
                "if self.ratios.drift_sd[source] > 0:",
            ),
            (
                "predicted without drift",
                "log_ratio = self.log_ratio(number, years, learned, rng)",
                "log_ratio = learned.log_ratios[number]",
            ),
            (
                "predicted with a year's baseline",
                "np.exp(baseline.log(state.u)) * years_counted(row)",
                "np.exp(baseline.log(state.u))",
            ),
            (
                "predicted wording turned round",
                "error = printed_shift([row], source)[0] +",
                "error = -printed_shift([row], source)[0] +",
            ),
            (
                "predicted noise not squared",
                "np.exp(2 * learned.state.log_sd[self.noise][number])",
                "np.exp(learned.state.log_sd[self.noise][number])",
            ),
            ("mark of the window", "stock = value * end / seen", "stock = value * seen / end"),
            ("mark with its baseline", "(self.values - baseline) / np", "self.values / np"),
            ("mark by one deviation", "np.exp(np.array(bounds) * self", "np.exp(self"),
            ("spread of the mean not squared", "combined**2 @ (", "combined @ ("),
            (
                "mean unrotated",
                "np.linalg.solve(rotation.T, mean_of)",
                "np.linalg.solve(rotation, mean_of)",
            ),
            (
                "ratio known to the p-value",
                ", None] * variance + 1) + ratio_variance",
                ", None] * variance + 1)",
            ),
            ("factor known to the p-value", "own + load**2 / precision", "own"),
            (
                "factor unscaled in the p-value",
                "return load * learned.factor",
                "return learned.factor",
            ),
            (
                "factor of one alone dropped",
                "0.0, own + (loading[groups[0]] * scale) ** 2",
                "0.0, own",
            ),
            (
                "weights of equal counts",
                "(self.rotated_ones[at] / typical)",
                "self.rotated_ones[at]",
            ),
        ),
    ),
    (
        "model/model.py",
        (SHIPPED, CHUNKS),
        (
            (
                "evidence of the last source",
                "total += piece.log_likelihood",
                "total = piece.log_likelihood",
            ),
            ("a draw lost of each chunk", "first : first + CHUNK]", "first : first + CHUNK - 1]"),
            (
                "noise of the first source",
                "slice(len(names), len(names) + len(piece.noisy))",
                "slice(0, len(piece.noisy))",
            ),
        ),
    ),
    (
        "model/state.py",
        (CHUNKS,),
        (
            (
                "every chunk in the first place",
                "array[..., first:end] = piece",
                "array[..., : end - first] = piece",
            ),
        ),
    ),
    (
        "model/simulate.py",
        (DRAWN,),
        (
            (
                "given ratios ignored",
                "counts.simulate(state, rng, log_ratios)",
                "counts.simulate(state, rng)",
            ),
            ("data of the first draw", "values[:, draw]", "values[:, 0]"),
        ),
    ),
    (
        "model/tails.py",
        ("tests/model/test_evidence.py",),
        (
            ("series cut short", "_COEFFICIENTS[-2::-1]", "_COEFFICIENTS[-2:0:-1]"),
            ("upper tail for the lower", "np.where(x > 0", "np.where(x < 0"),
            ("one tail for two", "2 * min(lower, upper)", "min(lower, upper)"),
            ("one tail twice", "log_normal_cdf(-scores)", "log_normal_cdf(scores)"),
        ),
    ),
)
