"""Studies in repositories of git: what is edited, added, committed and merged there."""

from __future__ import annotations

import os
import subprocess
from datetime import date
from pathlib import Path

from popest.study.drafts.addition import Ledger
from popest.study.drafts.drafting import added
from popest.study.drafts.new_rows import Draft

TODAY = date(2024, 6, 1)
UNUSED = {"source": "experts", "value": "7000", "publisher": "A", "use": "no", "note": "No method."}


def git(folder: Path, *arguments: str) -> str:
    """Run git with no settings but these."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    settings = [
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@b.example",
        "-c",
        "init.defaultBranch=main",
    ]
    done = subprocess.run(
        ["git", *settings, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def table(study: Path) -> Path:
    return study / "observations.csv"


def edit(study: Path, old: str, new: str) -> None:
    text = table(study).read_text()
    assert text.count(old) == 1
    table(study).write_text(text.replace(old, new))


def add(study: Path, name: str, **columns: str) -> None:
    ledger = Ledger.read(study)
    drafts = added(ledger, [Draft(UNUSED | {"id": name} | columns)], TODAY)
    table(study).write_text(ledger.with_rows(drafts).observations.text)


def commit(study: Path) -> None:
    git(study, "commit", "-qam", "More")


def two_branches(study: Path, ours: str, theirs: str) -> None:
    """Let two people each add a row, and merge what they did."""
    git(study, "checkout", "-qb", "theirs")
    add(study, theirs, note="By the\nother.")
    commit(study)
    git(study, "checkout", "-q", "main")
    add(study, ours, note="By one.")
    commit(study)
    git(study, "merge", "-q", "--no-edit", "theirs")
