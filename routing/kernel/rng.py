"""Random numbers that depend on nothing but the seed: xorshift64* (S. Vigna, 2016), its state in a one-element
array.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from routing.kernel.compiled import shared

RngState = npt.NDArray[np.uint64]

A, B, C = np.uint64(12), np.uint64(25), np.uint64(27)
MULTIPLIER = np.uint64(2685821657736338717)
SHIFT = np.uint64(11)
SCALE = 1.0 / 9007199254740992.0


def seeded(seed: int) -> RngState:
    """State for `seed`; nearby seeds are spread by one splitmix64 step."""
    z = (seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % 2**64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
    return np.array([(z ^ (z >> 31)) or 1], dtype=np.uint64)


@shared
def uniform(rng: RngState) -> float:
    """A float in [0, 1)."""
    x = rng[0]
    x ^= x >> A
    x ^= x << B
    x ^= x >> C
    rng[0] = x
    return float((x * MULTIPLIER) >> SHIFT) * SCALE


@shared
def below(rng: RngState, bound: int) -> int:
    """An integer in [0, bound)."""
    return int(uniform(rng) * bound)
