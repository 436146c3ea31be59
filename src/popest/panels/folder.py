"""Writing the estimate of a panel to a folder, each file whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from popest.estimates.document import as_json
from popest.estimates.folder import make_folder, safe_frame
from popest.panels.chunks import write_arrays
from popest.panels.comparisons.panel_variants import PanelVariantRow
from popest.panels.document import panel_document
from popest.panels.machines import CHUNKS
from popest.panels.panel_estimate import PanelEstimate
from popest.study.files.whole import Writer, write_all

DRAWS_FILE = "draws.npz"


def write_panel(
    estimate: PanelEstimate, folder: Path, variants: Sequence[PanelVariantRow] = ()
) -> str:
    """Write a panel's estimate to a folder; return in words what was written.

    ``estimate.json`` holds all that the command prints with ``--json``, ``populations.csv`` and
    ``shared.csv`` have the same as tables, and ``draws.npz`` draws of what populations share and of
    their sum: ``theta``, `(coordinate, theta)`, standard normals a priori, with their ``names``;
    their ``weights``, `(theta,)`; ``total``, persons, `(theta, draw)`.

    Raises
    ------
    PopestError
        When a file cannot be written.
    """
    make_folder(folder)
    text = as_json(panel_document(estimate, variants)) + "\n"
    writers: dict[str, Writer] = {
        "estimate.json": lambda path: path.write_text(text, encoding="ascii"),
        "populations.csv": safe_frame(estimate.table()).to_csv,
        "shared.csv": safe_frame(estimate.shared_table()).to_csv,
    }
    write_all(folder, writers)
    learned = estimate.learned
    arrays = {
        "names": np.array(estimate.populations.prior.labels, dtype=str),
        "theta": learned.u,
        "weights": learned.weights,
        "total": estimate.drawn.totals,
    }
    write_arrays(folder / DRAWS_FILE, arrays)
    files = ", ".join([*writers, DRAWS_FILE])
    n_chunks = len(list((folder / CHUNKS).glob("*.npz")))
    number = f"{n_chunks:,} file{'' if n_chunks == 1 else 's'}"
    return f"{files}; finished work in {CHUNKS} ({number}), which may be deleted"
