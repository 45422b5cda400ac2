"""Where the browser of tests, drills and pictures is.

Debian's `chromium-headless-shell` is the same engine without the windows around it: two thirds of the processor time.
"""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")


def find() -> str:
    """The path of a Chromium: that of LOUDA_CHROMIUM, else the first that is installed; "" without any."""
    return os.environ.get("LOUDA_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None) or ""
