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
STEPS = (
    f"{POPULATIONS}::test_the_level_moves_by_its_step",
    f"{POPULATIONS}::test_an_uncertain_volatility_scales_every_step",
)
PEOPLE = f"{EXPOSURES}::test_exposure_is_the_sum_over_days"
RULES = "tests/study/specification/test_rules.py"
DRAWS = "tests/engines/test_draws.py"
COUNTS = "tests/model/test_counts.py"
WRITTEN_OUT = f"{COUNTS}::test_a_grouped_study_as_written_out"
WINDOWS = f"{COUNTS}::test_three_overlapping_windows_as_written_out"
WORDINGS = f"{COUNTS}::test_every_wording_has_its_error_and_its_shift"

POPULATION: Table = (
    (
        "model/population.py",
        (DESIGN, STATIC, *STEPS),
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
            ("years of six months", '"year": StepLength(12,', '"year": StepLength(6,'),
            ("volatility at its median", "self.volatility.value(u, xp)", "self.volatility.median"),
            (
                "those there before stay",
                "exp(-xp.stack([hazard * months",
                "exp(-xp.stack([0 * months",
            ),
            (
                "those there before leave late",
                "np.arange(1.0, n_months + 1)",
                "np.arange(n_months)",
            ),
            ("walk without its sum", "xp.cumsum(u[self.steps], axis=0)", "u[self.steps]"),
            ("walk from nowhere", "[levels, start + walk]", "[levels, walk]"),
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
            ("a town half there", "weights[-1] = 1.0", "weights[-1] = 0.5"),
            (
                "weights of a day swapped",
                "= 1 - passed, passed",
                "= passed, 1 - passed",
            ),
            (
                "no stock on the first day",
                "if day < calendar.first_day",
                "if day <= calendar.first_day",
            ),
            ("presence doubled", "(2 * MONTHS_PER_YEAR)", "MONTHS_PER_YEAR"),
            (
                "presence of the next month",
                "np.append(half, 0.0) + np.append(0.0, half)",
                "2 * np.append(0.0, half)",
            ),
            ("lag turned round", "np.correlate(covered", "np.convolve(covered"),
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
            (
                "a register that never heard of those there before",
                "weights[0] = 1 - weights.sum()",
                "weights[0] = 0.0",
            ),
            ("a register a month late", "for step in (1, 0, -1)", "for step in (0, -1, -2)"),
            (
                "later counts at their median",
                "self.quantity.value(state.u, xp) * self",
                "self.quantity.median * self",
            ),
            (
                "those there before are not seen",
                "concatenate([population.initial[None]",
                "concatenate([0 * population.initial[None]",
            ),
        ),
    ),
    (
        "model/papers.py",
        (DAYS, PEOPLE),
        (
            ("everybody renews", "left = self.renewed * xp.exp", "left = xp.exp"),
            ("those who left renew", "xp.exp(-months * population.hazard)", "1.0"),
            ("papers before of those who stayed", "xp.exp(-middle * population.hazard)", "1.0"),
            (
                "papers before in the month's beginning",
                "np.arange(-self.before, 0) + 0.5",
                "np.arange(-self.before, 0) + 1e-9",
            ),
            (
                "a block until its first paper lapses",
                "[self.before + start :].min()",
                "[self.before + start]",
            ),
            (
                "papers of an earlier block lapse twice",
                "& (after[: len(known)] == every)",
                "& (after[: len(known)] >= every)",
            ),
            ("in force to the month's end", "= 1 - passed if left == 0", "= 1.0 if left == 0"),
            (
                "papers of the month at once",
                "weights[self.before + month] = passed",
                "weights[self.before + month] = 1.0",
            ),
            ("papers for everybody at once", "if self.lag_months:", "if False:"),
        ),
    ),
    (
        "model/measures/arrivals.py",
        (DAYS, PEOPLE),
        (("later counts as many as arrive", "if source.later:", "if False:"),),
    ),
    (
        "study/calendar.py",
        (*STEPS,),
        (("steps off by a month", "+ end.month - 1) // months", "+ end.month) // months"),),
    ),
    (
        "study/specification/initial.py",
        (
            f"{RULES}::test_a_baseline_far_from_the_initial_persons_is_for_people_to_judge",
            f"{RULES}::test_a_baseline_of_renewals_is_compared_by_the_year",
        ),
        (
            ("twice only where less is given", "given / NEAR <= baseline", "given <= baseline"),
            ("twice only where more is given", "<= given * NEAR", "<= given"),
            ("given whatever the ratio", "source.ratio.median * initial", "initial"),
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
            ("no printing", "= printed_covariance(rows, source)", "= 1e-4 * np.eye(len(rows))"),
            ("drift not squared", "drift**2 * np.minimum", "drift * np.minimum"),
            ("drift as of the later", "np.minimum.outer(years", "np.maximum.outer(years"),
            ("determinant turned round", "log_determinant=float(", "log_determinant=-float("),
            ("rotation by rows", "matrix=vectors.T @ inverse", "matrix=vectors @ inverse"),
            (
                "overlap without its root",
                "/ np.sqrt(np.outer(lengths, lengths))",
                "/ np.outer(lengths, lengths)",
            ),
            (
                "overlap from the earlier start",
                "np.maximum.outer(starts, starts)",
                "np.minimum.outer(starts, starts)",
            ),
        ),
    ),
)
