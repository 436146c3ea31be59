"""A study of arrivals that are the same every month: its flows are log-normal, in closed form."""

import math
from statistics import NormalDist

LEVEL, LEVEL_SD, RATIO_SD, ERROR, SEEN = 100, 0.5, 0.2, 0.1, 700
REACH = math.exp(NormalDist().inv_cdf(0.95) * RATIO_SD)
FIRST, LAST = "2022-02-10", "2022-04-15"
SHARES = 19 / 28 + 1 + 15 / 30
"""Months of that window: the last 19 days of February, March, and half of April."""

CONSTANT = f"""
title = "People of A in B"
target = "citizens of A"
unit = "persons"
headline = {{ arrivals = ["{FIRST}", "{LAST}"] }}
ranges = [[150, 250]]
[calendar]
start = "2022-01"
end = "2022-12"
[population]
kind = "arrivals"
departure_hazard = {{ median = 0.5, sigma = 0, because = "known" }}
[population.background]
median = {LEVEL}
sigma = {LEVEL_SD}
volatility = 0
because = "a guess"
[noise]
error = {{ median = {ERROR}, sigma = 0, because = "known" }}
[source.permits]
title = "Permits"
producer = "Office"
counts = "first permits"
measure = "arrivals"
sampling = "none"
ratio = {{ median = 0.5, interval90 = [{0.5 / REACH!r}, {0.5 * REACH!r}], because = "a guess" }}
[variant.busy]
because = "another guess"
set = {{ "population.background.median" = 150 }}
"""
ROW = f"PER1,permits,{SEEN},exact,2022-01-01,2022-12-31,2023-01-31,2023-02-01,Office,,yes,,,\n"


def level() -> NormalDist:
    """The posterior of the logarithm of a month's arrivals, which is normal."""
    variance = RATIO_SD**2 + ERROR**2 + 0.01**2  # of the ratio, the count, and an exact figure
    gain = LEVEL_SD**2 / (LEVEL_SD**2 + variance)
    prior = math.log(LEVEL)
    centre = prior + gain * (math.log(SEEN / (12 * 0.5)) - prior)
    return NormalDist(centre, math.sqrt((1 - gain) * LEVEL_SD**2))
