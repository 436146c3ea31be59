"""Tests of all pages: links resolve, tables match the code, constants are the code's."""

import re
from collections.abc import Callable
from pathlib import Path

import module_tables
import pytest

import popest
from popest.engines import bank, draws, nuts
from popest.estimates.words import persons
from popest.study.observations.columns import PRECISIONS

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
MODULE = re.compile(r"`((?:cli|estimates|engines|model|study)/(?!NAME)\w+\.py)`")

Page = Callable[[str], str]
Tables = Callable[[str], list[list[list[str]]]]


def pages(root: Path) -> list[Path]:
    found = [*root.glob("*.md"), *(root / "docs").rglob("*.md"), root / "data/README.md"]
    assert len(found) > 8
    return sorted(found)


def test_every_relative_link_resolves(root: Path) -> None:
    broken = [
        f"{page.relative_to(root)}: {target}"
        for page in pages(root)
        for target in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8")))
        if "://" not in target and not (page.parent / target.partition("#")[0]).exists()
    ]
    assert broken == []


def test_the_readme_leads_to_the_pages_of_a_newcomer(page: Page) -> None:
    linked = set(LINK.findall(page("README.md")))
    assert linked >= {"ARCHITECTURE.md", "docs/model.md", "docs/index.md", "CONTRIBUTING.md"}


def test_the_index_names_every_page(root: Path, page: Page) -> None:
    linked = set(LINK.findall(page("docs/index.md")))
    assert {path.name for path in (root / "docs").glob("*.md")} - linked == {"index.md"}


def test_the_architecture_lists_every_module_with_its_first_line(root: Path, page: Page) -> None:
    """To mend it, run ``python tests/docs/module_tables.py``."""
    (section,) = module_tables.SECTION.findall(page("ARCHITECTURE.md"))
    assert section == module_tables.module_tables(root)
    listed = set(re.findall(r"^\| `(\S+\.py)` \| \S", section, re.MULTILINE))
    package = root / "src/popest"
    assert listed == {path.relative_to(package).as_posix() for path in package.rglob("*.py")}


def test_every_module_named_in_a_page_is_there(root: Path) -> None:
    missing = [
        f"{page.relative_to(root)}: {name}"
        for page in pages(root)
        for name in MODULE.findall(page.read_text(encoding="utf-8"))
        if not (root / "src/popest" / name).is_file()
    ]
    assert missing == []


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_a_page_has_the_rooms_in_their_order(root: Path, page: Page, name: str) -> None:
    order = " -> ".join(module_tables.rooms(root))
    assert f"```\n{order}\n```" in page(name)


def test_the_model_page_has_the_errors_of_wording(page: Page) -> None:
    text = " ".join(page("docs/model.md").split())
    for name, (sd, shift, _, is_bound) in PRECISIONS.items():
        if is_bound:
            continue  # it has no error: what it allows is modelled
        sign = "+" if shift > 0 else "\N{MINUS SIGN}" if shift < 0 else ""
        size = "0" if shift == 0 else f"{sign}{abs(shift):.2f}".replace("0.", ".")
        assert f"{name} {sd:.2f} and {size}".replace(" 0.", " .") in text


def test_the_engine_page_has_the_constants_of_the_bank(page: Page, tables: Tables) -> None:
    shares, *_ = tables("docs/engines.md")
    assert [row[0] for row in shares[1:]] == [
        f"{100 * share:.0f} %" for share in (bank.PRIOR_SHARE, bank.WIDE_SHARE, bank.NARROW_SHARE)
    ]
    text = " ".join(page("docs/engines.md").split())
    largest = bank.DEFAULT_DRAWS * 2 ** (bank.MAXIMUM_ROUNDS - 1)
    for sentence in (
        f"fitted at power {bank.WIDE_POWER}",
        f"{bank.EFFECTIVE_DRAWS_PER_NORMAL} effective draws for each of the $d$ normals",
        f"at most {bank.MAXIMUM_STAGES} stages of {bank.STAGE_DRAWS_PER_NORMAL} $d$ draws "
        f"({bank.SMALLEST_STAGE:,} at least)",
        f"{bank.DEFAULT_DRAWS:,} populations are drawn afresh",
        f"up to {largest:,}",
        f"Pareto k of the raw weights below {draws.LARGEST_PARETO_K} and an effective sample "
        f"size of at least {draws.SMALLEST_EFFECTIVE_SIZE:,}",
    ):
        assert sentence in text


def test_the_engine_page_has_the_constants_of_nuts(page: Page) -> None:
    text = " ".join(page("docs/engines.md").split())
    for sentence in (
        f"{nuts.CHAINS} chains, {nuts.TUNING_DRAWS:,} tuning draws each",
        f"**Target acceptance {nuts.TARGET_ACCEPTANCE:.2f}.**".replace("0.", "."),
        f"R-hat below {draws.LARGEST_R_HAT}, effective sample size at least "
        f"{draws.SMALLEST_CHAIN_EFFECTIVE_SIZE}",
    ):
        assert sentence in text


def test_the_newest_entry_of_changes_is_of_this_version(page: Page) -> None:
    newest = page("CHANGELOG.md").split("\n## ")[1]
    assert newest.startswith(f"{popest.__version__} - ")
    assert re.findall(r"^### (.*)$", newest, re.MULTILINE)[-1] == "Changes to estimates"


def test_the_newest_entry_of_changes_states_the_headline_estimates(
    page: Page, estimates: dict[str, popest.Estimate]
) -> None:
    _, _, stated = page("CHANGELOG.md").split("\n## ")[1].partition("### Changes to estimates")
    for name, estimate in estimates.items():
        median, (lower, upper, *_) = estimate.stock().median, estimate.interval(0.9)
        line = f"- `{name}`: {persons(median)} ({persons(lower)} to {persons(upper)})\n"
        assert line in stated
