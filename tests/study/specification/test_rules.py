"""Every rule of ``study.toml``: breaking it is one problem, where it is, in plain words."""

from typing import Any

import pytest

from one_edit import Case, assert_one_problem
from popest.study import StudyError, study_from_texts
from popest.study.measures import MEASURES
from popest.study.specification.record import Record
from popest.study.specification.wording import EXAMPLES
from small_study import HEADER, STATIC, changed

FILE = "study.toml"


REGISTER = "source.register"
RATIO = 'ratio = { median = 0.8, interval90 = [0.6, 1.07], because = "a survey" }'
HAZARD = 'departure_hazard = { median = 0.01, sigma = 0.5, because = "a study" }'
SURVEY = 'date = "2023-05"\nn = 222\ndeff = 2\npublished = "2023-07"'
SHARES = """0.5 },
  { from = "2022-06", to = "2023-05", share = 0.4 }"""
FLOOR = """[source.{}]
title = "x"
producer = "x"
counts = "x"
measure = "floor"
ratio = {{ median = 1, interval90 = [0.5, 2], because = "x" }}

[source.voters]"""
DRIFT = "drift = 0.05"
DIGITS = "9" * 400
LAG = "lag_months = 2"
KIND = 'kind = "arrivals"'
INITIAL = 'initial = { median = %d, sigma = 0.1, because = "x" }'
PERIODS = "every_months = [%s]"


def period(first: str, months: int) -> str:
    """A period of renewal."""
    return f'{{ from = "{first}", months = {months} }}'


FIRST = period("2022-01", 12)
JUMBLED = f"{FIRST}, {period('2023-01', 6)}, {period('2022-06', 6)}"

CASES = [
    # Keys.
    Case("unknown key", DRIFT, "drfit = 0.05", "drfit", f"{REGISTER}.drfit", "did you mean drift?"),
    Case("unknown table", "[noise]", "[nosie]", "nosie", "nosie", "did you mean noise?"),
    Case("unknown key of a prior", RATIO, RATIO.replace("{", "{ medain = 1,"), "medain",
         f"{REGISTER}.ratio.medain", "did you mean median?"),
    Case("missing title", 'title = "People of A in B"\n', "", "target", "title", "is missing"),
    Case("missing because", ', because = "revisions"', "", "error = { median = 0.08",
         "noise.error.because", "give the reason and its source"),
    Case("blank because", '"revisions"', '" "', "error = { median = 0.08", "noise.error.because",
         "reason and its source"),
    Case("because of a number", '"revisions"', "3", "error = { median = 0.08",
         "noise.error.because", "must be text"),
    Case("blank text", '"persons"', '""', "unit", "unit", "must not be empty"),
    Case("endless text", '"persons"', f'"{"x" * 10_001}"', "unit", "unit", "10,001 characters"),
    Case("sources in a list", "[source.voters]", "[[source]]", "[[source]]", "TOML", "is not TOML"),
    # Numbers.
    Case("text for a number", "n = 222", 'n = "222"', 'n = "222"', "source.survey.n",
         "whole number"),
    Case("fraction of a respondent", "n = 222", "n = 222.0", "n = 222.0", "source.survey.n",
         "whole number"),
    Case("true for a number", DRIFT, "drift = true", "drift", f"{REGISTER}.drift",
         "must be a number"),
    Case("negative number", DRIFT, "drift = -0.1", "drift", f"{REGISTER}.drift",
         "must be at least 0"),
    Case("median 0", "background = { median = 50", "background = { median = 0", "background",
         "population.background.median", "must be above 0"),
    Case("not a number", DRIFT, "drift = nan", "drift", f"{REGISTER}.drift", "finite"),
    Case("infinite", DRIFT, "drift = -inf", "drift", f"{REGISTER}.drift", "finite"),
    Case("huge float", DRIFT, "drift = 1e16", "drift", f"{REGISTER}.drift", "from 1e-06 to 2"),
    Case("tiny float", DRIFT, "drift = 1e-13", "drift", f"{REGISTER}.drift", "from 1e-06 to 2"),
    Case("400 digits", DRIFT, f"drift = {DIGITS}", "drift", f"{REGISTER}.drift", "1e+15"),
    Case("400 digits for respondents", "n = 222", f"n = {DIGITS}", "n = 999", "source.survey.n",
         "1e+15"),
    Case("5,000 digits", DRIFT, f"drift = {'9' * 5000}", "drift", "TOML", "too many digits"),
    Case("5,000 hexadecimal digits", DRIFT, f"drift = 0x{'f' * 5000}", "drift",
         f"{REGISTER}.drift", "1e+15"),
    # Priors.
    Case("median beside its interval", "median = 0.8", "median = 0.9", "median = 0.9",
         f"{REGISTER}.ratio.median", "write median = 0.8012"),
    Case("tau 0", "[0.6, 1.07]", "[0.8, 0.8]", "[0.8, 0.8]", f"{REGISTER}.ratio.interval90",
         "tau > 0"),
    Case("tau below 0", "[0.6, 1.07]", "[1.07, 0.6]", "[1.07, 0.6]",
         f"{REGISTER}.ratio.interval90", "tau > 0"),
    Case("interval of one number", "[0.6, 1.07]", "[0.8]", "[0.8]", f"{REGISTER}.ratio.interval90",
         "2 or more entries"),
    Case("interval of three numbers", "[0.6, 1.07]", "[0.6, 0.8, 1.07]", "[0.6, 0.8, 1.07]",
         f"{REGISTER}.ratio.interval90", "2 or fewer entries"),
    Case("interval of a number", "[0.6, 1.07]", "0.8", "interval90 = 0.8",
         f"{REGISTER}.ratio.interval90", "must be a list"),
    Case("interval from 0", "[0.6, 1.07]", "[0, 1.07]", "[0, 1.07]",
         f"{REGISTER}.ratio.interval90.0", "must be above 0"),
    Case("prior of a number", RATIO, "ratio = 0.8", "ratio = 0.8", f"{REGISTER}.ratio",
         "must be a table"),
    Case("sigma below 0", "sigma = 0.1, because = \"in 2021\"", "sigma = -0.1, because = \"x\"",
         "sigma = -0.1", "source.contracts.baseline.sigma", "must be at least 0"),
    Case("error without spread", "error = { sd = 50", "error = { sd = 0", "error = { sd = 0",
         "source.border.error.sd", "must be above 0"),
    Case("error of a number", "error = { sd = 50", "error = 50 # { sd = 50", "error = 50",
         "source.border.error", "must be a table"),
    Case("at most one in numbers", RATIO, RATIO.replace("{", "{ at_most_one = 1,"), "at_most_one",
         f"{REGISTER}.ratio.at_most_one", "must be true or false"),
    Case("sample of unknown size", RATIO, 'ratio = { seen = 3, because = "x" }', "seen = 3",
         f"{REGISTER}.ratio.of", "is missing: of how many persons"),
    # Head and calendar.
    Case("headline outside the calendar", '"2022-12-31"', '"2022-01-09"', "headline", "headline",
         "write a day from 2022-01-10 to 2023-12-31"),
    Case("headline not a day", '"2022-12-31"', '"2022-02-30"', "headline", "headline",
         "YYYY-MM-DD"),
    Case("headline a time", '"2022-12-31"', "2022-12-31T00:00:00", "headline", "headline",
         "must be a date"),
    Case("headlines none", '"2022-12-31"', "[]", "headline", "headline", "1 or more entries"),
    Case("headline twice", '"2022-12-31"', '["2022-12-31", "2022-12-31"]', "headline",
         "headline.1", "write each day once"),
    Case("headline later than the calendar", '"2022-12-31"', '[\n"2022-12-31",\n"2024-01-01"]',
         '"2024-01-01"', "headline.1", "write a day from 2022-01-10 to 2023-12-31"),
    Case("headline of a number", '"2022-12-31"', '["2022-12-31", 2023]', "headline",
         "headline.1", "must be a date"),
    Case("headlines of a fortnight", '"2022-12-31"',
         f"[{', '.join(f'\"2022-12-{day}\"' for day in range(11, 24))}]", "headline", "headline",
         "12 or fewer entries"),
    Case("range that falls", "[1000, 2000]", "[2000, 1000]", "ranges", "ranges.0", "must rise"),
    Case("range of one", "[1000, 2000]", "[1000]", "ranges", "ranges.0", "2 or more"),
    Case("negative range", "[1000, 2000]", "[-1, 2000]", "ranges", "ranges.0.0", "at least 0"),
    Case("month 13", '"2022-01"\nend', '"2022-13"\nend', "start", "calendar.start", "YYYY-MM"),
    Case("month of a day", '"2022-01"\nend', "2022-01-01\nend", "start", "calendar.start",
         "must be text"),
    Case("month in other digits", '"2022-01"\nend', '"\uff12\uff10\uff12\uff12-01"\nend', "start",
         "calendar.start", "YYYY-MM"),
    Case("end before start", 'end = "2023-12"', 'end = "2021-12"', 'end = "2021-12"',
         "calendar.end", "precedes start 2022-01"),
    Case("first day outside", '"2022-01-10"', '"2022-02-01"', "first_day", "calendar.first_day",
         "outside the first month"),
    # Population.
    Case("no kind", 'kind = "arrivals"\n', "", "[population]", "population.kind", "is missing"),
    Case("unknown kind", 'kind = "arrivals"', 'kind = "arrival"', "kind", "population.kind",
         "did you mean arrivals?"),
    Case("missing hazard", HAZARD, "", "[population]", "population.departure_hazard",
         "is missing"),
    Case("wave weight outside", '"2022-06" = 1 }', '"2024-01" = 1 }', '"2024-01"',
         "population.wave.1.weights.2024-01", "outside the calendar"),
    Case("wave weight of no month", '"2022-06" = 1 }', '"2022-6" = 1 }', '"2022-6"',
         "population.wave.1.weights.2022-6", "YYYY-MM"),
    Case("wave weights all 0", '"2022-06" = 1 }', '"2022-06" = 0 }', '"2022-06" = 0',
         "population.wave.1.weights", "all be zero"),
    Case("no wave weights", '{ "2022-06" = 1 }', "{}", "weights = {}", "population.wave.1.weights",
         "1 or more"),
    Case("negative wave weight", '"2022-06" = 1 }', '"2022-06" = -1 }', '"2022-06" = -1',
         "population.wave.1.weights.2022-06", "at least 0"),
    Case("waves of one name", 'name = "second"', 'name = "first" # too', "# too",
         "population.wave.1.name", "names an earlier wave"),
    # Sources.
    Case("unknown measure", '"stock"', '"stok"', '"stok"', f"{REGISTER}.measure",
         "did you mean stock?"),
    Case("name of a source", "[source.voters]", FLOOR.format('"vo ters"'), "vo ters",
         "source.vo ters", "letters, digits"),
    Case("name too long", "[source.voters]", FLOOR.format("v" * 65), "vvv", f"source.{'v' * 65}",
         "1 to 64"),
    Case("name of a variant", "[variant.slow]", '[variant."-slow"]', '"-slow"', "variant.-slow",
         "the first a letter or digit"),
    Case("source twice", "[source.voters]", "[source.survey]", "[source.survey]\ntitle = \"Voters",
         "TOML", "cannot declare source.survey twice"),
    Case("group without correlation", "group_correlation = 0.3\ndrift", "drift", "[source.reg",
         f"{REGISTER}.group_correlation", "both or neither"),
    Case("correlation without group", 'group = "permit"\ngroup_correlation = 0.3\ndrift',
         "group_correlation = 0.3\ndrift", "[source.reg", f"{REGISTER}.group", "both or neither"),
    Case("correlation 1", "0.3\ndrift", "1\ndrift", "group_correlation = 1",
         f"{REGISTER}.group_correlation", "must be below 1"),
    Case("correlation below 0", "0.3\ndrift", "-0.1\ndrift", "group_correlation = -0.1",
         f"{REGISTER}.group_correlation", "at least 0"),
    # Papers, and counts that come later.
    Case("papers that lapse at once", LAG, f"{LAG}\nevery_months = 0", "every_months",
         "source.permits.every_months", "must be at least 1 - write every_months = 12"),
    Case("papers for a month and a half", LAG, f"{LAG}\nevery_months = 1.5", "every_months",
         "source.permits.every_months", "must be a whole number - write every_months = 12, or a"),
    Case("months in quotes", LAG, f'{LAG}\nevery_months = "12"', "every_months",
         "source.permits.every_months", "must be a whole number"),
    Case("months in a table", LAG, f"{LAG}\nevery_months = {{ months = 12 }}", "every_months",
         "source.permits.every_months", "must be a whole number - write every_months = 12, or a"),
    Case("papers for 481 months", LAG, f"{LAG}\nevery_months = 481", "every_months",
         "source.permits.every_months", "from 1 to 480: a paper that lapses after more than forty"),
    Case("no period", LAG, f"{LAG}\nevery_months = []", "every_months",
         "source.permits.every_months", "1 or more entries"),
    Case("period of a number", LAG, f"{LAG}\nevery_months = [12]", "every_months",
         "source.permits.every_months.0", "must be a table - write every_months = 12, or a list"),
    Case("period without months", LAG, f"{LAG}\n{PERIODS % '{ from = "2022-01" }'}", "every_months",
         "source.permits.every_months.0.months", "is missing - write months = 18"),
    Case("period of no month", LAG, f"{LAG}\n{PERIODS % period('2022-1', 6)}", "every_months",
         "source.permits.every_months.0.from", "YYYY-MM"),
    Case("periods out of order", LAG, f"{LAG}\n{PERIODS % JUMBLED}", "every_months",
         "source.permits.every_months.2.from",
         "is not after the month of the period before it, 2023-01 - write the periods in order"),
    Case("period twice", LAG, f"{LAG}\n{PERIODS % f'{FIRST}, {FIRST}'}", "every_months",
         "source.permits.every_months.1.from", "not after the month of the period before it"),
    Case("months without a period", LAG, f"{LAG}\n{PERIODS % period('2022-03', 6)}",
         "every_months", "source.permits.every_months.0.from",
         "leaves the months from 2022-01 without a period - write a month not after 2022-01"),
    Case("period after the end", LAG, f"{LAG}\n{PERIODS % f'{FIRST}, {period("2024-01", 6)}'}",
         "every_months", "source.permits.every_months.1.from",
         "is after the calendar, which ends in 2023-12 - remove the period"),
    Case("more than all renew", LAG, f"{LAG}\nevery_months = 12\nrenewed = 1.2", "renewed",
         "source.permits.renewed", "must be from 0 to 1: a share of those whose paper lapses"),
    Case("less than nobody renews", LAG, f"{LAG}\nevery_months = 12\nrenewed = -0.2", "renewed",
         "source.permits.renewed", "must be at least 0 - write renewed = 0.8"),
    Case("renewed, but never lapsed", LAG, f"{LAG}\nrenewed = 0.5", "[source.permits]",
         "source.permits.every_months",
         "renewed says what happens when a paper lapses - remove renewed, or write every_months"),
    Case("later counts below 0", LAG, f"{LAG}\nlater = -1", "later", "source.permits.later",
         "must be at least 0 - write later = {"),
    Case("later counts without a reason", LAG, f"{LAG}\nlater = {{ median = 1, sigma = 1 }}",
         "later", "source.permits.later.because", "give the reason and its source"),
    Case("uncertain later counts of 0", LAG,
         f'{LAG}\nlater = {{ median = 0, sigma = 1, because = "x" }}', "later",
         "source.permits.later.median", "must be above 0"),
    Case("papers of presence", 'counts = "contracts"', 'counts = "contracts"\nevery_months = 12',
         "every_months", "source.contracts.every_months", "refused by measure presence"),
    # The level of arrivals, and who was there before.
    Case("steps of a week", "volatility = 0.2", 'volatility = 0.2, step = "week"', "background",
         "population.background.step", "write one of quarter, year, month"),
    Case("volatility below 0", "volatility = 0.2",
         'volatility = { median = 0.2, sigma = -1, because = "x" }', "background",
         "population.background.volatility.sigma", "must be at least 0"),
    Case("uncertain volatility without a reason", "volatility = 0.2",
         "volatility = { median = 0.2, sigma = 1 }", "background",
         "population.background.volatility.because", "give the reason and its source"),
    Case("uncertain volatility of 0", "volatility = 0.2",
         'volatility = { median = 0, sigma = 1, because = "x" }', "background",
         "population.background.volatility.median", "must be above 0"),
    Case("volatility of 3", "volatility = 0.2", "volatility = 3", "background",
         "population.background.volatility", "arrivals go up or down sevenfold from one step"),
    Case("initial persons as a number", KIND, f"{KIND}\ninitial = 5000", "initial",
         "population.initial", "must be a table - write initial = { median = 5000"),
    Case("initial persons without a reason", KIND,
         f"{KIND}\ninitial = {{ median = 9, sigma = 1 }}", "initial",
         "population.initial.because", "give the reason and its source"),
    Case("initial persons twice", KIND, f"{KIND}\n{INITIAL % 110}", "baseline = { median = 100",
         "source.register.baseline.median", "counts the initial persons a second time: they are "
         "part of the population, and at the ratio's median they give 88 - remove one of the two"),
    Case("initial persons twice a year", KIND, f"{KIND}\n{INITIAL % 550}",
         "baseline = { median = 200", "source.contracts.baseline.median", "they give 220 a year"),
    # Surveys.
    Case("survey outside the calendar", SURVEY, SURVEY.replace("2023", "2024"), "date = ",
         "source.survey.date", "outside the calendar"),
    Case("design effect below 1", "deff = 2", "deff = 0.5", "deff", "source.survey.deff",
         "at least 1"),
    Case("no respondents", "n = 222", "n = -7", "n = -7", "source.survey.n", "above 0"),
    Case("survey published too early", '"2023-07"', '"2023-05-30"', "2023-05-30",
         "source.survey.published", "precedes the end of the survey's month"),
    Case("survey published at no time", '"2023-07"', '"summer"', "summer",
         "source.survey.published", "YYYY-MM"),
    Case("survey published in a number", '"2023-07"', "2023", "published = 2023",
         "source.survey.published", "must be a date"),
    Case("windows overlap", 'from = "2022-06"', 'from = "2022-05"', 'from = "2022-05"',
         "source.survey.windows.1.from", "overlaps the window that ends in 2022-05"),
    Case("window backwards", 'to = "2022-05"', 'to = "2021-12"', 'to = "2021-12"',
         "source.survey.windows.0.to", "precedes from 2022-01"),
    Case("window before the calendar", 'from = "2022-01"', 'from = "2021-12"', 'from = "2021-12"',
         "source.survey.windows.0.from", "outside the calendar"),
    Case("window after the survey", 'to = "2023-05"', 'to = "2023-06"', 'to = "2023-06"',
         "source.survey.windows.1.to", "after the survey's month"),
    Case("shares above 1", "share = 0.4 ", "share = 0.6 ", "windows", "source.survey.windows",
         "at most 1"),
    Case("shares of 0", SHARES, SHARES.replace("0.5", "0").replace("0.4", "0"), "windows",
         "source.survey.windows", "more than 0"),
    Case("share above 1", "share = 0.4 ", "share = 1.4 ", "share = 1.4",
         "source.survey.windows.1.share", "at most 1"),
    Case("window without share", ", share = 0.4 }", " }", '{ from = "2022-06"',
         "source.survey.windows.1.share", "is missing"),
    # Variants.
    Case("variant without because", 'because = "they stay"\n', "", "[variant.slow]",
         "variant.slow.because", "give the reason"),
    Case("variant changes nothing", 'set = { "population.departure_hazard.median" = 0.005, '
         '"noise.by_source" = 0.5 }', "", "[variant.slow]", "variant.slow", "changes nothing"),
    Case("variant of an unknown key", "set = {", "sets = {", "sets", "variant.slow.sets",
         "did you mean set?"),
    # TOML itself.
    Case("no value", "unit = \"persons\"", "unit =", "unit =", "TOML", "is not TOML"),
    Case("key twice", "unit = \"persons\"", 'title = "x"', 'title = "x"', "TOML", "is not TOML"),
    Case("nested too deeply", "[noise]", f"[{'noise.' * 20}noise]\n[noise]", "[noise.noise",
         "noise" + ".noise" * 11, "nested too deeply"),
    Case("line too long", "[noise]", f"[{'n.' * 60_000}n]", "[n.n.", "TOML", "100,000"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_rule_is_one_problem_where_it_is(example: Any, case: Case) -> None:
    assert_one_problem(example, FILE, case)


def test_the_study_that_is_broken_here_is_valid(example: Any) -> None:
    assert example.load().warnings == ()


def test_a_survey_may_be_published_in_its_own_month(example: Any) -> None:
    example.edited(FILE, '"2023-07"', '"2023-05"').load()


def test_a_window_may_be_one_month(example: Any) -> None:
    example.edited(FILE, 'to = "2023-05"', 'to = "2022-06"').load()


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_a_measure_requires_and_refuses_keys_as_the_format_says(example: Any, measure: str) -> None:
    """Each source of the example is given each key that another source has, or loses its own."""
    lines = {
        "ratio": 'ratio = { median = 1, interval90 = [0.5, 2], because = "x" }',
        "baseline": 'baseline = { median = 1, sigma = 0.1, because = "x" }',
        "group": 'group = "x"\ngroup_correlation = 0.1',
        "drift": "drift = 0.1",
        "lag_months": "lag_months = 1",
        "every_months": 'every_months = [{ from = "2022-01", months = 6 }]',
        "renewed": "every_months = 12\nrenewed = 0.5",
        "later": "later = 0.5",
        "bias": 'bias = { mean = 0, sd = 1, because = "x" }',
        "error": 'error = { sd = 1, because = "x" }'
        if measure == "net_change"
        else 'error = { median = 0.1, sigma = 0.1, because = "x" }',
        "interval": "interval = 0.9",
        "sampling": 'sampling = "none"',
        "because": 'because = "x"',
        "date": 'date = "2023-05"',
        "n": "n = 3",
        "deff": "deff = 1",
        "published": 'published = "2023"',
        "windows": 'windows = [{ from = "2022-01", to = "2022-02", share = 1 }]',
    }
    rule = MEASURES[measure].rules
    head = f'[source.new]\ntitle = "x"\nproducer = "x"\ncounts = "x"\nmeasure = "{measure}"\n'
    needed = "\n".join(text for key, text in lines.items() if key in rule.required)
    assert example.extended(toml=f"{head}{needed}\n").load().specification.source["new"]
    for key, text in lines.items():
        own = f"{needed}\n{text}" if key not in rule.required else needed.replace(text, "")
        changed = example.extended(toml=f"{head}{own}\n")
        if key in rule.keys - rule.required:
            changed.load()
            continue
        with pytest.raises(StudyError) as caught:
            changed.load()
        fields = {problem.field for problem in caught.value.problems}
        assert f"source.new.{key}" in fields, (measure, key)
        word = "requires" if key in rule.required else "refused"
        assert all(f"{word}" in p.rule and measure in p.rule for p in caught.value.problems)


def test_a_static_population_takes_stocks_and_floors_only(example: Any) -> None:
    text = example.files[FILE]
    start, end = text.index("background"), text.index("[noise]")
    size = 'size = { median = 1000, sigma = 1, because = "x" }\n\n'
    text = (text[:start] + size + text[end:]).replace('kind = "arrivals"', 'kind = "static"')
    example.files[FILE] = text[: text.index("[variant")]
    with pytest.raises(StudyError) as caught:
        example.load()
    fields = {problem.field for problem in caught.value.problems}
    wrong = ("contracts", "permits", "border", "survey")
    assert fields == {f"source.{name}.measure" for name in wrong}


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("drift = 0.2", "drift = 0.2\nlag_months = 2", "source.clinic.lag_months"),
        ("drift = 0.2", "drift = 0.2\nevery_months = 2", "source.clinic.every_months"),
        (
            'kind = "static"',
            'kind = "static"\ninitial = { median = 9, sigma = 1, because = "x" }',
            "population.initial",
        ),
    ],
)
def test_a_static_population_has_no_late_counts_and_nobody_before(
    old: str, new: str, field: str
) -> None:
    with pytest.raises(StudyError) as caught:
        study_from_texts("town", changed(STATIC, {old: new}), HEADER)
    (problem,) = caught.value.problems
    assert problem.field == field
    assert "kind" in f"{problem.rule} - {problem.remedy}"


def test_a_baseline_far_from_the_initial_persons_is_for_people_to_judge(example: Any) -> None:
    """1,000 persons give the register 800 and the contracts 400; their baselines are 100 and 200.

    At 1.25 times what is given the line is drawn, from either side. New arrivals see nobody who was
    there before, so the baseline of a source of them may hold whom it will.
    """
    study = example.edited(FILE, KIND, f"{KIND}\n{INITIAL % 1000}").load()
    (warning,) = study.view_warnings
    assert (warning.kind, warning.sources) == (
        "initial_beside_baseline",
        ("register", "contracts"),
    )
    assert "some 1,000 persons were there before the first day" in str(warning)
    for persons, is_refused in ((155, True), (158, False), (101, True), (99, False)):
        edited = example.edited(FILE, KIND, f"{KIND}\n{INITIAL % persons}")
        if is_refused:
            with pytest.raises(StudyError, match=r"register\.baseline.*a second time"):
                edited.load()
        else:
            edited.load()


def test_a_baseline_of_renewals_is_compared_by_the_year(example: Any) -> None:
    """200 persons at 12 papers in 24 months, .6 of them renewed and .8 counted: 48 a year."""
    keys = (
        f'{LAG}\nevery_months = 24\nrenewed = 0.8\nbecause = "x"\n'
        'baseline = { median = %s, sigma = 0.1, because = "x" }'
    )
    base = example.edited(FILE, KIND, f"{KIND}\n{INITIAL % 200}")
    with pytest.raises(StudyError, match="they give 48 a year"):
        base.edited(FILE, LAG, keys % 40).load()
    (warning,) = base.edited(FILE, LAG, keys % 30).load().view_warnings
    assert warning.sources == ("register", "contracts", "permits")


def test_what_counts_again_or_later_needs_a_reason(example: Any) -> None:
    """A warning; an uncertain rate has a reason of its own, and a lag alone needs none."""
    for keys, named in (
        ("every_months = 12", "every_months"),
        ("every_months = 12\nrenewed = 0.5", "every_months, renewed"),
        ("later = 0.1", "later"),
        ('later = { median = 0.1, sigma = 0.1, because = "x" }', ""),
        ("every_months = 12\nlater = 0.1\nbecause = 'law'", ""),
    ):
        study = example.edited(FILE, LAG, f"{LAG}\n{keys}").load()
        expected = [f"source permits gives no reason for {named}. Write because"] if named else []
        assert [str(warning)[: len(expected[0])] for warning in study.view_warnings] == expected


def records(record: type[Record]) -> list[type[Record]]:
    return [record, *(deeper for one in record.__subclasses__() for deeper in records(one))]


def test_every_key_has_an_example() -> None:
    """Of a study; what a panel adds is in docs/panels.md."""
    keys = {
        key.written
        for record in records(Record)
        if record.__module__.startswith("popest.study.specification.")
        for key in record.keys.values()
    }
    assert keys == EXAMPLES.keys()
