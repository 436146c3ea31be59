"""Tests of what builds the site: links, contents, formulas, pictures, and a whole reference.

The site itself is built by ``./run tests`` before these, with warnings as errors.
"""

import inspect
import re
from pathlib import Path
from typing import Any, get_args, get_origin

import markup
import mathml
import outside
import pictures
import pytest
import sealed
from click.testing import CliRunner
from docutils.utils.math import MathError

import popest
import reference
from popest.cli.app import app
from popest.study.measures import MEASURES
from popest.study.observations.columns import COLUMNS
from popest.study.specification.record import Record
from popest.study.specification.records import Specification

FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$`])\$([^$`]+?)\$(?!\$)", re.DOTALL)
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def names(root: Path) -> list[str]:
    """The names of all pages of the site."""
    docs = root / "docs"
    return [path.relative_to(docs).with_suffix("").as_posix() for path in docs.rglob("*.md")]


def site_text(root: Path, name: str) -> str:
    return outside.site_text(name, (root / f"docs/{name}.md").read_text(encoding="utf-8"))


def test_every_page_is_in_the_contents(root: Path) -> None:
    listed = re.findall(r"^.+ <(\S+)>$", site_text(root, "index"), re.MULTILINE)
    assert set(listed) == set(names(root)) - {"index"}
    assert len(listed) == len(set(listed))


def test_links_between_pages_stay_on_the_site(root: Path) -> None:
    broken, led_away = [], []
    for name in names(root):
        text = outside.FENCED.sub("", site_text(root, name))
        for path, _ in outside.LINK.findall(text):
            target = (root / "docs" / name).parent / path
            if not target.exists():
                broken.append(f"{name}: {path}")
            elif target.suffix == ".md" and not target.resolve().is_relative_to(root / "docs"):
                led_away.append(f"{name}: {path}")
    assert broken == []
    assert led_away == []


def test_a_page_whose_text_stands_outside_is_that_text(root: Path) -> None:
    assert "](../model.md)" in site_text(root, "project/readme")
    assert site_text(root, "project/contributing").startswith("# Contributing\n")
    assert "25,603 to 45,953" in site_text(root, "how-to/first-estimate")


def test_what_is_in_a_fence_is_left_alone() -> None:
    text = "[a](start.md)\n```text\n[b](start.md)\n```\n"
    assert "```text\n[b](start.md)\n```" in outside.site_text("how-to/x", text)


def test_every_formula_of_the_pages_can_be_written(root: Path) -> None:
    count = 0
    for name in names(root):
        text = CODE.sub("", site_text(root, name))
        for block, inline in FORMULA.findall(text):
            mathml.in_mathml(block or inline, as_block=bool(block))
            count += 1
    assert count > 150


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\tfrac12 x", "<mn>1</mn><mn>2</mn>"),
        (r"0, \dots, T", "…"),
        (r"\Big( x \Big)", "minsize"),
        (r"\log\text{median}", 'ApplyFunction;</mo><mspacewidth="0.1667em">'),
    ],
)
def test_spellings_that_docutils_lacks(latex: str, expected: str) -> None:
    assert expected in re.sub(r"\s", "", mathml.in_mathml(latex, as_block=False))


def test_an_unknown_command_is_an_error() -> None:
    with pytest.raises(MathError):
        mathml.in_mathml(r"\unheardof{x}", as_block=False)


def test_the_same_code_gives_the_same_picture_and_no_date() -> None:
    code = "from matplotlib import pyplot as plt\nplt.figure().add_subplot()"
    first = pictures.drawn(code)
    assert first == pictures.drawn(code)
    assert "dc:date" not in first
    with pytest.raises(ValueError, match="last line"):
        pictures.drawn("x = 1")


def test_no_caption_breaks_its_fence(root: Path) -> None:
    for name in names(root):
        text = (root / f"docs/{name}.md").read_text(encoding="utf-8")
        assert re.findall(r"^```\{.*`.*$", text, re.MULTILINE) == []


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<img alt="" src=//cdn.example/x.png>',
        '<link rel="stylesheet" type="text/css" href="https://fonts.example/x.css">',
        "<p>/ho" + "me/someone/site</p>",
    ],
)
def test_a_site_that_loads_or_names_a_machine_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text(text, encoding="utf-8")
    assert len(list(sealed.faults(tmp_path))) == 1


def test_a_link_to_follow_is_no_fault(tmp_path: Path) -> None:
    text = '<a href="https://www.stat.gov.rs/home/x">census</a><script src="x.js"></script>'
    (tmp_path / "good.html").write_text(text, encoding="utf-8")
    assert list(sealed.faults(tmp_path)) == []


def test_every_public_name_is_in_the_reference() -> None:
    text = reference.interface()
    listed = re.findall(r"^\.\. auto(function|class):: popest\.(\w+)$", text, re.MULTILINE)
    assert {name for _, name in listed} == set(popest.__all__)
    for kind, name in listed:
        assert (kind == "class") == inspect.isclass(getattr(popest, name))


def all_help(*command: str) -> dict[str, str]:
    """What ``--help`` prints of a command and of those below it."""
    done = CliRunner().invoke(app, [*command, "--help"], terminal_width=200)
    assert done.exit_code == 0
    found = {" ".join(("popest", *command)): done.output}
    _, _, below = done.output.partition("Commands:\n")
    for name in re.findall(r"^  ([\w-]+)  ", below, re.MULTILINE):
        found |= all_help(*command, name)
    return found


def test_every_command_and_option_is_in_the_reference() -> None:
    helps = all_help()
    sections = dict(re.findall(r"^## (.*)\n\n((?:(?!^## ).*\n?)*)", reference.command_line(), re.M))
    assert set(sections) == set(helps)
    assert len(helps) > 15
    for name, printed in helps.items():
        options = set(re.findall(r"^  (?:-\w, )?(--[\w-]+)", printed, re.MULTILINE)) - {"--help"}
        missing = {option for option in options if f"`{option}`" not in sections[name]}
        assert missing == set(), name


def keys_in(kind: Any, inside: str) -> set[str]:
    """The keys of a type with their paths, as the reference writes them; else its own path."""
    if isinstance(kind, type) and issubclass(kind, Record):
        below = ((key.written, kind.types()[name]) for name, key in kind.keys.items())
        return set().union(*(keys_in(one, f"{inside}.{name}") for name, one in below))
    many = {list: "[]", dict: ".NAME"}.get(get_origin(kind), "")
    within = [keys_in(one, inside + many) for one in get_args(kind)]
    return {path for paths in within for path in paths if path != inside + many} or {inside}


def test_every_key_measure_and_column_is_in_the_reference() -> None:
    text = reference.file_format()
    keys, measures, columns = (
        re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE) for part in text.split("## ")[1:]
    )
    expected = {path.removeprefix(".") for path in keys_in(Specification, "")}
    assert set(keys) == expected
    assert {"source.NAME.ratio.interval90", "population.wave[].weights", "noise.by_source"} < set(
        keys
    )
    assert measures == list(MEASURES)
    assert columns == list(COLUMNS)


def test_every_source_of_the_shipped_studies_is_explained() -> None:
    text = reference.sources()
    for name in popest.list_studies():
        study = popest.load_study(name)
        assert f"Study `{name}`." in text
        for source in study.specification.source.values():
            assert markup.plain(source.counts) in text
            if source.ratio is not None:
                assert markup.plain(source.ratio.because) in text


def test_the_text_of_a_study_cannot_be_markup() -> None:
    assert markup.plain("a_b $x$ [y](z)\n<b>") == r"a\_b \$x\$ \[y\](z) \<b\>"
