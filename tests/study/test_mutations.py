"""Tests that damaged studies are accepted with a lasting meaning or refused in words.

The full size, 5,000 variants, is in ``benchmarks/mutations.py``.
"""

import mutations
import pytest

from popest.study.check import checked


def test_damaged_studies_are_accepted_for_good_or_refused_in_words() -> None:
    tally = mutations.run(400, seed=11)
    faults = [fault for fault in tally.faults if "MB of memory" not in fault]
    assert faults == []
    assert tally.accepted + tally.refused == tally.variants == 400
    assert tally.accepted > 40 and tally.refused > 200


def test_an_undamaged_study_survives_being_written_anew() -> None:
    for name in mutations.STUDIES:
        files = mutations._files(mutations._texts(name))
        again = mutations._files(mutations._rewritten(files))
        assert mutations._meaning(checked(*files)) == mutations._meaning(checked(*again))


def test_another_exception_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(mutations, "checked", broken)
    tally = mutations.run(2, seed=1)
    assert [fault.split(": ", 1)[1] for fault in tally.faults[:2]] == ["KeyError: 'x'"] * 2


def test_a_changed_meaning_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = mutations._texts("serbia-report-2024")
    altered = (texts[0], texts[1].replace(b"10486", b"10487"))
    monkeypatch.setattr(mutations, "_rewritten", lambda _: altered)
    assert mutations._faults(texts, mutations.Tally()) == ["accepted, but with another meaning"]
