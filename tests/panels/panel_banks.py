"""Popest's panel of simulated figures, put together without files."""

from __future__ import annotations

from datetime import date

import numpy as np
from gaussian_panel import ERROR, Quantity, Simulated

from popest.panels.chunks import divided
from popest.panels.message import Groups
from popest.panels.part import Part
from popest.panels.reference import Piece, Place, reference
from popest.panels.shared_prior import Shared, SharedPrior, Values
from popest.panels.whole import Whole
from popest.panels.workers import Here
from popest.study.observations.observation import Observation
from popest.study.specification.from_toml import read_document
from popest.study.specification.records import Specification

BECAUSE = "A test."


def specification_of(
    quantities: list[Quantity], noise_sigma: float = 0.0, by_source: float = 0.0
) -> Specification:
    sources = {
        f"s{number}": {
            "title": "t",
            "producer": "p",
            "counts": "c",
            "measure": "stock",
            "sampling": "none",
            "ratio": {
                "median": q.median,
                "interval90": [
                    q.median * np.exp(sign * 1.6448536269514722 * q.total) for sign in (-1, 1)
                ],
                "because": BECAUSE,
            },
            **({"group": "g", "group_correlation": q.correlation} if q.correlation else {}),
        }
        for number, q in enumerate(quantities[1:])
    }
    document = {
        "title": "t",
        "target": "t",
        "unit": "persons",
        "headline": "2023-12-31",
        "calendar": {"start": "2023-01", "end": "2023-12"},
        "population": {
            "kind": "static",
            "size": {
                "median": quantities[0].median,
                "sigma": quantities[0].total,
                "because": BECAUSE,
            },
        },
        "noise": {
            "error": {"median": ERROR, "sigma": noise_sigma, "because": BECAUSE},
            "by_source": by_source,
        },
        "source": sources,
    }
    reading = read_document(document)
    assert reading.specification is not None, reading.faults
    return reading.specification


def rows_of(found: list[tuple[int, int]], population: int) -> tuple[Observation, ...]:
    day = date(2023, 12, 31)
    return tuple(
        Observation(
            f"r{population}.{at}",
            f"s{source}",
            figure,
            "exact",
            None,
            day,
            day,
            date(2024, 1, 1),
            "p",
            "",
            True,
            None,
            (),
            "",
            None,
            None,
            None,
            at + 2,
        )
        for at, (source, figure) in enumerate(found)
    )


def panel_of(
    data: Simulated,
    *,
    noise_sigma: float = 0.0,
    by_source: float = 0.0,
    seed: int = 1,
    chunk: int | None = None,
) -> Whole:
    """Banks in which sizes are integrated."""
    pieces, groups, prior = prepared_of(data, noise_sigma=noise_sigma, by_source=by_source)
    marginal = prior.marginal()
    found = [
        reference(piece, groups, Values(marginal.offset[:, at : at + 1], marginal.tau), seed)
        for at, piece in enumerate(pieces)
    ]
    names = [piece.name for piece in pieces]
    parts = [
        Part.of(names[at], found[at], groups, prior.of(at))
        for at in divided(len(pieces), chunk or len(pieces))
    ]
    return Whole.of(Here(), parts, prior)


def as_one(panel: Whole) -> Part:
    """Return the only part of a panel."""
    (part,) = panel.parts
    return part


def prepared_of(
    data: Simulated, *, noise_sigma: float = 0.0, by_source: float = 0.0, is_drawn: bool = False
) -> tuple[list[Piece], Groups, SharedPrior]:
    """The populations, and what they share; of those drawn whole a pooled size is carried."""
    quantities, n = data.quantities, len(data.counts)
    specification = specification_of(quantities, noise_sigma, by_source)
    shared, places = [], []
    spreads = [q.total for q in quantities]
    for number, q in enumerate(quantities):
        if q.between is None:
            continue
        if number == 0 and is_drawn:
            places.append(Place(("population", "size"), "size", len(quantities), 0))
            spreads.append(1.0)
        else:
            path = ("population", "size") if number == 0 else ("source", f"s{number - 1}", "ratio")
            places.append(Place(path, "size" if number == 0 else "", number, None))
        has_effect = q.effect is not None
        shared.append(
            Shared(
                places[-1].number,
                "size" if number == 0 else f"s{number - 1}",
                q.level,
                q.between,
                q.between_sigma,
                data.covariate[None] if has_effect else np.zeros((0, n)),
                np.array(q.effect[:1] if has_effect else ()),
                np.array(q.effect[1:] if has_effect else ()),
                ("x",) if has_effect else (),
            )
        )
    prior = SharedPrior(np.array(spreads), shared, n)
    correlation = np.array([q.correlation for q in quantities[1:]])
    members = [np.flatnonzero(correlation > 0)] if (correlation > 0).any() else []
    groups = Groups(correlation, members)
    pieces = [
        Piece(f"p{at}", specification, rows_of(found, at), tuple(places), is_drawn)
        for at, found in enumerate(data.counts)
    ]
    return pieces, groups, prior
