"""What matters most has one answer, shown by check, report, what-if, estimate and README alike."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from html_page import rows
from report_pages import Pages

import popest
from popest.cli.app import app
from popest.estimates.words import persons
from popest.report.what_if.in_full import TAILS

STUDY = "serbia"
IN_WORDS = {
    "residence_permits": "the residence permits",
    "border_balance": "the border balance",
    "arrival_survey": "the survey",
}
"""How README calls the sources."""
FIELDS = {name: "{" for name in ("low", "low_source", "high", "high_source")}


def checked(study: str, *options: str) -> dict[str, Any]:
    """The leave-one-out check as a program reads it from the command line."""
    done = CliRunner().invoke(app, ["check", study, "--json", *options])
    assert done.exit_code == 0, done.output
    (found,) = [
        each for each in json.loads(done.stdout)["checks"] if each["name"] == "leave-one-out"
    ]
    return {key: value for key, value in found.items() if key != "seconds"}


@pytest.fixture(scope="module")
def check() -> dict[str, Any]:
    return checked(STUDY, "--only", "leave-one-out")


@pytest.fixture(scope="module")
def without(check: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The rows of the sources left out."""
    return {
        row["source"]: row for row in check["table"] if row["case"] == f"without {row['source']}"
    }


@pytest.fixture(scope="module")
def most(without: dict[str, dict[str, Any]]) -> list[str]:
    return [name for name, row in without.items() if row["moves_most"]]


def test_the_quick_check_says_the_same() -> None:
    """Of the shipped study that is checked fastest: which checks ran before changes nothing."""
    study = "serbia-report-2024"
    assert checked(study, "--quick") == checked(study, "--only", "leave-one-out")


def test_the_sentence_says_what_the_table_says(
    check: dict[str, Any], without: dict[str, dict[str, Any]], most: list[str]
) -> None:
    sentence = check["sentence"]
    assert len(most) > 1, "this study has a tie"
    assert sentence.startswith(f"{', '.join(most[:-1])} and {most[-1]} move the median most, alike")
    assert f"it goes from {persons(check['table'][0]['median'])} " in sentence
    for name in most:
        median, share = persons(without[name]["median"]), abs(without[name]["move_in_widths"])
        assert f"to {median} without {name} ({100 * share:.0f} %" in sentence


def test_popest_estimate_says_the_same_of_each_study_without_a_source(
    check: dict[str, Any], without: dict[str, dict[str, Any]]
) -> None:
    study = popest.load_study(STUDY)
    assert check["table"][0]["median"] == pytest.approx(estimated(study), rel=1e-6)
    for name, row in without.items():
        assert row["median"] == pytest.approx(estimated(study.without(name)), rel=1e-6)
    for variant, name in (("no_survey", "arrival_survey"), ("no_companies", "companies")):
        median = estimated(study.with_variant(variant))
        assert without[name]["median"] == pytest.approx(median, rel=1e-6)


def estimated(study: popest.Study) -> float:
    return popest.estimate(study, engine="bank", seed=1).stock().median


@pytest.mark.parametrize("language", ["en", "sr"])
def test_the_report_says_the_same(
    pages: Pages,
    language: str,
    check: dict[str, Any],
    without: dict[str, dict[str, Any]],
    most: list[str],
) -> None:
    page, texts = pages.tree(STUDY, language), pages.texts[language]
    titles = popest.load_study(STUDY).specification.source
    shown = {row[0]: row for row in rows(page, "leave-table")}
    for name, row in without.items():
        cells = shown[titles[name].title]
        assert cells[1] == texts.persons(row["median"])
        assert cells[2] == texts.interval(texts.persons(row["lower"]), texts.persons(row["upper"]))
        move, error = (float(f"{row[key]:.2g}") for key in ("move", "move_se"))
        assert cells[3].lstrip("+") == f"{texts.number(move)} ± {texts.number(error)}"
    (lead,) = [p.text for p in page.one("leave-one-out").each("p") if p["class"] == "lead"]
    assert texts.persons(check["table"][0]["median"]) in lead
    told, _ = lead.split(texts.plain("leave.alone", **FIELDS).split("{")[0])
    for name, row in without.items():
        facts = {
            "after": texts.persons(row["median"]),
            "source": titles[name].title,
            "share": texts.percent(abs(row["move_in_widths"])),
        }
        case = " ".join(texts.plain("leave.case", **facts).split())
        assert (case in told) == (name in most)


def test_the_what_if_says_the_same(pages: Pages, without: dict[str, dict[str, Any]]) -> None:
    found = {each["source"]: each for each in what_if(pages)["inFull"]}
    assert list(found) == list(without)
    for name, row in without.items():
        shown = dict(zip(TAILS, found[name]["quantiles"], strict=True))
        for key, tail in (("lower", 0.05), ("median", 0.5), ("upper", 0.95)):
            assert shown[tail] == pytest.approx(row[key], rel=1e-6)
        assert found[name]["effectiveSize"] == pytest.approx(row["effective_size"], rel=1e-6)
        density = -row["log_predictive_density"]
        assert found[name]["logEvidence"] == pytest.approx(density, rel=1e-6, abs=1e-6)


def what_if(pages: Pages) -> dict[str, Any]:
    (text,) = re.findall(
        r'<script type="application/json" id="what-if-data">(.*?)</script>', pages.html(STUDY, "en")
    )
    document: dict[str, Any] = json.loads(text)
    return document


def test_readme_says_the_same(
    root: Path, check: dict[str, Any], without: dict[str, dict[str, Any]], most: list[str]
) -> None:
    text = " ".join((root / "README.md").read_text(encoding="utf-8").split())
    *first, last = (f"to {persons(without[n]['median'])} without {IN_WORDS[n]}" for n in most)
    words = {1: "One", 2: "Two", 3: "Three"}
    assert (
        f"{words[len(most)]} sources move the median most, alike within Monte Carlo error: it goes "
        f"from {persons(check['table'][0]['median'])} {', '.join(first)} and {last}."
    ) in text
    balance = without["border_balance"]
    said = (
        f"{persons(balance['median'])} ({persons(balance['lower'])} to {persons(balance['upper'])})"
    )
    assert f"Without it the study says {said}" in text
    page = (root / "docs/checks/leave-one-out.md").read_text(encoding="utf-8")
    quoted = check["sentence"].split(" One source alone")[0]
    assert quoted in " ".join(page.split())
