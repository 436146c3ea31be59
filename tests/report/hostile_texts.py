"""A study whose texts, names and addresses try to be more than text."""

from __future__ import annotations

import csv
import io
import json

from popest.study import Study, study_from_texts
from popest.study.observations.columns import COLUMNS

SCRIPT = '</title></style></script><script>window.ran = "it ran"</script>'
QUOTES = "\"double\" 'single' `back` onmouseover=alert(1) & &amp; &lt;b&gt; {{ 7 * 7 }} {0} {x}"
TURNED = "\u202eturned round \u05d0\u05d1\u05d2 \u200f\u2069 back"
MARKUP = "<img src=x onerror=alert(1)><svg onload=alert(1)><a href='javascript:alert(1)'>here</a>"
SHORT = " ".join((SCRIPT, QUOTES, TURNED, MARKUP))
LONGEST = 10_000
"""Characters that a cell may have."""
LONG = "x" * (LONGEST - len(SHORT) - 1)
TEXT = f"{SHORT} {LONG}"
ADDRESSES = (
    "javascript:alert(document.cookie)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    'https://good.example@evil.example/"><script>alert(2)</script>',
    "https://plain.example/a?b=1&c=2",
    "http://[broken",
    "//no.scheme.example/",
    "https://",
)


def study() -> Study:
    """The study, its texts in every place that takes any."""
    quoted = json.dumps(TEXT)
    specification = f"""
title = {quoted}
target = {quoted}
unit = {json.dumps(MARKUP)}
headline = "2022-12-31"
ranges = [[1000, 2000]]
[calendar]
start = "2022-01"
end = "2023-12"
[population]
kind = "arrivals"
background = {{ median = 50, sigma = 0.5, volatility = 0.2, because = {quoted} }}
departure_hazard = {{ median = 0.01, sigma = 0.5, because = {quoted} }}
[[population.wave]]
name = {json.dumps(SCRIPT + LONG)}
size = {{ median = 800, sigma = 0.5, because = {quoted} }}
weights = {{ "2022-01" = 1 }}
[source.register]
title = {quoted}
producer = {quoted}
counts = {quoted}
measure = "stock"
ratio = {{ median = 0.8, interval90 = [0.6, 1.07], because = {quoted} }}
group = {json.dumps(MARKUP)}
group_correlation = 0.4
[source.permits]
title = {json.dumps(LONG)}
producer = {json.dumps(TURNED)}
counts = {quoted}
measure = "arrivals"
ratio = {{ median = 0.6, interval90 = [0.4, 0.9], because = {quoted} }}
group = {json.dumps(MARKUP)}
group_correlation = 0.4
[variant.other]
because = {quoted}
set = {{ "population.background.median" = 80 }}
"""
    rows = io.StringIO()
    writer = csv.DictWriter(rows, COLUMNS, restval="")
    writer.writeheader()
    for number, address in enumerate(ADDRESSES):
        writer.writerow(
            {
                "id": f"REG{number}",
                "source": "register" if number else "permits",
                "value": 700 + number,
                "precision": "exact",
                "start": "" if number else "2022-02-01",
                "end": f"2022-{number + 2:02}-20",
                "published": "2023-01-31",
                "recorded": "2024-06-01",
                "publisher": TEXT,
                "url": address,
                "use": "yes" if number < 5 else "no",
                "note": TEXT,
            }
        )
    return study_from_texts("hostile", specification, rows.getvalue())
