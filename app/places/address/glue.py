"""Numbers written without a break: 86801 → 86 + 801, 31502 → 3 + 1 + 502, and whether only one reading is possible."""

from __future__ import annotations

from collections.abc import Sequence

from app.places.address import tokens
from app.places.address.place import ReadingPlace
from app.places.address.reading import AddressReading, readings
from app.places.address.register import RegisteredHousehold, building_key, room_key
from app.places.address.tokens import AddressSlot

_MAX_SPLIT_COST = 4.5


def split_readings(found: Sequence[AddressSlot], place: ReadingPlace) -> list[AddressReading]:
    """Readings with the glued number taken apart: 86801 → 86 + 801, 31502 → 3 + 1 + 502.

    Only splits whose building and room are in the register are read at all, so a line of digits costs little.

    Only lanes and road numbers may stand before it: behind a building the number is a room as it stands.
    """
    results: list[AddressReading] = []
    for at, slot in enumerate(found):
        if any(s.level != "lane" and not tokens.ends_with_road(s.before) for s in found[:at]):
            break
        if not slot.value.isdigit() or not 4 <= len(slot.value) <= 8 or slot.level not in ("", "room"):
            continue
        last = at == len(found) - 1
        for parts in _splits(slot.value):
            if not _may_be_there(parts, last, place):
                continue
            pieces = [slot._replace(value=part, level="", join="dash") for part in parts]
            pieces[0] = pieces[0]._replace(join=slot.join)
            pieces[-1] = pieces[-1]._replace(level=slot.level)
            usual = readings([*found[:at], *pieces, *found[at + 1 :]])[:4]
            results += [r for r in usual if not r.has_join and r.cost <= _MAX_SPLIT_COST]
    results.sort(key=lambda reading: reading.cost)
    return results


def _may_be_there(parts: tuple[str, ...], has_room: bool, place: ReadingPlace) -> bool:
    register, building = place.register, building_key(parts[0])
    if not has_room:
        return any(building in register.buildings[compound] for compound in place.compounds)
    return any((compound, building, room_key(parts[-1])) in register.by_room for compound in place.compounds)


def _splits(digits: str) -> list[tuple[str, ...]]:
    size = len(digits)
    pairs: list[tuple[str, ...]] = [(digits[:i], digits[i:]) for i in range(1, size - 1)]
    triples: list[tuple[str, ...]] = [
        (digits[:i], digits[i:j], digits[j:]) for i in range(1, 3) for j in range(i + 1, i + 3) if j < size - 2
    ]
    return [parts for parts in pairs + triples if not any(part[0] == "0" for part in parts)]


def is_elsewhere(household: RegisteredHousehold, place: ReadingPlace) -> bool:
    """Below the heading of a building that has no such room, a split that leaves the building is only a guess."""
    return bool(place.building) and building_key(household.building) != place.building


def other_readings(
    found: Sequence[AddressSlot], chosen: Sequence[RegisteredHousehold], place: ReadingPlace
) -> tuple[RegisteredHousehold, ...]:
    """Households whose whole room is the number that was taken apart (1502 is 1-502, and flat 1502 of a tower), and
    those of a building in front of a short door number (15-02).
    """
    others: dict[object, RegisteredHousehold] = {}
    for slot in found:
        if not slot.value.isdigit() or len(slot.value) < 4 or slot.level not in ("", "room"):
            continue
        for compound in place.compounds:
            for homes in place.register.by_label.get((compound, room_key(slot.value)), {}).values():
                others |= {home.household_id: home for home in homes}
    return tuple(home for home in others.values() if home not in chosen)
