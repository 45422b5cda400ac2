"""Point tally: the matrix of buildings and items, and when a point may sign.

    telephone claims    open review lines    households without outcome    units counted = units seen    may sign
    0                   0                    0                             yes                           yes
    1 or more           any                  any                           any                           no: settle them
    0                   1 or more            any                           any                           no: settle them
    0                   0                    1 or more                     any                           no: call them
    0                   0                    0                             no                            no: look again

A named override of the roll call belongs to the lock of the cycle, which writes an outcome for each household that was
not reached; behind it no signature needs one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Cell:
    """`qty` units of an item ordered in a building that belongs to a point."""

    point_id: int
    building_id: int
    item_id: int
    qty: int


@dataclass(frozen=True, slots=True)
class TallyMatrix:
    """The tally of one point. All three totals come from the same cells."""

    point_id: int
    cells: Mapping[tuple[int, int], int]
    by_building: Mapping[int, int]
    by_item: Mapping[int, int]
    total: int

    def qty(self, building_id: int, item_id: int) -> int:
        """Units of an item for a building, 0 where none were ordered."""
        return self.cells.get((building_id, item_id), 0)


def tally(rows: Iterable[Cell]) -> dict[int, TallyMatrix]:
    """Point id → matrix, in order of id. Rows of the same building and item add up; zeros are left out."""
    points: dict[int, dict[tuple[int, int], int]] = {}
    for row in rows:
        cells = points.setdefault(row.point_id, {})
        key = (row.building_id, row.item_id)
        cells[key] = cells.get(key, 0) + row.qty
    return {point_id: _matrix(point_id, cells) for point_id, cells in sorted(points.items())}


def _matrix(point_id: int, cells: dict[tuple[int, int], int]) -> TallyMatrix:
    kept = {key: qty for key, qty in sorted(cells.items()) if qty}
    by_building: dict[int, int] = {}
    by_item: dict[int, int] = {}
    for (building_id, item_id), qty in kept.items():
        by_building[building_id] = by_building.get(building_id, 0) + qty
        by_item[item_id] = by_item.get(item_id, 0) + qty
    return TallyMatrix(point_id, kept, by_building, dict(sorted(by_item.items())), sum(kept.values()))


class Obstacle(StrEnum):
    """What stands before a signature."""

    CLAIMS = "claims"
    REVIEWS = "reviews"
    HOUSEHOLDS = "households"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class SigningState:
    """A tally before its signature. `qty_seen`: the total in sale units that whoever signs was shown."""

    claims: int
    open_reviews: int
    without_outcome: int
    qty_counted: int = 0
    qty_seen: int = 0


def obstacles(state: SigningState) -> tuple[Obstacle, ...]:
    """Why the tally cannot be signed yet, in the order in which people settle them; empty when it can."""
    stands = {
        Obstacle.CLAIMS: state.claims > 0,
        Obstacle.REVIEWS: state.open_reviews > 0,
        Obstacle.HOUSEHOLDS: state.without_outcome > 0,
        Obstacle.CHANGED: state.qty_counted != state.qty_seen,
    }
    return tuple(obstacle for obstacle, is_there in stands.items() if is_there)
