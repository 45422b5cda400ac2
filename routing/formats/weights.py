"""Distances of the literature: computed from coordinates, or listed one by one in the file.

Conventions: CVRP distances are rounded to the nearest integer; with time windows they are truncated to one decimal and
kept in tenths. Orders of listed distances as in G. Reinelt, "TSPLIB 95" (1995), section 1.2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from routing.travel_times import IntMatrix

Floats = npt.NDArray[np.float64]
TENTHS = 10
"""How many units of ours make one unit of a file with time windows."""


def distances(points: Floats, *, tenths: bool) -> IntMatrix:
    """Euclidean distances between points, computed in stripes to spare memory.

    Parameters
    ----------
    points : ndarray of float64 [n, 2]
        Coordinates in the unit of the file.
    tenths : bool
        True: truncated to tenths of that unit; False: rounded to whole units.

    Returns
    -------
    ndarray of int32 [n, n]
    """
    result = np.empty((len(points), len(points)), dtype=np.int32)
    for first in range(0, len(points), 500):
        stripe = points[first : first + 500, None, :] - points[None, :, :]
        euclid = np.sqrt((stripe**2).sum(axis=2))
        result[first : first + 500] = np.floor(euclid * TENTHS + 1e-6) if tenths else np.floor(euclid + 0.5)
    return result


def listed(words: Sequence[str], order: str, size: int, *, tenths: bool) -> IntMatrix:
    """A matrix from the numbers of an EDGE_WEIGHT_SECTION.

    Parameters
    ----------
    words : sequence of str
        All numbers of the section in the order of the file.
    order : {"FULL_MATRIX", "LOWER_ROW", "LOWER_DIAG_ROW", "UPPER_ROW", "UPPER_DIAG_ROW"}
        What EDGE_WEIGHT_FORMAT says.
    size : int
        Number of locations.
    tenths : bool
        Keep tenths of the unit of the file instead of whole units.

    Raises
    ------
    ValueError
        When the order is another one or the numbers are too few or too many.
    """
    rows, columns = _places(order, size)
    if len(words) != len(rows):
        raise ValueError(f"The file lists {len(words)} distances; {size} places in the order {order} need {len(rows)}.")
    values = np.array([float(word) for word in words]) * (TENTHS if tenths else 1)
    result = np.zeros((size, size), dtype=np.int32)
    result[rows, columns] = np.floor(values + 1e-6) if tenths else np.floor(values + 0.5)
    if order != "FULL_MATRIX":
        result[columns, rows] = result[rows, columns]
    return result


def _places(order: str, size: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Row and column of each number."""
    if order == "FULL_MATRIX":
        rows, columns = np.indices((size, size)).reshape(2, -1)
        return rows, columns
    orders = {"LOWER_ROW": -1, "LOWER_DIAG_ROW": 0, "UPPER_ROW": 1, "UPPER_DIAG_ROW": 0}
    if order not in orders:
        raise ValueError(f"Distances in the order {order or '(not stated)'} cannot be read.")
    triangle = np.tril_indices if order.startswith("LOWER") else np.triu_indices
    return triangle(size, orders[order])
