"""Mutants of reading figures, their bounds and errors, and of appending columns.

How they are judged is said in ``mutants.py``.
"""

from __future__ import annotations

from mutant import Table

WIDENING = "tests/study/tables/test_widening.py"
GAINED = "tests/ledger/test_gained_columns.py"
RULES = "tests/study/observations/test_figures_of_rows.py"
BOUNDS = "tests/cli/test_bounds.py"

TABLES: Table = (
    (
        "study/tables/widening.py",
        (WIDENING,),
        (
            ("cell on the first line of a row", "lines[last - 1] =", "lines[0] ="),
            ("as many cells as one", 'added = "," * len(columns)', 'added = ","'),
            ("lines that are not looked at", "            return False", "            pass"),
            (
                "order of rows not looked at",
                "_rows(after) == wide",
                "len(_rows(after)) == len(wide)",
            ),
            ("Windows ends split", '("\\r\\n", "\\n", "\\r")', '("\\n", "\\r")'),
        ),
    ),
    (
        "study/tables/csv_table.py",
        (RULES,),
        (
            ("columns in one order only", "if places is not None:", "if False:"),
            (
                "a column twice",
                "set(rest) <= set(self.may_lack) and len(set(rest)) == len(rest)",
                "set(rest) <= set(self.may_lack)",
            ),
        ),
    ),
    (
        "study/tables/figures.py",
        (BOUNDS,),
        (
            (
                "fewer than that very number",
                '_FIGURE}", "at_most", -1, None)',
                '_FIGURE}", "at_most", 0, None)',
            ),
            (
                "three digits are decimals",
                "is_doubtful = len(match[3]) == 3",
                "is_doubtful = len(match[3]) == 9",
            ),
        ),
    ),
    (
        "study/observations/observation.py",
        (RULES, GAINED),
        (
            (
                "at most is at least",
                'if self.precision == "at_most":',
                'if self.precision == "at_least":',
            ),
            ("every range the same", "or self.range == other.range", "or True"),
        ),
    ),
    (
        "study/observations/row_rules.py",
        (RULES,),
        (
            (
                "interval without its figure",
                "row.lower < row.value < row.upper",
                "row.lower < row.upper",
            ),
            ("six digits", 'f"{number:.15g}"', 'f"{number:g}"'),
            ("sums of sums are certain", "if row.has_own_error or terms:", "if row.has_own_error:"),
            (
                "bounds everywhere",
                'is_bounded = can_count and source.sampling == "poisson"',
                "is_bounded = True",
            ),
        ),
    ),
    (
        "ledger/appending.py",
        (GAINED,),
        (
            (
                "base not compared",
                "is_kept = is_widened(before, addition.base, addition.gained)",
                "is_kept = True",
            ),
        ),
    ),
    (
        "ledger/git/edited_rows.py",
        (GAINED,),
        (("gained columns are an edit", "if gained and appended(", "if not gained and appended("),),
    ),
    (
        "study/drafts/drafting.py",
        (GAINED,),
        (
            (
                "a correction keeps the range",
                'if is_bound or before == "between" else ()',
                "if is_bound else ()",
            ),
        ),
    ),
)
