"""One typed door to numba, so that the rest of the package stays fully typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False}
"""Machine code is kept on disk, the interpreter lock is released, and references are not counted: nothing here
allocates.
"""


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile at the first call."""
    return cast("Callable[P, R]", numba.njit(**OPTIONS)(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile into the caller: passing all the arrays costs more than most of these functions do."""
    return cast("Callable[P, R]", numba.njit(forceinline=True, **OPTIONS)(function))
