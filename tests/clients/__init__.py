"""Clients, and providers, that nobody here wrote, in environments of their own."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

JAVASCRIPT = Path(__file__).parent / "javascript"
INSTALL_SECONDS = 300


@cache
def javascript():
    """The folder in which JavaScript finds its packages; without them the test is skipped.

    They are installed when the lock file is newer than what is there.
    """
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("JavaScript's packages need node and npm")
    installed, locked = JAVASCRIPT / "node_modules/.package-lock.json", JAVASCRIPT / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=JAVASCRIPT, check=True, timeout=INSTALL_SECONDS)
    return JAVASCRIPT
