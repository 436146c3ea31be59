"""The small study in a repository of git."""

import shutil
from pathlib import Path

import pytest
from repositories import git


@pytest.fixture
def repository(root: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that holds the small study and this repository's attributes."""
    # What a test finds does not hang on how busy the machine is.
    monkeypatch.setattr("popest.ledger.git.borrowed.PATIENCE", 60.0)
    top = folder.parent
    study = top / "data" / "sources" / "example"
    study.parent.mkdir(parents=True)
    folder.rename(study)
    shutil.copy(root / ".gitattributes", top)
    git(top, "init", "-q")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "A study")
    return study
