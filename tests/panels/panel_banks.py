"""Popest's panel of simulated figures, put together without files."""

from __future__ import annotations

from datetime import date

import numpy as np
from gaussian_panel import ERROR, Quantity, Simulated

from popest.panels.learning import Panel
from popest.panels.message import Groups
from popest.panels.reference import Piece, joined, reference
from popest.panels.shared_prior import Shared, SharedPrior, Values
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
    data: Simulated, *, noise_sigma: float = 0.0, by_source: float = 0.0, seed: int = 1
) -> Panel:
    quantities, n = data.quantities, len(data.counts)
    specification = specification_of(quantities, noise_sigma, by_source)
    shared = []
    for number, q in enumerate(quantities):
        if q.between is None:
            continue
        has_effect = q.effect is not None
        shared.append(
            Shared(
                number,
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
    prior = SharedPrior(np.array([q.total for q in quantities]), shared, n)
    correlation = np.array([q.correlation for q in quantities[1:]])
    members = [np.flatnonzero(correlation > 0)] if (correlation > 0).any() else []
    groups = Groups(correlation, members)
    marginal = prior.marginal()
    banks, medians = [], []
    for number, found in enumerate(data.counts):
        piece = Piece(f"p{number}", specification, rows_of(found, number))
        here = Values(marginal.offset[:, number : number + 1], marginal.tau)
        bank, median = reference(piece, groups, here, seed)
        banks.append(bank)
        medians.append(median)
    return Panel(joined(banks), groups, prior, np.array(medians))
