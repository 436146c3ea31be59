"""Mutants of days after the last count, and of what one more figure is worth.

How they are judged is said in ``mutants.py``.
"""

from __future__ import annotations

from mutant import Table

LATER = "tests/estimates/test_days.py"
FLOWS = "tests/estimates/test_flows.py"
WORTH = "tests/checks/methods/test_next_figure.py"

DAYS: Table = (
    (
        "model/population.py",
        (LATER,),
        (
            ("a wave that began is to come", "is_to_come = ~self", "is_to_come = True | self"),
            ("a step too many is to come", "self.steps.start + self.step_of[month]", "0"),
            (
                "a step too few is to come",
                "self.step_of[month], self",
                "self.step_of[month] + 1, self",
            ),
        ),
    ),
    (
        "estimates/days.py",
        (LATER,),
        (
            (
                "the study's own steps drawn anew",
                "completed(going_on, model, state.u, ",
                "completed(going_on, model, state.u * 0, ",
            ),
            ("all of the difference", "within = 0.5 * float", "within = float"),
            ("the share that is known", "min(1.0, within / total)", "1 - min(1.0, within / total)"),
            (
                "the same steps again",
                ".only_after(self.model.calendar.month_of(last))",
                ".only_after(self.model.calendar.month_of(asked.last))",
            ),
            (
                "stock of the month before",
                "weights[seen] @ months[seen]",
                "weights[seen] @ months[seen - 1]",
            ),
        ),
    ),
    (
        "estimates/days.py",
        (FLOWS,),
        (
            ("arrivals for departures", "if is_arrivals else", "if True else"),
            (
                "the last day alone",
                "arrivals_during(calendar, asked.first, asked.last)",
                "arrivals_during(calendar, asked.last, asked.last)",
            ),
        ),
    ),
    (
        "estimates/trajectory.py",
        (LATER,),
        (
            (
                "later months are one late",
                "later.population.stock[len(months[0]) :]",
                "later.population.stock[len(months[0]) - 1 : -1]",
            ),
        ),
    ),
    (
        "checks/methods/next_figure.py",
        (WORTH,),
        (
            (
                "figures of the lowest draws",
                "(np.arange(n_figures) + 0.5) / n_figures",
                "(np.arange(n_figures) + 0.5) / (4 * n_figures)",
            ),
            (
                "a figure without the others",
                "log_base + candidate.log_density(",
                "0 * log_base + candidate.log_density(",
            ),
            (
                "the others count twice",
                "more.log_likelihood(values, state) - before",
                "more.log_likelihood(values, state)",
            ),
            ("a match without its error", "/ MATCH_ERROR) ** 2", "/ (2 * MATCH_ERROR)) ** 2"),
            (
                "errors of single widths",
                "/ (2 * len(steps)) / n_figures)",
                "/ (2 * len(steps)) / n_figures**2)",
            ),
            ("sums of widths", "float(widths.mean())", "float(np.median(widths))"),
            ("windows of a day", "DAYS_OF_WINDOW = 365", "DAYS_OF_WINDOW = 1"),
            (
                "drift between two figures",
                "if is_drawn and source.drift > 0 and",
                "if False and is_drawn and",
            ),
        ),
    ),
    (
        "checks/check_next_figure.py",
        (WORTH,),
        (
            ("the year of the last count", "last.day.year + is_over", "last.day.year"),
            (
                "the widest first",
                "found.sort(key=lambda each: each.width)",
                "found.sort(key=lambda each: -each.width)",
            ),
        ),
    ),
    (
        "study/study.py",
        (LATER,),
        (
            (
                "the last count is a scenario",
                "day > self.last_count.day",
                "day >= self.last_count.day",
            ),
        ),
    ),
    (
        "study/specification/rules.py",
        ("tests/study/specification/test_rules.py",),
        (("a day twice", "if asked in seen:", "if False:"),),
    ),
)
