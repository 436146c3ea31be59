"""Print how an estimate moved between two days of evidence, and what moved it.

Run it where popest is installed: ``python examples/two_days.py 2023-03-31 2024-06-30 [STUDY]``.
"""

import sys

import popest

old, new, *rest = sys.argv[1:]
study = popest.load_study((*rest, "serbia")[0])
comparison = popest.compare(study.as_of(old), study.as_of(new), seed=1)
for day, estimate in ((old, comparison.old), (new, comparison.new)):
    lower, upper, *_ = estimate.interval(0.90)
    median = estimate.stock().median
    print(f"as of {day}: {median:,.0f}, 90 % credible interval {lower:,.0f} to {upper:,.0f}")
for share in sorted(comparison.shares, key=lambda share: -abs(share.median)):
    print(f"{share.median:+8,.0f} (standard error {share.median_se:,.0f})  {share.label}")
