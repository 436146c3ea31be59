"""Tests of what is estimated: how it is said and written, in every language and for every place."""

from datetime import date

import pytest

from popest.language.catalogue import fields_of, languages, sentences
from popest.language.words import Words
from popest.study.estimand import FLOWS, Estimand

STOCK = Estimand(date(2023, 12, 31))
ARRIVALS = Estimand(date(2023, 12, 31), "arrivals", date(2023, 1, 1))


def test_a_stock_is_its_day_and_a_flow_its_window() -> None:
    assert (str(STOCK), STOCK.entry, STOCK.as_written) == (
        "2023-12-31",
        {"date": "2023-12-31"},
        "2023-12-31",
    )
    window = {"arrivals": ["2023-01-01", "2023-12-31"]}
    assert (str(ARRIVALS), ARRIVALS.entry, ARRIVALS.as_written) == (
        "arrivals from 2023-01-01 to 2023-12-31",
        window,
        window,
    )
    assert (STOCK.is_stock, ARRIVALS.is_stock) == (True, False)
    assert (STOCK.label, ARRIVALS.label) == ("stock on 2023-12-31", str(ARRIVALS))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("flow", FLOWS)
def test_a_flow_is_said_wherever_a_stock_is_with_both_ends(language: str, flow) -> None:
    found = sentences(language)
    for section in ("estimand", "answer"):
        forms = {
            key.removeprefix(f"{section}.stock."): fields_of(found[key])
            for key in found
            if key.startswith(f"{section}.stock.")
        }
        assert len(forms) > 5
        for form, fields in forms.items():
            named = fields_of(found[f"{section}.{flow}.{form}"])
            assert named - {"first"} == fields and ("first" in named) == ("last" in fields)


def test_a_form_of_another_section_is_named_with_it() -> None:
    words = Words("en")
    assert STOCK.said(words, "answer.title") == "The population on 2023-12-31"
    said = ARRIVALS.said(words, "answer.of_what", unit="refugees")
    assert said == "refugees who arrived from 2023-01-01 to 2023-12-31"
