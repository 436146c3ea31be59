"""Tests of the pages' code: every block of Python, every picture and every command runs."""

import re
from collections.abc import Callable
from pathlib import Path

import pictures
import pytest
from matplotlib import pyplot as plt

Shell = Callable[[str, Path], str]

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
SNIPPETS = [
    pytest.param(code, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, code in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")))
]

DRAWN = re.compile(
    r"^```\{picture\} [^`\n]+\n((?::\w+: [^\n]*\n)+)(.*?)^```$", re.MULTILINE | re.DOTALL
)
PICTURES = [
    pytest.param(page, options, code, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, (options, code) in enumerate(DRAWN.findall(page.read_text(encoding="utf-8")))
]
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Those of other pages have tests of their own, or install what runs these tests.
COMMANDS = {
    "start": ["docs/start.md", "docs/how-to/read-the-checks.md"],
    "attribution": ["docs/attribution.md"],
}
"""Pages whose commands are run together: each command once, however many of them have it."""


@pytest.mark.parametrize("code", SNIPPETS)
def test_a_snippet_runs(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By itself: it finds no name that it does not define or import, and warns of nothing."""
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "snippet", "exec"), {"__name__": "__main__"})
    plt.close("all")
    assert capsys.readouterr().out


@pytest.mark.parametrize(("page", "options", "code"), PICTURES)
def test_a_picture_is_drawn_and_said_in_words(
    page: Path, options: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = dict(re.findall(r"^:(\w+): (.*)$", options, re.MULTILINE))
    assert len(given.pop("alt")) > 40
    if "folder" in given:
        pictures.copy_study(given.pop("folder"), tmp_path)
    for name in given.values():
        pictures.write_study(page.read_text(encoding="utf-8"), tmp_path / name)
    assert pictures.drawn(code).count("<path") > 10


def test_every_picture_of_the_pages_is_tested() -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    assert len(PICTURES) == sum(text.count("```{picture}") for text in texts) > 5


@pytest.mark.parametrize("names", COMMANDS.values(), ids=COMMANDS)
def test_the_commands_of_the_pages_run(names: list[str], shell: Shell, tmp_path: Path) -> None:
    commands: dict[str, None] = {}
    for name in names:
        lines = "".join(SHELL.findall((ROOT / name).read_text(encoding="utf-8"))).splitlines()
        assert lines and not any(line.endswith("\\") or "<<" in line for line in lines)
        commands |= dict.fromkeys(lines)
    assert shell("\n".join(commands), tmp_path)


def test_the_readme_has_one_snippet_of_eight_lines(
    blocks: Callable[[str, str], list[str]],
) -> None:
    (code,) = blocks("README.md", "python")
    assert len([line for line in code.splitlines() if line]) == 8
