"""Tests where the process itself matters: signals, pipes, streams and terminals."""

import json
import os
import pty
import signal
from pathlib import Path

import pytest

REPORT = "serbia-report-2024"
FAST = ("estimate", REPORT, "--draws", "1000")

COMPUTING = """
import signal
from popest.engines import auto
signal.signal(signal.SIGINT, signal.default_int_handler)
run_bank = auto.run_bank
def told(*arguments, **settings):
    print("computing", file=sys.stderr, flush=True)
    return run_bank(*arguments, **settings)
auto.run_bank = told
"""
WESTERN = 'sys.stdout.reconfigure(encoding="latin-1", errors="strict")'
PATIENT_SECONDS = 60


def test_an_interrupted_run_ends_soon_with_one_line(process, tmp_path: Path) -> None:
    arguments = ("estimate", "serbia", "--draws", "200000", "--variants", "--out", "results")
    running = process(*arguments, first=COMPUTING)
    assert running.stderr.readline() == "computing\n"
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=PATIENT_SECONDS)
    # Of all the studies that were to be computed, none was begun after the first.
    assert (running.returncode, out, err) == (130, "", "Interrupted.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [(*FAST, "--json"), ("sources", "show", "companies"), ("--help",)]
)
def test_a_reader_that_leaves_early_is_no_error(process, arguments) -> None:
    running = process(*arguments)
    running.stdout.close()
    assert running.stderr.read() == ""
    assert running.wait(PATIENT_SECONDS) in (0, 1)


def test_an_output_that_cannot_be_written_is_said_in_words(process) -> None:
    with Path(os.devnull).open("rb") as readable_only:
        running = process(*FAST, stdout=readable_only)
        err = running.communicate(timeout=PATIENT_SECONDS)[1]
    assert (running.returncode, err) == (1, "Error: Bad file descriptor\n")


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_closed_stream_is_no_error(process, closed: str) -> None:
    running = process(*FAST, "--json", first=f"sys.{closed} = None")
    out, err = running.communicate(timeout=PATIENT_SECONDS)
    assert (running.returncode, err) == (0, "")
    assert bool(out) == (closed == "stderr")


def test_a_terminal_that_lacks_a_letter_gets_it_spelt_out(process, tmp_path: Path) -> None:
    process("new", "mine").communicate(timeout=PATIENT_SECONDS)
    path = tmp_path / "mine" / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Graustark in", "\u017d in", 1), encoding="utf-8")
    for options in ((), ("--json",)):
        running = process("estimate", "mine", *options, first=WESTERN)
        out, err = running.communicate(timeout=PATIENT_SECONDS)
        assert (running.returncode, err) == (0, "")
        assert "New residents from \\u017d in" in out
    assert json.loads(out)["title"].startswith("New residents from \u017d in")


def test_nothing_is_said_meanwhile_where_nobody_watches(process) -> None:
    running = process(*FAST, first="import popest.cli.progress as p; p.PATIENCE = 0.0")
    out, err = running.communicate(timeout=PATIENT_SECONDS)
    assert (running.returncode, err) == (0, "") and out


def test_a_terminal_is_told_what_is_being_done_and_wiped_after(process) -> None:
    above, below = pty.openpty()
    running = process(
        *FAST, "--json", first="import popest.cli.progress as p; p.PATIENCE = 0.0", stderr=below
    )
    os.close(below)
    out = running.communicate(timeout=PATIENT_SECONDS)[0]
    shown = os.read(above, 100_000).decode()
    os.close(above)
    assert running.returncode == 0 and json.loads(out)["engine"] == "bank"
    lines = shown.split("\r\033[K")
    assert lines[0] == "" and lines[-1] == "" and "\n" not in shown
    assert "drawing 1,000 populations ..." in lines
    assert any(line.startswith("adapting, stage 1: ") for line in lines)


def test_an_installed_command_starts_the_same_program() -> None:
    import tomllib

    root = Path(__file__).parents[2]
    scripts = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert scripts["scripts"] == {"popest": "popest.cli:main"}
