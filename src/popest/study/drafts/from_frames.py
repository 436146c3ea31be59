"""A study from what Python holds: a dictionary of what is assumed, a frame of what was counted.

It becomes the two texts that a folder would have, by the same drafting and under the same rules as
figures that are added to one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from popest.study.drafts.addition import Ledger
from popest.study.drafts.drafting import added
from popest.study.drafts.new_rows import Draft, lines_of
from popest.study.files.reading import FileText, file_texts
from popest.study.observations.columns import COLUMNS
from popest.study.observations.observation import NOT_STATED
from popest.study.problems import Problem, UsageError, listed, shown, suggestion

if TYPE_CHECKING:
    import pandas as pd

COMPULSORY = ("source", "value", "end")
"""Columns without which a frame is no table of figures."""
OWN = ("in_use", "recorded")
"""Columns of `Study.to_frame` that follow from the others."""


def texts_of(
    name: str, specification: Mapping[str, Any], observations: pd.DataFrame
) -> tuple[FileText, FileText]:
    """Return the two files that a dictionary and a frame amount to.

    Parameters
    ----------
    name
        The name of the study.
    specification
        What ``study.toml`` would say.
    observations
        Figures, one a row.

    Raises
    ------
    StudyError
        When a figure or the study breaks a rule; rows go by their label.
    UsageError
        When the frame lacks a column or has an unknown one, or the dictionary holds something that
        no file can.
    """
    import pandas as pd

    if not isinstance(observations, pd.DataFrame):
        raise UsageError(
            f"observations must be a pandas DataFrame, not {type(observations).__name__}"
        )
    if observations.index.name is not None and observations.index.name not in observations:
        observations = observations.reset_index()
    _refuse_columns(observations)
    header = lines_of("", [{column: column for column in COLUMNS}])
    texts = file_texts(name, _toml(specification), header)
    ledger = Ledger(*texts)
    drafts = added(ledger, list(_drafts(name, observations)), date.today())
    return ledger.specification, ledger.with_rows(drafts).observations


def _refuse_columns(frame: pd.DataFrame) -> None:
    names = [name for name in frame.columns if name not in OWN]
    for name in names:
        if name not in COLUMNS:
            near = suggestion(str(name), COLUMNS)
            known = listed(column for column in COLUMNS if column not in OWN)
            raise UsageError(
                f"no column has the name {shown(str(name))}: {near}write one of {known}"
            )
    if len(set(names)) < len(names):
        raise UsageError("a column of the frame is there twice: keep one of the two")
    absent = [name for name in COMPULSORY if name not in names]
    if "value" in absent and {"lower", "upper"} <= set(names):
        absent.remove("value")  # counts between two
    if absent:
        raise UsageError(
            f"the frame has no column {listed(absent)}: each row is a figure of a source, with its "
            "value and the last day that it counts"
        )


def _drafts(name: str, frame: pd.DataFrame) -> Iterator[Draft]:
    """Give each row of a frame as a new row that goes by its label in problems."""
    columns = [column for column in frame.columns if column not in OWN]
    labels = frame["id"] if "id" in columns else frame.index
    entries = zip(*(frame[column] for column in columns), strict=True)
    for number, (label, row) in enumerate(zip(labels, entries, strict=True), start=1):
        file = f"{name}, row {label} of the frame"
        cells = {"id": f"R{number}", "precision": "exact", "publisher": NOT_STATED}
        problems: list[Problem] = []
        for column, entry in zip(columns, row, strict=True):
            try:
                text = _cell(entry)
            except ValueError:
                rule = "is not a number, a day without a time, yes or no, or a text"
                shape = (file, 0, column, repr(entry), rule, "write one of these")
                problems.append(Problem(*shape))
                text = ""
            if text or column not in cells:
                cells[column] = text
        if cells.get("lower") and not cells.get("value") and cells["precision"] == "exact":
            cells["precision"] = "between"
        yield Draft(cells, file=file, line=0, problems=tuple(problems))


def _cell(entry: Any) -> str:
    """Return what a cell of a table would say, empty where nothing is; or raise ValueError."""
    import pandas as pd

    if isinstance(entry, str):
        return entry
    if entry is None or (pd.api.types.is_scalar(entry) and pd.isna(entry)):
        return ""
    if hasattr(entry, "dtype") and pd.api.types.is_bool_dtype(entry.dtype):
        entry = bool(entry)
    if isinstance(entry, bool):
        return "yes" if entry else "no"
    if isinstance(entry, datetime):
        if entry.time() != time():
            raise ValueError
        entry = entry.date()
    if isinstance(entry, date):
        return entry.isoformat()
    if isinstance(entry, Integral):
        return str(int(entry))
    if isinstance(entry, Real):
        number = float(entry)
        return f"{number:.0f}" if number.is_integer() else repr(number)
    raise ValueError


def _toml(specification: Mapping[str, Any]) -> str:
    import tomli_w

    if not isinstance(specification, Mapping):
        kind = type(specification).__name__
        raise UsageError(
            f"the specification must be a dictionary, as study.toml has it, not {kind}"
        )
    return tomli_w.dumps(_plain(specification, ""))


def _plain(entry: Any, path: str) -> Any:
    """Return an entry of a dictionary as TOML has it, or refuse it by its path."""
    if isinstance(entry, Mapping):
        return {
            str(key): _plain(value, f"{path}.{key}".lstrip(".")) for key, value in entry.items()
        }
    if isinstance(entry, list | tuple):
        return [_plain(value, path) for value in entry]
    if isinstance(entry, bool | str):
        return entry
    if isinstance(entry, Integral):
        return int(entry)
    if isinstance(entry, Real):
        return float(entry)
    if isinstance(entry, date):
        return (entry.date() if isinstance(entry, datetime) else entry).isoformat()
    raise UsageError(
        f"{path} of the specification is {shown(repr(entry))}, which study.toml cannot say: write "
        "a number, a text, true or false, a list or a table, or leave it out"
    )
