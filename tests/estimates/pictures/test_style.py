"""A study's own texts in pictures: drawn as they are, and never a warning of matplotlib."""

import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Text

from popest import estimate
from popest.estimates.pictures import style
from popest.estimates.pictures.files import write_picture
from popest.study import Study, StudyError, study_from_texts, write_template

TITLE = "$\\frac{1}{$ 中文 \U0001f600 שלום \u202eturned\u200b \u0301 x_1^2 Česká"
UNIT = "людей $x$ 人"


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.chdir(tmp_path)
    folder = write_template("s")
    return (folder / "study.toml").read_text(), (folder / "observations.csv").read_text()


def study(texts: tuple[str, str]) -> Study:
    specification, observations = texts
    title = TITLE.replace("\\", "\\\\")
    specification = re.sub(
        '^title = ".*?"', lambda _: f'title = "{title}"', specification, flags=re.MULTILINE
    )
    specification = specification.replace('unit = "persons"', f'unit = "{UNIT}"')
    return study_from_texts("hostile", specification, observations)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
@pytest.mark.parametrize("kind", ["trajectory", "sources", "ratios"])
def test_no_text_makes_matplotlib_warn(
    texts: tuple[str, str], tmp_path: Path, kind: Any, suffix: str
) -> None:
    found = estimate(study(texts), seed=1)

    class Picture:
        def plot(self, ax: Any = None) -> Any:
            return found.plot(ax, kind=kind)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        write_picture(Picture(), tmp_path / f"p{suffix}")
    assert [str(warning.message) for warning in caught] == []
    axes = found.plot(kind=kind)
    drawn = [text for text in axes.figure.findobj(Text) if "$" in text.get_text()]
    assert drawn and all(not text.get_parse_math() for text in drawn)
    plt.close("all")


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Česká 2023 Ћирилица €", "Česká 2023 Ћирилица €"),
        ("a\nb", "a\nb"),
        ("\x1b[31m\x07\x00", "\\x1b[31m\\x07\\x00"),
        ("中\U0001f9ff", "\ufffd\ufffd"),
        ("\u202ea\u200bb", "ab"),
        ("$x$", "$x$"),
    ],
)
def test_what_cannot_be_drawn_is_shown_as_such(text: str, drawn: str) -> None:
    assert style.drawable(text) == drawn


@pytest.mark.parametrize("character", ["\\u001b", "\\u0007", "\\u0000", "\\u009b", "\\u007f"])
@pytest.mark.parametrize("key", ["title", "unit", "because"])
def test_a_text_that_a_terminal_would_obey_is_refused(
    texts: tuple[str, str], key: str, character: str
) -> None:
    specification, observations = texts
    begins = re.compile(f'^{key} = "', flags=re.MULTILINE)
    spoilt, count = begins.subn(lambda match: match[0] + character, specification, count=1)
    assert count == 1
    with pytest.raises(StudyError, match="holds the control character U\\+00"):
        study_from_texts("x", spoilt, observations)


@pytest.mark.parametrize(
    "blank", ["\u200b\u200b", "\u3164", "\u2800\u00a0", "\u2060\ufeff", "\u0301"]
)
@pytest.mark.parametrize("key", ["title", "unit", "because"])
def test_a_text_of_which_nothing_is_seen_is_missing(
    texts: tuple[str, str], key: str, blank: str
) -> None:
    specification, observations = texts
    spoilt, count = re.subn(
        f'^{key} = ".*?"', f'{key} = "{blank}"', specification, count=1, flags=re.MULTILINE
    )
    assert count == 1
    with pytest.raises(StudyError, match=r"must (not be empty|give the reason)"):
        study_from_texts("x", spoilt, observations)
