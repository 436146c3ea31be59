"""Tests of fetching axe-core: what cannot be had is said, and nothing unknown is kept."""

import io
import subprocess
import tarfile
from pathlib import Path

import fetch_axe
import pytest


def packed(call, cwd, **_):
    """Pretend to be npm: pack something else under the name that was asked for."""
    with tarfile.open(Path(cwd, f"axe-core-{fetch_axe.VERSION}.tgz"), "w:gz") as archive:
        entry = tarfile.TarInfo(fetch_axe.MEMBER)
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"axe"))
    return subprocess.CompletedProcess(call, 0)


def failed(call, **_):
    raise subprocess.CalledProcessError(1, call)


def test_without_npm_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(fetch_axe.shutil, "which", lambda _: None)
    assert "npm is absent" in str(fetch_axe.fetch(tmp_path))


@pytest.mark.parametrize(
    ("npm", "reason"), [(packed, "is not what was pinned"), (failed, "could not fetch")]
)
def test_what_is_not_the_pinned_one_is_not_kept(tmp_path, monkeypatch, npm, reason):
    monkeypatch.setattr(fetch_axe.shutil, "which", lambda _: "npm")
    monkeypatch.setattr(fetch_axe.subprocess, "run", npm)
    assert reason in str(fetch_axe.fetch(tmp_path))
    assert not fetch_axe.script(tmp_path).exists()


def test_what_is_there_is_not_fetched_again(tmp_path, monkeypatch):
    monkeypatch.setattr(fetch_axe.subprocess, "run", failed)
    fetch_axe.script(tmp_path).parent.mkdir(parents=True)
    fetch_axe.script(tmp_path).write_bytes(b"axe")
    assert fetch_axe.fetch(tmp_path) is None
