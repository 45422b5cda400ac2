"""Which number of an address is the building, the stairwell, the floor, the room: a small weighted grammar.

    address := (lane | area | name-number)* building? stairwell? floor? room?

Every way to give the slots roles in that order is a `AddressReading` with a cost: how unusual it would be. Words decide
nearly everything (`3栋` is a building at no cost); bare numbers are weighed by their digits and their place. Adjoining
slots may be one value (`3-2幢`, `B6号楼`, `1703-2`, `18C`). Slots are at most `MAX_SLOTS`, so the number of readings
is bounded whatever the text says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from app.places.address.tokens import AddressSlot, ends_with_road

MAX_SLOTS = 7
MAX_PARTIAL = 5
# Dearer readings are not built. Both lie above what `resolver` accepts, so they only bound the work: seven slots with a
# handful of roles each would give tens of thousands.
_PRUNE = 11.0
_PRUNE_PARTIAL = 7.5
_NO_BUILDING = 4.0
_ORDER = {"lane": 0, "area": 0, "name": 0, "building": 1, "stairwell": 2, "floor": 3, "wing": 3, "room": 4}
# Cost of a role for each level word; a pair that is absent is impossible.
_COST_OF_LEVEL: dict[str, dict[str, float]] = {
    "building": {"building": 0, "wing": 3, "stairwell": 4, "lane": 8},
    "hash": {"building": 0, "stairwell": 3},
    "number": {"building": 0.6, "room": 1.4, "stairwell": 2.2, "lane": 2.4},
    "storey": {"floor": 0.2, "building": 2.4},
    "floor": {"floor": 0},
    "stairwell": {"stairwell": 0, "building": 5},
    "room": {"room": 0, "building": 6},
    "lane": {"lane": 0, "building": 6},
    "area": {"area": 0, "wing": 1.5, "building": 5},
    "": {"room": 0.5, "building": 1, "stairwell": 1, "lane": 5},
}

LEVELS = frozenset(_COST_OF_LEVEL) - {""}
"""What a level word may say; a profile of a compound may add words, not levels."""


class AddressReading(NamedTuple):
    """One way to understand an address. Labels are bare: "3" for 3号楼, "" when the text names no such level."""

    building: str = ""
    stairwell: str = ""
    floor: str = ""
    room: str = ""
    lane: str = ""
    is_lane_named: bool = False
    """The lane was written as a lane (500弄); a road number or a name with a number is not compared."""
    area: str = ""
    wing: str = ""
    """A second building word inside the first building (4号楼6楼A座): no level of the register."""
    cost: float = 0.0
    has_join: bool = False
    """Two numbers were taken as one label (3-2幢)."""
    used: int = 0
    """How many slots the reading took; the rest of the line is something else."""

    @property
    def is_bare_number(self) -> bool:
        """Only one number of three digits or more: a room whose building is not said."""
        return self.used == 1 and self.building[:3].isdigit() and len(self.building) >= 3

    @property
    def cost_without_building(self) -> float:
        """How much of the cost is for naming no building."""
        return 0 if self.building else _NO_BUILDING + 0.5 * bool(self.room) + bool(self.stairwell)

    @property
    def is_complete(self) -> bool:
        return bool(self.building and self.room)


class _ReadingStep(NamedTuple):
    role: str
    value: str
    slot: AddressSlot
    width: int
    cost: float


def readings(found: Sequence[AddressSlot], *, partial: bool = False) -> list[AddressReading]:
    """All readings of the slots, cheapest first.

    partial: also readings that stop before the last slot (an order follows the address on the same line).
    """
    results: list[AddressReading] = []
    trimmed = list(found[: MAX_PARTIAL if partial else MAX_SLOTS])
    steps = [sorted(_steps(trimmed, at), key=lambda step: step.cost) for at in range(len(trimmed))]
    search = _Search(steps, _PRUNE_PARTIAL if partial else _PRUNE, partial, results)
    _extend(search, AddressReading(), 0)
    results.sort(key=lambda reading: (reading.cost, -reading.used))
    return results


class _Search(NamedTuple):
    """steps: the roles each slot may take, cheapest first; most: cost beyond which a reading is not worth having."""

    steps: list[list[_ReadingStep]]
    most: float
    partial: bool
    results: list[AddressReading]


def _extend(search: _Search, so_far: AddressReading, level: int) -> None:
    end = so_far.used == len(search.steps)
    if so_far.used and (search.partial or end):
        missing = _missing_cost(so_far)
        search.results.append(so_far._replace(cost=so_far.cost + missing) if missing else so_far)
    if end:
        return
    for step in search.steps[so_far.used]:
        if so_far.cost + step.cost > search.most:
            return
        rank = _ORDER[step.role]
        if rank < level or (rank == level > 0 and step.role != "wing") or (step.role == "wing" and not so_far.building):
            continue
        _extend(search, _with(so_far, step), rank)


def _with(reading: AddressReading, step: _ReadingStep) -> AddressReading:
    cost, used = reading.cost + step.cost, reading.used + step.width
    if step.width > 1:
        reading = reading._replace(has_join=True)
    if step.role == "room":
        return reading._replace(room=_room(reading, step), cost=cost + _room_cost(reading, step), used=used)
    if step.role == "building":
        return reading._replace(building=step.value, cost=cost, used=used)
    if step.role == "stairwell":
        no_building = 1.0 if not reading.building else 0.0
        return reading._replace(stairwell=step.value, cost=cost + no_building, used=used)
    if step.role == "wing":
        return reading._replace(wing=step.value, cost=cost, used=used)
    if step.role == "floor":
        return reading._replace(floor=step.value, cost=cost, used=used)
    if step.role == "area":
        return reading._replace(area=step.value, cost=cost, used=used)
    if step.role == "lane":
        return reading._replace(lane=step.value, is_lane_named=step.slot.level == "lane", cost=cost, used=used)
    return reading._replace(cost=cost, used=used)


def _room(reading: AddressReading, step: _ReadingStep) -> str:
    """`1层02号` is room 102; `5楼502` is room 502."""
    if reading.floor and step.value.isdigit() and len(step.value) <= 2:
        return f"{reading.floor}{int(step.value):02d}"
    return step.value


def _room_cost(reading: AddressReading, step: _ReadingStep) -> float:
    digits = sum(ch.isdigit() for ch in step.value)
    cost = 0.0
    if step.slot.is_bare and digits <= 2 and not reading.floor:
        cost += 1.5
    if not reading.building:
        cost += 0.5
    return cost


def _missing_cost(reading: AddressReading) -> float:
    return (0 if reading.building else _NO_BUILDING) + (0 if reading.room else 2)


def _steps(found: list[AddressSlot], at: int) -> Iterator[_ReadingStep]:
    """The roles that the slot at `at` may take, alone or merged with the slots that hang on it."""
    first = found[at]
    for slot, width, merge_cost in _merged(found, at):
        for role, cost in _COST_OF_LEVEL[slot.level].items():
            yield _ReadingStep(
                role, slot.value, slot, width, cost + merge_cost + _context_cost(role, slot, found, at, width)
            )
    if at + 1 < len(found) and found[at + 1].join == "text":
        yield _ReadingStep("name", first.value, first, 1, 1.2 if first.is_bare else 3.0)


def _merged(found: list[AddressSlot], at: int) -> Iterator[tuple[AddressSlot, int, float]]:
    slot = found[at]
    yield slot, 1, 0.0
    for width in (2, 3):
        if at + width > len(found) or found[at + width - 1].join not in ("dash", "tight") or slot.level:
            return
        following = found[at + width - 1]
        dashed = following.join == "dash"
        if not dashed and slot.is_letter == following.is_letter:
            return
        cost = 2.6 if dashed else _letter_cost(slot, following, found, at + width)
        joined = slot.value + ("-" if dashed else "") + following.value
        slot = slot._replace(value=joined, level=following.level, end=following.end, is_letter=False)
        yield slot, width, cost * (width - 1)


def _letter_cost(slot: AddressSlot, following: AddressSlot, found: list[AddressSlot], after: int) -> float:
    """`B6-37`, `13B-376`, `B6号楼` are one label; `B1025` is building B, room 1025."""
    before_dash = after < len(found) and found[after].join == "dash"
    short = len(slot.value) + len(following.value) <= 3
    return 0.0 if following.level or (short and before_dash) else 0.6 if short else 2.0


def _context_cost(role: str, slot: AddressSlot, found: list[AddressSlot], at: int, width: int) -> float:
    digits = len(slot.value)
    on_road = ends_with_road(slot.before)
    following = found[at + width] if at + width < len(found) else None
    then_text = following is not None and following.join == "text"
    if role == "building":
        cost = (2.5 if slot.level in ("number", "") else 0.0) if on_road else 0.0
        if then_text and slot.level in ("number", ""):
            cost += 1.0
        chained = following is not None and following.join == "dash"
        return cost + ((1.0 if chained else 2.5) if slot.is_bare and slot.value.isdigit() and digits > 3 else 0.0)
    if role == "stairwell":
        in_chain = following is not None and following.join == "dash" and slot.join == "dash"
        return (1.0 if in_chain else 3.0) if slot.is_bare and digits > 2 else 0.6 if following is None else 0.0
    if role == "lane":
        if slot.is_letter:
            return 5.0
        if slot.level == "number":
            return -2.4 if on_road else -1.4 if then_text else 0.0
        return -4.6 if on_road and slot.is_bare else -2.0 if then_text and slot.is_bare else 0.0
    if role == "room":
        return 2.0 if slot.is_letter else 0.0
    return 0.0


def best(found: Sequence[AddressSlot]) -> AddressReading:
    """The most usual reading of a whole address; an empty one when the text has no number.

    Numbers that fit nowhere behind the address (a telephone, a post code) are left over when not all can be read.
    """
    results = readings(found) or readings(found, partial=True)
    return results[0] if results else AddressReading()
