"""One typed door to numba, so that the rest of the package stays fully typed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
import numba.core.config

P = ParamSpec("P")
R = TypeVar("R")

PLAIN: dict[str, Any] = {"nogil": True, "_nrt": False}
"""The interpreter lock is released, and references are not counted: nothing here allocates."""


def code_folder(sources: Path, chosen: str) -> Path | None:
    """Where machine code compiled from the Python files in `sources` is kept: a folder for each version of them.

    numba looks only at the file of the function it calls, not at the files of what was compiled into it, so a shared
    folder could hand out the machine code of other sources.

    Parameters
    ----------
    sources : Path
        The folder of the kernel.
    chosen : str
        The folder the operator chose (NUMBA_CACHE_DIR), or "".

    Returns
    -------
    Path or None
        Below the chosen folder, beside the sources, or in the cache of the user: the first that can be written to.
        None if none can; then every process compiles for itself.
    """
    sha = hashlib.sha256()
    for source in sorted(sources.glob("*.py")):
        sha.update(source.read_bytes())
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    places = [Path(chosen)] if chosen else []
    places += [sources / "__pycache__", Path(cache) / "louda-routing"]
    folders = (place / f"kernel-{sha.hexdigest()[:16]}" for place in places)
    return next((folder for folder in folders if _can_write(folder)), None)


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


CONFIG: Any = numba.core.config  # its names are made at run time, so they have no types
FOLDER = code_folder(Path(__file__).parent, CONFIG.CACHE_DIR)


def _kept_on_disk(function: Callable[P, R], **options: Any) -> Callable[P, R]:
    """Compile with the machine code kept in our folder; numba takes the place from a global when it decorates."""
    if FOLDER is None:
        return cast("Callable[P, R]", numba.njit(**PLAIN, **options)(function))
    chosen = CONFIG.CACHE_DIR
    CONFIG.CACHE_DIR = str(FOLDER)
    try:
        return cast("Callable[P, R]", numba.njit(cache=True, **PLAIN, **options)(function))
    finally:
        CONFIG.CACHE_DIR = chosen


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile at the first call; later processes read the machine code from disk."""
    return _kept_on_disk(function)


def shared(function: Callable[P, R]) -> Callable[P, R]:
    """Compile into the caller, and callable from Python too: for small functions that have tests of their own."""
    return _kept_on_disk(function, forceinline=True)


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile into the caller only: passing all the arrays costs more than most of these functions do.

    Without the wrappers for calls from Python the compilation takes half the time.
    """
    options = {**PLAIN, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast("Callable[P, R]", numba.njit(forceinline=True, **options)(function))
