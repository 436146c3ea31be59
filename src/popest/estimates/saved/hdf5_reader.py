"""The few things that popest wrote to an HDF5 file, read by a program of its own.

A file may claim any size, point to other files, or contain itself, and there are files over which
the HDF5 library itself never comes to an end. So the places to read are named beforehand, each must
be laid out as popest lays it out (plain, in one piece, within the file), sizes are checked before
anything is read, and all of it happens in a process with little time and memory. It imports nothing
of popest, so that it starts fast. ``popest.estimates.saved.file`` starts it.

The program reads a request from its standard input, as JSON, and writes to its standard output one
line of JSON followed by the bytes of the arrays, in their order.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import Any, NoReturn

import h5py
import numpy as np

SECONDS = 3
MEGABYTES = 200
LARGEST_TEXT = 50_000_000
LONGEST_NAME = 10_000
MOST_NAMES = 10_000
_POINTER_BYTES = 16


class LayoutError(Exception):
    """Something in the file is not as popest writes it."""


class Reader:
    """An open HDF5 file, of which single places are read.

    Parameters
    ----------
    file
        The file.
    size
        Its size in bytes.
    group
        The group that holds all arrays.
    """

    def __init__(self, file: Any, size: int, group: str) -> None:
        self._file, self._size, self._group_name = file, size, group

    def attribute(self, name: str) -> str | int | None:
        """Return an attribute of the file, a text or a whole number; None when there is none."""
        root, key = self._file.id, name.encode()
        if not h5py.h5a.exists(root, key):
            return None
        found = h5py.h5a.open(root, key)
        if isinstance(found.get_type(), h5py.h5t.TypeIntegerID) and found.shape in ((), (1,)):
            values = self._file.attrs[name]
            return int(values if found.shape == () else values[0])
        if not _is_text(found.get_type()) or found.shape != ():
            raise LayoutError(f"{name} is neither a text nor a whole number")
        return _valid(name, self._file.attrs[name], LARGEST_TEXT)

    def names(self, name: str) -> list[str] | None:
        """Return the names that form a dimension; None when there are none."""
        found = self._array(name)
        if found is None:
            return None
        if not _is_text(found.get_type()) or len(found.shape) != 1 or found.shape[0] > MOST_NAMES:
            raise LayoutError(f"{name} is not a list of names")
        if found.shape[0]:
            self._refuse_unless_within(name, found, found.shape[0] * _POINTER_BYTES)
        # One at a time, as each may claim to be as long as the whole file.
        entries = h5py.Dataset(found).asstr()
        return [_valid(name, entries[place], LONGEST_NAME) for place in range(found.shape[0])]

    def doubles(self, name: str) -> Any:
        """Return an array of little-endian doubles; None when there is none."""
        found = self._array(name)
        if found is None:
            return None
        if not h5py.h5t.IEEE_F64LE.equal(found.get_type()):
            raise LayoutError(f"{name} does not hold little-endian doubles")
        size = 8
        for length in found.shape:
            size *= length
        if size:
            self._refuse_unless_within(name, found, size)
        values = np.zeros(found.shape, "<f8")
        if size:
            found.read(h5py.h5s.ALL, h5py.h5s.ALL, values)
        return values

    def _array(self, name: str) -> Any:
        group = self._opened(self._file.id, self._group_name, h5py.h5g.GroupID)
        return None if group is None else self._opened(group, name, h5py.h5d.DatasetID)

    @staticmethod
    def _opened(place: Any, name: str, kind: type) -> Any:
        key = name.encode()
        if not place.links.exists(key):
            return None
        # A link of another kind leads to another file, or back to where it stands.
        if place.links.get_info(key).type != h5py.h5l.TYPE_HARD:
            raise LayoutError(f"{name} is a link to another place")
        found = h5py.h5o.open(place, key)
        if not isinstance(found, kind):
            raise LayoutError(f"{name} is not of the kind that it should be")
        return found

    def _refuse_unless_within(self, name: str, found: Any, size: int) -> None:
        layout, start = found.get_create_plist(), found.get_offset()
        is_plain = (
            layout.get_layout() == h5py.h5d.CONTIGUOUS
            and layout.get_external_count() == 0
            and layout.get_nfilters() == 0
        )
        if not is_plain:
            raise LayoutError(f"{name} is packed or lies elsewhere, which popest never writes")
        if start is None or found.get_storage_size() != size or start + size > self._size:
            raise LayoutError(f"{name} claims more bytes than the file holds")


def _is_text(kind: Any) -> bool:
    return isinstance(kind, h5py.h5t.TypeStringID) and bool(kind.is_variable_str())


def _valid(name: str, text: Any, longest: int) -> str:
    if not isinstance(text, str) or len(text) > longest:
        raise LayoutError(f"{name} is not a text of at most {longest:,} characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise LayoutError(f"{name} is not UTF-8") from None
    return text


def answer(request: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """Return what was found of what was asked for, and the arrays.

    Parameters
    ----------
    request
        The `path` of the file, its `attributes`, the `group` of its arrays, the list of `names`
        and the `arrays` in it.
    """
    path = request["path"]
    try:
        with h5py.File(path, "r", locking=False) as file:
            reader = Reader(file, os.path.getsize(path), request["group"])
            attributes = {name: reader.attribute(name) for name in request["attributes"]}
            names = reader.names(request["names"])
            arrays = {name: reader.doubles(name) for name in request["arrays"]}
    except LayoutError as error:
        return {"fault": str(error)}, []
    except Exception:  # h5py answers damage with any of them, MemoryError too
        return {"fault": ""}, []
    found = {name: values for name, values in arrays.items() if values is not None}
    shapes = {name: values.shape for name, values in found.items()}
    return {"attributes": attributes, "names": names, "shapes": shapes}, list(found.values())


def _bound(size: int) -> None:
    """Let this process end rather than take long, or much more memory than the file is large."""
    with suppress(ImportError, OSError, ValueError):  # there are systems without such limits
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        bytes_allowed = MEGABYTES * 1_000_000 + 2 * size
        resource.setrlimit(resource.RLIMIT_DATA, (bytes_allowed, bytes_allowed))


def main() -> NoReturn:
    """Answer one request and end."""
    request = json.loads(sys.stdin.readline())
    _bound(os.path.getsize(request["path"]))
    head, arrays = answer(request)
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n")
    for values in arrays:
        sys.stdout.buffer.write(values.tobytes())
    sys.stdout.buffer.flush()
    sys.exit(0)


if __name__ == "__main__":
    main()
