"""Ways to damage the netCDF file of a saved estimate: its bits, texts, arrays, links and sizes.

Each takes the path of a copy and a source of chance, and changes the copy in place. Forgeries are
in ``saved_forgery.py``; what becomes of the files is judged in ``saved.py``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from saved_forgery import READ, Chance, forge, forge_without_hash

from popest.estimates.saved.record import HASH, TEXTS

type Way = Callable[[Path, Chance], None]

SMALLEST_ARRAY = 2_000
HUGE = (2**31 - 1, 2**32 - 1, 2**40, 2**63 - 1, 2**64 - 1, 0, 1, 255)


def _structure(path: Path) -> list[int]:
    """Return the places of all bytes that do not belong to a large array."""
    inside = np.zeros(path.stat().st_size, dtype=bool)

    def mark(_: str, found: Any) -> None:
        if isinstance(found, h5py.Dataset) and found.nbytes > SMALLEST_ARRAY:
            start = found.id.get_offset()
            if start is not None:  # as it is where nothing was ever written
                inside[start : start + found.nbytes] = True

    with h5py.File(path, "r") as file:
        file.visititems(mark)
    return np.flatnonzero(~inside).tolist()


def flip_bits(path: Path, chance: Chance) -> None:
    """Flip some bits anywhere."""
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 1, 3, 20))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def flip_structure(path: Path, chance: Chance) -> None:
    """Flip some bits of what says where things are, and of the texts."""
    places, data = _structure(path), bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 1, 2, 5, 50))):
        data[chance.choice(places)] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def overwrite_structure(path: Path, chance: Chance) -> None:
    """Put huge numbers, nothing or noise in place of what says where things are."""
    places, data = _structure(path), bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 1, 2, 5))):
        place, size = chance.choice(places), chance.choice((2, 4, 8))
        number = (chance.choice(HUGE) % 256**size).to_bytes(size, "little")
        noise = chance.randbytes(chance.choice((1, 8, 64)))
        data[place : place + size] = chance.choice((number, number, bytes(size), noise[:size]))
    path.write_bytes(data)


def empty_a_range(path: Path, chance: Chance) -> None:
    """Put zeros over a range, as a disk does with a lost block."""
    places, data = _structure(path), bytearray(path.read_bytes())
    start = chance.choice((chance.choice(places), chance.randrange(len(data))))
    size = min(chance.choice((16, 512, 4_096)), len(data) - start)
    data[start : start + size] = bytes(size)
    path.write_bytes(data)


def cut_or_shift(path: Path, chance: Chance) -> None:
    """Lose the end, lose some bytes, add some, or swap two ranges."""
    data = path.read_bytes()
    size = chance.choice((1, 8, 512))
    first, second = sorted((chance.randrange(len(data)), chance.choice(_structure(path))))
    path.write_bytes(
        chance.choice(
            (
                data[:first],
                data[:first] + data[first + size :],
                data[:first] + chance.randbytes(size) + data[first:],
                data[:first]
                + data[second : second + size]
                + data[first + size : second]
                + data[first : first + size]
                + data[second + size :],
            )
        )
    )


def change_a_text(path: Path, chance: Chance) -> None:
    """Change, lose or repeat characters of a text."""
    with h5py.File(path, "r+") as file:
        name = chance.choice((*TEXTS, HASH))
        text = file.attrs[name]
        place, size = chance.randrange(len(text) + 1), chance.choice((1, 1, 10, 1_000))
        file.attrs[name] = chance.choice(
            (
                text[:place] + text[place + size :],
                text[:place] + chance.choice('0129"{}[],\u2028x-') + text[place + 1 :],
                text[:place] + text[place : place + size] + text[place:],
                chance.choice(("", "null", "[]", "{}", "0", "nan", "[" * 100_000, "9" * 10_000)),
            )
        )


def change_a_kind(path: Path, chance: Chance) -> None:
    """Lose an attribute, or put one of another kind in its place."""
    with h5py.File(path, "r+") as file:
        name = chance.choice(("popest_format", HASH, *TEXTS))
        del file.attrs[name]
        match chance.randrange(8):
            case 0:
                file.attrs[name] = chance.choice((0, 2, -1, 1.5, True))
            case 1:
                file.attrs[name] = np.arange(chance.choice((0, 1, 3)))
            case 2:
                file.attrs[name] = np.bytes_(b"\xff\xfe text")
            case 3:
                file.attrs[name] = h5py.Empty("f8")
            case 4:
                file.attrs[name] = file["weighted"].ref
            case 5:
                file.attrs[name] = ["several", "texts"]
            case 6:
                file.attrs.create(name, b"\xff\xfe text", dtype=h5py.string_dtype("utf-8"))
            case _:
                pass


def rebuild_an_array(path: Path, chance: Chance) -> None:
    """Lose an array, or put one of another type, shape or layout in its place."""
    with h5py.File(path, "r+") as file:
        group, name = file["weighted"], chance.choice(READ)
        values = group[name][()]
        file.move(f"weighted/{name}", "away")
        numbers = np.zeros(values.shape) if values.dtype == object else values
        match chance.randrange(9):
            case 0:
                group[name] = numbers.astype(chance.choice(("f4", ">f8", "i8", "c16", "S3", "?")))
            case 1:
                group[name] = numbers[:-1]
            case 2:
                group[name] = numbers.T[..., None]
            case 3:
                group.create_dataset(name, data=numbers, chunks=True, compression="gzip")
            case 4:
                group.create_dataset(name, numbers.shape, h5py.vlen_dtype(np.float64))
            case 5:
                group.create_group(name)
            case 6:
                group[name] = np.float64(1)
            case 7:
                group[name] = np.dtype("f8")
            case _:
                pass


def link_elsewhere(path: Path, chance: Chance) -> None:
    """Make the tree contain itself, or lead out of itself."""
    with h5py.File(path, "r+") as file:
        name = chance.choice(("weighted", "weighted/u", "weighted/normal", "weighted/weight"))
        if chance.random() < 0.3:
            file["weighted/weighted"] = file["weighted"]
            file["posterior/root"] = file["/"]
            return
        file.move(name, "away")
        file[name] = chance.choice(
            (
                h5py.SoftLink("/away"),
                h5py.SoftLink(f"/{name}"),
                h5py.ExternalLink(path.name, "/away"),
                h5py.ExternalLink("/dev/zero", "/away"),
                file["/"],
            )
        )


def claim_too_much(path: Path, chance: Chance) -> None:
    """Let a few bytes stand for very many."""
    with h5py.File(path, "r+") as file:
        group, name = file["weighted"], chance.choice(("u", "weight", "proposal_mean"))
        shape = group[name].shape
        larger = chance.choice((shape, (*shape[:-1], 10**10), (200_000,) * len(shape)))
        del group[name]
        match chance.randrange(5):
            case 0:
                group.create_dataset(name, larger, "f8", chunks=True, compression="gzip")
            case 1:
                group.create_dataset(name, larger, "f8")  # never written: no bytes at all
            case 2:
                group.create_dataset(name, shape, "f8", external=[("/dev/zero", 0, 2**40)])
            case 3:
                group.create_virtual_dataset(name, h5py.VirtualLayout(larger, "f8"), fillvalue=1)
            case _:
                place = chance.choice(("weighted/normal", "weighted/u"))
                if place in file:
                    del file[place]
                text = file.create_dataset(place, (60,), h5py.string_dtype())
                text[:] = ["x" * 10_000_000] * 2 + ["y"] * 58


def replace_the_file(path: Path, chance: Chance) -> None:
    """Put something else in its place."""
    path.write_bytes(
        chance.choice(
            (
                b"",
                b"no netCDF at all\n",
                b"CDF\x01" + bytes(200),
                b"\x89HDF\r\n\x1a\n" + bytes(500),
                b"\x89HDF\r\n\x1a\n" + chance.randbytes(5_000),
                bytes(512) + path.read_bytes(),
            )
        )
    )


WAYS: tuple[Way, ...] = (
    flip_bits,
    flip_structure,
    overwrite_structure,
    empty_a_range,
    cut_or_shift,
    change_a_text,
    change_a_kind,
    rebuild_an_array,
    link_elsewhere,
    claim_too_much,
    forge,
    forge_without_hash,
    flip_structure,
    overwrite_structure,
    replace_the_file,
)


def damaged(original: Path, folder: Path, number: int, seed: int) -> Iterator[tuple[str, Path]]:
    """Give so many damaged copies of a file, one after another, each with the way's name."""
    chance = random.Random(seed)
    for count in range(number):
        way = WAYS[count % len(WAYS)]
        copy = folder / f"{count:04}.nc"
        copy.write_bytes(original.read_bytes())
        way(copy, chance)
        yield way.__name__, copy
