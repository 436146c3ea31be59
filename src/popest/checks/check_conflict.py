"""The check whether a source contradicts all the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popest.checks.methods.node_split import node_split
from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context
from popest.estimates.pictures.style import BLACK, BLUE, ORANGE, finish, legend_below, name_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVEL = 0.05
SMALLEST_DRAWN = 1e-4
SMALLEST_SCALE = 0.01


@check(
    "conflict",
    "does any source contradict the others?",
    required=True,
    quick=True,
)
def conflict(context: Context) -> CheckResult:
    """Return each source's node-split p-value, failed below 5 % after Holm's adjustment.

    A source whose estimate is not certified can neither fail nor let the check pass.

    Notes
    -----
    `log_evidence_gain` is log p(all) - log p(others) - log p(source alone): what the others add
    to the log density of the source's figures. Below zero they speak against it.
    """
    fits = context.without
    p_values = {
        name: node_split(context.model, found, name, context.rng(f"conflict {name}"))
        for name, found in fits.items()
    }
    adjusted = holm(p_values)
    table: list[dict[str, Cell]] = []
    for name, found in fits.items():
        alone = context.alone[name]
        gain = context.itself.log_evidence - found.log_evidence - alone.log_evidence
        certified = found.certified and alone.certified
        table.append(
            {
                "source": name,
                "p_value": p_values[name],
                "p_adjusted": adjusted[name],
                "log_evidence_gain": gain,
                "certified": certified,
                "flagged": certified and adjusted[name] < LEVEL,
            }
        )

    def draw(ax: Axes) -> Axes:
        return _draw(ax, adjusted, p_values)

    flagged = [str(row["source"]) for row in table if row["flagged"]]
    certain = all(row["certified"] for row in table)
    passed = False if flagged else (True if certain else None)
    return CheckResult(
        "conflict", passed, _sentence(table, flagged), table, draw if table else None
    )


def holm(p_values: dict[str, float]) -> dict[str, float]:
    """Return Holm's adjusted p-values: the chance of any false alarm is at most their level."""
    adjusted, largest = {}, 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda each: p_values[each])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = largest
    return {name: adjusted[name] for name in p_values}


def _sentence(table: list[dict[str, Cell]], flagged: list[str]) -> str:
    if len(table) < 2:
        return "There are not two sources with figures, so none can contradict another."
    by_name = {str(row["source"]): row for row in table}
    least = min(by_name, key=lambda name: float(by_name[name]["p_value"] or 0))
    shown = f"smallest p {_number(by_name[least]['p_value'])}, {least}; "
    shown += f"{_number(by_name[least]['p_adjusted'])} after Holm's adjustment"
    if not flagged:
        sentence = (
            f"None of the {len(table)} sources contradicts the others in its level ({shown})."
        )
    else:
        verb = "contradicts" if len(flagged) == 1 else "contradict"
        sentence = (
            f"{', '.join(flagged)} {verb} what the other sources predict ({shown}; "
            f"{len(table)} sources tested)."
        )
    uncertain = [name for name, row in by_name.items() if not row["certified"]]
    if uncertain:
        sentence += f" Not certified: {', '.join(uncertain)}."
    return sentence


def _number(value: Cell) -> str:
    assert isinstance(value, float)
    return f"{value:.2f}" if value >= 0.01 else f"{value:.1g}"


def _draw(ax: Axes, adjusted: dict[str, float], p_values: dict[str, float]) -> Axes:
    """Draw the raw and the adjusted p-value of each source on a log scale."""
    for place, name in enumerate(adjusted):
        colour = ORANGE if adjusted[name] < LEVEL else BLUE
        raw, held = (max(each[name], SMALLEST_DRAWN) for each in (p_values, adjusted))
        ax.plot([raw, held], [place, place], color=colour, lw=1)
        first = place == 0
        ax.plot([raw], [place], "o", color="white", mec=colour, label="p" if first else None)
        label = "p, Holm-adjusted" if first else None
        ax.plot([held], [place], "D", color=colour, label=label)
    ax.axvline(LEVEL, color=BLACK, lw=0.8, ls="--")
    ax.set_xscale("log")
    smallest = min((*p_values.values(), SMALLEST_SCALE))
    ax.set_xlim(max(smallest, SMALLEST_DRAWN) / 1.3, 1.3)
    name_rows(ax, list(adjusted))
    legend_below(ax)
    label = f"p-value of the source given the others (dashed: {LEVEL}; {SMALLEST_DRAWN:g} and less "
    label += "are drawn at the edge)"
    return finish(ax, "Does any source contradict the others?", label)
