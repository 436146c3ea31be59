"""Tests of ``popest sources add``, ``revise`` and ``withdraw``."""

import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import popest
from popest.cli import appending
from popest.estimates.words import in_brief
from popest.ledger.lock import locked
from popest.study import load_study

RESIDENTS = (
    *("--source", "residents", "--value", "2901", "--precision", "exact", "--end", "2023-12-31"),
    *("--published", "2024-02-15", "--publisher", "Ministry of the Interior"),
)
UNUSED = (
    *("--source", "expert_totals", "--value", "9000", "--publisher", "A paper", "--use", "no"),
    *("--end", "2023-06-30", "--note", "No method given."),
)
POPEST = [sys.executable, "-c", "from popest.cli import main; main()"]


def ids(study: Path) -> list[str]:
    return [row.id for row in load_study(study).observations]


def test_a_figure_is_added_and_shown(run: Any, study: Path, table: Path) -> None:
    before = table.read_text()
    done = run("sources", "add", "my-study", *RESIDENTS)
    assert (done.code, done.err) == (0, "")
    assert "RES03  2,901  2023-12-31  used" in done.out
    assert "Added RES03 to my-study/observations.csv, line 8." in done.out
    row = (
        "RES03,residents,2901,exact,,2023-12-31,2024-02-15,"
        f"{max(date.today(), date(2024, 7, 1))},Ministry of the Interior,,yes,,,\n"
    )
    assert table.read_text() == before + row


def test_what_a_figure_does_to_the_estimate_is_said(run: Any, study: Path) -> None:
    before = in_brief(popest.estimate(study))
    done = run("sources", "add", "my-study", *RESIDENTS)
    assert done.out.endswith(f"Before: {before}\nNow:    {in_brief(popest.estimate(study))}\n")
    assert "Before" not in run("sources", "add", "my-study", *UNUSED).out
    assert load_study(study).used[-1].id == "RES03"


def test_a_dry_run_shows_and_writes_nothing(run: Any, study: Path, table: Path) -> None:
    before = table.read_bytes()
    done = run("sources", "add", "my-study", *RESIDENTS, "--dry-run")
    assert done.code == 0
    assert "RES03  2,901" in done.out and "Dry run: nothing was added" in done.err
    assert table.read_bytes() == before
    assert sorted(path.name for path in study.iterdir()) == ["observations.csv", "study.toml"]


def test_an_installed_study_can_be_tried_dry(run: Any, study: Path) -> None:
    done = run("sources", "add", "serbia", "--dry-run", "--no-predict", *UNUSED)
    assert done.code == 0 and "EST20" in done.out


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ((), "--source, --precision, --value, --end, --published, --publisher"),
        (("--source", "contracts", "--value", "1"), "--precision, --start, --end, --published"),
        (("--source", "residents", "--use", "no"), "--value, --publisher, --note"),
    ],
)
def test_what_is_missing_is_named(
    run: Any, study: Path, table: Path, options: tuple[str, ...], missing: str
) -> None:
    before = table.read_bytes()
    done = run("sources", "add", "my-study", *options)
    assert done.code == 2 and f"missing: {missing}" in done.err
    assert table.read_bytes() == before


def test_an_unknown_day_of_publication_may_be_said(run: Any, study: Path) -> None:
    options = [text if text != "2024-02-15" else "" for text in RESIDENTS]
    assert run("sources", "add", "my-study", *options).code == 0
    assert load_study(study).observations[-1].published is None


def test_what_breaks_a_rule_is_refused(run: Any, study: Path, table: Path) -> None:
    before = table.read_bytes()
    options = [{"2901": "2,901", "2023-12-31": "31.12.2023"}.get(text, text) for text in RESIDENTS]
    done = run("sources", "add", "my-study", *options, "--yes")
    assert done.code == 3
    assert (
        'new row:1: value "2,901" - must be a whole number in digits only - write 2901' in done.err
    )
    assert 'end "31.12.2023"' in done.err and "2 problems" in done.err
    assert table.read_bytes() == before


SECOND = [text if text != "2023-12-31" else "2023-06-30" for text in RESIDENTS]


def test_a_warning_without_a_terminal_adds_nothing(run: Any, study: Path, table: Path) -> None:
    before = table.read_bytes()
    done = run("sources", "add", "my-study", *SECOND, "--no-predict")
    assert done.code == 2
    assert "Warning: RES03 is a second figure of residents" in done.err and "--yes" in done.err
    assert table.read_bytes() == before


def test_a_warning_with_yes_is_shown_and_adds(run: Any, study: Path) -> None:
    done = run("sources", "add", "my-study", *SECOND, "--no-predict", "--yes")
    assert done.code == 0 and "Warning: RES03 is a second figure" in done.err
    assert ids(study)[-1] == "RES03"


@pytest.mark.parametrize("confirm", [True, False])
def test_a_warning_on_a_terminal_is_asked_about(
    run: Any, study: Path, terminal: Callable[..., list[str]], confirm: bool
) -> None:
    questions = terminal([], confirm)
    done = run("sources", "add", "my-study", *SECOND, "--no-predict")
    assert questions == ["Add anyway?"]
    assert done.code == (0 if confirm else 2)
    assert (ids(study)[-1] == "RES03") is confirm
    assert ("Nothing was added" in done.err) is not confirm


def test_a_figure_that_the_estimate_does_not_expect_is_warned_of(run: Any, study: Path) -> None:
    options = [text if text != "2901" else "60001" for text in RESIDENTS]
    done = run("sources", "add", "my-study", *options)
    assert done.code == 2
    assert "above what the present estimate expects of residents" in done.err
    assert run("sources", "add", "my-study", *options, "--no-predict").code == 0


def test_without_a_present_estimate_nothing_is_predicted(run: Any, study: Path) -> None:
    specification = study / "study.toml"
    text = specification.read_text()
    specification.write_text(text + '\n[variant.new]\nbecause = "x"\nignore = ["RES03"]\n')
    done = run("sources", "add", "my-study", *RESIDENTS)
    assert done.code == 0
    assert "Not compared with the present estimate, as there is none: my-study" in done.err


def test_a_correction_and_its_sums(run: Any, study: Path) -> None:
    part = ("--source", "contracts", "--use", "no", "--note", "A part.", "--publisher", "B")
    days = ("--start", "2023-01-01", "--end", "2023-06-30", "--precision", "exact")
    assert run("sources", "add", "my-study", *part, "--value", "500", "--id", "P1").code == 0
    total = ("--source", "contracts", "--derived-from", "+CON01 -P1", "--use", "no", "--note", "x")
    assert run("sources", "add", "my-study", *total, *days).code == 0
    done = run("sources", "revise", "P1", "my-study", "--value", "510")
    assert done.code == 0, done.err
    assert "Added 2 rows, P3 to P4," in done.out and "Recomputed: P3 replaced P1" in done.out
    assert [row.value for row in load_study(study).observations[-2:]] == [510, 664]


def test_a_correction_without_a_day_of_its_own_is_asked_about(run: Any, study: Path) -> None:
    done = run("sources", "revise", "RES02", "my-study", "--value", "2820", "--no-predict")
    assert done.code == 2 and "has the day of publication of RES02" in done.err
    more = ("--published", "2023-12", "--no-predict")
    done = run("sources", "revise", "RES02", "my-study", "--value", "2820", *more)
    assert done.code == 0 and "Replaces RES02." in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("revise", "RES02", "my-study"), "nothing of RES02 is given that changes"),
        (("revise", "RES99", "my-study", "--value", "1"), 'no row has the id "RES99"'),
        (("withdraw", "RES02", "my-study"), "missing: --reason"),
        (("withdraw", "RES99", "my-study", "--reason", "x"), 'no row has the id "RES99"'),
        (("add", "my-study", "--from-csv", "a.csv", "--value", "1"), "leave out the other options"),
    ],
)
def test_requests_that_cannot_be_met(
    run: Any, study: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = run("sources", *arguments)
    assert done.code == 2 and words in done.err


def test_a_withdrawal(run: Any, study: Path) -> None:
    done = run("sources", "withdraw", "RES02", "my-study", "--reason", "Taken back.")
    assert (done.code, done.err) == (0, "")
    assert "RES02" not in {row.id for row in load_study(study).used}


def test_a_row_that_a_variant_names_is_replaced_in_both_files(run: Any, study: Path) -> None:
    columns = ("revise", "RES01", "my-study", "--value", "2600", "--published", "2023-04")
    done = run("sources", *columns, "--no-predict")
    assert done.code == 3 and "write RES03" in done.err
    assert "Change it there first and run this again" in done.err
    specification = study / "study.toml"
    specification.write_text(specification.read_text().replace('"RES01"', '"RES03"'))
    assert run("sources", *columns, "--no-predict").code == 0
    assert load_study(study, variant="first_count_doubted").used[0].id == "RES02"


def test_a_withdrawal_asks_for_its_reason(
    run: Any, study: Path, terminal: Callable[..., list[str]]
) -> None:
    terminal(["Taken back."])
    assert run("sources", "withdraw", "RES02", "my-study").code == 0
    assert load_study(study).observations[-1].note == "Taken back."


CSV = """\
source;value;precision;end;published;publisher;use;note
residents;2901;exact;31.12.2023;2024-02;Ministry;yes;
expert_totals;9000;about;;2024;A paper;no;No method given.
"""


def test_many_figures_are_added_at_once(run: Any, study: Path, tmp_path: Path) -> None:
    (tmp_path / "figures.csv").write_text(CSV)
    done = run("sources", "add", "my-study", "--from-csv", "figures.csv")
    assert done.code == 0, done.err
    assert "Added 2 rows, RES03 to EXP02, to my-study/observations.csv" in done.out
    assert ids(study)[-2:] == ["RES03", "EXP02"]


def test_all_of_a_table_or_none(run: Any, study: Path, table: Path, tmp_path: Path) -> None:
    before = table.read_bytes()
    (tmp_path / "figures.csv").write_text(CSV.replace("9000", "9000x").replace("exact", "exactly"))
    done = run("sources", "add", "my-study", "--from-csv", "figures.csv")
    assert done.code == 3
    assert 'figures.csv:2: precision "exactly"' in done.err and "figures.csv:3: value" in done.err
    assert table.read_bytes() == before


def test_the_form_asks_for_what_is_missing(
    run: Any, study: Path, terminal: Callable[..., list[str]]
) -> None:
    """Refused answers are asked for again, with the rule; so is what only the study refuses."""
    questions = terminal(
        [
            *("", "residents", "", "exactly", "exact", "2,901", "2901"),
            *("31.12.2023", "2031-12-31", "", "Ministry", "", "", "2023-12-31"),
        ]
    )
    done = run("sources", "add", "my-study", "--no-predict")
    assert done.code == 0, done.err
    assert [question.split(" ")[0] for question in questions] == [
        *("source", "source", "use", "precision", "precision", "value", "value"),
        *("end", "end", "published", "publisher", "url", "note", "end"),
    ]
    assert "Sources: residents" in done.err
    assert "must be a whole number in digits only: write 2901" in done.err
    assert "is not a known precision" in done.err and "must be a day written" in done.err
    assert "is outside the calendar" in done.err
    row = load_study(study).observations[-1]
    assert (row.value, str(row.end), row.published) == (2901, "2023-12-31", None)


def test_the_form_asks_only_for_the_rest(
    run: Any, study: Path, terminal: Callable[..., list[str]]
) -> None:
    given = ("--source", "expert_totals", "--value", "9000", "--use", "no", "--url", "")
    questions = terminal(["A paper", "No method given."])
    assert run("sources", "add", "my-study", *given).code == 0
    assert [question.split(" ")[0] for question in questions] == ["publisher", "note"]


def test_the_form_on_a_real_terminal(study: Path, table: Path) -> None:
    answers = "residents\n\nexact\n2901\n2023-12-31\n2024-02\nMinistry\n\n\n"
    handle, other = pty.openpty()
    process = subprocess.Popen(
        [*POPEST, "sources", "add", "my-study", "--no-predict"],
        stdin=other,
        stdout=subprocess.PIPE,
        stderr=other,
        cwd=study.parent,
        text=True,
    )
    os.close(other)
    os.write(handle, answers.encode())
    out, _ = process.communicate()
    asked = os.read(handle, 100_000).decode()
    os.close(handle)
    assert process.returncode == 0, asked
    assert "Added RES03" in out
    assert "last day counted, YYYY-MM-DD" in asked
    assert "Traceback" not in asked


@pytest.mark.parametrize(
    ("value", "code", "words", "added"),
    [
        ("9100", 0, "Added EXP03", ["EXP02", "EXP03"]),
        ("9000", 2, "EXP03 says what EXP02 says already", ["EXP02"]),
    ],
)
def test_a_faster_writer_is_taken_into_account(
    run: Any,
    study: Path,
    monkeypatch: pytest.MonkeyPatch,
    value: str,
    code: int,
    words: str,
    added: list[str],
) -> None:
    """Rows are drafted anew when another writer was faster, and its warnings are asked again."""
    real = appending._accept
    calls = []

    def slow(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 1:
            other = [*POPEST, "sources", "add", "my-study", *first]
            subprocess.run(other, check=True, capture_output=True, stdin=subprocess.DEVNULL)
        real(*arguments)

    first = [text if text != "9000" else value for text in UNUSED]
    monkeypatch.setattr(appending, "_accept", slow)
    done = run("sources", "add", "my-study", *UNUSED)
    assert (done.code, len(calls)) == (code, 1 if code == 0 else 2)
    assert words in done.out + done.err
    assert ids(study)[6:] == added


def test_a_busy_study_names_its_writer(
    run: Any, study: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = table.read_bytes()
    monkeypatch.setattr("popest.ledger.lock.PATIENCE", 0.1)
    with locked(study):
        done = run("sources", "add", "my-study", *UNUSED)
    assert done.code == 1
    assert f"is being changed by process {os.getpid()}" in done.err
    assert table.read_bytes() == before


def test_a_link_is_refused_before_anything_is_asked(
    run: Any, study: Path, table: Path, terminal: Callable[..., list[str]]
) -> None:
    table.rename(study / "real.csv")
    table.symlink_to("real.csv")
    questions = terminal([])
    done = run("sources", "add", "my-study", *RESIDENTS)
    assert done.code == 1 and "is a link" in done.err and questions == []


def test_an_installed_study_is_refused_with_the_way_to_copy_it(root: Path, tmp_path: Path) -> None:
    """A package laid out as a wheel lays it out, studies within it."""
    packages = tmp_path / "site-packages"
    hidden = shutil.ignore_patterns("__pycache__")
    shutil.copytree(root / "src/popest", packages / "popest", ignore=hidden)
    shutil.copytree(root / "data/sources", packages / "popest/sources")
    environment = os.environ | {"PYTHONPATH": str(packages)}
    table = packages / "popest/sources/serbia/observations.csv"
    before = table.read_bytes()

    def popest(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*POPEST, "sources", *arguments],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    done = popest("add", "serbia", *UNUSED)
    assert done.returncode == 1, done.stderr
    assert "installed package" in done.stderr
    assert "popest sources copy serbia ./my-serbia" in done.stderr
    assert table.read_bytes() == before
    assert popest("copy", "serbia", "./my-serbia").returncode == 0
    assert popest("add", "./my-serbia", *UNUSED).returncode == 0
    assert (tmp_path / "my-serbia/observations.csv").read_bytes().startswith(before)


def test_an_interrupt_while_writing_waits(
    run: Any, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from popest.ledger import appending as ledger

    real = ledger._verify

    def interrupted(*arguments: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        real(*arguments)

    monkeypatch.setattr(ledger, "_verify", interrupted)
    done = run("sources", "add", "my-study", *UNUSED)
    assert done.code == 0 and "Added EXP02" in done.out
    # Not heard any more until the process ends: the rows are on file.
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert ids(study)[-1] == "EXP02"


def test_an_interrupt_while_asking_adds_nothing(
    run: Any,
    study: Path,
    table: Path,
    terminal: Callable[..., list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal([])
    before = table.read_bytes()

    def interrupt(*_: Any, **__: Any) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(appending.click, "confirm", interrupt)
    done = run("sources", "add", "my-study", *SECOND, "--no-predict")
    assert done.code == 130 and "Traceback" not in done.err
    assert table.read_bytes() == before
