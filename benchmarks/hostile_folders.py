"""Folders made to run a program, to hang, to fill the memory or to end in a traceback.

Each function of `FOLDERS` spoils a sound study that is kept in git. What popest makes of it is
judged in ``hostile.py``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

SETTINGS = {
    "fsmonitor": "[core]\nfsmonitor = {program}",
    "pager": "[core]\npager = {program}",
    "editor": "[core]\neditor = {program}",
    "hooks": "[core]\nhooksPath = {hooks}",
    "ssh": "[core]\nsshCommand = {program}\ngitProxy = {program}",
    "diff": '[diff]\nexternal = {program}\n[diff "x"]\ntextconv = {program}',
    "filter": '[filter "x"]\nclean = {program}\nsmudge = {program}\nprocess = {program}',
    "alias": "[alias]\nlog = !{program}\ncat-file = !{program}",
    "credential": "[credential]\nhelper = !{program}",
    "signature": "[gpg]\nprogram = {program}\n[log]\nshowSignature = true",
    "include": "[include]\npath = {included}",
}
PROMISOR = """\
[extensions]
partialClone = origin
[remote "origin"]
url = {url}
promisor = true
uploadpack = {program}
[protocol]
allow = always
"""
OTHER_MODULES = ("numpy", "pandas", "matplotlib", "click", "popest", "sitecustomize")

type Spoil = Callable[[Path, Path], None]
"""Spoils a study, given its folder and a program that leaves a mark."""


def git(folder: Path, *arguments: str) -> None:
    """Run git in a folder."""
    settings = ("-c", "user.name=A", "-c", "user.email=a@b.example")
    subprocess.run(["git", *settings, *arguments], cwd=folder, capture_output=True, check=True)


def make(source: Path, folder: Path) -> None:
    """Copy a study and commit it, in a repository of its own."""
    shutil.copytree(source, folder)
    folder.chmod(0o755)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "A study")


def _setting(text: str, folder: Path, program: Path) -> None:
    included = program.with_name("included")
    included.write_text(f"[core]\nfsmonitor = {program}\n", encoding="utf-8")
    with (folder / ".git/config").open("a", encoding="utf-8") as config:
        config.write("\n" + text.format(program=program, hooks=program.parent, included=included))
    (folder / ".gitattributes").write_text("observations.csv diff=x filter=x\n", encoding="utf-8")


def _promisor(url: str, folder: Path, program: Path) -> None:
    with (folder / ".git/config").open("a", encoding="utf-8") as config:
        config.write("\n" + PROMISOR.format(url=url.format(program=program), program=program))
    shutil.rmtree(folder / ".git/objects")
    (folder / ".git/objects").mkdir()


def _modules(folder: Path, program: Path) -> None:
    mark = f"import os\nos.system({str(program)!r})\n"
    for name in (*sys.stdlib_module_names, *OTHER_MODULES):
        (folder / f"{name}.py").write_text(mark, encoding="utf-8")


def _rc_files(folder: Path, program: Path) -> None:
    (folder / "matplotlibrc").write_text("text.usetex: True\nbackend: module://pickle\n")
    (folder / "arvizrc").write_text("nonsense: nonsense\n")
    (folder / ".numba_config.yaml").write_text(f"cache_dir: {folder}\ngdb_binary: {program}\n")


def _program_git(folder: Path, program: Path) -> None:
    (folder / "git").symlink_to(program)


def _pipe(name: str, folder: Path, program: Path) -> None:
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)


def _link(name: str, target: str, folder: Path, program: Path) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(target)


def _huge(name: str, folder: Path, program: Path) -> None:
    with (folder / name).open("ab") as file:
        file.truncate(1 << 40)


def _committed_huge(folder: Path, program: Path) -> None:
    table = folder / "observations.csv"
    kept = table.read_bytes()
    # Written by the system, as a child of a large process reports its parent's size as its own.
    os.truncate(table, 400_000_000)
    git(folder, "commit", "-qam", "Huge")
    table.write_bytes(kept)


def _lines(folder: Path, program: Path) -> None:
    (folder / "observations.csv").write_bytes(b"x\n" * 1_000_000)


def _columns(folder: Path, program: Path) -> None:
    with (folder / "observations.csv").open("wb") as file:
        for _ in range(3_000):
            file.write(b"a," * 1_000)


def _nesting(folder: Path, program: Path) -> None:
    (folder / "study.toml").write_text("x = " + "[" * 100_000, encoding="utf-8")


def _folder(folder: Path, program: Path) -> None:
    (folder / "study.toml").unlink()
    (folder / "study.toml").mkdir()


def _many_commits(folder: Path, program: Path) -> None:
    table = (folder / "observations.csv").read_text(encoding="utf-8")
    stream = []
    for number in range(3_000):
        text = f"{table}{number}\n"
        stream.append(
            f"commit refs/heads/other\ncommitter A <a@b.example> {number} +0000\ndata 1\nx\n"
            f"M 100644 inline observations.csv\ndata {len(text.encode())}\n{text}\n"
        )
    command = ["git", "fast-import", "--quiet"]
    subprocess.run(command, input="".join(stream).encode(), cwd=folder, check=True)
    (folder / ".git/HEAD").write_text("ref: refs/heads/other\n", encoding="utf-8")


FOLDERS: dict[str, Spoil] = {
    **{f"git {name}": partial(_setting, text) for name, text in SETTINGS.items()},
    "git promisor": partial(_promisor, "."),
    "git promisor ext": partial(_promisor, "ext::{program}"),
    "git promisor ssh": partial(_promisor, "ssh://a.invalid/x"),
    "git HEAD a pipe": partial(_pipe, ".git/HEAD"),
    "git branch a pipe": partial(_pipe, ".git/packed-refs"),
    "git config endless": partial(_link, ".git/config", "/dev/zero"),
    "git huge table": _committed_huge,
    "git 3,000 commits": _many_commits,
    "modules": _modules,
    "settings": _rc_files,
    "a program git": _program_git,
    "table a pipe": partial(_pipe, "observations.csv"),
    "specification a pipe": partial(_pipe, "study.toml"),
    "table endless": partial(_link, "observations.csv", "/dev/zero"),
    "table a loop": partial(_link, "observations.csv", "observations.csv"),
    "table of 1 TB": partial(_huge, "observations.csv"),
    "specification of 1 TB": partial(_huge, "study.toml"),
    "specification a folder": _folder,
    "a million bad lines": _lines,
    "3,000,000 columns": _columns,
    "deep nesting": _nesting,
}
