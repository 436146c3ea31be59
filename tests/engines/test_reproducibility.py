"""Same study, same seed, same bytes: here, in another process, on one core and on two."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

import popest

PRINT = """
import json, os, sys
if hasattr(os, "sched_setaffinity"):  # there is none on macOS
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
import popest
found = popest.estimate("serbia", seed=5, dates=["2023-12-31", "2024-06-30"]).to_dict()
for key in ("seconds", "versions"):
    del found[key]
print(json.dumps(found))
"""


def here(seed: int) -> str:
    found = popest.estimate("serbia", seed=seed, dates=["2023-12-31", "2024-06-30"]).to_dict()
    for key in ("seconds", "versions"):
        del found[key]
    return json.dumps(found)


@pytest.fixture(scope="module")
def first() -> str:
    return here(5)


def test_same_seed_gives_the_same_bytes(first: str) -> None:
    assert here(5) == first
    content = json.loads(first)
    assert content["certificate"]["certified"] and content["median"] > 0


def test_another_seed_gives_other_numbers_of_the_same_population(first: str) -> None:
    one, other = json.loads(first), json.loads(here(6))
    assert one["median"] != other["median"]
    assert one["median"] == pytest.approx(other["median"], rel=0.03)
    assert one["data_sha256"] == other["data_sha256"]


@pytest.mark.parametrize("cores", [1, 2])
def test_cores_do_not_matter(first: str, cores: int) -> None:
    """Another process, on one core and on two, with as many threads as BLAS likes."""
    environment = {
        name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")
    }
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    printed = subprocess.run(
        [sys.executable, "-c", PRINT, str(cores)],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert printed.stdout.strip() == first
