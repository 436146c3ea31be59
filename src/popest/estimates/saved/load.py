"""Loading a saved estimate: nothing in the file is taken on trust.

The hash finds damage. Beyond it, whatever follows from something else in the file is found again
and must agree: the study's own hash, the weights from the draws and what they were drawn from, the
certificate and the evidence from the weights. So whoever forges a file and its hash gains no more
than what the forged draws are worth.
"""

from __future__ import annotations

import csv
import math
import time
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from popest.engines.bank import MAXIMUM_ROUNDS
from popest.engines.slice import FEWEST_KEPT
from popest.engines.superchains import CHAINS
from popest.estimates.certified_estimate import Estimate
from popest.estimates.compute import complete
from popest.estimates.saved.draws import verified_draws
from popest.estimates.saved.file import SavedEstimateError, SavedFile, read_saved, refuse
from popest.estimates.saved.record import (
    ARRAYS,
    FORMAT,
    HASH,
    LARGEST_NUMBERS,
    LATER_TEXTS,
    PROPOSAL_ARRAYS,
    TEXTS,
    Record,
    content_sha256,
    numbers_held,
)
from popest.estimates.settings import checked_date, streams
from popest.model.model import Model
from popest.study import Study, UsageError
from popest.study.files.reading import file_texts
from popest.study.problems import printable, shown
from popest.study.specification.learned import learned_ratios
from popest.study.study import study_of

MOST_COMPONENTS = 10
LARGEST_LOG_RATIO = 20.0
NOT_VERIFIED = (
    "not verified: {path} carries no hash, like the files of popest 0.1.0, so whether it still "
    "holds what was saved cannot be told. Estimate again to be sure."
)


def load_estimate(path: str | Path) -> Estimate:
    """Return a saved estimate; it gives the numbers it was saved with.

    Raises
    ------
    SavedEstimateError
        When the file is missing, is no saved estimate, was changed, or is not certified.
    StudyError
        When the study inside is invalid.
    """
    path, start = Path(path), time.perf_counter()
    file = read_saved(path, ["popest_format", HASH, *TEXTS], [*ARRAYS, *PROPOSAL_ARRAYS])
    texts, expected = _texts(file), file.attributes[HASH]
    record = _record(path, texts)
    study = _study(path, record)
    model = Model(study.specification, study.used)
    arrays = _arrays(file, model, record)
    is_verified = expected is not None
    if is_verified and content_sha256(texts, model.normals.names, arrays) != expected:
        refuse(path, "its content does not match its hash")
    found = verified_draws(path, model, record, arrays, needs_proposal=is_verified)
    settings = record.asked.settings()
    estimate = complete(
        study, settings, model, found, streams(settings.seed).other, start, record.versions
    )
    return replace(
        estimate,
        seconds=estimate.seconds if record.seconds is None else record.seconds,
        origin_warnings=() if is_verified else (NOT_VERIFIED.format(path=printable(path.name)),),
    )


def _texts(file: SavedFile) -> dict[str, str]:
    number = file.attributes["popest_format"]
    if number is None:
        raise SavedEstimateError(f"{file.path}: was not saved by popest")
    if isinstance(number, str):
        refuse(file.path, "popest_format is not a whole number")
    if number != FORMAT:
        raise SavedEstimateError(
            f"{file.path}: is of format {number}, and this popest reads format {FORMAT}; "
            f"estimate again"
        )
    texts = {}
    for name in TEXTS:
        text = file.attributes[name]
        if text is None:
            text = LATER_TEXTS.get(name)
        if not isinstance(text, str):
            refuse(file.path, f"{name} is missing or no text")
        texts[name] = text
    return texts


def _record(path: Path, texts: dict[str, str]) -> Record:
    try:
        record = Record(texts)
    except ValueError as error:
        refuse(path, str(error))
    if record.asked.engine not in ("auto", record.engine):
        refuse(path, f"engine {record.engine} drew it, and {record.asked.engine} was asked for")
    return record


def _study(path: Path, record: Record) -> Study:
    """Return the study inside, whose problems name the file and the line within it."""
    texts = record.texts
    parts = [texts[name] for name in ("specification_text", "observations_text", "ratios_text")]
    if sha256("".join(parts).encode()).hexdigest() != texts["data_sha256"]:
        raise SavedEstimateError(f"{path}: the study inside does not match its hash")
    specification, observations, ratios = parts
    _refuse_ratios(path, ratios)
    files = file_texts(str(path), specification, observations, ratios or None)
    try:
        study = study_of(texts["study"], None, *files, record.asked.view.view())
        for day in record.asked.dates:
            checked_date(day, study)
    except UsageError as error:
        refuse(path, str(error))
    if study.ratios_text != ratios:
        refuse(path, "the table of learned ratios is not the one that its study uses")
    return study


def _refuse_ratios(path: Path, text: str) -> None:
    """Refuse a table of learned ratios that popest cannot have written."""
    try:
        rows = learned_ratios(text)
    except (KeyError, TypeError, ValueError, csv.Error):
        refuse(path, "the table of learned ratios cannot be read")
    for row in (row for row in rows if row.standing != "refused"):
        logs = (math.log(row.median) if row.median > 0 else math.nan, row.drift)
        spreads = (row.tau, row.drift_sd)
        # Said so that what is not a number fails as well.
        if not all(abs(value) <= LARGEST_LOG_RATIO for value in logs + spreads) or min(spreads) < 0:
            refuse(path, f"the learned ratio of {shown(row.name)} is outside its domain")


def _arrays(file: SavedFile, model: Model, record: Record) -> dict[str, np.ndarray]:
    """Return the arrays by name, each of the shape that the study and the settings ask for."""
    path, arrays = file.path, file.arrays
    if not arrays and file.names is None:
        raise SavedEstimateError(f"{path}: is not a saved estimate: it holds no draws")
    if file.names != model.normals.names:
        refuse(path, "its draws are of another model")
    size, n_draws = len(model.normals), arrays["weight"].size if "weight" in arrays else 0
    most = max(record.asked.n_draws * 2 ** (MAXIMUM_ROUNDS - 1), CHAINS * FEWEST_KEPT)
    last = max(record.asked.dates, default=model.calendar.last_day)
    n_months = model.calendar.reaching(last).n_months
    if not 0 < n_draws <= most or numbers_held(model, n_draws, n_months) > LARGEST_NUMBERS:
        refuse(path, f"{n_draws:,} draws are none, or more than were asked for or can be held")
    shapes: dict[str, tuple[int, ...]] = {"u": (size, n_draws), "weight": (n_draws,)}
    if any(name in arrays for name in PROPOSAL_ARRAYS):
        n_parts = min(arrays.get(PROPOSAL_ARRAYS[0], arrays["weight"]).size, MOST_COMPONENTS)
        matrices = (n_parts, size, size)
        shapes |= dict(zip(PROPOSAL_ARRAYS, (matrices[:1], matrices[:2], matrices), strict=True))
    for name, shape in shapes.items():
        if name not in arrays:
            refuse(path, f"{name} is missing")
        if arrays[name].shape != shape:
            refuse(path, f"{name} has another shape than its study asks for")
    return arrays
