"""Tests of computing something in another process, and of doing without one."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import BrokenExecutor

import pytest

from popest.engines.background import BackgroundTask, Processes


def test_another_process_computes_it() -> None:
    with BackgroundTask(os.getpid) as pid:
        assert pid.result() != os.getpid()


def test_arguments_reach_it_by_place_and_by_name() -> None:
    with BackgroundTask(sorted, [3, 1, 2], reverse=True) as result:
        assert result.result() == [3, 2, 1]


def test_it_is_computed_here_when_it_is_not_worth_a_process() -> None:
    with BackgroundTask(os.getpid, is_worth_it=False) as pid:
        assert pid.result() == os.getpid()


@pytest.mark.parametrize("program", ["/nowhere/python", ""])
def test_it_is_computed_here_when_no_process_can_be_had(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    with BackgroundTask(os.getpid) as pid:
        assert pid.result() == os.getpid()


def test_it_is_computed_here_when_the_process_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("popest.engines.background.CODE", "raise SystemExit(1)")
    with BackgroundTask(os.getpid) as pid:
        assert pid.result() == os.getpid()


def test_an_error_is_raised_as_if_it_had_been_computed_here() -> None:
    with BackgroundTask(int, "x") as number, pytest.raises(ValueError, match="invalid literal"):
        number.result()


def test_the_process_ends_with_the_block() -> None:
    with BackgroundTask(os.getpid) as pid:
        process = pid._process
        assert process is not None
    assert process.poll() is not None


def test_an_unguarded_script_is_not_run_twice(tmp_path) -> None:
    """What `multiprocessing` would do to a caller's script."""
    script = tmp_path / "script.py"
    script.write_text(
        "import os\nfrom popest.engines.background import BackgroundTask\nprint('once')\n"
        "with BackgroundTask(os.getpid) as pid:\n    print(pid.result() != os.getpid())\n",
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.split() == ["once", "True"]


def test_processes_compute_side_by_side_and_keep_their_process() -> None:
    with Processes(2) as processes:
        found = [processes.submit(os.getpid) for _ in range(8)]
        pids = {future.result() for future in found}
        assert os.getpid() not in pids and 1 <= len(pids) <= 2
        numbers = [processes.submit(divmod, 7, number) for number in (2, 3)]
        assert [future.result() for future in numbers] == [(3, 1), (2, 1)]


def test_processes_raise_what_a_function_raised_and_go_on() -> None:
    with Processes(1) as processes:
        with pytest.raises(ValueError, match="invalid literal"):
            processes.submit(int, "x").result()
        assert processes.submit(int, "3").result() == 3


def test_what_a_function_prints_is_no_result() -> None:
    with Processes(1) as processes:
        assert processes.submit(print, "a word").result() is None
        assert processes.submit(int, "3").result() == 3


def test_a_task_that_ends_its_process_is_given_up() -> None:
    with Processes(1) as processes:
        with pytest.raises(BrokenExecutor, match="3 processes ended"):
            processes.submit(os._exit, 1).result()
        assert processes.submit(int, "3").result() == 3


def test_processes_end_with_the_block_that_fails() -> None:
    pids = []

    def interrupted() -> None:
        with Processes(1) as processes:
            pids.append(processes.submit(os.getpid).result())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    (pid,) = pids
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_functions_are_computed_here_when_no_process_can_be_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with Processes(2) as processes:
        assert processes.submit(os.getpid).result() == os.getpid()
