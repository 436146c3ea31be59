"""Print the headline estimate of the three Serbian studies, warnings first.

Run it where popest is installed: ``python examples/headline.py``.
"""

import popest

for name in ("serbia-report-2024", "serbia", "serbia-learned"):
    estimate = popest.estimate(name, seed=1)
    for warning in estimate.warnings:
        print(f"Warning: {warning}")
    median = estimate.stock().median
    lower, upper, *_ = estimate.interval(0.90)
    share = estimate.probability(30_000, 40_000)
    print(
        f"{name}, {estimate.dates[0]}: {median:,.0f} {estimate.unit}, 90 % credible interval "
        f"{lower:,.0f} to {upper:,.0f}; between 30,000 and 40,000 with {100 * share:.0f} % "
        f"probability.\n"
    )
