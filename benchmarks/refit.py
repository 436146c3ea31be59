"""Time a refit inside a process: the study loaded, everything imported, only the seed given.

As a script it prints its timings as JSON for ``speed.py``::

    python benchmarks/refit.py 7
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

import popest

STUDIES = ("serbia-report-2024", "serbia")


def refits(repeats: int) -> list[dict[str, Any]]:
    """Return the seconds of estimates and of their documents, each study in turn.

    Parameters
    ----------
    repeats
        Timed estimates of each study, after one that is not timed.
    """
    studies = [popest.load_study(name) for name in STUDIES]
    seconds: dict[tuple[str, str], list[float]] = {}
    for repeat in range(repeats + 1):
        for study in studies:
            start = time.perf_counter()
            estimate = popest.estimate(study)
            middle = time.perf_counter()
            estimate.to_dict()
            end = time.perf_counter()
            if repeat:
                seconds.setdefault((study.name, "estimate"), []).append(middle - start)
                seconds.setdefault((study.name, "to_dict"), []).append(end - middle)
    return [
        {"study": study, "work": work, "median": statistics.median(times), "minimum": min(times)}
        for (study, work), times in seconds.items()
    ]


if __name__ == "__main__":
    print(json.dumps(refits(int(sys.argv[1]))))
