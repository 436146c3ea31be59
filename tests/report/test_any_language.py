"""Tests that a language is one file: a page and a check speak one that nobody has written."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import odd_studies
import pytest
from click.testing import CliRunner
from html_page import parse
from report_pages import Pages

import popest
from popest.checks import all_checks
from popest.cli.app import app
from popest.cli.check import EXIT_CHECK_FAILED
from popest.language import catalogue
from popest.language.catalogue import LanguageError, fields_of, languages, sentences
from popest.report.language import Texts, measure_words
from popest.study import UsageError

TOY = "toy"
FIELD = re.compile(r"\{[^{}]*\}")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
"""Of a script: nobody who reads the page sees it."""
CIRCLED = {letter: letter + 0x24D0 - ord("a") for letter in range(ord("a"), ord("z") + 1)}
CIRCLED |= {letter: letter + 0x24B6 - ord("A") for letter in range(ord("A"), ord("Z") + 1)}
"""Letters in circles, which no English word has."""
WORD = re.compile("[A-Za-z]{2,}")
NAMES = {word for name in all_checks() for word in name.split("-")} | {"first"}
"""Of checks and of a wave: they are said alike in every language."""
FEWEST_WORDS = 3
"""Parts of sentences with fewer words may be said by the study itself."""


def english() -> dict[str, str]:
    """Every sentence of the catalogue, those of the measures included."""
    return {**measure_words(), **sentences("en")}


def circled(sentence: str) -> str:
    """Return a sentence with its letters circled and its fields kept."""
    parts = FIELD.split(sentence)
    fields = [*FIELD.findall(sentence), ""]
    return "".join(
        part.translate(CIRCLED) + field for part, field in zip(parts, fields, strict=True)
    )


def write_language(folder: Path, words: dict[str, str], name: str = TOY) -> None:
    lines = [
        f"{'.'.join(map(json.dumps, key.split('.')))} = {json.dumps(words[key])}\n" for key in words
    ]
    (folder / f"{name}.toml").write_text("".join(lines), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of languages beside those that ship."""
    found = tmp_path / "languages"
    found.mkdir()
    monkeypatch.setattr(catalogue, "FOLDERS", [*catalogue.FOLDERS, found])
    return found


@pytest.fixture
def toy(folder: Path) -> str:
    write_language(folder, {key: circled(sentence) for key, sentence in english().items()})
    return TOY


def left_in(text: str) -> Iterator[str]:
    """Give the parts of English sentences that a text says."""
    for key, sentence in english().items():
        for part in FIELD.split(sentence):
            said = part.strip(" .,:;()")
            if len(said.split()) >= FEWEST_WORDS and said in text:
                yield f"{key}: {said}"


def test_a_language_is_found_by_its_file(toy: str) -> None:
    assert languages() == ("en", "sr", toy)
    assert fields_of(Texts(toy).plain("warning.heading")) == set()


def test_a_page_in_a_new_language_says_nothing_in_english(toy: str, tmp_path: Path) -> None:
    study = odd_studies.STUDIES["contradictory"]()
    page = popest.write_report(study, tmp_path / "page.html", language=toy)
    text = html.unescape(COMMENT.sub("", page.read_text(encoding="utf-8")))
    assert len(study.warnings) > 0
    assert circled("The model does not explain it together with them.") in text
    assert list(left_in(text)) == []
    whole = {sentence for sentence in english().values() if not fields_of(sentence)}
    said = {element.text for element in parse(page.read_text(encoding="utf-8")).each()}
    assert said & {sentence for sentence in whole if circled(sentence) != sentence} == set()


def test_a_check_in_a_new_language_says_nothing_in_english(toy: str, tmp_path: Path) -> None:
    folder = tmp_path / "town"
    folder.mkdir()
    rows = odd_studies.REG1 + odd_studies.WRONG + odd_studies.VOT_HIGH + odd_studies.UNDATED
    specification = odd_studies.ARRIVALS + odd_studies.WAVE + odd_studies.REGISTER
    (folder / "study.toml").write_text(specification + odd_studies.VOTERS, encoding="utf-8")
    (folder / "observations.csv").write_text(odd_studies.HEADER + rows, encoding="utf-8")
    done = CliRunner().invoke(app, ["check", str(folder), "--quick", "--language", toy])
    text = " ".join(done.stdout.split())
    assert done.exit_code == EXIT_CHECK_FAILED
    assert text.startswith(circled("Warning: "))
    assert circled("The model does not explain them together with the others.") in text
    assert list(left_in(text)) == []
    assert set(WORD.findall(text)) - set(WORD.findall(rows)) <= NAMES


def test_the_list_of_checks_is_in_a_new_language(toy: str) -> None:
    text = CliRunner().invoke(app, ["check", "--list", "--language", toy]).stdout
    assert set(WORD.findall(text)) <= NAMES


def test_the_search_for_english_finds_it(pages: Pages) -> None:
    assert len(list(left_in(html.unescape(pages.html("static", "en"))))) > 50


def test_a_language_that_lacks_a_sentence_is_refused_with_its_key(folder: Path) -> None:
    words = {key: circled(sentence) for key, sentence in english().items()}
    del words["warning.above"]
    write_language(folder, words)
    with pytest.raises(LanguageError, match=r"'toy': .*toy\.toml lacks warning\.above$"):
        sentences(TOY)
    with pytest.raises(UsageError, match=r"lacks warning\.above$"):
        Texts(TOY)


def test_a_language_with_other_fields_is_refused_with_the_key(folder: Path) -> None:
    words = {key: circled(sentence) for key, sentence in english().items()}
    words["warning.above"] = words["warning.above"].replace("{median}", "{mean}")
    write_language(folder, words)
    with pytest.raises(
        LanguageError, match=r"other names in braces than English in warning\.above$"
    ):
        sentences(TOY)


@pytest.mark.parametrize("text", ["[number\n", "[number]\npoint = 1\n", "\ufeff[number]"])
def test_a_file_that_holds_no_sentences_is_refused(folder: Path, text: str) -> None:
    (folder / "toy.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LanguageError, match=r"'toy': .*toy\.toml"):
        sentences(TOY)


def test_a_long_list_of_missing_sentences_is_cut(folder: Path) -> None:
    write_language(folder, {"number.point": "."})
    with pytest.raises(LanguageError, match=r"lacks (\S+, ){4}\S+ and \d+ more$"):
        sentences(TOY)
