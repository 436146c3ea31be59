"""Mutants of few counts, drawn ratios, the noise of counting and the rules of them.

How they are judged is said in ``mutants.py``.
"""

from __future__ import annotations

from mutant import Table

GIVEN = "tests/engines/test_given_population.py"
EVENTS = "tests/model/test_events.py"
FEW_COUNTS = "tests/model/test_few_counts.py"
WRITTEN_OUT = f"{FEW_COUNTS}::test_few_counts_have_the_density_written_out"
ANY = f"{FEW_COUNTS}::test_any_few_counts_have_the_density_written_out"
MOMENTS = f"{FEW_COUNTS}::test_simulated_and_repeated_counts_have_mean_and_variance_of_the_design"
RATIOS = "tests/model/test_drawn_ratios.py"
NOISE = "tests/model/test_noise.py"
COUNTING = "tests/study/observations/test_counting.py"
REPEATS = "tests/model/test_joint_counts.py::test_repetitions_and_predictions_are_whole_events"
COUNT_RULES = "tests/study/specification/test_count_rules.py"

FEW: Table = (
    (
        "engines/given_population.py",
        (GIVEN,),
        (
            ("ratios without the determinant", "log_sd += np.log(sd)", "log_sd += 0 * sd"),
            ("there and not back", "(u[place] - mean) / sd", "(u[place] + mean) / sd"),
        ),
    ),
    (
        "model/drawn/few_counts.py",
        (GIVEN,),
        (
            ("its own value is looked at", "without[self.tied] = 0.0", "without[self.tied] = 1.0"),
            (
                "of a share of itself",
                "persons * share / (1 - share)",
                "persons * (1 - share) / share",
            ),
            ("tied by any count", 'self.source.sampling == "binomial" and self.rows', "self.rows"),
        ),
    ),
    (
        "model/drawn/densities.py",
        ("tests/model/test_few_counts.py::test_a_count_of_many_persons_keeps_its_digits",),
        (
            ("a series without its remainder", "(1 / total - 1 / many) / 12", "(1 / total) / 12"),
            ("factorials without digits", "missed < MANY_PERSONS, exact", "missed < 1e300, exact"),
        ),
    ),
    (
        "model/drawn/events.py",
        (EVENTS,),
        (
            (
                "mode without its square",
                "total = xp.log(xp.maximum(square",
                "total = 0 * xp.log(xp.maximum(square",
            ),
            ("sum not centred", "change = line * node - half * node**2", "change = line * node"),
            ("baseline starts at one mode", "z = _best_of(z, counts, mean, xp)", "z = 1.0 * z"),
            (
                "factorial dropped",
                "- 0.5 * math.log(2 * math.pi) - log_factorial",
                "- 0.5 * math.log(2 * math.pi)",
            ),
            ("bound outside", "(0, int(least) - 1)", "(0, int(least))"),
            (
                "rare tail by its complement",
                "LARGEST_COMPLEMENT = -1e-4",
                "LARGEST_COMPLEMENT = -1e-15",
            ),
        ),
    ),
    (
        "model/drawn/few_counts.py",
        (WRITTEN_OUT, ANY, MOMENTS),
        (
            (
                "repeated counts at full power",
                "1 / self.together.sum(axis=1)",
                "1 / np.ones(len(rows))",
            ),
            (
                "few counts: noise of the first source",
                "state.log_sd[self.noise.start] if self.noisy",
                "state.log_sd[0] if self.noisy",
            ),
            (
                "few counts: baseline of a year",
                "column(self.duration[rows], exposed) * baseline",
                "baseline + 0 * exposed",
            ),
            (
                "persons counted too rarely",
                "np.minimum(ratio, 1.0)",
                "np.minimum(ratio, 1.0) ** 1.1",
            ),
        ),
    ),
    (
        "model/drawn/densities.py",
        (WRITTEN_OUT, ANY),
        (
            ("half a count too few", "greatest + 0.5)", "greatest - 0.5)"),
            (
                "range without its own width",
                "sd = xp.sqrt(expected.sd**2 + 1 / middle)",
                "sd = expected.sd + 0 / middle",
            ),
            ("persons missed are free", "+ missed * log_missed", "+ 0 * log_missed"),
        ),
    ),
    (
        "model/drawn/drawn_ratios.py",
        (RATIOS,),
        (
            (
                "drift of a share on the log scale",
                "source.drift / (1 - ratio.median) if",
                "source.drift if",
            ),
            (
                "few counts: own part too large",
                "self.tau * math.sqrt(1 - shared), self.tau",
                "self.tau, self.tau",
            ),
            (
                "drift by its days",
                "self.drift * np.sqrt(np.diff(self.years, prepend=0.0))",
                "self.drift * np.diff(self.years, prepend=0.0)",
            ),
            (
                "bridge as wide as its length",
                "math.sqrt(length * share * (1 - share)) * noise",
                "math.sqrt(length) * noise",
            ),
            ("prior of a sample that drifts", "np.array(z * sd)", "np.array(z * self.tau)"),
        ),
    ),
    (
        "model/noise.py",
        (NOISE, REPEATS),
        (
            (
                "moments of the count itself",
                "(digamma(number) - math.log(number), trigamma(number))",
                "(digamma(row.count) - math.log(row.count), trigamma(row.count))",
            ),
            (
                "own error of another source",
                "parts.append(common + self.spread * u[place] if",
                "parts.append(common + self.spread * u[0] if",
            ),
            (
                "no chance in repetitions",
                "return rng.poisson(np.minimum(rate, LARGEST_RATE)).astype(float)",
                "return np.round(rate)",
            ),
        ),
    ),
    (
        "model/rotation.py",
        (NOISE, "tests/model/test_counts.py::test_three_overlapping_windows_as_written_out"),
        (
            (
                "stocks of other persons at once",
                "np.exp(-hazard * np.abs(",
                "np.exp(-12 * hazard * np.abs(",
            ),
        ),
    ),
    (
        "model/counts.py",
        ("tests/model/test_counts.py::test_a_grouped_study_as_written_out", WRITTEN_OUT),
        (
            (
                "chance shifts upwards",
                "+ self.shift - self.counting_shift",
                "+ self.shift + self.counting_shift",
            ),
            (
                "drawn factor without its root",
                "np.where(is_drawn, self.tau * np.sqrt(shared), 0.0)",
                "np.where(is_drawn, self.tau * shared, 0.0)",
            ),
        ),
    ),
    (
        "study/observations/counting.py",
        (COUNTING,),
        (
            ("baseline counts as the target", "return net**2 / row.count if", "return net if"),
            (
                "middle with its baseline",
                "lower, upper = row.lower - baseline, row.upper - baseline",
                "lower, upper = row.lower, row.upper",
            ),
        ),
    ),
    (
        "study/observations/row_rules.py",
        (COUNT_RULES,),
        (
            (
                "forty days are too many",
                "if len(days) > MOST_DRIFT_DAYS:",
                "if len(days) >= MOST_DRIFT_DAYS:",
            ),
        ),
    ),
)
