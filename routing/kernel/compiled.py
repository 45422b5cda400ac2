"""One typed door to numba, so that the rest of the package stays fully typed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
import numba.core.config

P = ParamSpec("P")
R = TypeVar("R")

PLAIN: dict[str, Any] = {"nogil": True, "_nrt": False}
"""The interpreter lock is released, and references are not counted: nothing here allocates."""


def code_folder(sources: Path, chosen: str) -> Path:
    """Where machine code compiled from the Python files in `sources` is kept: a folder for each version of them.

    numba looks only at the file of the function it calls, not at the files of what was compiled into it, so a shared
    folder could hand out the machine code of other sources. `chosen` is the folder the operator chose, or "".
    """
    sha = hashlib.sha256()
    for source in sorted(sources.glob("*.py")):
        sha.update(source.read_bytes())
    return (Path(chosen) if chosen else sources / "__pycache__") / f"kernel-{sha.hexdigest()[:16]}"


CONFIG: Any = numba.core.config  # its names are made at run time, so they have no types
FOLDER = code_folder(Path(__file__).parent, CONFIG.CACHE_DIR)


def _kept_on_disk(function: Callable[P, R], **options: Any) -> Callable[P, R]:
    """Compile with the machine code kept in our folder; numba takes the place from a global when it decorates."""
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
