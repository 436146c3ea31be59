"""Tests of the catalogues: the same in all languages, nothing missing, nothing left over."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any, get_args, get_type_hints

import odd_studies
import pytest
from markupsafe import Markup
from report_pages import SHIPPED, Pages

from popest.checks.check_conflict import Conflict
from popest.checks.check_drivers import Part
from popest.checks.methods.regression import Explained
from popest.estimates.days import Scenario
from popest.estimates.fit import ALL_SOURCES
from popest.estimates.fit_warnings import Assumed, NoCount, Scatter, Unexplained
from popest.estimates.prior_conflicts import PriorConflict
from popest.estimates.standouts import Standout
from popest.estimates.words import likely, persons
from popest.language.catalogue import FOLDERS, _read, fields_of, languages, sentences
from popest.language.words import Words
from popest.language.writers import Fact, PlainWriter, plain_writer
from popest.report.contents import Contents
from popest.report.language import Texts, isolated, measure_words, quoted
from popest.report.sections import answer, comparisons, provenance
from popest.report.sections import sources as sources_section
from popest.report.voice import Voice
from popest.study import UsageError
from popest.study.estimand import Estimand
from popest.study.observations.columns import PRECISIONS
from popest.study.observations.observation import Observation
from popest.study.observations.saying import figure_and_error_in
from popest.study.slips.slip import MOST_ROWS, Slip
from popest.study.specification.priors import ErrorPrior
from popest.study.specification.timing import Timing
from popest.study.specification.variation import Variation
from popest.study.study import LastCount
from popest.study.view_warnings import ViewWarning

NOT_OF_PAGES = ("checks.", "computation.", "definition.", "estimand.", "panel.")
"""Held to be said by ``tests/checks/test_check_sentences.py``, ``tests/checks/panel``,
``tests/report/panel`` and ``tests/ratios/test_learned_definitions.py``."""


VARIATIONS = {
    "known": (),
    "sample": (54, 450, 2),
    "at_most_one": (),
    "binomial": (),
    "none": (),
    "error": (0.1, 0.5),
    "interval": (0.9,),
}
"""What a source may say of how its counts vary, with the numbers of each sentence."""


def _catalogue(language: str) -> dict[str, str]:
    return {**measure_words(), **sentences(language)}


def test_english_by_the_section_is_the_whole_file() -> None:
    """Section by section as a command reads it, and all of it as other languages are held to it."""
    whole = _read(FOLDERS[0] / "en.toml")
    found = sentences("en")
    assert {key: found[key] for key in reversed(list(whole))} == whole
    assert list(found) == list(whole)
    assert len(found) == len(whole)
    assert "slip.nothing" not in found
    assert "nothing" not in found


def test_english_and_serbian_are_there() -> None:
    assert languages() == ("en", "sr")


@pytest.mark.parametrize("language", languages())
def test_all_languages_say_the_same_things(language: str) -> None:
    english, other = _catalogue("en"), _catalogue(language)
    assert other.keys() == english.keys()
    assert {key: fields_of(other[key]) for key in other} == {
        key: fields_of(english[key]) for key in english
    }
    assert all(sentence.strip() == sentence and sentence for sentence in other.values())


@pytest.mark.parametrize("language", [name for name in languages() if name != "en"])
def test_a_shipped_language_has_words_for_every_measure(language: str) -> None:
    """Which would otherwise be said in English, as in a language that somebody begins."""
    assert measure_words().keys() - sentences(language).keys() == set()


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="language 'xx': write one of en, sr"):
        Texts("xx")


@pytest.mark.parametrize("key", ["date.months", "date.short_months"])
@pytest.mark.parametrize("language", languages())
def test_a_year_has_twelve_months(language: str, key: str) -> None:
    assert len(set(sentences(language)[key].split())) == 12


def test_every_sentence_is_used_somewhere(pages: Pages) -> None:
    """All studies together, and what no study of these tests brings about."""
    for name in (*SHIPPED, *odd_studies.STUDIES, "template", "hostile"):
        pages.html(name, "en")
    _seldom(Voice(pages.contents("every measure"), pages.texts["en"]))
    left = set(_catalogue("en")) - pages.texts["en"].used
    assert {key for key in left if not key.startswith(NOT_OF_PAGES)} == set()


def _seldom(voice: Voice) -> None:
    """Ask for what only happens when a computation fails, or hardly ever."""
    contents = voice.contents
    unsure = Conflict("register", 0.0001, 0.0002, -3.0, certified=False, flagged=False)
    flagged = Conflict("border", 0.0001, 0.0002, -3.0, certified=True, flagged=True)
    shares = {Part("departures"): 0.05, Part("baseline", "register"): 0.01}
    shares |= {Part("initial"): 0.01, Part("volatility"): 0.01, Part("later", "register"): 0.01}
    known = {part: Explained(share, 0.0) for part, share in shares.items()}
    case = contents.findings.cases[0]._replace(alone=None)
    findings = replace(contents.findings, conflicts=(unsure, flagged), known=known, cases=(case,))
    vintage = contents.findings.vintages[0]._replace(headline=None)
    findings = replace(findings, vintages=(vintage, *contents.findings.vintages))
    row = contents.variants[1]._replace(headline=None)
    rare = Voice(
        replace(contents, findings=findings, variants=(contents.variants[0], row)), voice.texts
    )
    answer.rests_on(rare)
    answer.driver_rows(rare)
    comparisons.conflict_sentence(rare)
    comparisons.conflict_rows(rare)
    comparisons.leave_rows(rare)
    comparisons.history_rows(rare)
    comparisons.variant_rows(rare)
    for fact in _facts(contents):
        fact.said(rare)
    name, source = next(iter(contents.specification.source.items()))
    error = ErrorPrior(median=0.05, sigma=0.4, because="Revisions of the register.")
    own = {name: source.replaced(error=error)}
    specification = contents.specification.replaced(source=own)
    seen: Any = SimpleNamespace(specification=specification, study=contents.study)
    with_error = Voice(seen, voice.texts)
    provenance.priors(with_error)
    list(sources_section.reasons(with_error, own[name]))
    for word in PRECISIONS:
        voice.texts(f"provenance.{word}")
    for kind, numbers in VARIATIONS.items():
        Variation(kind, numbers).said(rare.texts)
    for kind in ("size", "departure_hazard", "group", "drift", "step", "ratio"):
        for values in ((), ((1.0, 0.5, 2.0), 9.0)):
            Assumed(PriorConflict(kind, "register", 5.0, *values)).said(rare)
    for kind in ("lag", "lag_of_register"):
        Timing(kind, (1,)).said(rare.texts)
    row = contents.study.used[0]
    for error in ({"se": 12.5}, {"lower": 1.0, "upper": 2e6}):
        figure_and_error_in(voice.texts, replace(row, precision="exact", **error))


def _facts(contents: Contents) -> list[Fact]:
    """Everything that can be said against an estimate, in each of its ways."""
    fit, day = contents.estimate.observations_fit[0], date(2023, 12, 31)
    return [
        *(Unexplained(fit._replace(percentile=percentile)) for percentile in (0, 1)),
        *(
            Unexplained(fit._replace(percentile=percentile, bounds=bounds))
            for percentile in (0, 1)
            for bounds in ((0.0, 4.0), (5.0, 9.0), (100.0, math.inf))
        ),
        *(
            Standout("REG1", "register", *values, digits)
            for values in ((29_501, 2_970.4), (297, 2_970.4))
            for digits in ("", "glued", "missing")
        ),
        *(Scatter(source, 0.4, 0.08) for source in ("register", ALL_SOURCES)),
        *(NoCount(is_surveyed) for is_surveyed in (False, True)),
        *(
            Scenario(Estimand(day), LastCount(date(2023, 12, last), "REG1"), 0.3)
            for last in (30, 1)
        ),
        *(ViewWarning(kind, "register", ("A1",), "A2", 80.0) for kind in _kinds(ViewWarning)),
        *_slips(contents.study.used),
    ]


def _kinds(fact: type) -> Sequence[str]:
    return get_args(get_type_hints(fact)["kind"])


def _slips(used: Sequence[Observation]) -> list[Slip]:
    """Slips of each kind, about one other row or many, below it or above."""
    row, *others = used
    about = (*others, *[replace(row, id=f"X{n}", source="experts") for n in range(MOST_ROWS)])
    low, high = replace(row, value=1), replace(row, value=10**9)
    return [
        Slip(kind, subject, rows, "about", "about", number)
        for kind in _kinds(Slip)
        for subject, rows, number in ((low, about[:1], 1), (high, about, 1_700))
    ] + [
        Slip("wording", row, word="fewer than", precision=precision)
        for precision in ("more_than", "at_least", "at_most")
    ]


@pytest.mark.parametrize("language", languages())
def test_a_page_and_a_terminal_say_the_same_of_an_estimate(pages: Pages, language: str) -> None:
    contents = pages.contents("every measure")
    for fact in _facts(contents):
        page, terminal = Voice(contents, Texts(language)), PlainWriter(Words(language))
        fact.said(page), fact.said(terminal)
        asked = [
            {key for key in texts.used if key.startswith(("warning.", "slip."))}
            for texts in (page.texts, terminal.texts)
        ]
        assert asked[0] == asked[1] != set()


def test_english_is_what_a_fact_says_by_itself(pages: Pages) -> None:
    english, serbian = plain_writer(), plain_writer("sr")
    for fact in _facts(pages.contents("every measure")):
        assert str(fact) == fact.said(english) != fact.said(serbian)


@pytest.mark.parametrize(
    ("language", "aside"), [("en", "another question"), ("sr", "drugo je pitanje")]
)
def test_scatter_and_conflict_are_told_apart(language: str, aside: str) -> None:
    """One is within a source and one between sources: neither sentence denies the other."""
    assert aside in sentences(language)["conflict.none"]


def test_a_long_list_is_cut_in_the_language_of_the_page(pages: Pages) -> None:
    contents = pages.contents("every measure")
    slip = [s for s in _slips(contents.study.used) if s.kind == "relayed_value"][1]
    rest = len(slip.others) - MOST_ROWS
    for language, words in (("en", f"and {rest} more"), ("sr", f"i još {rest}")):
        assert words in slip.said(Voice(contents, Texts(language)))
        assert words in slip.said(plain_writer(language))


@pytest.mark.parametrize("value", [0.0, 3.0, 751.4, 31_349.0, 123_456.0, -2_170.0])
def test_persons_are_rounded_as_in_words(value: float) -> None:
    english, serbian = Texts("en"), Texts("sr")
    said = persons(value)
    assert english.persons(value).replace("\u2212", "-") == said
    assert serbian.persons(value).replace("\u2212", "-") == said.replace(",", ".")


@pytest.mark.parametrize("prob", [0.0, 0.004, 0.01, 0.5234, 0.985, 0.99, 0.996, 1.0])
def test_probabilities_are_rounded_as_in_words(prob: float) -> None:
    assert Texts("en").likely(prob).replace("\u00a0", " ") == likely(prob)


@pytest.mark.parametrize(
    ("value", "english", "serbian"),
    [
        (0.0, "0", "0"),
        (0.4, "0.40", "0,40"),
        (0.0873, "0.087", "0,087"),
        (0.00012, "0.00012", "0,00012"),
        (-0.5, "\u22120.50", "\u22120,50"),
        (1.357, "1.36", "1,36"),
        (1234.5, "1,234.50", "1.234,50"),
    ],
)
def test_small_numbers_keep_two_digits(value: float, english: str, serbian: str) -> None:
    assert Texts("en").significant(value) == english
    assert Texts("sr").significant(value) == serbian


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.014, "0.014"),
        (8000.0, "8,000"),
        (0.08, "0.08"),
        (3.0, "3"),
        (1e-7, "0.0000001"),
        (1e6, "1,000,000"),
    ],
)
def test_an_assumption_is_written_as_it_was(value: float, written: str) -> None:
    assert Texts("en").exact(value) == written


def test_days_are_written_as_people_write_them() -> None:
    day = date(2023, 12, 31)
    assert Texts("en").day(day) == "31 December 2023"
    assert Texts("sr").day(day) == "31. decembra 2023."


def test_what_is_filled_in_is_escaped_and_what_is_markup_is_not() -> None:
    texts = Texts("en")
    said = texts("page.variant", name="<b>{x}</b>")
    assert said == "This is the variant “&lt;b&gt;{x}&lt;/b&gt;” of the study."
    assert isinstance(said, Markup)
    assert quoted("<b>") in texts("page.variant", name=quoted("<b>"))
    assert texts.plain("page.variant", name="<b>") == "This is the variant “<b>” of the study."
    assert isolated("a") == "\u2068a\u2069"


def test_names_stand_one_after_the_other() -> None:
    texts = Texts("en")
    assert [texts.list(names) for names in ([], ["a"], ["a", "b"], ["a", "<", "c"])] == [
        "",
        "a",
        "a and b",
        "a, &lt; and c",
    ]
