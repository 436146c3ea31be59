"""Whether estimates from few counts, renewals and persons there before are calibrated.

    python benchmarks/calibration_of_counts.py              # 300 replicates
    python benchmarks/calibration_of_counts.py 100

A truth is drawn from the prior of an invented study, its figures are simulated and fitted, and the
place of the truth in the fit is noted (Talts et al. 2018, arXiv:1804.06788). The study has papers
that are issued again as long as people stay, persons there before the first day, a source of few
counts with a zero and a bound, another of persons out of those there, and a group of which one
ratio is drawn and one integrated. It prints the coverage of each interval with the bounds that
chance allows, for the stock and whatever else is calibrated; the exit code is 1 where one is out.
It needs popest alone.
"""

from __future__ import annotations

import sys

from popest.checks.check_calibration import judged
from popest.checks.methods.calibration import Task, quantities, replicates, seeds_of
from popest.checks.methods.simulators import CORRECT
from popest.model.model import Model
from popest.study import study_from_texts

REPLICATES = 300
SEED = 1

SPECIFICATION = """\
title = "Few counts"
target = "people of A in B"
unit = "persons"
headline = "2023-06-30"
[calendar]
start = "2022-01"
end = "2023-06"
[population]
kind = "arrivals"
initial = { median = 300, sigma = 0.3, because = "a census" }
background = { median = 90, sigma = 0.4, volatility = 0.2, because = "a yearbook" }
departure_hazard = { median = 0.02, sigma = 0.4, because = "a study" }
[noise]
error = { median = 0.08, sigma = 0.3, because = "revisions" }
[source.papers]
title = "Papers"
producer = "Office"
counts = "papers issued"
measure = "arrivals"
every_months = 12
renewed = 0.8
because = "a paper runs a year"
ratio = { median = 0.6, interval90 = [0.4, 0.9], because = "a survey" }
group = "office"
group_correlation = 0.4
[source.clinic]
title = "Clinic"
producer = "Clinic"
counts = "patients"
measure = "presence"
ratio = { median = 0.01, interval90 = [0.006, 0.0167], because = "a survey" }
group = "office"
group_correlation = 0.4
[source.panel]
title = "Panel"
producer = "Institute"
counts = "persons who answer"
measure = "stock"
sampling = "binomial"
ratio = { seen = 54, of = 450, deff = 2, because = "a sample" }
"""

OBSERVATIONS = """\
id,source,value,precision,start,end,published,recorded,publisher,url,use,supersedes,derived_from,note
P1,papers,620,exact,2022-01-01,2022-12-31,,2024-01-02,Office,,yes,,,
P2,papers,520,exact,2023-01-01,2023-06-30,,2024-01-02,Office,,yes,,,
C1,clinic,0,exact,2022-01-01,2022-01-31,,2024-01-02,Clinic,,yes,,,
C2,clinic,4,at_most,2022-02-01,2022-06-30,,2024-01-02,Clinic,,yes,,,
C3,clinic,7,exact,2022-07-01,2022-12-31,,2024-01-02,Clinic,,yes,,,
C4,clinic,9,exact,2023-01-01,2023-06-30,,2024-01-02,Clinic,,yes,,,
S1,panel,140,exact,,2022-12-31,,2024-01-02,Institute,,yes,,,
"""


def main() -> int:
    """Print the calibration of the number of replicates that is asked for."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else REPLICATES
    study = study_from_texts("few-counts", SPECIFICATION, OBSERVATIONS)
    content = (study.specification, study.used)
    task = Task(content, CORRECT, seeds_of(SEED, "calibration of counts", number))
    found = replicates(task, progress=print)
    judgements = judged(CORRECT, quantities(Model(*content)), found)
    for each in judgements:
        row = each.row()
        print(f"{row['quantity']}: {row['replicates']} replicates", end=", ")
        print(f"{row['not_certified']} not certified", end="; ")
        print("ranks in their band" if row["inside_band"] else "ranks OUT of their band")
        for percent in (50, 80, 90, 95):
            lower, upper = row[f"lower_{percent}"], row[f"upper_{percent}"]
            print(f"  {percent} %: held {row[f'coverage_{percent}']:.3f} ({lower} to {upper})")
    return 0 if all(each.covers and each.is_uniform for each in judgements) else 1


if __name__ == "__main__":
    sys.exit(main())
