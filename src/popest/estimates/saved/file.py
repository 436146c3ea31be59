"""What stands in the file of a saved estimate, as far as popest reads it.

The file is read by ``popest.estimates.saved.hdf5_reader`` in a process of its own: damage can keep
the HDF5 library busy for ever, and nothing but the end of the process stops it then.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from popest.study import UsageError
from popest.study.problems import printable

READER = str(Path(__file__).with_name("hdf5_reader.py"))
LARGEST_SAVED = 1_000_000_000
PATIENCE_SECONDS = 60
"""Where processor time cannot be limited; a file is otherwise given up much earlier."""


class SavedEstimateError(UsageError):
    """A file is not an estimate that popest saved, or was changed since."""


@dataclass(frozen=True)
class SavedFile:
    """What was found in a file.

    `attributes` are texts and whole numbers by name, None for those that are missing; `names` are
    those of the normals, None when missing; `arrays` hold doubles by name, without the missing.
    """

    path: Path
    attributes: dict[str, str | int | None]
    names: list[str] | None
    arrays: dict[str, np.ndarray]


def read_saved(path: Path, attributes: list[str], arrays: list[str]) -> SavedFile:
    """Read some attributes of a file, and some arrays of its group ``weighted``.

    Raises
    ------
    SavedEstimateError
        When the file cannot be read, or is not laid out as popest lays it out.
    """
    _refuse_unreadable(path)
    request = {
        "path": str(path),
        "attributes": attributes,
        "group": "weighted",
        "names": "normal",
        "arrays": arrays,
    }
    line, _, data = _answer(json.dumps(request)).partition(b"\n")
    if not line:
        raise SavedEstimateError(
            f"{path}: is damaged so that the HDF5 library cannot read it; estimate again"
        )
    head = json.loads(line)
    if head.get("fault"):
        refuse(path, head["fault"])
    if "fault" in head:
        raise SavedEstimateError(
            f"{path}: is not a saved estimate, or was cut short or damaged; estimate again"
        )
    return SavedFile(path, head["attributes"], head["names"], _arrays(head["shapes"], data))


def refuse(path: Path, fault: str) -> NoReturn:
    """Say what is wrong with a saved estimate.

    Raises
    ------
    SavedEstimateError
        Always.
    """
    raise SavedEstimateError(f"{path}: is damaged ({printable(fault)}); estimate again")


def _answer(request: str) -> bytes:
    """Return what the reader found; nothing when it had to be ended."""
    command = [sys.executable, "-P", READER]
    # More threads take memory of which little is allowed, and there is nothing to compute.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command,
            input=f"{request}\n".encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return b""
    return done.stdout if done.returncode == 0 else b""


def _arrays(shapes: dict[str, list[int]], data: bytes) -> dict[str, np.ndarray]:
    values, found, start = np.frombuffer(data, "<f8"), {}, 0
    for name, shape in shapes.items():
        size = int(np.prod(shape, dtype=np.int64))
        found[name] = values[start : start + size].reshape(shape)
        start += size
    return found


def _refuse_unreadable(path: Path) -> None:
    if not path.is_file():
        what = "there is no such file"
        if path.is_dir():
            what = "is a folder, not a saved estimate"
        elif path.exists():
            what = "is not a regular file"
        raise SavedEstimateError(f"{path}: {what}")
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
    except OSError as error:
        raise SavedEstimateError(f"{path}: cannot be read ({error.strerror})") from error
    if size > LARGEST_SAVED:
        raise SavedEstimateError(
            f"{path}: is {size / 1e6:,.0f} MB, larger than the {LARGEST_SAVED / 1e6:,.0f} MB that "
            f"a saved estimate may have"
        )
