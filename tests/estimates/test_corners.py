"""At the bounds of the domains of its numbers, a study has a finite estimate or is refused."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import popest
from popest.estimates.document import document
from popest.study import domains

CORNERS: dict[str, domains.Domain] = {
    "background = { median = 50": domains.PERSONS,
    "sigma = 0.5, volatility": domains.LOG_SPREAD,
    "volatility = 0.2": domains.VOLATILITY,
    "departure_hazard = { median = 0.01": domains.HAZARD,
    'sigma = 0.5, because = "a study"': domains.LOG_SPREAD,
    "size = { median = 800": domains.PERSONS,
    'sigma = 0.5, because = "buses"': domains.LOG_SPREAD,
    '"2022-01" = 1': domains.WEIGHT,
    "error = { median = 0.08": domains.LOG_ERROR,
    'sigma = 0.5, because = "revisions"': domains.LOG_SPREAD,
    "baseline = { median = 100": domains.QUANTITY,
    'sigma = 0.1, because = "on file before"': domains.LOG_SPREAD,
    "drift = 0.05": domains.DRIFT,
    "lag_months = 2": domains.LAG,
    "mean = 10": domains.MEAN_BIAS,
    'sd = 100, because = "visitors"': domains.BIAS_SD,
    'sd = 50, because = "days at sea"': domains.ERROR_SD,
    "n = 222": domains.RESPONDENTS,
    "deff = 2": domains.DESIGN_EFFECT,
}
"""A text of the study with the number that ends or begins it, and the domain of the number."""
VALUES = ("REG1", "REG2", "PER1", "BRD1", "VOT1")


def corners(domain: domains.Domain) -> list[float]:
    return [domain.least, domain.most, *([0.0] if domain.or_zero else [])]


def written(text: str, value: float) -> str:
    """Return the text with its one number replaced."""
    key, _, rest = text.partition(" = ")
    if "{" in rest:
        inner, _, _ = rest.rpartition(" = ")
        return f"{key} = {inner} = {value!r}"
    _, comma, after = rest.partition(",")
    number = str(int(value)) if key == "n" else repr(value)
    return f"{key} = {number}{comma}{after}"


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list | tuple):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from numbers(entry)
    elif isinstance(value, float):
        yield value


def answered(study: popest.Study) -> bool:
    """Return whether there is an estimate; what it says is finite, and its interval has width."""
    try:
        found = popest.estimate(study, engine="bank", draws=1_000)
    except popest.NotCertifiedError:
        return False
    assert found.certificate.certified
    said = document(found)
    said.pop("certificate")
    assert np.isfinite(list(numbers(said))).all()
    for stock in (found.stock(), found.prior_stock()):
        assert np.isfinite([stock.mean, stock.sd, stock.median]).all()
    interval = found.interval()
    assert interval.lower < interval.upper or np.ptp(found.stock().values) == 0
    assert "nan" not in str(found)
    return True


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_at_the_corners_of_its_domains_a_study_is_answered_or_refused(
    moving: Any, data: st.DataObject
) -> None:
    """Two or three numbers at once lie at their bounds, and a figure may be huge or one."""
    sketch = moving
    for text in data.draw(st.lists(st.sampled_from(list(CORNERS)), max_size=3, unique=True)):
        value = data.draw(st.sampled_from(corners(CORNERS[text])))
        sketch = sketch.but(text, written(text, value))
    for row in data.draw(st.lists(st.sampled_from(VALUES), max_size=1)):
        sketch = sketch.counting(row, data.draw(st.sampled_from([1, 10**15 - 1])))
    try:
        study = sketch.study()
    except popest.StudyError:
        return
    answered(study)
