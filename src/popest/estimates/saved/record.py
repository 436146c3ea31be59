"""What a saved estimate says of itself in words, and the hash over all that is read of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, Literal

import numpy as np

from popest.engines import Engine
from popest.engines.draws import Certificate
from popest.estimates.result import Result
from popest.estimates.settings import LARGEST_DRAWS, SMALLEST_DRAWS, Settings
from popest.model.model import Model
from popest.study.constraints import Limit
from popest.study.entry_types import Date
from popest.study.specification import record
from popest.study.specification.reading import InvalidEntryError, read
from popest.study.study import View

FORMAT = 1
HASH = "content_sha256"
TEXTS = (
    *("study", "specification_text", "observations_text", "ratios_text", "data_sha256"),
    *("settings", "engine", "certificate", "log_evidence", "versions", "seconds", "warnings"),
)
LATER_TEXTS = {"ratios_text": "", "seconds": "null"}
"""What the first release did not always write, and what stands for it."""
ARRAYS = ("u", "weight")
PROPOSAL_ARRAYS = ("proposal_share", "proposal_mean", "proposal_factor")
LARGEST_NUMBERS = 100_000_000
"""How many numbers the draws of a saved estimate may take in memory: 0.8 GB."""


class SavedView(record.Record):
    """Which part of the study was seen, as JSON holds it."""

    as_of: Date | None
    recorded_as_of: Date | None
    variant: str | None
    left_out: list[str]

    def view(self) -> View:
        """Return the view."""
        return View(self.as_of, self.recorded_as_of, self.variant, tuple(self.left_out))


class SavedSettings(record.Record):
    """What the estimate was asked for, as JSON holds it."""

    engine: Engine
    n_draws: Annotated[int, Limit("at least", SMALLEST_DRAWS), Limit("at most", LARGEST_DRAWS)]
    seed: Annotated[int, Limit("at least", 0)]
    prob: Annotated[float, Limit("above", 0), Limit("below", 1)]
    dates: list[Date]
    view: SavedView

    def settings(self) -> Settings:
        """Return the settings."""
        return Settings(self.engine, self.n_draws, self.seed, self.prob, tuple(self.dates))


class SavedCertificate(record.Record):
    """The certificate, as JSON holds it."""

    certified: bool
    pareto_k: float | None
    ess: float | None
    r_hat: float | None
    ess_bulk: float | None
    ess_tail: float | None
    divergences: int | None

    def certificate(self) -> Certificate:
        """Return the certificate."""
        return Certificate(*(getattr(self, name) for name in Certificate._fields))


KINDS: dict[str, Any] = {
    "settings": SavedSettings,
    "engine": Literal["bank", "slice", "nuts"],
    "certificate": SavedCertificate,
    "log_evidence": float | None,
    "versions": dict[str, str],
    "seconds": Annotated[float, Limit("at least", 0)] | None,
}


class Record:
    """The texts of a saved estimate, and what they say.

    Parameters
    ----------
    texts
        All of `TEXTS` by name.

    Raises
    ------
    ValueError
        When one of them does not say what it should; with its name.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        self.asked: SavedSettings = self._read("settings")
        self.engine: str = self._read("engine")
        self.certificate: Certificate = self._read("certificate").certificate()
        self.log_evidence: float | None = self._read("log_evidence")
        self.versions: dict[str, str] = self._read("versions")
        self.seconds: float | None = self._read("seconds")

    def _read(self, name: str) -> Any:
        text = self.texts[name]
        try:
            return read(KINDS[name], text if name == "engine" else json.loads(text))
        except InvalidEntryError as error:
            first = error.faults[0]
            place = ".".join(map(str, (name, *first.path)))
            raise ValueError(f"{place}: {first.rule}") from error
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{name}: is not JSON that can be read") from error


def texts_of(estimate: Result) -> dict[str, str]:
    """Return the texts of an estimate, by name."""
    study = estimate.study
    return {
        "study": study.name,
        "specification_text": study.specification_text,
        "observations_text": study.observations_text,
        "ratios_text": study.ratios_text,
        "data_sha256": study.data_sha256,
        "settings": _settings_text(estimate.settings, study.view),
        "engine": estimate.draws.engine,
        "certificate": json.dumps(estimate.certificate._asdict()),
        "log_evidence": json.dumps(estimate.draws.log_evidence),
        "versions": json.dumps(estimate.versions),
        "seconds": json.dumps(estimate.seconds),
        "warnings": "\n".join(estimate.warnings),
    }


def _settings_text(settings: Settings, view: View) -> str:
    seen = {
        "as_of": view.as_of_day,
        "recorded_as_of": view.recorded_as_of_day,
        "variant": view.variant,
        "left_out": view.left_out,
    }
    asked = {**vars(settings), "view": seen}
    return json.dumps(asked, default=str, ensure_ascii=False, separators=(",", ":"))


def numbers_held(model: Model, n_draws: int, n_months: int) -> int:
    """Return how many numbers draws take: normals, arrivals, stocks and departures."""
    return n_draws * (len(model.normals) + 3 * n_months)


def content_sha256(
    texts: Mapping[str, str], names: list[str], arrays: Mapping[str, np.ndarray]
) -> str:
    """Return the SHA-256 over what is read of a saved estimate, however the file lays it out.

    Parameters
    ----------
    texts
        The attributes by name.
    names
        The names of the normals, one a line in the hash.
    arrays
        The arrays of the group ``weighted`` by name, hashed as little-endian doubles.

    Notes
    -----
    Texts first, then arrays, each in the order of their names. Each is preceded by a line: for a
    text its name, the word ``text`` and its length in bytes of UTF-8, for an array its name, the
    word ``float64`` and its shape, all separated by single spaces.
    """
    digest = sha256(f"popest {FORMAT}\n".encode())
    for name, text in sorted({**texts, "normal": "\n".join(names)}.items()):
        data = text.encode()
        digest.update(f"{name} text {len(data)}\n".encode() + data)
    for name, array in sorted(arrays.items()):
        digest.update(f"{' '.join((name, 'float64', *map(str, array.shape)))}\n".encode())
        digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return digest.hexdigest()
