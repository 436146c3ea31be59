"""Tests that the tests mirror the package: a folder for a folder, a name for a module."""

import tomllib
from pathlib import Path

APART = {
    "data": "published figures, looked up again, beside those in data/",
    "docs": "what pages say, and the site",
    "house": "the repository as a whole",
    "published": "cases that others have published, as studies",
    "reference": "what another program computed once",
    "report/browser": "pages in a browser, which is no part of popest",
}
"""Folders of tests that stand for no folder of popest, nor do those in them."""

ACROSS = {
    "checks/panel/test_panel_checks.py": "what every check of a panel must do",
    "panels/test_arrivals.py": "panels of arrivals beside studies and beside PyMC",
    "checks/test_check_sentences.py": "what every check says, in every language",
    "checks/test_closed_forms.py": "each check where its answer is known",
    "checks/test_contract.py": "what every check must do",
    "checks/test_faults.py": "each check beside a planted fault",
    "checks/test_flow_headline.py": "every check of a flow",
    "checks/test_known_population.py": "everything where no sigma is left",
    "checks/test_only_slice.py": "all checks on the draws of chains",
    "cli/test_bounds.py": "bounds, zeros, own errors and corrections by command",
    "cli/test_exit_codes.py": "what a wrong command is told",
    "cli/test_help.py": "help, version and completion",
    "cli/test_importing.py": "tables that are added at once",
    "cli/test_planted.py": "what lies in the current folder",
    "cli/test_processes.py": "signals, pipes and terminals",
    "engines/test_adaptation.py": "how the bank's proposal adapts",
    "engines/test_bank_exact.py": "the bank where the answer is exact",
    "engines/test_bank_hard.py": "the bank where posteriors are hard",
    "engines/test_certificate.py": "certificates of both engines",
    "engines/test_chains.py": "the certificate of chains",
    "engines/test_degenerate.py": "studies with nothing to sample",
    "engines/test_recovery.py": "truths that are found again",
    "engines/test_reference.py": "estimates of another program",
    "engines/test_reproducibility.py": "seeds, threads and processes",
    "engines/test_shared_bank.py": "a bank that several estimates share",
    "engines/test_two_engines.py": "one answer of both engines",
    "estimates/test_corners.py": "numbers at the bounds of their domains",
    "estimates/test_flows.py": "a flow in place of a stock, wherever an estimate is shown",
    "estimates/test_public_names.py": "the names that popest offers",
    "estimates/test_safe_tables.py": "cells that are no formulas",
    "ledger/test_every_moment.py": "signals and edits at every line",
    "ledger/test_gained_columns.py": "columns that a table gains with a row",
    "ledger/test_hostile.py": "folders of strangers",
    "ledger/test_kill.py": "writers that are killed",
    "ledger/test_one_line.py": "a row is one line, from input to merge",
    "ledger/test_two_users.py": "two users of one group",
    "model/test_drawn_figures.py": "figures drawn and predicted",
    "model/test_ratio_draws.py": "ratios, given the population",
    "model/test_sums.py": "what sums share of their figures' errors",
    "ratios/test_known_truths.py": "ratios where the truth is known",
    "ratios/test_learned.py": "learned ratios in studies",
    "ratios/test_learned_definitions.py": "tails, definitions and ages of learned ratios",
    "ratios/test_ratio_forms.py": "what a fit predicts, by closed forms",
    "ratios/test_ratio_model.py": "the model and its fit",
    "ratios/test_own_pairs.py": "pairs of one's own, from the file to the study",
    "ratios/test_ratio_priors.py": "the joint density with its priors",
    "ratios/test_serbia_learned.py": "the study that uses learned ratios",
    "ratios/test_shipped_ratios.py": "the table that ships",
    "report/test_any_language.py": "a language that nobody has written",
    "report/test_hostile_texts.py": "texts that try to be markup",
    "report/test_one_answer.py": "one answer wherever it is shown",
    "report/what_if/test_what_if.py": "from the model to the numbers on the page",
    "study/files/test_merges.py": "what merges leave in files and tables",
    "study/observations/test_figures_of_rows.py": "rules of errors, bounds and zeros",
    "study/test_all_at_once.py": "all problems of both files",
    "study/test_any_text.py": "whatever text stands in the files",
    "study/test_mutations.py": "damaged studies",
}
"""Tests of more than one module, with what holds them together."""


def folders(root: Path) -> list[str]:
    tests = root / "tests"
    return [
        path.relative_to(tests).as_posix()
        for path in sorted(tests.rglob("*"))
        if path.is_dir() and not {"__pycache__", ".hypothesis"} & {*path.parts}
    ]


def test_each_folder_of_tests_is_a_folder_of_the_package(root: Path) -> None:
    found = folders(root)
    assert len(found) > 15
    named = [n for n in found if not {n, n.rpartition("/")[0]} & {*APART}]
    assert [n for n in named if not (root / "src/popest" / n).is_dir()] == []
    assert {*APART} <= {*found}


def test_each_test_is_named_after_a_module_or_says_what_it_is_about(root: Path) -> None:
    strays = [
        f"{name}/{file.name}"
        for name in folders(root)
        if name not in APART
        for file in sorted((root / "tests" / name).glob("test_*.py"))
        if not names_a_module(root / "src/popest" / name, file.stem.removeprefix("test_"))
    ]
    assert sorted(strays) == sorted(ACROSS)


def names_a_module(folder: Path, name: str) -> bool:
    """Whether a folder or one below it holds a module or a folder of that name."""
    return any(path.stem == name for path in folder.rglob("*") if path.suffix in ("", ".py"))


def test_tests_import_each_other_by_names_that_are_told_apart(root: Path) -> None:
    """Helpers are found by name alone, wherever they stand."""
    with (root / "pyproject.toml").open("rb") as file:
        options = tomllib.load(file)["tool"]["pytest"]["ini_options"]
    helpers = [
        path.stem
        for folder in options["pythonpath"]
        for path in (root / folder).glob("*.py")
        if not path.name.startswith(("test_", "conftest"))
    ]
    assert len(helpers) == len({*helpers}) > 30


def test_no_test_edits_where_modules_are_found(root: Path) -> None:
    edit = "sys." + "path"
    allowed = {"cli/test_planted.py": 1, "engines/test_background.py": 1}
    allowed["engines/test_reproducibility.py"] = 1
    found = {
        file.relative_to(root / "tests").as_posix(): text.count(edit)
        for file in (root / "tests").rglob("*.py")
        if edit in (text := file.read_text(encoding="utf-8"))
    }
    assert found == allowed
