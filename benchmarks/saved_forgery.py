"""Ways to forge the netCDF file of a saved estimate: other draws, weights or claims, and a hash.

Each takes the path of a copy and a source of chance, and changes the copy in place. What becomes of
it is judged in ``saved.py``.
"""

from __future__ import annotations

import json
import random
from hashlib import sha256
from pathlib import Path

import h5py
import numpy as np

from popest.estimates.saved.record import ARRAYS, HASH, PROPOSAL_ARRAYS, TEXTS, content_sha256

type Chance = random.Random

READ = ("normal", *ARRAYS, *PROPOSAL_ARRAYS)


def forge(path: Path, chance: Chance) -> None:
    """Change draws, weights or claims, and compute the hash anew."""
    with h5py.File(path, "r+") as file:
        chance.choice(FORGERIES)(file, chance)
        _hash_anew(file)


def forge_without_hash(path: Path, chance: Chance) -> None:
    """Spoil a draw or nothing, and pass the file off as one of the first release."""
    with h5py.File(path, "r+") as file:
        if chance.random() < 0.7:
            _spoil(file, chance.choice(ARRAYS), chance)
        for name in PROPOSAL_ARRAYS:
            del file[f"weighted/{name}"]
        del file.attrs[HASH]


def _hash_anew(file: h5py.File) -> None:
    texts = {name: str(file.attrs[name]) for name in TEXTS}
    study = (texts[n] for n in ("specification_text", "observations_text", "ratios_text"))
    texts["data_sha256"] = sha256("".join(study).encode()).hexdigest()
    names = [name.decode() for name in file["weighted/normal"][()]]
    arrays = {name: file[f"weighted/{name}"][()] for name in READ[1:]}
    file.attrs["data_sha256"] = texts["data_sha256"]
    file.attrs[HASH] = content_sha256(texts, names, arrays)


def _scale_draws(file: h5py.File, chance: Chance) -> None:
    file["weighted/u"][...] = file["weighted/u"][()] * chance.choice((0.5, 0.9, -1))


def _move_draws(file: h5py.File, chance: Chance) -> None:
    file["weighted/u"][...] = file["weighted/u"][()] + chance.choice((3, 0.3, -1e6, 1e300))


def _spoil_a_draw(file: h5py.File, chance: Chance) -> None:
    _spoil(file, chance.choice(READ[1:]), chance)


def _spoil(file: h5py.File, name: str, chance: Chance) -> None:
    values = file[f"weighted/{name}"][()]
    values.flat[chance.randrange(values.size)] = chance.choice(
        (np.nan, np.inf, -np.inf, -9e99, 9e99)
    )
    file[f"weighted/{name}"][...] = values


def _change_weights(file: h5py.File, chance: Chance) -> None:
    weights = file["weighted/weight"][()]
    stock_first = np.argsort(file["weighted/u"][0])
    file["weighted/weight"][...] = chance.choice(
        (
            weights[::-1],
            2 * weights,
            -weights,
            0 * weights,
            np.full_like(weights, 1 / len(weights)),
            np.sort(weights)[np.argsort(stock_first)],
        )
    )


def _move_proposal(file: h5py.File, chance: Chance) -> None:
    name = chance.choice(PROPOSAL_ARRAYS)
    values = file[f"weighted/{name}"][()]
    file[f"weighted/{name}"][...] = chance.choice((values + 0.2, 1.3 * values, 0 * values))


def _change_claims(file: h5py.File, chance: Chance) -> None:
    name = chance.choice(("certificate", "log_evidence"))
    claims = json.loads(file.attrs[name])
    if name == "certificate":
        claims |= chance.choice(({"pareto_k": 0.1}, {"ess": 9e5}, {"ess": None}, {"r_hat": 1.0}))
    else:
        claims = chance.choice((claims + 1, float("nan"), None))
    file.attrs[name] = json.dumps(claims)


def _change_figures(file: h5py.File, chance: Chance) -> None:
    text = file.attrs["observations_text"]
    assert "10486" in text
    file.attrs["observations_text"] = text.replace("10486", chance.choice(("20486", "1e4", "")))


FORGERIES = (
    _scale_draws,
    _move_draws,
    _spoil_a_draw,
    _change_weights,
    _move_proposal,
    _change_claims,
    _change_figures,
)
