"""Tests of what checks say: each sentence of the catalogue, in every language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from static_town import Town

from popest.checks import all_checks, run
from popest.checks.check_backtest import _sentence as backtest_sentence
from popest.checks.check_backtest import predict_the_past
from popest.checks.check_calibration import _right_words, _wrong_words, calibration
from popest.checks.check_conflict import Conflict
from popest.checks.check_conflict import _sentence as conflict_sentence
from popest.checks.check_drivers import Part, drivers
from popest.checks.check_drivers import _sentence as drivers_sentence
from popest.checks.check_engines_agree import Quantile
from popest.checks.check_engines_agree import _sentence as engines_sentence
from popest.checks.check_leave_one_out import _sentence as leave_sentence
from popest.checks.check_next_figure import _sentence as next_sentence
from popest.checks.check_next_figure import next_figure
from popest.checks.check_posterior_predictive import _noise
from popest.checks.check_ridge import _sentence as ridge_sentence
from popest.checks.check_ridge import ridge
from popest.checks.check_sensitivity import CASES, Change
from popest.checks.check_sensitivity import _sentence as sensitivity_sentence
from popest.checks.check_tipping import _sentence as tipping_sentence
from popest.checks.check_tipping import tipping
from popest.checks.check_variants import _sentence as variants_sentence
from popest.checks.methods.backtest import Backtest, Forecast
from popest.checks.methods.moves import Move, Moves
from popest.checks.methods.next_figure import Candidate, Worth
from popest.checks.methods.regression import Explained
from popest.checks.methods.simulators import WRONG
from popest.checks.methods.tipping import Assumption, Tipping
from popest.checks.percentiles import percentile_sentence
from popest.checks.result import CheckResult
from popest.cli.check import _list
from popest.engines.draws import Certificate
from popest.estimates import Distribution, VariantRow
from popest.estimates.days import Scenario
from popest.estimates.fit import ALL_SOURCES, ObservationFit
from popest.language.catalogue import languages, sentences
from popest.language.words import Words
from popest.language.writers import PlainWriter
from popest.study import UsageError
from popest.study.estimand import FLOWS, Estimand
from popest.study.study import LastCount

THINGS = SimpleNamespace
STOCK = Distribution.equal(np.linspace(9_000, 11_000, 101))
FIRST, LAST = date(2023, 1, 1), date(2023, 12, 31)
ESTIMANDS = (Estimand(LAST), *(Estimand(LAST, flow, FIRST) for flow in FLOWS))
SECTIONS = ("checks.", "computation.", "estimand.")
DOUBTED = Certificate(False, pareto_k=0.9, ess=12.0)
CHAINS = Certificate(False, r_hat=1.02, ess_bulk=500.0, ess_tail=600.0, divergences=3)
SUPERCHAINS = (Certificate(False, r_hat=1.02), CHAINS._replace(divergences=None))


def of_backtest(words: Words) -> Iterator[str]:
    row, *_ = Town().study.used

    def forecast(carried: float, trend: float, centre: float) -> Forecast:
        fit = ObservationFit(row.id, row.source, row.value, drawn(centre), 0.5)
        return Forecast(date(2023, 1, 1), row, fit, carried, trend, True, True)

    yield predict_the_past(Town().context(language=words.language)).sentence
    days = (date(2022, 1, 1), date(2023, 1, 1))
    for far, near in ((9e5, row.value), (row.value, 9e5)):
        for centre in (row.value, 3 * row.value):
            yield backtest_sentence(words, Backtest((forecast(far, near, centre),), days))


def drawn(centre: float) -> Distribution:
    return Distribution.equal(centre * np.linspace(0.9, 1.1, 101))


def of_calibration(words: Words) -> Iterator[str]:
    def found(quantity: str, simulator: str = "", **judged: Any) -> Any:
        facts = {"is_uniform": True, "covers": True, "not_certified": 0} | judged
        ranks, covered = np.zeros(1_000), (500, 800, 900)
        return THINGS(quantity=quantity, simulator=simulator, ranks=ranks, covered=covered, **facts)

    by_slice = THINGS(draws=THINGS(engine="slice"))
    yield calibration(THINGS(quick=False, itself=by_slice, words=words)).sentence
    for asked in ESTIMANDS:
        context: Any = THINGS(words=words, asked=asked)
        names = (asked.kind, "departure hazard", "ratio of register")
        yield _right_words(context, [found(name) for name in names])
        off = found(asked.kind, is_uniform=False, covers=False, not_certified=3)
        yield _right_words(context, [off])
        yield _wrong_words(context, [found(asked.kind, name) for name in WRONG])


def of_conflict(words: Words) -> Iterator[str]:
    agree = [Conflict(name, 0.4, 0.8, 1.0, True, False) for name in ("a", "b")]
    against = [Conflict(name, 0.0004, 0.0008, -9.0, True, True) for name in ("c", "d")]
    unsure = Conflict("e", 0.01, 0.02, -9.0, False, False)
    for found in ([], agree, [*agree, against[0], unsure], [*agree, *against]):
        yield conflict_sentence(words, found)


def of_drivers(words: Words) -> Iterator[str]:
    itself = THINGS(headline=THINGS(values=np.ones(3)))
    for asked in ESTIMANDS:
        yield drivers(THINGS(itself=itself, words=words, asked=asked)).sentence
        yield drivers_sentence(PlainWriter(words), {}, asked)
        parts = {Part("ratio", "name"): Explained(0.9, 0.0)}
        yield drivers_sentence(PlainWriter(words), parts, asked)
    kinds = ("ratio", "bias", "wave", "baseline", "later", "departures", "noise", "initial")
    for kind in (*kinds, "volatility", "background"):
        for share in (0.9, 0.01):
            parts = {
                Part(kind, "name"): Explained(share, 0.0),
                Part("noise", " "): Explained(0.5, 0),
            }
            yield drivers_sentence(PlainWriter(words), parts, ESTIMANDS[0])


def of_engines_agree(words: Words) -> Iterator[str]:
    quantiles = [Quantile(name, 9e3, 9.0, 9.1e3, 9.0, 1.0) for name in ("5 %", "median", "95 %")]
    for certified in (True, False):
        found = {
            "bank": DOUBTED._replace(certified=certified),
            "nuts": CHAINS._replace(certified=certified),
        }
        yield engines_sentence(PlainWriter(words), quantiles, found, "bank")
        certificates = (*found.values(), *SUPERCHAINS)
        yield from (f"{certificate.said(PlainWriter(words))}." for certificate in certificates)


def of_leave_one_out(words: Words) -> Iterator[str]:
    sure, unsure = (THINGS(headline=STOCK, certified=certified) for certified in (True, False))
    moves = [Move(name, 9_500.0, -500.0, 9.0, widths) for name, widths in (("a", 0.3), ("b", None))]
    for most in ([], moves[:1], moves[1:], moves, moves[::-1]):
        found = Moves(10_000.0, {move.source: move for move in moves}, tuple(most))
        cases = {"without": {"a": sure, "b": unsure}, "alone": {"a": sure, "b": unsure}}
        yield leave_sentence(THINGS(words=words, moves=found, **cases))
    yield leave_sentence(THINGS(words=words, moves=Moves(1.0, {}, ()), without={}, alone={}))


def of_next_figure(words: Words) -> Iterator[str]:
    def found(source: str | None, start: date | None, below: float = 0.0) -> Worth:
        values, end = np.ones(3), date(2023, 12, 31)
        each = Candidate(source, "stock", start, end, values, lambda _: values)
        return Worth(each, 1_000.0, 12.3, 500.0, below)

    known = Town(sigma=0, counts={}).context(language=words.language)
    yield next_figure(known).sentence
    match, stock = found(None, None), found("a", None)
    window = found("b", date(2023, 1, 1), below=0.5)
    for asked in ESTIMANDS:
        facts = {"label": asked.said(words, "label"), "now": "2,000", "unit": "persons"}
        for some, left_out in (([match], []), ([match, stock, window], ["c"])):
            yield next_sentence(words, some, facts, left_out)


def of_figures(words: Words) -> Iterator[str]:
    fits = [ObservationFit("A1", "a", 9.0, STOCK, percentile) for percentile in (0.001, 0.5)]
    for check in ("posterior-predictive", "prior-predictive"):
        for some in ([], fits, fits[1:]):
            yield percentile_sentence(words, check, some)
    noisy = THINGS(error=THINGS(median=0.1))
    expected = THINGS(specification=THINGS(noise=noisy, source={}))
    noise = {"a": THINGS(median=0.9), ALL_SOURCES: THINGS(median=0.8)}
    posterior = THINGS(noise=lambda: noise)
    yield _noise(THINGS(words=words, study=expected, estimate=THINGS(posterior=posterior)))


def of_ridge(words: Words) -> Iterator[str]:
    yield ridge(THINGS(words=words, study=THINGS(specification=THINGS(source={})))).sentence
    found: dict[float, Any] = {
        shift: THINGS(headline=STOCK, certified=shift < 1) for shift in (-1.0, 0.0, 1.0)
    }
    for possible in ([0.0], [-1.0, 0.0], [0.0, 1.0], [-1.0, 0.0, 1.0]):
        yield ridge_sentence(words, found, possible)


def of_sensitivity(words: Words) -> Iterator[str]:
    changes = [Change(kind, "0.8") for kind in CASES]
    said = {str(change): change.said(words) for change in changes}

    def rows(move: float | None, flagged: bool) -> list[dict[str, Any]]:
        cells = {
            "median": 9e3,
            "move_in_widths": move,
            "width_ratio": move,
            "certified": not flagged,
        }
        return [{**cells, "case": case, "flagged": flagged} for case in ("", *said)]

    for move, flagged in ((0.0, False), (0.1, False), (0.3, True), (None, True)):
        for asked in ESTIMANDS:
            context: Any = THINGS(words=words, asked=asked)
            yield sensitivity_sentence(context, said, rows(move, flagged))


def of_tipping(words: Words) -> Iterator[str]:
    def found(kind: str, change: float | None, certified: bool = True) -> Tipping:
        unit = {"ratio": "tau", "departures": "sigma"}.get(kind, kind)
        assumption = Assumption(kind, "a", "", unit, (-1, 1), lambda at: 1 + at, lambda _: None)  # type: ignore[arg-type,return-value]
        return Tipping(assumption, change, 0.1, 0.9, certified)

    ratio, still = found("ratio", 1.5), found("ratio", None, certified=False)
    departures, group = found("departures", -1.0), found("correlation", 0.1)
    quiet = THINGS(study=THINGS(specification=THINGS(ranges=[])), threshold=None, words=words)
    yield tipping(quiet).sentence
    specification = THINGS(specification=THINGS(unit="persons"))
    for some in ([ratio, departures, group], [ratio, still], [still, found("correlation", None)]):
        for asked in ESTIMANDS:
            context: Any = THINGS(words=words, study=specification, asked=asked)
            yield tipping_sentence(some, 9_000, 0.5, context)


def of_variants(words: Words) -> Iterator[str]:
    itself, high = VariantRow(None, STOCK, 1.0, ()), VariantRow("high", drawn(2e4), 1.0, ())
    refused = VariantRow("refused", None, None, ())
    for rows, width in (([itself], 1.0), ([itself, high, refused], 1e4), ([itself, high], 0.0)):
        yield variants_sentence(words, rows, THINGS(width=width))


def of_a_run(words: Words) -> Iterator[str]:
    study = Town(counts={"permits": 4_000, "census": 4_000}).study
    results = [CheckResult(str(passed), passed, ".") for passed in (True, False, None)]
    for required in (frozenset[str](), frozenset({"False"})):
        times = (1.0,) * len(results)
        report = run.CheckReport(study, tuple(results), times, required, words.language)
        assert len(report.warnings) > 0
        yield str(report)
    _list(False, words.language)
    yield from (f"{found.asked(words)}." for found in all_checks().values())


def of_a_scenario(words: Words) -> Iterator[str]:
    for asked in ESTIMANDS:
        yield Scenario(asked, LastCount(FIRST, "A1"), 0.3).said(PlainWriter(words))


ALL = (
    of_backtest,
    of_calibration,
    of_conflict,
    of_drivers,
    of_engines_agree,
    of_leave_one_out,
    of_next_figure,
    of_figures,
    of_ridge,
    of_sensitivity,
    of_tipping,
    of_variants,
    of_a_run,
    of_a_scenario,
)


@pytest.mark.parametrize("language", languages())
def test_every_sentence_of_the_checks_is_said(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = Words(language)
    for module in ("run", "result"):
        monkeypatch.setattr(f"popest.checks.{module}.plain_writer", lambda _: PlainWriter(words))
    for say in ALL:
        for said in say(words):
            assert said.endswith("."), said
            assert not set("{}") & set(said), said
            assert "  " not in said
    keys = {key for key in sentences(language) if key.startswith(SECTIONS)}
    assert keys - words.used == set()


def test_a_check_says_numbers_in_the_manner_of_its_language() -> None:
    english, serbian = (list(of_variants(Words(language))) for language in ("en", "sr"))
    assert "from 10,000 (the study itself) to 20,000 (high)" in english[1]
    assert "od 10.000 (sama studija) do 20.000 (high)" in serbian[1]


def test_a_run_speaks_its_language_and_keeps_the_names_of_tables() -> None:
    english, serbian = (
        run.run_checks(Town().study, only=["conflict"], language=language)
        for language in ("en", "sr")
    )
    assert "Holm's adjustment" in english["conflict"].sentence
    assert "Holmovog" in serbian["conflict"].sentence
    assert english["conflict"].table == serbian["conflict"].table
    assert "conflict (passed): " in str(english) and "conflict (prolazi): " in str(serbian)


def test_an_unknown_language_is_refused_before_anything_is_computed() -> None:
    with pytest.raises(UsageError, match="language 'xx': write one of en, sr"):
        run.run_checks("no such study", language="xx")
