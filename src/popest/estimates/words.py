"""An estimate in words and small tables, for people."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from popest.estimates.distribution import HEADLINE_PROBABILITY, Distribution, percent
from popest.estimates.fit_warnings import NoCount
from popest.language.writers import plain_writer
from popest.study.measures import rules_of
from popest.study.problems import printable

if TYPE_CHECKING:
    from datetime import date

    from popest.estimates.days import Scenario
    from popest.estimates.result import Result, VariantRow
    from popest.study import Study

WIDTH, NARROWEST, ANY_WIDTH = 88, 40, 10_000
"""Characters of a line: at most, however narrow a terminal is, and where there is none."""
BARS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
"""Blocks of an eighth to eight eighths of a line's height (Unicode, Block Elements)."""
MOST_BARS, BESIDE_BARS = 36, 42
"""Bars of a row at most, and what stands beside them, characters."""
Row = Sequence[str]


def persons(value: float) -> str:
    """Return a number of persons at three significant digits, thousands separated."""
    return f"{float(f'{value:.3g}'):,.0f}"


def range_of(distribution: Distribution, prob: float) -> str:
    """Return the interval of a number of persons that holds `prob`."""
    lower, upper, *_ = distribution.interval(prob)
    return f"{persons(lower)} - {persons(upper)}"


def likely(prob: float) -> str:
    """Return a computed probability, rounded, and never as certain when it is not."""
    return plain_writer().texts.likely(prob)


def headline(estimate: Result) -> str:
    """Return the answer in one sentence: what it is of, its interval and its probability."""
    asked = estimate.asked[0]
    found = estimate.posterior_of(asked)
    lower, upper, prob, *_ = found.interval(estimate.settings.prob)
    sentences = [
        f"{estimate.study.specification.title}, {asked}: between {persons(lower)} and "
        f"{persons(upper)} {estimate.unit} with {percent(prob)} probability, median "
        f"{persons(found.median)}."
    ]
    for low, high in estimate.study.specification.ranges:
        share = likely(found.probability(low, high))
        sentences.append(
            f"The probability that it lies between {low:,.0f} and {high:,.0f} is {share}."
        )
    return " ".join([*sentences, *scenario_sentence(estimate.study, asked.last)])


def in_brief(estimate: Result) -> str:
    """Return the answer in a few words: of what, its interval, its probability, its median."""
    asked = estimate.asked[0]
    found = estimate.posterior_of(asked)
    prob = estimate.settings.prob
    return (
        f"{asked}: {range_of(found, prob)} {estimate.unit} ({percent(prob)}), "
        f"median {persons(found.median)}"
    )


def scenario_sentence(study: Study, day: date) -> list[str]:
    """Return the sentence that a day is a scenario of a study; nothing where it is none."""
    if study.last_count is None or not study.is_scenario(day):
        return []
    texts = plain_writer().texts
    return [texts("answer.scenario", last=texts.day(study.last_count.day))]


def as_text(estimate: Result, *, details: bool = True) -> str:
    """Return the estimate for a terminal: the answer first, then what to know before using it.

    A number that must not be used, since its file is not what popest wrote or no figure is behind
    it, says so before it is told.

    Parameters
    ----------
    estimate
        The estimate.
    details
        Whether the ratios and all of the certificate are said, too.
    """
    before, after = (
        [wrapped(f"Warning: {text}") for text in texts] for texts in warnings_around(estimate)
    )
    parts = [*before, wrapped(headline(estimate)), *sparkline(estimate), *after]
    parts.append(table_text(date_header(estimate), date_rows(estimate)))
    parts += map(wrapped, scenario_note(estimate))
    if not details:
        return "\n\n".join([*parts, wrapped(rests_on(estimate))])
    if estimate.ratios_learned:
        parts += [wrapped(_ratio_title(estimate)), table_text(RATIO_HEADER, ratio_rows(estimate))]
    return "\n\n".join([*parts, wrapped(certificate_text(estimate))])


def warnings_around(estimate: Result) -> tuple[list[str], list[str]]:
    """Return the warnings that are said before the number, and those that are said below it."""
    unfounded = [str(fact) for fact in estimate.fit_findings if isinstance(fact, NoCount)]
    first = [*estimate.origin_warnings, *unfounded]
    return first, [text for text in estimate.warnings if text not in first]


def sparkline(estimate: Result) -> list[str]:
    """Return the median of the stock by month as a row of bars, up to the last day asked for.

    Nothing where it never moves.
    """
    stock, calendar = estimate.draws.state.population.stock, estimate.model.calendar
    until = calendar.month_of(min(estimate.last_day, calendar.last_day))
    most = min(MOST_BARS, width() - BESIDE_BARS)
    places = np.unique(np.linspace(0, until, most).round().astype(int))
    medians = [Distribution(stock[place], estimate.draws.weights).median for place in places]
    largest = max(medians)
    if not largest > 0 or min(medians) == largest:
        return []
    heights = [round(median / largest * (len(BARS) - 1)) for median in medians]
    first, last = (calendar.months[place] for place in (places[0], places[-1]))
    bars = "".join(BARS[height] for height in heights)
    return [f"{first} {bars} {last}, medians up to {persons(largest)}"]


def rests_on(estimate: Result) -> str:
    """Return what the estimate rests on, and where more is said."""
    study = estimate.study
    sources = {row.source for row in study.used}
    parts = [f"{len(study.used)} figures of {len(sources)} sources"] if study.used else []
    surveys = [
        name
        for name, source in study.specification.source.items()
        if not rules_of(source.measure).has_rows
    ]
    parts += [f"{len(surveys)} survey{'s' * (len(surveys) > 1)}"] if surveys else []
    last = "" if study.last_count is None else f", the last of {study.last_count.day}"
    said = f"It rests on {' and '.join(parts)}{last}. " if parts else ""
    variants = len(study.specification.variant)
    more = f"--variants: the study under {variants} other assumptions. " if variants else ""
    return (
        f"{said}The computation is certified ({estimate.draws.engine} engine, seed "
        f"{estimate.settings.seed}), which says nothing of the assumptions or the fit. {more}"
        "--details: the ratios and the computation. popest report: all of it on one page."
    )


def certificate_text(estimate: Result) -> str:
    """Return what vouches for the computation, kept apart from the fit."""
    engine = f"{estimate.draws.engine} engine"
    if estimate.settings.engine == "auto" and estimate.draws.engine != "bank":
        engine += " (the bank engine could not be certified)"
    return (
        f"Computation: {engine}, {estimate.certificate}; seed {estimate.settings.seed}, "
        f"{estimate.seconds:.1f} s. This vouches for the arithmetic, not for the study's "
        f"assumptions or its fit."
    )


MARK = "*"
"""Behind a date that is a scenario."""
RATIO_HEADER = ("source", "prior", "", "posterior", "")
VARIANT_HEADER = ("variant", "median", "90 %", "log evidence", "warnings")


def date_header(estimate: Result) -> Row:
    """Return the header of `date_rows`."""
    prob = estimate.settings.prob
    shown = (percent(each) for each in _shown(prob))
    asked = estimate.asked[0]
    what = "date" if asked.is_stock else asked.kind
    return (what, "median", *shown, "prior median", f"prior {percent(prob)}")


def date_rows(estimate: Result) -> list[Row]:
    """Return a row for each date, or for the window of a flow: posterior, then prior.

    Scenarios are marked (`scenario_note`).
    """
    rows: list[Row] = []
    prob = estimate.settings.prob
    for asked in estimate.asked:
        found, prior = estimate.posterior_of(asked), estimate.prior_of(asked)
        ranges = (range_of(found, each) for each in _shown(prob))
        before = (persons(prior.median), range_of(prior, prob))
        mark = MARK if asked.last in _marked(estimate) else ""
        days = plain_writer().window(asked.first, asked.last)
        rows.append((f"{days}{mark}", persons(found.median), *ranges, *before))
    return rows


def scenario_note(estimate: Result) -> list[str]:
    """Return what the marks of dates mean; nothing where none is marked."""
    marked = _marked(estimate)
    if not marked:
        return []
    texts = plain_writer().texts
    first = next(iter(marked.values()))
    shares = [
        f"{texts.likely(scenario.assumed)} ({day})"
        for day, scenario in marked.items()
        if scenario.assumed
    ]
    note = f"{MARK} later than the last used count ({first.last.day}): a scenario."
    if shares:
        note += f" {first.said_assumed(texts, ', '.join(shares))}"
    return [note]


def _marked(estimate: Result) -> dict[date, Scenario]:
    """Return the scenarios among several dates; of one date other sentences say it."""
    return estimate.scenarios if len(estimate.asked) > 1 else {}


def ratio_rows(estimate: Result) -> list[Row]:
    """Return a row for each source: its ratio before and after the data."""
    rows: list[Row] = []
    for source, prior, posterior, _ in estimate.ratios_learned:
        before, after = (
            (_ratio(median), f"[{_ratio(lower)}, {_ratio(upper)}]")
            for median, lower, upper in (prior, posterior)
        )
        rows.append((source, *before, *after))
    return rows


def variants_text(rows: Sequence[VariantRow]) -> str:
    """Return the variants side by side, and how far they move the answer."""
    everything = next((list(row.of_each) for row in rows if row.of_each), [])
    cells = [
        (
            row.name or "(the study itself)",
            "not certified" if row.headline is None else persons(row.headline.median),
            "" if row.headline is None else range_of(row.headline, HEADLINE_PROBABILITY),
            *(
                persons(row.of_each[asked].median) if asked in row.of_each else ""
                for asked in everything[1:]
            ),
            "" if row.log_evidence is None else f"{row.log_evidence:.1f}",
            "; ".join(row.warnings),
        )
        for row in rows
    ]
    medians = [row.headline.median for row in rows if row.headline is not None]
    title = "Variants: the same study under other assumptions"
    first, second, third, *others = VARIANT_HEADER
    header = (first, second, third, *(f"median {asked}" for asked in everything[1:]), *others)
    if len(everything) > 1 or not all(asked.is_stock for asked in everything):
        title += f"; median and 90 % of {everything[0]}"
    parts = [title, table_text(header, cells)]
    base = rows[0].headline
    lower, upper = (0.0, 0.0) if base is None else base.interval(HEADLINE_PROBABILITY)[:2]
    if upper > lower and len(medians) > 1:
        spread = max(medians) - min(medians)
        parts.append(
            wrapped(
                f"The medians run from {persons(min(medians))} to {persons(max(medians))}, "
                f"{100 * spread / (upper - lower):.0f} % of the width of the study's own 90 % "
                f"interval. "
                f"Log evidence compares only variants that use the same figures."
            )
        )
    return "\n\n".join(parts)


def wrapped(text: str) -> str:
    """Return text broken into lines for a terminal."""
    text = printable(" ".join(text.split()))
    return textwrap.fill(text, width(), break_long_words=False, break_on_hyphens=False)


def width() -> int:
    """Return how long lines may be, characters: 88, or what a narrower terminal has."""
    return min(WIDTH, table_width())


def table_width() -> int:
    """Return how long lines of a table may be: as a terminal's, and as it comes in a file."""
    if not sys.stdout.isatty():
        return ANY_WIDTH
    return max(shutil.get_terminal_size().columns, NARROWEST)


def table_text(header: Row, rows: Sequence[Row]) -> str:
    """Return a table in aligned columns, the first and last to the left, others to the right.

    Columns that do not fit beside the others stand below them, with the first again.
    """
    everything = [header, *rows]
    widths = [max(len(row[column]) for row in everything) for column in range(len(header))]
    left = {0} | ({len(header) - 1} if header[-1] == VARIANT_HEADER[-1] else set())
    parts = []
    for columns in _columns_together(widths, header):
        lines = []
        for row in everything:
            cells = [
                row[column].ljust(widths[column])
                if column in left
                else row[column].rjust(widths[column])
                for column in columns
            ]
            lines.append("  ".join(cells).rstrip())
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _columns_together(widths: Sequence[int], header: Row) -> list[list[int]]:
    """Return the columns of each part of a table, so that no part is wider than lines are.

    A column without a name belongs to the one before it.
    """
    whole = table_width() - widths[0]
    found, free = [[0]], whole
    for column in range(1, len(widths)):
        is_alone = header[column] != ""
        following = column + 1 < len(widths) and header[column + 1] == ""
        needed = widths[column] + 2 + (widths[column + 1] + 2 if following else 0)
        if is_alone and needed > free and len(found[-1]) > 1:
            found.append([0])
            free = whole
        found[-1].append(column)
        free -= widths[column] + 2
    return found


def as_html(estimate: Result) -> str:
    """Return the estimate for a notebook; all text from the study is escaped."""
    before, after = (
        "".join(f"<p><strong>Warning:</strong> {escape(text)}</p>" for text in texts)
        for texts in warnings_around(estimate)
    )
    tables = [_table_html(date_header(estimate), date_rows(estimate))]
    tables += [f"<p>{escape(note)}</p>" for note in scenario_note(estimate)]
    if estimate.ratios_learned:
        tables.append(f"<p>{escape(_ratio_title(estimate))}</p>")
        tables.append(_table_html(RATIO_HEADER, ratio_rows(estimate)))
    return (
        f"{before}<p>{escape(headline(estimate))}</p>{after}{''.join(tables)}"
        f"<p><small>{escape(certificate_text(estimate))}</small></p>"
    )


def _table_html(header: Row, rows: Sequence[Row]) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _ratio_title(estimate: Result) -> str:
    day = estimate.study.specification.headline.last
    return (
        f"Ratios, counts per unit of exposure, on {day}: median and "
        f"{percent(estimate.settings.prob)} interval"
    )


def _shown(prob: float) -> tuple[float, ...]:
    """Return the probabilities of the intervals to show beside an asked one."""
    return (0.5,) if prob == 0.5 else (0.5, prob)


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"
