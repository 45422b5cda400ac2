"""One typed door to numba, so that the rest of the package stays fully typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile at the first call, keep the machine code on disk, release the interpreter lock while running."""
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True, _nrt=False)(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Like `compiled`, but copied into its callers: passing all the arrays costs more than most of these functions do."""
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True, forceinline=True, _nrt=False)(function))
