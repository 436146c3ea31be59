"""The table of domains in docs/data-format.md, written from the domains themselves."""

from popest.study import domains
from popest.study.domains import Domain

ENTRIES = {
    "PERSONS": "`median` of `size`, `initial` and `background`, persons",
    "QUANTITY": "`median` of `baseline`, bounds of `interval90`",
    "LOG_SPREAD": "`sigma`",
    "TAU": "tau of an `interval90`",
    "TAILS": "`tails` of a ratio, degrees of freedom",
    "TAILED": "`tailed`",
    "VOLATILITY": "`volatility`, a step",
    "DRIFT": "`drift`, a square-root year",
    "HAZARD": "`median` of `departure_hazard`, a month",
    "LOG_ERROR": "`median` of `noise.error`",
    "BY_SOURCE": "`noise.by_source`",
    "RATIO": "`median` of `ratio` and of a factor in `times`",
    "MEAN_BIAS": "`mean` of `bias`, persons",
    "BIAS_SD": "`sd` of `bias`, persons",
    "ERROR_SD": "`sd` of `error`, persons",
    "PROBABILITY": "`interval`",
    "SEEN": "`seen`, `of`",
    "LAG": "`lag_months`",
    "EVERY": "`every_months`, and `months` of a period",
    "RENEWED": "`renewed`",
    "LATER": "`later`, a year",
    "AGE": "`months` of a learned ratio",
    "WEIGHT": "`weights` of a wave",
    "RESPONDENTS": "`n`",
    "DESIGN_EFFECT": "`deff`",
    "BOUND": "`ranges`",
}


def domains_by_name() -> dict[str, Domain]:
    """Return every domain of popest by the name of its constant."""
    return {name: value for name, value in vars(domains).items() if isinstance(value, Domain)}


def table() -> str:
    """Return the table as Markdown."""
    lines = ["| number | domain | reason |", "|---|---|---|"]
    for name, domain in domains_by_name().items():
        lines.append(f"| {ENTRIES[name]} | {domain} | {domain.why} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
