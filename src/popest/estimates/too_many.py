"""Uncertain quantities that are too many for an engine: where they are declared, and a remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from popest.model.model import Model
from popest.model.population import STEPS
from popest.study import Study, UsageError
from popest.study.files.reading import SPECIFICATION_FILE
from popest.study.specification.records import ArrivalsPopulation
from popest.study.specification.toml_lines import TomlLines

MOST_NORMALS = 400
"""Uncertain quantities of a model: the engines look at every pair of them."""
SMALLEST_PART = 5
"""Quantities of one entry that are worth naming."""


class _Part(NamedTuple):
    """An entry of ``study.toml`` that declares uncertain quantities, and how to have fewer."""

    path: tuple[str | int, ...]
    number: int
    what: str
    remedy: str

    def said(self, lines: TomlLines) -> str:
        """Return it as a line of a message."""
        place = f"{SPECIFICATION_FILE}:{lines.line(self.path)}"
        entry = ".".join(str(key) for key in self.path)
        return f"{place}: {entry}: {self.number:,} are {self.what}; {self.remedy}"


def refuse_too_many(study: Study, model: Model) -> None:
    """Refuse a study of more uncertain quantities than an engine can follow.

    Raises
    ------
    UsageError
        When there are more than 400: the entries that declare most of them, each with its line in
        ``study.toml``, how many it declares and what to write instead.
    """
    number = len(model.normals)
    if number <= MOST_NORMALS:
        return
    lines = TomlLines(study.specification_text)
    parts = sorted(_parts(study, model), key=lambda part: -part.number)
    named = [part for part in parts if part.number >= SMALLEST_PART] or parts[:1]
    raise UsageError(
        "\n".join(
            [
                f"study {study.name}: its {number:,} uncertain quantities are more than the "
                f"{MOST_NORMALS} that an engine can follow",
                *(part.said(lines) for part in named),
            ]
        )
    )


def _parts(study: Study, model: Model) -> Iterator[_Part]:
    """Yield what declares uncertain quantities, from the names of the model's normals."""
    numbers, drifts = Counter[str](), Counter[str]()
    for normal in model.normals.names:
        kind, _, rest = normal.partition("[")
        numbers[kind] += 1
        if kind == "drift":
            drifts[rest.partition("]")[0]] += 1
    population = study.specification.population
    if isinstance(population, ArrivalsPopulation) and "volatility" in numbers:
        step, months = population.background.step, study.calendar.n_months
        coarser = [name for name in STEPS if STEPS[name].months > STEPS[step].months]
        choices = " or ".join(
            f'step = "{name}" ({study.calendar.steps(STEPS[name].months)[-1]:,})'
            for name in coarser
        )
        yield _Part(
            ("population", "background"),
            numbers["volatility"],
            f"its steps by {step} over {months} months",
            f"write {choices}" if choices else "shorten the calendar, or write volatility = 0",
        )
    yield _Part(
        ("population", "wave"),
        numbers["wave"],
        "the sizes of waves",
        "declare fewer waves, or write sigma = 0 where a size is known",
    )
    yield _Part(
        ("noise", "by_source"),
        numbers["noise"],
        "the errors of sources",
        "write by_source = 0, or give fewer sources an error of their own",
    )
    yield _Part(
        ("source",),
        sum(numbers[kind] for kind in ("baseline", "later", "ratio", "group", "tails")),
        "baselines, later counts, and ratios of few counts",
        "declare fewer sources, write sigma = 0 where one is known, or add few counts up",
    )
    for name, found in drifts.items():
        yield _Part(
            ("source", name, "drift"),
            found,
            "the drift of its ratio, one for each last day",
            "remove drift, or add counts up over longer windows",
        )
