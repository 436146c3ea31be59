"""Mutants of the measures and of what they have in common.

How they are judged is said in ``mutants.py``.
"""

from __future__ import annotations

from mutant import Table

TESTS = "tests/model/test_evidence.py"
DRAWN = "tests/model/test_drawn_figures.py"
STATISTICS = "tests/model/test_statistics.py"
SHIPPED = "tests/model/test_counts.py::test_shipped_studies_have_the_density_of_the_design"
COUNTS_DRAWN = "tests/model/test_joint_counts.py"

MEASURES: Table = (
    (
        "model/measures/net_change.py",
        (TESTS,),
        (
            (
                "bias not squared",
                "self.bias_sd**2 + self.error_sd**2 * np",
                "self.bias_sd + self.error_sd**2 * np",
            ),
            (
                "constant of balances doubled",
                "self._constant -= 0.5 * n_rows",
                "self._constant -= n_rows",
            ),
            (
                "bias drawn around nothing",
                "return self.mean + prior * residual.sum",
                "return prior * residual.sum",
            ),
            ("bias shrunk by one balance", "each + len(values) * prior", "each + prior"),
            ("bias drawn from its prior", "math.sqrt(prior * each / shrink)", "math.sqrt(prior)"),
        ),
    ),
    (
        "model/measures/net_change.py",
        (DRAWN,),
        (
            (
                "a bias for each balance",
                "self.bias_sd * rng.standard_normal(expected.shape[1])",
                "self.bias_sd * rng.standard_normal(expected.shape)",
            ),
            (
                "repeated without its bias",
                "expected = self.exposure(learned.state) + bias",
                "expected = self.exposure(learned.state) + self.mean",
            ),
            (
                "first balance without a mean bias",
                "bias = source.bias.mean + source.bias.sd *",
                "bias = source.bias.sd *",
            ),
            ("first balance by the variance", "source.bias.sd * rng", "source.bias.sd**2 * rng"),
            (
                "mark by a sum of deviations",
                "REACH * math.hypot(self.bias_sd, self.error_sd)",
                "REACH * (self.bias_sd + self.error_sd)",
            ),
            (
                "mark with its bias",
                "value - self.mean + end - seen",
                "value + self.mean + end - seen",
            ),
            (
                "mean balance as uncertain as one",
                "self.error_sd / math.sqrt(len(self.rows))",
                "self.error_sd",
            ),
            (
                "mean balance without bias",
                "completed).mean(axis=0) + self.mean",
                "completed).mean(axis=0)",
            ),
        ),
    ),
    (
        "model/bias_statistic.py",
        (STATISTICS,),
        (
            (
                "page: bias of one balance",
                "self.error_sd**2 + self.n_rows * bias_sd**2",
                "self.error_sd**2 + bias_sd**2",
            ),
            (
                "page: a degree of freedom more",
                "2 * (self.n_rows - 1) * math",
                "2 * self.n_rows * math",
            ),
        ),
    ),
    (
        "model/measures/net_change.py",
        (STATISTICS,),
        (
            (
                "page: scatter not divided",
                ".sum(axis=0) / self.error_sd**2",
                ".sum(axis=0) / self.error_sd",
            ),
        ),
    ),
    (
        "model/measures/floor.py",
        (TESTS,),
        (
            (
                "floor printed exactly",
                "self.fixed_variance = self.tau**2 +",
                "self.fixed_variance = self.tau**2 + 0 *",
            ),
            (
                "floor's noise not squared",
                "xp.sqrt(fixed + xp.exp(2 * log_sd))",
                "xp.sqrt(fixed + xp.exp(log_sd))",
            ),
            (
                "floor missed for reached",
                "np.where(values, 1.0, -1.0)",
                "np.where(values, -1.0, 1.0)",
            ),
            (
                "floor by the largest share alone",
                "log_exposure[row] - math.log(count)",
                "log_exposure[row] + math.log(count)",
            ),
        ),
    ),
    (
        "model/measures/floor.py",
        (DRAWN,),
        (
            ("floor reached from below", ">= self.counts[:, None]", "<= self.counts[:, None]"),
            (
                "largest count by the variance",
                "self.log_median + sd * rng",
                "self.log_median + sd**2 * rng",
            ),
            (
                "floor predicted without tau",
                "variance = self.tau**2 + printed_sd([row], self.source)",
                "variance = printed_sd([row], self.source)",
            ),
            (
                "floor's mark multiplied",
                "self.counts / math.exp(self.log_median)",
                "self.counts * math.exp(self.log_median)",
            ),
            (
                "floor's p-value of the log",
                "probability = np.exp(self.log_likelihood",
                "probability = -(self.log_likelihood",
            ),
        ),
    ),
    (
        "model/floor_statistic.py",
        (STATISTICS,),
        (
            (
                "page: floor without tau",
                "variance = tau**2 + self.printed_variance[:, None]",
                "variance = self.printed_variance[:, None]",
            ),
            (
                "page: floor's count added",
                "self.log_exposure - self.log_counts[:, None]",
                "self.log_exposure + self.log_counts[:, None]",
            ),
        ),
    ),
    (
        "model/measures/shares.py",
        (TESTS,),
        (
            ("half of those who left", "xp.exp(-(self.age", "xp.exp(-0.5 * (self.age"),
            (
                "the month asked in is gone",
                "self.member[:, : month + 1]",
                "self.member[:, :month]",
            ),
            (
                "shares of nothing",
                "xp.log(by_window) - xp.log(by_window.sum(axis=0))",
                "xp.log(by_window)",
            ),
            (
                "design effect multiplied",
                "self.size = source.n / source.deff",
                "self.size = source.n * source.deff",
            ),
            ("those who left are asked", "xp.exp(-(self.age", "xp.exp(+(self.age"),
        ),
    ),
    (
        "model/measures/shares.py",
        (DRAWN,),
        (
            ("respondents not scaled", "drawn * (self.size / respondents)", "drawn"),
            (
                "shares of a repeated survey turned",
                "(rng.multinomial(respondents, expected.T) / respondents)",
                "(rng.multinomial(respondents, expected[::-1].T) / respondents)",
            ),
            ("p-value of all repetitions", ">= seen)) / REPETITIONS", ">= seen))"),
            (
                "deviance by what was expected",
                "return (shares * logs).sum(axis=0)",
                "return (expected * logs).sum(axis=0)",
            ),
            (
                "only larger deviations count",
                "_deviance(repeated, expected) >= seen",
                "_deviance(repeated, expected) > seen",
            ),
        ),
    ),
    (
        "model/measures/stock.py",
        ("tests/model/test_exposure.py::test_a_static_population_is_the_same_on_every_day",),
        (("a town as if it grew", 'kind == "static"', 'kind != "static"'),),
    ),
    (
        "model/measures/arrivals.py",
        (
            "tests/model/test_pymc_model.py::test_prior_predictive_counts_are_those_of_the_design",
            "tests/model/test_exposure.py::test_exposure_is_the_sum_over_days",
        ),
        (("arrivals without lag", "row.end, source.lag_months)", "row.end, 0.0)"),),
    ),
    (
        "model/measure.py",
        (TESTS, SHIPPED),
        (
            (
                "rows of all sources",
                "row for row in used if row.source == name]",
                "row for row in used]",
            ),
        ),
    ),
    (
        "model/evidence.py",
        (DRAWN, COUNTS_DRAWN),
        (
            ("mark at the window's end", "row.start or row.end", "row.end"),
            ("marks of 95 %", "REACH = NORMAL_QUANTILE_95", "REACH = 1.96"),
        ),
    ),
)
