"""Mutants of the population, of what is seen of it, and of the errors of counts.

How they are judged is said in ``mutants.py``.
"""

from __future__ import annotations

from mutant import Table

POPULATIONS = "tests/model/test_population.py"
DESIGN = f"{POPULATIONS}::test_a_population_as_written_out"
STATIC = f"{POPULATIONS}::test_a_static_population_is_constant"
KNOWN = f"{POPULATIONS}::test_what_is_known_has_no_normal"
EXPOSURES = "tests/model/test_exposure.py"
DAYS = f"{EXPOSURES}::test_windows_in_a_leap_year_are_summed_over_days"
TOWN = f"{EXPOSURES}::test_a_static_population_is_the_same_on_every_day"
DRAWS = "tests/engines/test_draws.py"
COUNTS = "tests/model/test_counts.py"
WRITTEN_OUT = f"{COUNTS}::test_a_grouped_study_as_written_out"
WINDOWS = f"{COUNTS}::test_three_overlapping_windows_as_written_out"
WORDINGS = f"{COUNTS}::test_every_wording_has_its_error_and_its_shift"

POPULATION: Table = (
    (
        "model/population.py",
        (DESIGN, STATIC),
        (
            ("who came leaves all month", "xp.expm1(-0.5 * self.hazard)", "xp.expm1(-self.hazard)"),
            ("who came never leaves", "return leaving - xp.expm1(", "return leaving + xp.expm1("),
            ("departures of the month before", "self.stock[:-1]])", "self.arrivals[:-1]])"),
            (
                "wave weights by the wrong axis",
                "self.wave_weights.sum(axis=0)",
                "self.wave_weights.sum(axis=1, keepdims=True)",
            ),
            ("arrivals at the month's start", "arrivals * xp.exp(-0.5 * hazard)", "arrivals * 1.0"),
            ("survivors of one month", "xp.exp(-shift * hazard)", "xp.exp(-hazard)"),
            ("doubling stops early", "while shift < n_months:", "while 2 * shift < n_months:"),
            ("a quarter too late", "range(number + 1, number + 1 +", "range(number, number +"),
            ("quarters off by a month", "(first.month - 1) // 3", "first.month // 3"),
            ("walk without its sum", "xp.cumsum(u[self.steps], axis=0)", "u[self.steps]"),
            ("walk from nowhere", "[start[None], start + walk]", "[start[None], walk]"),
            ("size of a town unlogged", "xp.exp(self.size.log(u))[None]", "self.size.log(u)[None]"),
        ),
    ),
    (
        "model/normals.py",
        (DESIGN, KNOWN, f"{DRAWS}::test_standard_normals_have_their_density"),
        (
            ("prior constant doubled", "- 0.5 * len(u) * math", "- len(u) * math"),
            ("prior without its half", "return -0.5 * squares", "return -squares"),
            ("sigma squared", "self.sigma * u[self.index]", "self.sigma**2 * u[self.index]"),
            ("what is known is sampled", "if prior.sigma > 0 else None", "if True else None"),
        ),
    ),
    (
        "model/exposure.py",
        (DAYS, TOWN),
        (
            ("a town half there", "passed = 1.0 if static", "passed = 0.5 if static"),
            (
                "weights of a day swapped",
                "weights[month - 1] = 1 - passed",
                "weights[month - 1] = passed",
            ),
            (
                "no stock on the first day",
                "if day < calendar.first_day",
                "if day <= calendar.first_day",
            ),
            ("presence doubled", "(2 * MONTHS_PER_YEAR)", "MONTHS_PER_YEAR"),
            (
                "presence of the next month",
                "weights[:-1] += weights[1:]",
                "weights[1:] += weights[:-1].copy()",
            ),
            ("lag turned round", "np.correlate(coverage", "np.convolve(coverage"),
            ("lag towards the past", "full[calendar.n_months - 1 :]", "full[: calendar.n_months]"),
            (
                "window starts a day late",
                "stock_on(calendar, day_before(first))",
                "stock_on(calendar, first)",
            ),
            ("lag a month late", "range(-1, n_months + 1)", "range(-2, n_months)"),
            (
                "lag without its mean",
                "_erlang_cdf(scaled, LAG_SHAPE + 1)",
                "_erlang_cdf(scaled, LAG_SHAPE)",
            ),
            ("lag of another shape", "LAG_SHAPE = 4", "LAG_SHAPE = 3"),
        ),
    ),
    (
        "study/observations/columns.py",
        (WORDINGS,),
        (("almost is more", "Precision(0.02, 0.02", "Precision(0.02, -0.02"),),
    ),
    (
        "model/noise.py",
        (WORDINGS, "tests/model/test_joint_counts.py::test_repetitions_keep_their_ratio"),
        (
            (
                "spread of noise squared",
                "self.spread * u[self.own]",
                "self.spread**2 * u[self.own]",
            ),
            ("all counts as large as can be", "np.exp(np.minimum(log,", "np.exp(np.maximum(log,"),
        ),
    ),
    (
        "model/rotation.py",
        (WINDOWS, WRITTEN_OUT, f"{COUNTS}::test_windows_overlap_by_shared_days"),
        (
            ("printing not squared", "np.diag(printed_sd(rows) ** 2)", "np.diag(printed_sd(rows))"),
            ("drift not squared", "drift**2 * np.minimum", "drift * np.minimum"),
            ("drift as of the later", "np.minimum.outer(years", "np.maximum.outer(years"),
            ("determinant turned round", "log_determinant=float(", "log_determinant=-float("),
            ("rotation by rows", "matrix=vectors.T @ inverse", "matrix=vectors @ inverse"),
            ("overlap without its root", "/ math.sqrt(math.prod(lengths))", "/ math.prod(lengths)"),
            (
                "overlap from the earlier start",
                "max(one.start, other.start)",
                "min(one.start, other.start)",
            ),
            ("years of 365 days", "row.end) / DAYS_PER_YEAR", "row.end) / 365"),
        ),
    ),
)
