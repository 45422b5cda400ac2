"""The release of WeasyPrint whose private names are used here, and the one that is installed. Imports neither.

`patches/` rebinds functions of WeasyPrint, and `paint.py` draws with its text functions. Both were written against one
release and compared with it byte for byte; on any other they stay out, and sheets are printed by public names alone:
slower, but the same words in the same places.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

TESTED_RELEASE = "70.0"


@cache
def installed_release() -> str:
    """The installed release, "" where there is none."""
    try:
        return version("weasyprint")
    except PackageNotFoundError:
        return ""


def is_tested_release() -> bool:
    """Whether private names of the installed release may be used."""
    return installed_release() == TESTED_RELEASE
