"""Mutants of the printed errors that sums have from their figures.

How they are judged is said in ``mutants.py``.
"""

from __future__ import annotations

from mutant import Table

TESTS = "tests/model/test_sums.py"
VARY = f"{TESTS}::test_sums_vary_as_their_figures_do"
IN_A_SUM = f"{TESTS}::test_a_figure_in_a_sum_shares_its_error_with_it"
APART = f"{TESTS}::test_errors_that_are_shared_but_not_used_are_named"
DEFINITE = f"{TESTS}::test_the_covariance_is_positive_definite"
SMALL = f"{TESTS}::test_a_small_difference_of_large_figures_is_named"
LEAST = f"{TESTS}::test_the_wording_of_a_sum_is_the_least_of_its_error"
OWN_SHIFT = f"{TESTS}::test_the_shift_of_its_own_wording_stands_where_no_figure_has_one"
FIGURES = f"{TESTS}::test_a_sum_rests_on_the_figures_that_are_no_sums"
TURNED = f"{TESTS}::test_a_sum_that_is_taken_off_turns_its_figures_round"
CANCELS = f"{TESTS}::test_what_cancels_is_no_part_of_a_sum"
MANY = f"{TESTS}::test_sums_of_too_many_figures_are_refused"
NEW = "tests/model/test_joint_counts.py::"
NEW += "test_a_sum_that_was_not_seen_shares_errors_with_those_that_were"

SUMS: Table = (
    (
        "study/observations/sums.py",
        (VARY, IN_A_SUM, FIGURES, TURNED, CANCELS, SMALL),
        (
            ("figures all added", "times.get(name, 0) + sign", "times.get(name, 0) + 1"),
            ("sign of a sum in a sum lost", "[(sign * other, parent)", "[(other, parent)"),
            ("figures that cancel kept", "        if number", "        if True"),
            (
                "error of the gross sum",
                "    return 1 / net if net",
                "    return 1 / row.count if net",
            ),
            ("share in the figure's unit", "scale * term.error for", "term.error for"),
            ("inherited shift dropped", "math.fsum(term.shift for", "0 * math.fsum(term.shift for"),
            ("errors added up, not squared", "math.hypot(*(term.error", "sum((term.error"),
            ("no bound of the error", "    if exceeds_itself(row, source):", "    if False:"),
        ),
    ),
    (
        "study/observations/observation.py",
        (VARY, IN_A_SUM),
        (
            (
                "error without its sign",
                'self.times * self.value * PRECISIONS[self.precision or "exact"].log_sd',
                'abs(self.times) * self.value * PRECISIONS[self.precision or "exact"].log_sd',
            ),
            (
                "shift without its sign",
                'self.times * self.value * PRECISIONS[self.precision or "exact"].log_shift',
                'abs(self.times) * self.value * PRECISIONS[self.precision or "exact"].log_shift',
            ),
        ),
    ),
    (
        "model/noise.py",
        (VARY, IN_A_SUM, DEFINITE, LEAST, OWN_SHIFT),
        (
            (
                "wording before figures",
                "return np.maximum(wording, [APART",
                "return 0 + np.minimum(wording, [APART",
            ),
            ("no error apart", "APART = 1.00005", "APART = 1.0"),
            (
                "printing not squared",
                "np.diag(printed_sd(rows, source) ** 2)",
                "np.diag(printed_sd(rows, source))",
            ),
            ("shared errors apart", "    return covariance + together", "    return covariance"),
            ("shared errors on the diagonal, too", "np.fill_diagonal(together, 0.0)", "pass"),
            ("own shift of every sum", "if any(term.shift for term in row.terms)", "if False"),
        ),
    ),
    (
        "model/joint_counts.py",
        (NEW,),
        (
            ("new sum apart from those seen", "source)[-1, :-1]", "source)[-1, :-1] * 0"),
            ("new sum without drift", "shared = printed + drift *", "shared = printed + 0 *"),
        ),
    ),
    (
        "study/observations/links.py",
        (MANY,),
        (("figures counted once", "min(sum(parts), MOST_TERMS", "min(len(parts), MOST_TERMS"),),
    ),
    (
        "study/view_warnings.py",
        (APART, SMALL),
        (
            (
                "sources that share never named",
                "if len({piece for piece, _ in held}) > 1",
                "if False",
            ),
            (
                "few counts thought joint",
                "(name if is_joint else row.id, row.id)",
                "(name, row.id)",
            ),
        ),
    ),
)
