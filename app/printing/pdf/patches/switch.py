"""All patches on or off in this process.

They go in where the installed WeasyPrint is the release they were written for and `LOUDA_PRINT_FAST` allows it. Nothing
else depends on them: without them the same bytes come out, later.
"""

from __future__ import annotations

from typing import Protocol

from app.printing.pdf.release import is_tested_release


class Patch(Protocol):
    """A module of this folder that rebinds functions of WeasyPrint."""

    def install(self) -> None: ...
    def uninstall(self) -> None: ...


_state = {"is_installed": False}


def _patches() -> tuple[Patch, ...]:
    # Imported late: on another release already the names that they import may be gone.
    from app.printing.pdf.patches import styles, text

    return text, styles


def is_installed() -> bool:
    """Whether the patches are in place; `markup` is used with them."""
    return _state["is_installed"]


def install() -> bool:
    """Put all patches in place; return whether they are: not on a release for which they were not written."""
    if not is_tested_release():
        return False
    for patch in _patches():
        patch.install()
    _state["is_installed"] = True
    return True


def uninstall() -> None:
    """Give WeasyPrint all of its own functions back."""
    if is_installed():
        for patch in _patches():
            patch.uninstall()
    _state["is_installed"] = False
