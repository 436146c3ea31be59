"""Chunks of a panel: populations fitted together, and kept on disk as arrays with a hash."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from popest.panels.drawn import FIRST_DRAWS, Plan, bank_of, drawn_alone
from popest.panels.message import Bank, Groups
from popest.panels.part import Part
from popest.panels.reference import Piece, reference
from popest.panels.shared_prior import SharedPrior
from popest.study.files.whole import write_whole

HASH, MEDIAN = "sha256", "log_median"
"""The names of the arrays with the hash of all others, and with what log sizes are less."""


def bank_at(piece: Piece, groups: Groups, plan: Plan, seed: int) -> tuple[Bank, float]:
    """Return the bank of one population, and the constant that its log sizes are less.

    Parameters
    ----------
    piece
        The population.
    groups
        The groups of sources.
    plan
        How it is drawn.
    seed
        The seed of the panel; with the name of the population it fixes the draws.
    """
    if not piece.is_drawn:
        times = plan.n_draws // FIRST_DRAWS
        return reference(piece, groups, plan.marginal, seed, times)
    return bank_of(drawn_alone(piece, groups, plan, seed), piece, groups, plan.marginal)


class Chunk(NamedTuple):
    """Populations to be fitted, and all that their banks depend on.

    `key` says of which panel, as of which day and by which versions; `is_new` which populations
    are to be fitted, where the banks of the others are those of a round before.
    """

    key: str
    pieces: tuple[Piece, ...]
    plans: tuple[Plan, ...]
    is_new: tuple[bool, ...]
    groups: Groups
    prior: SharedPrior
    seed: int

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the populations."""
        return tuple(piece.name for piece in self.pieces)

    @property
    def digest(self) -> str:
        """The hash of all that the banks depend on."""
        found = hashlib.sha256(f"{self.key}\n{self.seed}\n".encode())
        for name, plan in zip(self.names, self.plans, strict=True):
            found.update(f"{name}\n{plan.n_draws}\n".encode())
            for values in (plan.marginal, plan.nearby):
                for array in values or ():
                    found.update(f"{array.shape}\n".encode())
                    found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()

    def fit(self, before: Part | None = None) -> Part:
        """Fit the new populations; those that are not have the banks that they had before."""
        old = [None] * len(self.pieces) if before is None else before.each()
        banks = [
            bank_at(piece, self.groups, plan, self.seed) if is_new or kept is None else kept
            for piece, plan, is_new, kept in zip(
                self.pieces, self.plans, self.is_new, old, strict=True
            )
        ]
        return Part.of(self.names, banks, self.groups, self.prior)


class Stored(NamedTuple):
    """A chunk whose banks are on disk, in `path`, and what belongs to them besides."""

    path: Path
    names: tuple[str, ...]
    groups: Groups
    prior: SharedPrior

    @classmethod
    def of(cls, chunk: Chunk, folder: Path) -> Stored:
        """Return where a chunk lies in a folder, or will."""
        path = folder / f"{chunk.digest[:32]}.npz"
        return cls(path, chunk.names, chunk.groups, chunk.prior)

    def load(self) -> Part | None:
        """Return what the file holds; None where there is none, or it is not what was written."""
        found = self.banks_of(self.path)
        return None if found is None else Part(self.names, found[0], *self[2:], found[1])

    @staticmethod
    def banks_of(path: Path) -> tuple[tuple[Bank, ...], np.ndarray] | None:
        """Return the banks in a file, and what log sizes are less; None as for `load`."""
        arrays = read_arrays(path)
        if arrays is None:
            return None
        log_median = arrays.pop(MEDIAN)
        runs: dict[int, dict[str, np.ndarray]] = {}
        for name, array in arrays.items():
            number, _, field = name.partition(".")
            runs.setdefault(int(number), {})[field] = array
        return tuple(Bank(**runs[number]) for number in sorted(runs)), log_median

    def write(self, part: Part) -> None:
        """Write the banks, whole or not at all.

        Raises
        ------
        PopestError
            When the file cannot be written.
        """
        arrays = {
            f"{number}.{field}": array
            for number, bank in enumerate(part.banks)
            for field, array in bank._asdict().items()
            if array is not None
        }
        write_arrays(self.path, {**arrays, MEDIAN: part.log_median})


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write arrays with their hash, whole or not at all.

    Raises
    ------
    PopestError
        When the file cannot be written.
    """
    text = io.BytesIO()
    said = {HASH: np.frombuffer(_hash(arrays), dtype=np.uint8)}
    np.savez(text, allow_pickle=False, **arrays, **said)
    write_whole(path, lambda temporary: temporary.write_bytes(text.getvalue()))


def read_arrays(path: Path) -> dict[str, np.ndarray] | None:
    """Return arrays with a hash; None where there is no file, or it is not what was written."""
    try:
        with zipfile.ZipFile(path) as archive:
            # What is stored as it is takes no more memory than the file.
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
                return None
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        said = arrays.pop(HASH).tobytes()
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile):
        return None
    return arrays if said == _hash(arrays) else None


def _hash(arrays: dict[str, np.ndarray]) -> bytes:
    found = hashlib.sha256()
    for name in sorted(arrays):
        found.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}\n".encode())
        found.update(np.ascontiguousarray(arrays[name]).tobytes())
    return found.digest()


def divided(n_items: int, size: int) -> Sequence[slice]:
    """Return the places of chunks of so many items, in order."""
    return [slice(at, min(at + size, n_items)) for at in range(0, n_items, size)]
