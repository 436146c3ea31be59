"""Pairs of one's own: appended whole or not at all, checked beside ours, learned in a study."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from test_pairs import row, text_of
from test_ratio_forms import made_up

from popest.cli import main
from popest.ratios import table
from popest.ratios.evidence import Evidence
from popest.ratios.fit import RatioFit
from popest.ratios.pairs.load import load_pairs
from popest.ratios.table import table_text
from popest.study import load_study
from popest.study.files.reading import OBSERVATIONS_FILE, PAIRS_FILE, RATIOS_FILE
from popest.study.specification.learned import learned_ratios, shipped_ratios
from popest.study.specification.learned_table import table_fault

FOLDER = Path(__file__).parents[2] / "data/sources/serbia-learned"


type Ran = Callable[..., tuple[int, str]]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ran:
    """Run ``popest ratios`` and return its exit code and what it printed, on one line."""

    def run(*words: str | Path) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["popest", "ratios", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), " ".join("".join(capsys.readouterr()).split())

    return run


def new_rows(folder: Path, *names: str, **cells: str) -> Path:
    path = folder / "new.csv"
    path.write_bytes(text_of(*(row(name, **cells) for name in names)))
    return path


def test_rows_are_appended_and_what_stood_there_stays(tmp_path: Path, ran: Ran) -> None:
    own = tmp_path / PAIRS_FILE
    assert ran("add", tmp_path, "--from-csv", new_rows(tmp_path, "AAA01"))[0] == 0
    before = own.read_bytes()
    code, said = ran("add", tmp_path, "--from-csv", new_rows(tmp_path, "AAA02", "AAA03"))
    assert (code, said) == (0, "pairs.csv: 3 rows, 3 of them used")
    assert own.read_bytes().startswith(before)
    assert [pair.id for pair in load_pairs(tmp_path)] == ["AAA01", "AAA02", "AAA03"]
    assert {path.name for path in tmp_path.iterdir()} == {PAIRS_FILE, "new.csv"}
    assert ran("check", tmp_path) == (0, "pairs.csv: 3 rows, 3 of them used")


def test_a_row_that_breaks_a_rule_leaves_the_file_as_it_was(tmp_path: Path, ran: Ran) -> None:
    ran("add", tmp_path, "--from-csv", new_rows(tmp_path, "AAA01"))
    before = (tmp_path / PAIRS_FILE).read_bytes()
    for cells, said in (
        ({"ratio": "2"}, 'pairs.csv:3: ratio "2" - is not 1200 / 800 within 0.5 %'),
        ({"truth_date": "2020-01", "recorded": "2023-06-01"}, "lie 36 months apart"),
        ({"broken_rule": "no_stock"}, "is used, though a figure is no number of people"),
        ({"use": "no"}, "is missing from a pair that is not used"),
        ({"definition": "twelve_months"}, "is not a definition of cumulative_issued.wave"),
    ):
        code, output = ran("add", tmp_path, "--from-csv", new_rows(tmp_path, "AAA02", **cells))
        assert code == 3 and said in output, output
        assert (tmp_path / PAIRS_FILE).read_bytes() == before


def test_another_heading_a_link_and_no_file_are_refused(tmp_path: Path, ran: Ran) -> None:
    ran("add", tmp_path, "--from-csv", new_rows(tmp_path, "AAA01"))
    strange = tmp_path / "strange.csv"
    strange.write_text("id,ratio\nX,1\n", encoding="utf-8")
    assert "the heading is not that of pairs" in ran("add", tmp_path, "--from-csv", strange)[1]
    assert "cannot be read" in ran("add", tmp_path, "--from-csv", tmp_path / "none.csv")[1]
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / PAIRS_FILE).symlink_to(tmp_path / PAIRS_FILE)
    before = (tmp_path / PAIRS_FILE).read_bytes()
    assert "is a link" in ran("add", linked, "--from-csv", new_rows(tmp_path, "AAA09"))[1]
    assert (tmp_path / PAIRS_FILE).read_bytes() == before


def test_an_id_and_evidence_that_ship_are_refused(tmp_path: Path, ran: Ran) -> None:
    shipped = load_pairs()[0].id
    ran("add", tmp_path, "--from-csv", new_rows(tmp_path, shipped))
    code, output = ran("check", tmp_path)
    assert code == 3 and f'"{shipped}" - is the id of a pair that ships' in output


def test_a_table_of_ones_own_is_fitted_from_both_and_used_by_a_study(
    tmp_path: Path, ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def fitted(evidence: Evidence, seed: int) -> RatioFit:
        asked.append(len(evidence.pairs))
        return made_up(evidence, 2_000)

    monkeypatch.setattr(table, "fit_ratios", fitted)
    pairs, study = tmp_path / "pairs", tmp_path / "study"
    for folder in (pairs, study):
        folder.mkdir()
    for name in ("study.toml", OBSERVATIONS_FILE):
        (study / name).write_bytes((FOLDER / name).read_bytes())
    ran("add", pairs, "--from-csv", new_rows(tmp_path, "AAA01"))
    assert "--pairs needs --out" in ran("fit", "--pairs", pairs)[1]
    assert "no used pair is of 'Serbie'" in ran("fit", "--out", study, "--without", "Serbie")[1]
    ours = load_study(study).ratios_text
    assert ours == shipped_ratios()
    code, _ = ran("fit", "--pairs", pairs, "--out", study, "--without", "Serbia")
    assert code == 0
    used = sum(pair.use for pair in load_pairs())
    ours_in_serbia = sum(pair.use and pair.country == "Serbia" for pair in load_pairs())
    assert asked == [used + 1, used + 1 - ours_in_serbia]
    own = (study / RATIOS_FILE).read_text(encoding="utf-8")
    loaded = load_study(study)
    assert loaded.ratios_text == own != ours
    row_of = {(each.name, each.without): each for each in reversed(learned_ratios(own))}
    census = loaded.specification.source["census"].ratio
    assert census is not None and census.learned is not None
    assert row_of[census.learned, census.without or ""].median != pytest.approx(
        next(each.median for each in learned_ratios(ours) if each.name == census.learned)
    )


ROW = learned_ratios(shipped_ratios())[0]


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        ("", "line 1 has no column"),
        (table_text([replace(ROW, median=-1.0)]), "line 2: median is out of its bounds"),
        (table_text([replace(ROW, tau=float("inf"))]), "line 2: tau is out"),
        (table_text([replace(ROW, type="<b>")]), "line 2: type is out"),
        (table_text([replace(ROW, without="\x1b[2J")]), "line 2: without is out"),
        (table_text([replace(ROW, lower=1e6, upper=1e-6)]), "median is not between"),
        (table_text([replace(ROW, standing="sure")]), "line 2: standing is out"),
    ],
)
def test_a_broken_table_is_said_where_it_is_used(broken: str, fault: str) -> None:
    assert fault in (table_fault(broken) or "")


def test_the_shipped_table_and_one_of_the_first_edition_are_valid() -> None:
    assert table_fault(shipped_ratios()) is None
    lines = [line.split(",") for line in shipped_ratios().splitlines()]
    first = "\n".join(",".join(cells[:14]) for cells in lines if "refused" not in cells)
    assert lines[0][14:] == ["scale", "definition", "standing", "oldest_months"]
    assert table_fault(first) is None
    issued = next(each for each in learned_ratios(first) if each.drift)
    assert issued.after(24)[0] == pytest.approx(issued.median * 2.718281828**issued.drift)
