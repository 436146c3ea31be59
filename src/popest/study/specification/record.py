"""Records: immutable entries of a study, declared as classes with a type for each key.

How one is read from what a person wrote is in ``popest.study.specification.reading``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, ClassVar, NamedTuple, NoReturn, Self, dataclass_transform, get_type_hints

_REQUIRED = object()


class Key(NamedTuple):
    """A key of a record.

    Attributes
    ----------
    name
        The attribute that holds its value.
    written
        The key as it is written.
    default, factory
        The value where the key is not given, or what makes it; without either it is required.
    """

    name: str
    written: str
    default: Any = _REQUIRED
    factory: Callable[[], Any] | None = None

    @property
    def is_required(self) -> bool:
        """Whether the key must be given."""
        return self.default is _REQUIRED and self.factory is None

    def absent(self) -> Any:
        """Return the value of a key that is not given."""
        return self.default if self.factory is None else self.factory()


def keyed(*, written: str = "", factory: Callable[[], Any] | None = None) -> Any:
    """Declare a key that is written otherwise than its attribute, or whose default is made."""
    return Key("", written, factory=factory)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(keyed,))
class Record:
    """An immutable entry of a study: a class with an annotation for each key.

    Two are equal when they are of one class and all their values are. Making one from Python
    checks nothing but the keys: what a person wrote is read with ``reading.read``.

    Notes
    -----
    It does what a frozen dataclass does. That writes and compiles its methods when a class is
    declared, which for all records takes a tenth of the time in which a command must answer.
    """

    keys: ClassVar[Mapping[str, Key]] = {}
    """The keys by attribute, those of the base class first."""

    def __init_subclass__(cls) -> None:
        keys = dict(cls.keys)
        for name in cls.__annotations__:
            given = cls.__dict__.get(name, _REQUIRED)
            declared = given if isinstance(given, Key) else Key(name, name, given)
            keys[name] = declared._replace(name=name, written=declared.written or name)
        cls.keys = keys

    def __init__(self, **entries: Any) -> None:
        values = {
            name: entries.pop(name) if name in entries else declared.absent()
            for name, declared in self.keys.items()
        }
        missing = [name for name, value in values.items() if value is _REQUIRED]
        if missing or entries:
            raise TypeError(f"{type(self).__name__}: missing {missing}, unknown {list(entries)}")
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(tuple(self._values().values()))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self._values().items())
        return f"{type(self).__name__}({values})"

    def _values(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in self.keys}

    @classmethod
    def types(cls) -> dict[str, Any]:
        """Return the type of each attribute, with the constraints in it."""
        return get_type_hints(cls, include_extras=True)

    @classmethod
    def completed(cls, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an entry as it is to be read: with what follows from what was written.

        Raises
        ------
        EntryError
            When it cannot be read; with the key at fault.
        """
        return entry

    def check(self) -> None:
        """Check the rules between the keys, each of which is right by itself.

        Raises
        ------
        EntryError
            When one is broken; with the key at fault.
        """

    def replaced(self, **entries: Any) -> Self:
        """Return the same record with other values, which are not checked."""
        return type(self)(**{**self._values(), **entries})

    def written(self) -> dict[str, Any]:
        """Return the record as a table of plain values: days as text, without what is None."""
        values = self._values()
        return {
            self.keys[name].written: _plain(value)
            for name, value in values.items()
            if value is not None
        }


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.written()
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    return value.isoformat() if isinstance(value, date) else value
