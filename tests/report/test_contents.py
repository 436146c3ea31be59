"""Tests of what the page says: its numbers are those of the estimate and of the checks."""

from __future__ import annotations

import pytest
from html_page import rows
from report_pages import SHIPPED, Pages

import popest
from popest.checks import run_checks
from popest.estimates import estimate_variants
from popest.estimates.comparisons.history import history
from popest.estimates.words import likely, persons
from popest.report.sections.provenance import link
from popest.report.sections.references import BANK, DRIVERS, FIT, SENSITIVITY, VARIANTS


@pytest.fixture(scope="module", params=SHIPPED)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_the_answer_is_the_estimate(pages: Pages, name: str) -> None:
    found, page = pages.estimate(name), pages.tree(name, "en")
    text = page.one("answer").text
    lower, upper, *_ = found.interval(0.9)
    prior = found.prior_stock().interval(0.9)
    for sentence in (
        f"between {persons(lower)} and {persons(upper)} persons, with 90 % probability",
        f"The median is {persons(found.stock().median)}.",
        f"said between {persons(prior.lower)} and {persons(prior.upper)} "
        f"(median {persons(found.prior_stock().median)})",
        f"lies between 30,000 and 40,000 is {likely(found.probability(30_000, 40_000))}.",
        f"it was {likely(found.prior_stock().probability(30_000, 40_000))}.",
    ):
        assert sentence in text
    _, after, before = rows(page, "answer-table")
    for cells, stock in ((after, found.stock()), (before, found.prior_stock())):
        assert cells[1:] == [
            persons(stock.median),
            *(
                f"{persons(i.lower)} to {persons(i.upper)}"
                for i in stock.intervals((0.5, 0.8, 0.9, 0.95))
            ),
        ]


def test_each_warning_of_the_fit_is_there(pages: Pages, name: str) -> None:
    found = pages.estimate(name)
    items = list(pages.tree(name, "en").one("answer").each("li"))
    assert len(items) == len(found.warnings) > 0


def test_the_trajectory_is_that_of_the_estimate(pages: Pages, name: str) -> None:
    found = pages.estimate(name)
    body = rows(pages.tree(name, "en"), "trajectory-table")[1:]
    assert [row[0] for row in body] == [str(day) for day in found.model.calendar.month_ends]
    for row in (body[0], body[-1]):
        stock = found.stock(row[0])
        interval = stock.interval(0.9)
        assert row[1] == persons(stock.median)
        assert row[4] == f"{persons(interval.lower)} to {persons(interval.upper)}"


def test_ratios_and_fits_are_those_of_the_estimate(pages: Pages, name: str) -> None:
    found, page = pages.estimate(name), pages.tree(name, "en")
    body = rows(page, "ratios-table")[1:]
    assert len(body) == len(found.ratios_learned)
    for row, learned in zip(body, found.ratios_learned, strict=True):
        assert row[0] == found.study.specification.source[learned.source].title
        assert float(row[1]) == pytest.approx(learned.prior[0], abs=0.005)
        assert float(row[3]) == pytest.approx(learned.posterior[0], abs=0.005)
    shown = [
        row
        for n, _ in enumerate(found.study.specification.source, 1)
        for row in rows(page, f"fit-{n}")[1:]
    ]
    assert len(shown) == len(found.observations_fit)
    by_id = {fit.observation: fit for fit in found.observations_fit}
    counted = [row for row in shown if row[0] in by_id]
    assert len(counted) == len(found.study.used)
    for row in counted:
        assert row[2] == f"{by_id[row[0]].value:,.0f}"
        assert row[3] == f"{by_id[row[0]].predicted.median:,.0f}"
        assert row[5] == f"{100 * by_id[row[0]].percentile:.0f}"


def test_comparisons_are_those_of_the_checks(pages: Pages) -> None:
    study = popest.load_study("serbia-report-2024")
    page = pages.tree("serbia-report-2024", "en")
    checked = run_checks(study, only=("leave-one-out", "conflict", "drivers"))
    cases = {row["case"]: row for row in checked["leave-one-out"].table}
    for row in rows(page, "leave-table")[2:-1]:
        (source,) = [n for n, s in study.specification.source.items() if s.title == row[0]]
        assert row[1] == persons(cases[f"without {source}"]["median"])
        assert row[4] == persons(cases[f"only {source}"]["median"])
    shown = [float(row[1]) for row in rows(page, "conflict-table")[1:]]
    assert shown == pytest.approx([row["p_value"] for row in checked["conflict"].table], abs=0.005)
    first = checked["drivers"].table[0]
    assert rows(page, "drivers")[1][1:] == [
        f"{100 * first[key]:.0f} %" for key in ("share_of_variance", "width_left")
    ]


def test_variants_and_history_are_those_of_python(pages: Pages) -> None:
    study = popest.load_study("serbia-report-2024")
    page = pages.tree("serbia-report-2024", "en")
    found = estimate_variants(study, engine="bank", seed=1)
    assert [row[1] for row in rows(page, "variants-table")[1:]] == [
        persons(row.headline.median) for row in found
    ]
    vintages = history(study, engine="bank", seed=1).vintages
    assert [row[:2] for row in rows(page, "history-table")[1:]] == [
        [str(each.as_of), persons(each.headline.median)] for each in vintages
    ]


def test_every_row_and_every_prior_is_there(pages: Pages, name: str) -> None:
    study, page = popest.load_study(name), pages.tree(name, "en")
    used = rows(page, "used-table")[1:]
    unused = rows(page, "unused-table")[1:] if len(study.used) < len(study.observations) else []
    in_use = {row.id for row in study.used}
    assert {row[0].split()[0] for row in used} == in_use
    assert len(used) + len(unused) == len(study.observations)
    text = page.one("provenance").text
    for row in study.observations:
        assert " ".join(row.note.split()) in text
        assert " ".join(row.publisher.split()) in text
    links = [each["href"] for each in page.one("provenance").each("a")]
    assert links == [
        row.url
        for rows_ in (True, False)
        for row in study.observations
        if (row.id in in_use) == rows_ and row.url
    ]
    for source in study.specification.source.values():
        for prior in (source.ratio, source.baseline, source.bias, source.error):
            if prior is not None:
                assert " ".join(prior.because.split()) in text
    for wave in study.specification.population.wave:
        assert " ".join(wave.size.because.split()) in text


def test_the_computation_can_be_repeated(pages: Pages, name: str) -> None:
    text = pages.tree(name, "en").one("certificate").text
    found = pages.contents(name).estimate
    for part in (
        found.study.data_sha256,
        f"popest {popest.__version__}",
        f"effective sample size {found.certificate.ess:,.0f}",
        f"popest report {name} --out report.html --seed 1",
    ):
        assert part in text
    assert "--language sr" in pages.tree(name, "sr").one("certificate").text
    assert "--as-of 2023-03-01" in pages.tree("as of", "en").one("certificate").text
    assert "popest report" not in pages.tree("variant", "en").one("certificate").text


def test_the_methods_statement_cites_what_was_done(pages: Pages) -> None:
    cited = {
        name: {each.text for each in pages.tree(name, "en").one("methods").each("li")}
        for name in ("serbia", "no source", "single source")
    }
    assert cited["serbia"] == {*BANK, *FIT, *SENSITIVITY, *DRIVERS, *VARIANTS}
    assert cited["no source"] == {*BANK, *DRIVERS}
    assert cited["single source"] == {*BANK, *FIT, *SENSITIVITY, *DRIVERS}
    text = pages.tree("serbia", "en").one("methods").text
    found = pages.contents("serbia").estimate
    assert f"from {len(found.study.used)} published figures of 8 sources" in text
    assert f"The median was {persons(found.stock().median)} persons" in text
    for paper in BANK:
        assert paper.partition(",")[0] in text


def test_what_happened_to_a_figure_is_said(pages: Pages) -> None:
    status = {
        row[0].split()[0]: row[4] for row in rows(pages.tree("as of", "en"), "unused-table")[1:]
    }
    assert status["REG4"].startswith("not known by 2023-03-01")
    corrected = rows(pages.tree("single source", "en"), "unused-table")[1:]
    assert [row[4] for row in corrected] == ["replaced by REG4"]


def test_figures_that_are_not_explained_are_marked(pages: Pages) -> None:
    page = pages.tree("contradictory", "en")
    marked = [row for row in page.each("tr") if "flagged" in row.classes]
    assert marked and all("not explained" in row.text for row in marked)
    assert any("VOT1" in row.text for row in marked)


def test_all_dates_of_a_study_stand_side_by_side(pages: Pages) -> None:
    found = pages.estimate("papers")
    days = rows(pages.tree("papers", "en"), "dates-table")[1:]
    assert [row[0] for row in days] == ["31 December 2022", "31 December 2023 (scenario)"]
    assert [row[1] for row in days] == [persons(found.stock(day).median) for day in found.dates]
    assert len(rows(pages.tree("serbia", "en"), "dates-table")[1:]) == 3
    assert "dates-table" not in pages.html("serbia-report-2024", "en")


def test_what_comes_after_the_last_count_is_hatched(pages: Pages) -> None:
    html = pages.html("papers", "en")
    assert html.count('fill="url(#scenario-hatching)"') == 2
    assert html.count('id="scenario-hatching"') == 1
    assert "scenario: after 30 June 2023, the last count" in pages.tree("papers", "en").text
    assert '"lastCount": "2023-06-30"' in html or '"lastCount":"2023-06-30"' in html
    assert "scenario-hatching" not in pages.html("no source", "en").split("<script")[0]


def test_a_unit_that_no_language_knows_is_quoted(pages: Pages) -> None:
    (headline,) = [
        each for each in pages.tree("static", "sr").each("p") if "headline" in each.classes
    ]
    assert [each.text for each in headline.each("bdi")] == ["households"]
    (headline,) = [
        each for each in pages.tree("serbia", "sr").each("p") if "headline" in each.classes
    ]
    assert "osoba" in headline.text


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://a.example/x?y=1", "a.example"),
        ("http://a.example:80/", "a.example"),
        ("https://good.example@evil.example/", "evil.example"),
        ("javascript:alert(1)", None),
        (" https://a.example", None),
        ("https://a.example/\u202ex", None),
        ("https://a.example/a b", None),
        ("data:text/html,x", None),
        ("//a.example", None),
        ("https://", None),
        ("http://[broken", None),
        ("a.example", None),
    ],
)
def test_only_plain_addresses_of_the_web_are_links(address: str, host: str | None) -> None:
    found = link(address)
    assert found is not None and found.host == host and found.address == address
    assert link("") is None
