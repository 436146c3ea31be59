"""Tests of an estimate in words: their order, their roundings, and text that is not trusted."""

from html.parser import HTMLParser

import pytest

import popest
from popest.engines.draws import Certificate
from popest.estimates import Estimate, words
from popest.estimates.comparisons.variants import estimate_variants
from popest.estimates.words import (
    as_text,
    certificate_text,
    likely,
    persons,
    sparkline,
    variants_text,
)
from popest.study import StudyError

HOSTILE = "<script>alert('x')</script> & \\\"A\\\""


class Tags(HTMLParser):
    """The tags, texts and depth of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.open.append(tag)
        self.seen.add(tag)
        assert dict(attrs).items() <= {("scope", "col")}

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.text += data


@pytest.fixture
def doubtful(moving) -> Estimate:
    """An estimate with warnings, and a title and a unit that would be markup."""
    sketch = moving.counting("REG1", 8_000).but("People of A in B", HOSTILE)
    return sketch.but('unit = "persons"', 'unit = "<b>persons</b>"').estimate(dates="2023-06-30")


def test_the_answer_comes_first_then_warnings_tables_and_certificate(doubtful: Estimate) -> None:
    text = str(doubtful)
    order = [
        "<script>",
        "2023-06-30: between ",
        "Warning: bad fit: REG1",
        "Warning: scenario: 2023-06-30",
        "\ndate ",
        "\nRatios, counts per unit of exposure, on 2022-12-31",
        "\nsource ",
        "\nComputation: bank engine, certified",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places) and places[0] == 0


def test_the_answer_names_probability_date_and_ranges(static) -> None:
    found = static.estimate()
    lower, upper, *_ = found.interval(0.9)
    first = str(found).split("\n\n")[0].replace("\n", " ")
    assert first.startswith(
        f"Residents of A, 2024-01-31: between {persons(lower)} and {persons(upper)} persons with "
        f"90 % probability, median {persons(found.stock().median)}."
    )
    share = likely(found.probability(900, 1100))
    assert f"The probability that it lies between 900 and 1,100 is {share}." in first


def test_the_prior_stands_beside_the_posterior(report: Estimate) -> None:
    text = str(report)
    prior = report.prior_stock("2022-12-31")
    row = next(line for line in text.splitlines() if line.startswith("2022-12-31"))
    cells = [cell.strip() for cell in row.split("  ") if cell.strip()]
    assert cells[0] == "2022-12-31" and cells[4] == persons(prior.median)
    assert cells[5] == " - ".join(persons(prior.quantile(prob)) for prob in (0.05, 0.95))
    census = next(line for line in text.splitlines() if line.startswith("census"))
    assert " ".join(census.split()).startswith("census 0.40 [0.19, 0.84] ")


def test_a_probability_of_one_half_is_not_shown_twice(static) -> None:
    header = next(line for line in str(static.estimate(prob=0.5)).splitlines() if "date" in line)
    assert " ".join(header.split()) == "date median 50 % prior median prior 50 %"


def test_a_small_ratio_keeps_its_digits(static) -> None:
    sketch = static.but(
        "median = 0.3, interval90 = [0.15, 0.6]", "median = 3e-4, interval90 = [1.5e-4, 6e-4]"
    )
    assert "0.0003  [0.00" in str(sketch.estimate())


def test_the_certificate_does_not_vouch_for_the_fit(report: Estimate, doubtful: Estimate) -> None:
    for found in (report, doubtful):
        text = certificate_text(found)
        assert "certified: effective sample size" in text and "Pareto k" in text
        assert text.endswith("not for the study's assumptions or its fit.")
        before = text.partition("This vouches for the arithmetic, ")[0]
        assert "fit" not in before and "good" not in text and "reliable" not in text


def test_slice_in_place_of_the_bank_is_said(static, chains, poor_bank) -> None:
    fallen = certificate_text(static.estimate(engine="auto", draws=2_000))
    assert fallen.startswith(
        "Computation: slice engine (the bank engine could not be certified), certified: "
        "nested R-hat"
    )
    asked = certificate_text(static.estimate(engine="nuts", draws=2_000))
    assert asked.startswith("Computation: nuts engine, certified: R-hat 1.001")


def test_text_from_a_study_is_escaped_in_html(doubtful: Estimate) -> None:
    html = doubtful._repr_html_()
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; &quot;A&quot;" in html
    tags = Tags(html)
    assert tags.open == []
    assert tags.seen == {"p", "strong", "small", "table", "thead", "tbody", "tr", "th", "td"}
    assert "<script>alert('x')</script> & \"A\", 2023-06-30: between" in tags.text
    assert "<b>persons</b>" in tags.text


def test_html_has_the_order_of_the_text(doubtful: Estimate) -> None:
    html = doubtful._repr_html_()
    parts = (": between ", "<strong>Warning:</strong> bad fit: REG1", "<table>", "Computation:")
    places = [html.index(part) for part in parts]
    assert places == sorted(places) and places[0] < 100


def test_a_number_without_a_figure_behind_it_says_so_first() -> None:
    study = popest.load_study("serbia-report-2024", as_of="2022-03-01")
    text = " ".join(str(popest.estimate(study, draws=1_000)).split())
    assert text.startswith("Warning: no count is used: the estimate is what the study assumes")
    assert text.index("Warning: no count") < text.index(": between ")


def test_no_line_is_wider_than_a_terminal(report: Estimate, monkeypatch) -> None:
    """Columns that do not fit stand below the others, each part with the first column."""
    monkeypatch.setattr(words, "table_width", lambda: 60)
    text = as_text(report)
    assert max(map(len, text.splitlines())) <= 60
    heads = [line.split() for line in text.splitlines() if line.startswith(("date", "source"))]
    assert len(heads) == 4
    assert [cell for head in heads[:2] for cell in head[1:]] == (
        ["median", "50", "%", "90", "%", "prior", "median", "prior", "90", "%"]
    )


def test_the_row_of_bars_is_the_median_by_month(report: Estimate) -> None:
    (line,) = sparkline(report)
    first, last = line[:7], line.partition(",")[0][-7:]
    months = report.trajectory()["median"]
    assert first == "2022-02" and last == "2023-12"
    heights = [words.BARS.index(bar) for bar in line[8:31]]
    shown = months.iloc[: len(heights)].to_numpy()
    assert len(heights) == 23
    assert heights == [round(8 * median / shown.max()) for median in shown]
    assert line.endswith(f"medians up to {persons(shown.max())}")


def test_a_terminal_is_not_sent_control_characters(static) -> None:
    with pytest.raises(StudyError, match=r"holds the control character U\+001B"):
        static.but("Residents of A", "Red \\u001b[31m\\nA").estimate()
    text = str(static.but("Residents of A", "Red \\u202e[31m\\nA").estimate())
    assert "\u202e" not in text and "Red \\u202e[31m A, 2024-01-31" in text


def test_lines_are_short_and_words_whole(report: Estimate) -> None:
    lines = str(report).splitlines()
    assert max(map(len, lines)) <= 88
    assert not any(line.endswith("-") for line in lines)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (0.4, "0"),
        (63.4, "63"),
        (999.6, "1,000"),
        (30_244.8, "30,200"),
        (1e6, "1,000,000"),
    ],
)
def test_persons_are_shown_at_three_digits(value: float, shown: str) -> None:
    assert persons(value) == shown


@pytest.mark.parametrize(
    ("prob", "shown"),
    [(0, "less than 1 %"), (0.0099, "less than 1 %"), (0.41, "41 %"), (0.9949, "more than 99 %")],
)
def test_nothing_is_called_certain(prob: float, shown: str) -> None:
    assert likely(prob) == shown


def test_variants_are_shown_with_how_far_they_reach(static) -> None:
    found = static.estimate()
    rows = estimate_variants(static.study(), itself=found, draws=4_000)
    text = variants_text(rows)
    lines = text.splitlines()
    assert " ".join(lines[2].split()) == "variant median 90 % log evidence warnings"
    assert lines[3].startswith("(the study itself)") and lines[4].startswith("larger")
    medians = sorted(row.headline.median for row in rows)
    assert f"run from {persons(medians[0])} to {persons(medians[1])}" in text.replace("\n", " ")


def test_a_variant_that_is_not_certified_says_so(static) -> None:
    rows = estimate_variants(static.study(), itself=static.estimate(), draws=4_000)
    certificate = str(Certificate(False, 1.2, 12.0))
    failed = rows[1]._replace(headline=None, log_evidence=None, warnings=(certificate,))
    line = variants_text([rows[0], failed]).splitlines()[4]
    assert line.split(maxsplit=1)[1].startswith("not certified")
    assert "Pareto k 1.20" in line


def test_a_population_that_is_known_has_no_spread_to_compare_with(static) -> None:
    sketch = static.but("median = 1000, sigma = 0.5", "median = 1000, sigma = 0")
    text = variants_text(estimate_variants(sketch.study(), draws=1_000))
    assert "1,000 - 1,000" in text and "The medians run" not in text
