"""Fetch axe-core, which judges a page's accessibility, into `.cache` beside the tests' folder.

It is not part of popest and is not kept with it. Where npm is absent or offline the tests that
need it are skipped with that reason.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "4.14.1"
SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
MEMBER = "package/axe.min.js"
SECONDS = 120


def script(root: Path) -> Path:
    """Where the script is, or would be."""
    return root / ".cache" / "axe-core" / VERSION / "axe.min.js"


def fetch(root: Path) -> str | None:
    """Fetch the script unless it is there; return why it could not be, or None."""
    if script(root).is_file():
        return None
    npm = shutil.which("npm")
    if npm is None:
        return "npm is absent, so axe-core cannot be fetched"
    with tempfile.TemporaryDirectory() as folder:
        call = [npm, "pack", f"axe-core@{VERSION}", "--silent"]
        try:
            subprocess.run(call, cwd=folder, check=True, capture_output=True, timeout=SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            return f"npm could not fetch axe-core {VERSION}: {error}"
        archive = Path(folder, f"axe-core-{VERSION}.tgz")
        found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != SHA512:
            return f"axe-core {VERSION} is not what was pinned: its SHA-512 is {found}"
        with tarfile.open(archive) as files:
            member = files.extractfile(MEMBER)
            assert member is not None
            script(root).parent.mkdir(parents=True, exist_ok=True)
            script(root).write_bytes(member.read())
    return None


if __name__ == "__main__":
    reason = fetch(Path(__file__).parents[3])
    if reason is not None:
        print(f"{reason}; the tests that need it are skipped", file=sys.stderr)
