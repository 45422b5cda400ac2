"""One typed door to numba, so that the rest of the package stays fully typed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False}
"""Machine code is kept on disk, the interpreter lock is released, and references are not counted: nothing here
allocates.
"""


def forget_stale_code(folder: Path) -> None:
    """Delete machine code on disk that was compiled from other sources.

    numba looks only at the file of the function it calls, not at the files of what was compiled into it.
    """
    sha = hashlib.sha256()
    for source in sorted(folder.glob("*.py")):
        sha.update(source.read_bytes())
    kept = folder / "__pycache__"
    stamp = kept / "sources.sha256"
    try:
        if stamp.exists() and stamp.read_text(encoding="ascii") == sha.hexdigest():
            return
        for pattern in ("*.nbi", "*.nbc"):
            for file in kept.glob(pattern):
                file.unlink(missing_ok=True)
        kept.mkdir(exist_ok=True)
        stamp.write_text(sha.hexdigest(), encoding="ascii")
    except OSError:
        return  # a read-only installation: numba keeps its code elsewhere, and its own check has to do


forget_stale_code(Path(__file__).parent)


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile at the first call."""
    return cast("Callable[P, R]", numba.njit(**OPTIONS)(function))


def shared(function: Callable[P, R]) -> Callable[P, R]:
    """Compile into the caller, and callable from Python too: for small functions that have tests of their own."""
    return cast("Callable[P, R]", numba.njit(forceinline=True, **OPTIONS)(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile into the caller only: passing all the arrays costs more than most of these functions do.

    Without the wrappers for calls from Python the compilation takes half the time.
    """
    options = {**OPTIONS, "cache": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast("Callable[P, R]", numba.njit(forceinline=True, **options)(function))
