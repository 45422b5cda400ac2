"""Point tally: the matrix of buildings and items, the roll call, and when a point may sign.

    open review lines   households without outcome   totals equal locked orders   may sign
    0                   0                            yes                          yes
    1 or more           any                          any                          no: settle them
    0                   1 or more                    yes                          no: call them, or sign with a reason
    0                   0                            no                           no: the difference is named

Roll call. A household with a placed order is `ordered` whatever was written down; the others need an outcome:

    order   written down                       outcome
    yes     anything or nothing                ordered
    no      declined, unreachable, away        as written
    no      ordered                            none: there is no order, ask again
    no      nothing                            none
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from app.core.sentences import N_, Sentence, sentence
from app.core.text.natural import natural_key

ORDERED = "ordered"
WRITTEN = ("declined", "unreachable", "away")


@dataclass(frozen=True, slots=True)
class Cell:
    """`qty` units of an item ordered in a building that belongs to a point."""

    point_id: int
    building_id: int
    item_id: int
    qty: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """The tally of one point. All three totals come from the same cells."""

    point_id: int
    cells: Mapping[tuple[int, int], int]
    by_building: Mapping[int, int]
    by_item: Mapping[int, int]
    total: int

    def qty(self, building_id: int, item_id: int) -> int:
        """Units of an item for a building, 0 where none were ordered."""
        return self.cells.get((building_id, item_id), 0)


def tally(rows: Iterable[Cell]) -> dict[int, Matrix]:
    """Point id → matrix, in order of id. Rows of the same building and item add up; zeros are left out."""
    points: dict[int, dict[tuple[int, int], int]] = {}
    for row in rows:
        cells = points.setdefault(row.point_id, {})
        key = (row.building_id, row.item_id)
        cells[key] = cells.get(key, 0) + row.qty
    return {point_id: _matrix(point_id, cells) for point_id, cells in sorted(points.items())}


def _matrix(point_id: int, cells: dict[tuple[int, int], int]) -> Matrix:
    kept = {key: qty for key, qty in sorted(cells.items()) if qty}
    by_building: dict[int, int] = {}
    by_item: dict[int, int] = {}
    for (building_id, item_id), qty in kept.items():
        by_building[building_id] = by_building.get(building_id, 0) + qty
        by_item[item_id] = by_item.get(item_id, 0) + qty
    return Matrix(point_id, kept, by_building, dict(sorted(by_item.items())), sum(kept.values()))


@dataclass(frozen=True, slots=True)
class Gap:
    """An item whose tallied units differ from the locked orders (E5)."""

    item_id: int
    qty_tallied: int
    qty_ordered: int


def gaps(tallied: Mapping[int, int], ordered: Mapping[int, int]) -> tuple[Gap, ...]:
    """Items of one point where tally and locked orders disagree, in order of id; empty when E5 holds."""
    items = sorted({*tallied, *ordered})
    pairs = [Gap(item, tallied.get(item, 0), ordered.get(item, 0)) for item in items]
    return tuple(gap for gap in pairs if gap.qty_tallied != gap.qty_ordered)


def roll_call_outcome(has_order: bool, written: str | None) -> str | None:
    """How a household's roll call ends (a value of Outcome), or None while it is open."""
    if has_order:
        return ORDERED
    return written if written in WRITTEN else None


@dataclass(frozen=True, slots=True)
class RollCall:
    """The roll call of a point: household id → outcome, and the households still without one."""

    outcomes: Mapping[int, str]
    open: tuple[int, ...]

    @property
    def is_complete(self) -> bool:
        return not self.open

    @property
    def counts(self) -> dict[str, int]:
        """How many households ended each way; every outcome is listed."""
        counts = dict.fromkeys((ORDERED, *WRITTEN), 0)
        for outcome in self.outcomes.values():
            counts[outcome] += 1
        return counts


def roll_call(households: Iterable[int], with_order: Set[int], written: Mapping[int, str]) -> RollCall:
    """The roll call of all active households in scope; nobody is left out: outcomes + open = households."""
    outcomes: dict[int, str] = {}
    still_open = []
    for household in sorted(set(households)):
        outcome = roll_call_outcome(household in with_order, written.get(household))
        if outcome is None:
            still_open.append(household)
        else:
            outcomes[household] = outcome
    return RollCall(outcomes, tuple(still_open))


@dataclass(frozen=True, slots=True)
class SigningState:
    """What stands before a signature. `override_reason`: why a point signs with households not reached yet."""

    open_reviews: int
    open_households: int
    gaps: tuple[Gap, ...] = ()
    override_reason: str = ""


def obstacles(state: SigningState) -> tuple[Sentence, ...]:
    """Why the tally cannot be signed yet, one sentence each; empty when it can."""
    found = []
    if state.open_reviews:
        found.append(sentence(N_("还有%(count)s条接龙待确认或还没入单，请先处理。"), count=state.open_reviews))
    if state.open_households and not state.override_reason.strip():
        found.append(sentence(N_("还有%(count)s户没有点名结果，请联系或写明原因。"), count=state.open_households))
    if state.gaps:
        found.append(sentence(N_("有%(count)s种商品的汇总与订单不一致，请重新汇总。"), count=len(state.gaps)))
    return tuple(found)


def in_counting_order(labels: Mapping[int, str]) -> list[int]:
    """Ids by their labels as people count: 2号楼 before 10号楼; equal labels by id."""
    return sorted(labels, key=lambda one: (natural_key(labels[one]), one))
