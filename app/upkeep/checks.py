"""`louda test`: ruff, mypy and the whole suite; with arguments, only pytest with those arguments.

All three run even when one fails, and pytest is last, so its closing lines are the last thing printed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence

from app.settings import ROOT

PROCESSES = "2"


def main(arguments: Sequence[str]) -> int:
    """Run the checks; returns 0 only if every one passed."""
    _ensure_browser()
    pytest = [sys.executable, "-m", "pytest"]
    if arguments:
        return _run([*pytest, *arguments])
    steps = (
        [sys.executable, "-m", "ruff", "check"],
        [sys.executable, "-m", "mypy"],
        [*pytest, "-n", PROCESSES, "--dist", "loadfile"],
    )
    return max(_run(step) for step in steps)


def _ensure_browser() -> None:
    """Where the system offers no Chromium package (Ubuntu has only a snap), playwright brings its own."""
    if shutil.which("chromium") is None:
        _run([sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"])


def _run(command: Sequence[str]) -> int:
    print("$", *command[1:], flush=True)
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
