"""Travel of one mode between all locations: metres and seconds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

UNREACHABLE = 100_000_000
"""Metres or seconds between two places that no way connects; later than any window."""

IntMatrix = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class TravelMatrix:
    """Square integer matrices `metres[i, j]` and `seconds[i, j]` from location i to location j for one mode.

    Both are made read-only. They may be the same array, which halves the memory of large problems.
    """

    mode: str
    metres: IntMatrix
    seconds: IntMatrix

    def __post_init__(self) -> None:
        if not self.mode:
            raise ValueError("A travel matrix needs the name of its mode.")
        for word, array in (("metres", self.metres), ("seconds", self.seconds)):
            if array.ndim != 2 or array.shape[0] != array.shape[1]:
                raise ValueError(f"The {word} of mode {self.mode} must be square, not {array.shape}.")
            if array.dtype != np.int32:
                raise ValueError(f"The {word} of mode {self.mode} must be 32-bit integers, not {array.dtype}.")
            if array.size and (int(array.min()) < 0 or int(array.max()) > UNREACHABLE):
                raise ValueError(f"The {word} of mode {self.mode} must lie between 0 and {UNREACHABLE}.")
            array.flags.writeable = False
        if self.metres.shape != self.seconds.shape:
            raise ValueError(f"Metres and seconds of mode {self.mode} differ in size.")

    @property
    def size(self) -> int:
        """Number of locations."""
        return int(self.metres.shape[0])

    def digest(self) -> str:
        """SHA-256 over mode, size and little-endian values."""
        sha = hashlib.sha256(f"{self.mode}:{self.size}:".encode())
        parts = [_digest(self.metres)]
        parts.append(parts[0] if self.seconds is self.metres else _digest(self.seconds))
        sha.update(":".join(parts).encode())
        return sha.hexdigest()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TravelMatrix):
            return NotImplemented
        same_metres = np.array_equal(self.metres, other.metres)
        return self.mode == other.mode and same_metres and np.array_equal(self.seconds, other.seconds)

    def __hash__(self) -> int:
        return hash((self.mode, self.size))


def matrix_of(mode: str, metres: npt.ArrayLike, seconds: npt.ArrayLike | None = None) -> TravelMatrix:
    """A `TravelMatrix` from any integer array-likes.

    Parameters
    ----------
    mode : str
    metres, seconds : array-like [n, n]
        Whole metres and seconds from row to column; without `seconds` they equal the metres, as the literature has it.
    """
    metres_array = np.array(metres, dtype=np.int32)
    if seconds is None:
        return TravelMatrix(mode, metres_array, metres_array)
    return TravelMatrix(mode, metres_array, np.array(seconds, dtype=np.int32))


def _digest(array: IntMatrix) -> str:
    return hashlib.sha256(np.ascontiguousarray(array, dtype="<i4").data).hexdigest()
