"""`louda test`: ruff, mypy and the whole suite; with arguments, only pytest with those arguments.

All three run even when one fails, and pytest is last, so its closing lines are the last thing printed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from app.settings import ROOT
from app.upkeep.setup import packages
from tests.chromium import find

PROCESSES = "2"
SPREAD = ("-n", PROCESSES, "--dist", "loadfile", "--no-loadscope-reorder")  # in the order of tests/conftest.py
WHERE = "from playwright.sync_api import sync_playwright as p\nwith p() as it: print(it.chromium.executable_path)"


def main(arguments: Sequence[str]) -> int:
    """Run the checks; returns 0 only if every one passed."""
    _ensure_browser()
    pytest = [sys.executable, "-m", "pytest"]
    if arguments:
        return _run([*pytest, *arguments])
    steps = (
        [sys.executable, "-m", "ruff", "check"],
        [sys.executable, "-m", "mypy"],
        [*pytest, *SPREAD],
    )
    return max(_run(step) for step in steps)


def _ensure_browser() -> None:
    """Where the system offers no Chromium package (Ubuntu has only a snap), playwright brings its own."""
    if find() or (packages.ensure(("chromium",)) and find()):
        return
    _run([sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"])
    asked = subprocess.run([sys.executable, "-c", WHERE], capture_output=True, text=True, check=False)
    if Path(asked.stdout.strip()).is_file():
        os.environ["LOUDA_CHROMIUM"] = asked.stdout.strip()


def _run(command: Sequence[str]) -> int:
    print("$", *command[1:], flush=True)
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
