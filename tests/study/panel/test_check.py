"""Everything that is wrong with a panel is said at once, with its file, its line and a remedy."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path

import panel_files
import pytest
from panel_files import SPECIFICATION

from popest.study import Problem, StudyError, UsageError, load_study
from popest.study.files.locate import is_panel
from popest.study.panel.panel import load_panel

FIGURES, TABLE = panel_files.observations(), panel_files.populations()
PERMITS = "pooled = { between = 0.15, between_sigma = 0.5 }"
CENSUS = "ratio = { median = 0.97, interval90 = [0.92, 1.02]"


def problems(folder: Path, **files: str) -> list[Problem]:
    with pytest.raises(StudyError) as caught:
        load_panel(panel_files.write(folder / "panel", **files))
    return list(caught.value.problems)


def the_only(folder: Path, **files: str) -> str:
    found = problems(folder, **files)
    assert len(found) == 1, found
    return str(found[0])


def edited(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


SPECIFIED = {
    "tails": (
        "interval90 = [0.92, 1.02]",
        "interval90 = [0.92, 1.02], tails = 5",
        'source.census.ratio.tails "5" - has tails, which are not built yet for panels - remove it',
    ),
    "no level left": (
        PERMITS,
        "pooled = { between = 0.34, between_sigma = 0.3 }",
        'source.permits.ratio.pooled.between "0.34" - leaves nothing for what populations have in '
        "common: the prior's 0.357 is the spread of a new population, with both - write a between "
        "below 0.326, or a wider prior",
    ),
    "pooled and known": (
        CENSUS,
        "ratio = { known = 1, pooled = { between = 0.1, between_sigma = 0.1 }",
        "source.census.ratio.pooled - says nothing of a quantity that is known - remove it",
    ),
    "a column with an interval": (
        "median = 0.97",
        'median = { column = "expert_size" }',
        "source.census.ratio.tau - is missing: the median is a column",
    ),
    "tau beside an interval": (
        "interval90 = [0.92, 1.02]",
        "interval90 = [0.92, 1.02], tau = 0.3",
        'source.census.ratio.tau "0.3" - says the spread a second time, beside interval90',
    ),
    "level beside an interval": (
        PERMITS,
        "pooled = { between = 0.15, between_sigma = 0.5, level = 0.3 }",
        "source.permits.ratio.interval90 - stands beside the level of pooled",
    ),
    "a column that is not there": (
        '"expert_size"',
        '"expert_siz"',
        'population.size.median "expert_siz" - is no column of populations.csv - did you mean '
        "expert_size?",
    ),
    "an effect that is not there": (
        PERMITS,
        f"{PERMITS}, on = {{ size = {{ mean = 0, sd = 1 }} }}",
        'source.permits.ratio.on "size" - is no column of populations.csv',
    ),
    "effects of nothing pooled": (
        CENSUS,
        CENSUS.replace("= {", "= { on = { log_size = { mean = 0, sd = 1 } },", 1),
        "source.census.ratio.on - has effects that all populations share beside no pooled",
    ),
    "an effect without sd": (
        PERMITS,
        f"{PERMITS}, on = {{ log_size = {{ mean = 0 }} }}",
        "source.permits.ratio.on.log_size.sd - is missing - write numbers for mean, sd",
    ),
    "an unknown key of pooled": (
        PERMITS,
        "pooled = { between = 0.15, betwen_sigma = 0.5 }",
        "source.permits.ratio.pooled.betwen_sigma",
    ),
    "between of zero with its own spread": (
        PERMITS,
        "pooled = { between = 0, between_sigma = 0.5 }",
        "source.permits.ratio.pooled.between_sigma",
    ),
    "pooled by a list": (
        PERMITS,
        'pooled = { between = 0.15, between_sigma = 0.5, by = ["region"] }',
        "source.permits.ratio.pooled.by",
    ),
    "pooled by a column that is not there": (
        PERMITS,
        "pooled = { between = 0.15, between_sigma = 0.5, by = { regin = 0.1 } }",
        'source.permits.ratio.pooled.by "regin" - is no column of populations.csv',
    ),
    "effects of texts that leave nothing": (
        PERMITS,
        "pooled = { between = 0.15, between_sigma = 0.5, by = { remark = 0.4 } }",
        'source.permits.ratio.pooled.by "remark = 0.4" - leaves nothing for what populations have',
    ),
    "a level that effects of texts take": (
        PERMITS,
        "pooled = { between = 0.15, between_sigma = 0.5, by = { remark = 0.33 } }",
        'source.permits.ratio.pooled.between "0.15" - leaves nothing',
    ),
    "a source of nobody known": (
        'title = "Census"',
        'title = "Census"\nonly = ["east", "wst"]',
        'source.census.only.1 "wst" - is not in populations.csv - did you mean west?',
    ),
    "a source of some, twice": (
        'title = "Census"',
        'title = "Census"\nonly = ["east", "east"]',
        "source.census.only - must be a list of populations, each of them once",
    ),
    "drift": (
        'title = "Census"',
        'title = "Census"\ndrift = 0.1',
        'source.census.drift "0.1" - is not built yet for panels',
    ),
    "nothing pooled of a baseline": (
        'title = "Census"',
        'title = "Census"\nbaseline = { median = 10, sigma = 0.1, because = "x", pooled = {} }',
        "source.census.baseline.pooled.between - is missing",
    ),
    "pooled where nothing stands": (
        "total = true",
        "total = true\nnoise = { pooled = {} }",
        "noise.pooled - stands beside no quantity with a median",
    ),
    "a baseline that all share": (
        'title = "Census"',
        'title = "Census"\nbaseline = { median = 10, sigma = 0.1, because = "x", '
        "pooled = { between = 0 } }",
        'source.census.baseline.pooled.between "0" - is of what is drawn with a population: it has '
        "no density where all populations have the same - write a small one, such as 0.05",
    ),
    "one bias of a ratio of at most one": (
        CENSUS,
        "ratio = { median = 0.97, interval90 = [0.95, 0.982], at_most_one = true, "
        "pooled = { between = 0 }",
        'source.census.ratio.pooled.between "0" - is of a source whose ratio is drawn',
    ),
    "a sample that is pooled": (
        CENSUS,
        "ratio = { seen = 80, of = 100, pooled = { between = 0.1 }",
        "source.census.ratio.pooled - stands beside a sample, which says of its own population",
    ),
    "a group beside a ratio that is drawn": (
        CENSUS + ", ",
        "group = 'g'\ngroup_correlation = 0.3\n"
        "ratio = { median = 0.97, interval90 = [0.95, 0.982], at_most_one = true, ",
        'source.census.group "g" - has a member whose ratio is drawn',
    ),
    "a baseline that is no column": (
        'title = "Census"',
        'title = "Census"\nbaseline = { median = { column = "x" }, sigma = 0.1, because = "x" }',
        'source.census.baseline.median "x" - is no column of populations.csv',
    ),
    "a spread that is a column": (
        "total = true",
        'total = true\nnoise = { by_source = { column = "log_size" } }',
        "noise.by_source - is not built yet for panels: only medians may be columns",
    ),
    "the ratio of a floor": (
        f'measure = "stock"\n{CENSUS}',
        f'measure = "floor"\n{CENSUS}, pooled = {{ between = 0.01 }}',
        "source.census.ratio.pooled - is of a source of measure floor",
    ),
    "ranges of no total": (
        "total = true",
        "ranges = [[1, 2]]",
        "ranges - are of the sum of all populations, which is not asked for - write total = true",
    ),
    "a flow": (
        'headline = "2024-01-31"',
        'headline = { arrivals = ["2024-01-01", "2024-01-31"] }',
        "is of a population of kind static: nobody comes, and nobody leaves - write a day",
    ),
    "total": ("total = true", 'total = "yes"', 'total "yes" - must be true or false'),
}


@pytest.mark.parametrize("name", SPECIFIED)
def test_what_study_toml_cannot_say(name: str, tmp_path: Path) -> None:
    old, new, said = SPECIFIED[name]
    message = the_only(tmp_path, specification=edited(SPECIFICATION, old, new))
    assert "panel/study.toml:" in message
    assert said in message


VARIANTS = {
    "a source that is not there": (
        'without = ["cnsus"]',
        'variant.odd.without.0 "cnsus" - is not a declared source - did you mean census?',
    ),
    "a row that is not there": ('ignore = ["X1"]', 'ignore.0 "X1" - is not the id of a row'),
    "no level left": (
        'set = { "source.permits.ratio.pooled.between" = 0.34 }',
        "with this variant, source.permits.ratio.pooled.between leaves nothing for what",
    ),
    "a column that is not there": (
        'set = { "source.census.ratio.median" = { column = "size" } }',
        "with this variant, source.census.ratio.tau is missing: the median is a column",
    ),
    "what panels do not take": (
        'set = { "source.census.drift" = 0.1 }',
        "with this variant, source.census.drift is not built yet for panels",
    ),
    "a population that is not there": (
        'set = { "source.census.only" = ["est"] }',
        "with this variant, source.census.only.0 is not in populations.csv",
    ),
    "figures of populations that a source is not of": (
        'set = { "source.permits.only" = ["east", "west", "south"] }',
        "with this variant, population of permits.north is not among the populations of source",
    ),
    "one bias of what is drawn": (
        'use = ["few"]\nset = { "source.permits.ratio.pooled" = { between = 0 } }',
        "source.permits.ratio.pooled.between is of a source whose ratio is drawn",
    ),
    "ranges of no total": (
        'set = { "total" = false, "ranges" = [[1, 2]] }',
        "with this variant, ranges are of the sum of all populations",
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_what_a_variant_cannot_say(name: str, tmp_path: Path) -> None:
    """Its faults are said of the variant, as those of a panel that has its assumptions."""
    entry, said = VARIANTS[name]
    text = f'{SPECIFICATION}[variant.odd]\nbecause = "x"\n{entry}\n'
    few = panel_files.row("few", "permits", 7, "west").replace(",yes,,,,", ",no,,,odd,")
    found = [str(one) for one in problems(tmp_path, specification=text, figures=FIGURES + few)]
    assert any(said in one for one in found), found
    assert all("panel/study.toml:" in one and "variant.odd" in one for one in found)


def test_columns_that_only_a_variant_uses_are_checked(tmp_path: Path) -> None:
    text = f"""{SPECIFICATION}[variant.odd]
because = "x"
set = {{ "population.size.median" = {{ column = "remark" }} }}
"""
    found = problems(tmp_path, specification=text)
    assert [(one.field, one.line) for one in found] == [("remark", line) for line in range(2, 6)]


TABLED = {
    "a cell missing": ("The north,20000", "The north,", ':3: expert_size "" - is missing, and'),
    "a text": ("20000", "many", ':3: expert_size "many" - is no number, and study.toml uses'),
    "a number of nobody": ("20000", "0", ':3: expert_size "0" - must be from 1e-06'),
    "twice": ("south,", "north,", ':4: population "north" - stands on line 3 already'),
    "two spellings": (
        "south,",
        "North.,",
        ':4: population "North." - stands on line 3 already, as ',
    ),
    "no name": ("south,", "so uth,", ':4: population "so uth" - must be 1 to 64 letters'),
    "no title": ("The south", "", ':4: title "" - is missing - write what people call'),
    "a cell too many": ("The south", "The,south", ":4: row "),
    "a header": ("population,title", "title,population", ":1: header "),
    "a column twice": ("log_size", "expert_size", 'names the column "expert_size" twice'),
}


@pytest.mark.parametrize("name", TABLED)
def test_what_populations_cannot_say(name: str, tmp_path: Path) -> None:
    old, new, said = TABLED[name]
    found = [str(one) for one in problems(tmp_path, table=edited(TABLE, old, new))]
    mine = [one for one in found if said in one]
    assert len(mine) == 1 and "panel/populations.csv:" in mine[0], found


def test_a_population_that_is_on_one_side_only(tmp_path: Path) -> None:
    found = problems(tmp_path, figures=FIGURES.replace(",west\n", ",wst\n"))
    assert {problem.file.rsplit("/")[-1] for problem in found} == {
        "observations.csv",
        "populations.csv",
    }
    unknown, reverse = str(found[0]), str(found[-1])
    assert 'population "wst" - is not in populations.csv - did you mean west?' in unknown
    assert ':5: population "west" - has no row in observations.csv' in reverse


def test_figures_without_a_population(tmp_path: Path) -> None:
    plain = "".join(f"{line.rpartition(',')[0]}\n" for line in FIGURES.splitlines())
    message = the_only(tmp_path, figures=plain)
    assert "observations.csv:1: header - lacks the column population" in message
    message = the_only(tmp_path, figures=edited(FIGURES, ",east\n", ",\n"))
    assert 'observations.csv:2: population "" - is missing' in message


def test_a_correction_of_another_population(tmp_path: Path) -> None:
    row = panel_files.row("new", "permits", 9000, "west").replace(",yes,,", ",yes,permits.north,")
    message = the_only(tmp_path, figures=FIGURES + row)
    assert 'population "west" - corrects permits.north, a figure of another population' in message


def test_a_sum_across_populations(tmp_path: Path) -> None:
    north = next(line for line in FIGURES.splitlines() if line.startswith("permits.north"))
    row = panel_files.row("sum", "other", north.split(",")[2], "west").replace(
        ",yes,,,", ",no,,+permits.north,x"
    )
    assert row.count(",") == panel_files.row("a", "b", 1, "c").count(",")
    message = the_only(tmp_path, figures=FIGURES + row)
    assert 'derived_from "+permits.north" - adds permits.north, a figure of another' in message


@pytest.mark.parametrize(
    ("value", "precision"), [("7", "exact"), ("0", "exact"), ("500", "at_least")]
)
def test_few_counts_and_bounds_are_drawn(value: str, precision: str, tmp_path: Path) -> None:
    row = panel_files.row("few", "permits", value, "west").replace("exact", precision)
    found = load_panel(panel_files.write(tmp_path / "panel", figures=FIGURES + row))
    assert found.drawn == {"permits"} and found.is_drawn_whole
    text = edited(SPECIFICATION, PERMITS, "pooled = { between = 0 }")
    message = the_only(tmp_path, specification=text, figures=FIGURES + row)
    assert 'permits.ratio.pooled.between "0" - is of a source whose ratio is drawn' in message


def test_a_baseline_that_is_a_column_says_how_many_events_a_count_is(tmp_path: Path) -> None:
    """Of 2,000 counts 1,900 that are not of the target leave five: too few to be integrated."""
    text = edited(
        SPECIFICATION,
        'title = "Clinic"',
        'title = "Clinic"\n'
        'baseline = { median = { column = "foreign" }, sigma = 0.1, because = "x" }',
    )
    figure = next(row for row in FIGURES.splitlines() if row.startswith("clinic.south")).split(",")
    for foreign, drawn in ((10, set()), (int(figure[2]) - 50, {"clinic"})):
        head, *rows = TABLE.splitlines()
        cells = [f"{row},{foreign if row.startswith('south') else 10}" for row in rows]
        table = "\n".join([f"{head},foreign", *cells]) + "\n"
        found = load_panel(panel_files.write(tmp_path / "panel", text, table=table))
        assert found.drawn == drawn


def test_a_source_of_some_populations(tmp_path: Path) -> None:
    text = edited(SPECIFICATION, 'title = "Census"', 'title = "Census"\nonly = ["east"]')
    found = load_panel(panel_files.write(tmp_path / "panel", text))
    assert found.has_source("census", "east") and not found.has_source("census", "west")
    row = panel_files.row("another", "census", 9000, "west")
    message = the_only(tmp_path, specification=text, figures=FIGURES + row)
    assert 'population "west" - is not among the populations of source census, which' in message


def test_effects_of_texts(tmp_path: Path) -> None:
    pooled = "pooled = { between = 0.15, between_sigma = 0.5, by = { region = 0.2 } }"
    text = edited(SPECIFICATION, PERMITS, pooled)
    head, *rows = TABLE.splitlines()

    def table(*regions: str) -> str:
        cells = [f"{row},{region}" for row, region in zip(rows, regions, strict=True)]
        return "\n".join([f"{head},region", *cells]) + "\n"

    panel = panel_files.write(tmp_path / "panel", text, table=table("sea", "hill", "sea", "hill"))
    permits = load_panel(panel).pooled[0]
    assert permits.effects == {"region: hill": (0.0, 0.2), "region: sea": (0.0, 0.2)}
    assert permits.covariates["region: sea"] == [1.0, 0.0, 1.0, 0.0]
    total = math.log(1.62 / 0.5) / (2 * 1.6449)
    left = total**2 - 0.15**2 * math.exp(2 * 0.5**2) - 0.2**2
    assert permits.level == pytest.approx(math.sqrt(left), rel=1e-4)
    message = the_only(tmp_path, specification=text, table=table("sea", "", "sea", "hill"))
    assert ':3: region "" - is missing, and study.toml uses this column' in message
    message = the_only(tmp_path, specification=text, table=table(*["sea"] * 4))
    assert "region - is the same in every population, so that none tells its effect" in message


def test_medians_of_anything_may_be_columns(tmp_path: Path) -> None:
    text = edited(
        SPECIFICATION,
        "ratio = { median = 0.97, interval90 = [0.92, 1.02]",
        'ratio = { median = { column = "share" }, tau = 0.5, at_most_one = true',
    )
    head, *rows = TABLE.splitlines()
    table = "\n".join([f"{head},share", *(f"{row},0.8" for row in rows)]) + "\n"
    panel = load_panel(panel_files.write(tmp_path / "panel", text, table=table))
    ratio = panel.specification_of(panel.populations[0]).source["census"].ratio
    centre, sd = ratio.log_odds
    assert ratio.median == 0.8
    assert (centre, sd) == pytest.approx((math.log(4), 0.5), rel=1e-3)
    message = the_only(tmp_path, specification=text, table=table.replace(",0.8", ",1.2", 1))
    assert ':2: share "1.2" - must be from 1e-09 to 0.999999999' in message


def test_one_population_shares_nothing(tmp_path: Path) -> None:
    one = {"east": 9000}
    figures, table = panel_files.observations(one), panel_files.populations(one)
    found = problems(tmp_path, figures=figures, table=table)
    assert [problem.field for problem in found] == [
        "source.permits.ratio.pooled",
        "source.clinic.ratio.pooled",
    ]
    assert "the panel has one population" in str(found[0])


def test_an_effect_that_no_population_can_tell(tmp_path: Path) -> None:
    text = edited(SPECIFICATION, PERMITS, f"{PERMITS}, on = {{ flat = {{ mean = 0, sd = 1 }} }}")
    lines = TABLE.splitlines()
    table = "\n".join([f"{lines[0]},flat", *(f"{line},2" for line in lines[1:])]) + "\n"
    message = the_only(tmp_path, specification=text, table=table)
    assert "flat - is the same in every population, so that none tells its effect" in message


def test_too_many_populations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {f"p{number}": 1000 for number in range(100_000)}
    message = str(problems(tmp_path, table=panel_files.populations(sizes))[-1])
    assert "populations.csv:10002: row - is population 10,001: a panel may have 10,000" in message
    monkeypatch.setattr("popest.study.panel.rules.MOST_SERIES", 11)
    message = the_only(tmp_path)
    assert "source - are 3, of 4 populations: together more than 11" in message


def test_problems_of_all_three_files_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        specification=edited(SPECIFICATION, "between = 0.15", "between = 9"),
        figures=edited(FIGURES, ",exact,,2024-01-31", ",exact,,2025-01-31"),
        table=edited(TABLE, "20000", "?"),
    )
    files = [problem.file.rsplit("/")[-1] for problem in found]
    assert [*dict.fromkeys(files)] == ["study.toml", "observations.csv", "populations.csv"]


ODD = ("3", '"x"', "[]", "{}", "true", "nan", "-1", "1e999", "{ column = 3 }", '{ column = "x" }')
PLACES = (
    '{ column = "expert_size" }',
    '"expert_size"',
    PERMITS.removeprefix("pooled = "),
    "0.15",
    "tau = 0.4".removeprefix("tau = "),
    "[0.92, 1.02]",
    '"static"',
    '"2024-03"',
    '"stock"',
)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("odd", ODD)
def test_odd_values_are_refused_in_words(odd: str, place: str, tmp_path: Path) -> None:
    text = edited(SPECIFICATION, place, odd)
    with suppress(StudyError):
        load_panel(panel_files.write(tmp_path / "panel", text))


def test_a_learned_ratio_may_be_pooled(tmp_path: Path) -> None:
    old = "median = 0.9, interval90 = [0.5, 1.62]"
    text = edited(SPECIFICATION, old, 'learned = "employed_or_work_permits"')
    found = load_panel(panel_files.write(tmp_path / "panel", text))
    total = found.specification.source["permits"].ratio.tau
    assert found.pooled[0].level == pytest.approx(
        math.sqrt(total**2 - 0.15**2 * math.exp(2 * 0.5**2))
    )


def test_other_commands_say_that_it_is_a_panel(tmp_path: Path) -> None:
    panel = panel_files.write(tmp_path / "panel")
    assert is_panel(panel) and not is_panel("serbia")
    with pytest.raises(UsageError, match=r"is a panel, as it has populations.csv"):
        load_study(panel)
