"""Text → household, or the reason why a person has to choose. Never a guess.

A household is returned only when the usual reading of the text names exactly one household of the register:

    text names            register has                                result
    compound, building, room   exactly one such household             that household
    building, room        one in all compounds of the scope           that household
    building, room        two (other compound, other stairwell)       None, ambiguous, both as candidates
    room only             the scope or register has one building      that household
    room only             several buildings                           None, no_building
    an unknown building, stairwell or room                            None, unknown_*, near ones as candidates
    one wrong letter in the name, lane agrees         that household, confidence 80
    an unknown place, or text glued before a known name               None, unknown_place / longer_name
    digits glued (86801)  one split exists                            that household, confidence 75
    digits glued          two splits exist, or a room of that number     None, ambiguous
    digits glued          in a building that has no such room         None, unknown_room
    numbers left over, two addresses                                  None, leftover
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.core.text import chinese
from app.places.address import glue, names, tokens
from app.places.address.place import ReadingPlace, place_of
from app.places.address.reading import AddressReading, readings
from app.places.address.register import AddressScope, Register, RegisteredHousehold, building_key, room_key
from app.places.address.tokens import AddressSlot

MAX_TEXT = 200
# In costs of `reading`. Readings this much dearer than the usual one are still looked up: people write unusually.
_MARGIN = 2.2
_TIE = 1.0  # but two households whose readings are this close are both meant: a person chooses
_MAX_COST = 6.0  # so unusual that a household which fits is chance
_MAX_CANDIDATES = 8


class AddressReason(StrEnum):
    """Why a resolution is what it is; the first three come with a household."""

    EXACT = "exact"
    UNIQUE = "unique"
    GLUED = "glued_digits"
    TYPO = "name_typo"
    NO_ADDRESS = "no_address"
    NO_BUILDING = "no_building"
    NO_ROOM = "no_room"
    NO_STAIRWELL = "no_stairwell"
    UNKNOWN_BUILDING = "unknown_building"
    UNKNOWN_STAIRWELL = "unknown_stairwell"
    UNKNOWN_ROOM = "unknown_room"
    UNKNOWN_PLACE = "unknown_place"
    UNKNOWN_AREA = "unknown_area"
    LONGER_NAME = "longer_name"
    LANE_CONFLICT = "lane_conflict"
    AMBIGUOUS = "ambiguous"
    OUT_OF_SCOPE = "out_of_scope"
    LEFTOVER = "leftover"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Resolution:
    """confidence: 0–100, 0 without a household. candidates: households to choose from, nearest first."""

    household: RegisteredHousehold | None
    confidence: int
    reason: AddressReason
    candidates: tuple[RegisteredHousehold, ...] = ()
    read: AddressReading = field(default_factory=AddressReading)

    @property
    def household_id(self) -> object | None:
        return self.household.household_id if self.household else None


@dataclass(frozen=True, slots=True)
class _Hit:
    household: RegisteredHousehold
    reading: AddressReading


def resolve(text: str, register: Register, scope: AddressScope | None = None) -> Resolution:
    """The household that a whole address text means. `scope` narrows it to where the text was written."""
    if len(text) > MAX_TEXT:
        return Resolution(None, 0, AddressReason.TOO_LONG)
    folded = chinese.fold(text)
    place = place_of(folded, register, scope)
    found = tokens.slots(place.naming.masked, words=register.words, stems=register.stems)
    found = [slot for slot in found if not is_phone(slot.value)]
    if not found:
        return Resolution(None, 0, AddressReason.NO_ADDRESS)
    whole = readings(found)
    if whole:
        return choose_household(whole, found, place)
    part = readings(found, partial=True)
    loose = choose_household(part, found, place)
    candidates = ((loose.household,) if loose.household else ()) + loose.candidates
    return Resolution(None, 0, AddressReason.LEFTOVER, candidates, loose.read)


def scope_named(title: str, register: Register, scope: AddressScope | None = None) -> AddressScope | None:
    """The scope that a title names: the compound, and the building when the title begins with it (`12号楼蔬菜接龙`)."""
    folded = chinese.fold(title[:MAX_TEXT])
    place = place_of(folded, register, scope)
    compounds = tuple(sorted(place.naming.compounds)) if not place.naming.problem else ()
    first = tokens.slots(place.naming.masked, limit=2, words=register.words, stems=register.stems)[:1]
    building = ""
    if first and _names_building(first[0], place.naming.masked) and not first[0].before.strip(names.MASK):
        key = building_key(first[0].value)
        building = key if any(key in register.buildings[c] for c in compounds or place.compounds) else ""
    if not compounds and not building:
        return None
    return AddressScope(compounds or (scope.compounds if scope else ()), building)


def _names_building(slot: AddressSlot, masked: str) -> bool:
    """12号楼蔬菜接龙 by its level word, 老水厂宿舍 甲 by standing alone behind the name."""
    if slot.level:
        return slot.level in ("building", "number", "storey")
    return slot.value in tokens.STEMS and not masked.strip(slot.value + names.AROUND)


def is_phone(value: str) -> bool:
    """An 11-digit mobile number is never part of an address."""
    return len(value) == 11 and value.isdigit() and value[0] == "1"


def choose_household(read: Sequence[AddressReading], found: Sequence[AddressSlot], place: ReadingPlace) -> Resolution:
    """One household, or why not. `read` is cheapest first; only readings near the cheapest count."""
    return find_one(read, found, place) or _unknown(read[0], place)


def find_one(read: Sequence[AddressReading], found: Sequence[AddressSlot], place: ReadingPlace) -> Resolution | None:
    """What the register says of the readings; None when it has no household for them."""
    read = _in_building(read) if place.building else read
    best = read[0]
    hits = _hits([r for r in read if r.cost <= min(best.cost + _MARGIN, _MAX_COST)], place)
    glued = False
    if not hits and not place.naming.problem:
        hits = _hits(glue.split_readings(found, place), place)
        glued = bool(hits)
    if not hits:
        return None
    near = [hit for hit in hits if hit.reading.cost <= hits[0].reading.cost + _TIE]
    households = _distinct(hit.household for hit in (hits if glued else near))
    chosen = hits[0].reading
    if len(households) > 1:
        return Resolution(None, 0, AddressReason.AMBIGUOUS, households[:_MAX_CANDIDATES], chosen)
    if glued and glue.is_elsewhere(households[0], place):
        return Resolution(None, 0, AddressReason.UNKNOWN_ROOM, households, chosen)
    others = glue.other_readings(found, households, place) if glued else ()
    if others:
        return Resolution(None, 0, AddressReason.AMBIGUOUS, _distinct([*households, *others])[:_MAX_CANDIDATES], chosen)
    objection = _objection(chosen, households[0], place)
    if objection is None and _is_strange(found, chosen, place):
        objection = AddressReason.UNKNOWN_PLACE, households
    if objection is None and _by_stairwell_word(found, chosen, households[0], place):
        objection = AddressReason.AMBIGUOUS, households
    if objection:
        return Resolution(None, 0, objection[0], objection[1], chosen)
    return _accepted(households[0], chosen, place, glued)


def _in_building(read: Sequence[AddressReading]) -> list[AddressReading]:
    """Where the building is known already, an address that leaves it out (3单元502, 18C) is as usual as any other."""
    weighed = [r if r.building else r._replace(cost=r.cost - r.cost_without_building) for r in read]
    return sorted(weighed, key=lambda reading: (reading.cost, -reading.used))


def _accepted(household: RegisteredHousehold, chosen: AddressReading, place: ReadingPlace, glued: bool) -> Resolution:
    if glued:
        return Resolution(household, 75, AddressReason.GLUED, (household,), chosen)
    if place.naming.by_typo:
        return Resolution(household, 80, AddressReason.TYPO, (household,), chosen)
    if place.naming.compounds or len(place.compounds) == 1:
        return Resolution(household, 100, AddressReason.EXACT, (household,), chosen)
    return Resolution(household, 85, AddressReason.UNIQUE, (household,), chosen)


def _hits(read: Iterable[AddressReading], place: ReadingPlace) -> list[_Hit]:
    hits: list[_Hit] = []
    halves: list[AddressReading] = []
    for reading in read:
        building = place.naming.building or building_key(reading.building) or place.building
        if not building or (place.naming.building and reading.building):
            continue
        if place.stairwell and not reading.stairwell and not reading.building and not place.naming.building:
            reading = reading._replace(stairwell=place.stairwell)
        found = [(h, c) for c in place.compounds for h in place.register.rooms(c, reading, building)]
        halves += [reading] * (len(found) > 1 and bool(reading.building) and not reading.stairwell)
        hits += [_Hit(household, reading) for household, _compound in found]
    if place.building and any(hit.reading not in halves for hit in hits):
        hits = [hit for hit in hits if hit.reading not in halves]  # below 3幢, 2-102 is stairwell 2: 2幢 has several
    hits.sort(key=lambda hit: (hit.reading.cost, bool(hit.reading.building) and bool(place.building)))
    return hits


def _distinct(households: Iterable[RegisteredHousehold]) -> tuple[RegisteredHousehold, ...]:
    return tuple({household.household_id: household for household in households}.values())


def _objection(
    read: AddressReading, household: RegisteredHousehold, place: ReadingPlace
) -> tuple[AddressReason, tuple[RegisteredHousehold, ...]] | None:
    """What speaks against the one household that was found."""
    naming, mine = place.naming, (household,)
    if naming.problem:
        return (AddressReason.UNKNOWN_PLACE if naming.problem == "unknown_place" else AddressReason.LONGER_NAME), mine
    if household.compound not in place.in_scope:
        return AddressReason.OUT_OF_SCOPE, mine
    if read.area or read.wing:
        return AddressReason.UNKNOWN_AREA, mine
    glued = _glued_stairwell(read, household, place)
    if glued:
        return AddressReason.AMBIGUOUS, mine + glued
    needed = place.register.levels.get(household.compound, frozenset())
    if "stairwell" in needed and household.stairwell and not read.stairwell:
        return AddressReason.NO_STAIRWELL, mine
    lanes = place.register.lanes.get(household.compound)
    if naming.by_typo and not (read.lane and (read.lane in lanes if lanes else len(place.in_scope) == 1)):
        return AddressReason.UNKNOWN_PLACE, mine
    if lanes and read.is_lane_named and read.lane not in lanes:
        return AddressReason.LANE_CONFLICT, mine
    if naming.compounds:
        elsewhere = _elsewhere(read, place)
        if elsewhere:
            return AddressReason.AMBIGUOUS, mine + elsewhere
    return None


def _glued_stairwell(
    read: AddressReading, household: RegisteredHousehold, place: ReadingPlace
) -> tuple[RegisteredHousehold, ...]:
    """`11栋1201` is flat 1201 whatever its stairwell, or stairwell 1, flat 201 written without a break."""
    if read.stairwell or not household.stairwell or not read.room.isdigit() or len(read.room) < 4:
        return ()
    building = building_key(household.building)
    found: list[RegisteredHousehold] = []
    for size in (1, 2):
        other = read._replace(stairwell=read.room[:size], room=read.room[size:], floor="")
        if len(other.room) > 1 and other.room[0] != "0":
            found += place.register.rooms(household.compound, other, building)
    return _distinct(found)


def _by_stairwell_word(
    found: Sequence[AddressSlot], read: AddressReading, household: RegisteredHousehold, place: ReadingPlace
) -> bool:
    """`32单元201` taken for building 32: asked where stairwells have numbers, or where 3-2-201 is a flat too."""
    if read.stairwell or not any(slot.level == "stairwell" and slot.value == read.building for slot in found):
        return False
    splits = ((read.building[:at], read.building[at:]) for at in range(1, len(read.building)))
    register, compound = place.register, household.compound
    others = (register.rooms(compound, read._replace(stairwell=s), building_key(b)) for b, s in splits)
    return bool(household.stairwell) or any(others)


def _is_strange(found: Sequence[AddressSlot], read: AddressReading, place: ReadingPlace) -> bool:
    """Words beside the address may name another place; a lane that the compound is known by speaks against it."""
    if place.is_named:
        return False
    lanes = {lane for compound in place.compounds for lane in place.register.lanes.get(compound, ())}
    if read.lane and read.lane in lanes and len(place.compounds) == 1:
        return False
    return names.unexplained(place.naming.masked, found, len(place.compounds) > 1, place.explains)


def _elsewhere(read: AddressReading, place: ReadingPlace) -> tuple[RegisteredHousehold, ...]:
    """The same rooms in compounds whose longer name contains the one that was written."""
    others = names.compounds_with_longer_name(place.naming.compounds, place.register) & place.in_scope
    building = building_key(read.building) or place.building
    found = [h for other in sorted(others) for h in place.register.rooms(other, read, building)]
    return _distinct(found)


def _unknown(best: AddressReading, place: ReadingPlace) -> Resolution:
    """Why nothing was found, with the nearest households to choose from."""
    if best.building and not best.room and best.is_bare_number:
        best = best._replace(building="", room=best.building)
    register, building = place.register, place.naming.building or building_key(best.building) or place.building
    if place.naming.problem == "unknown_place":
        return Resolution(None, 0, AddressReason.UNKNOWN_PLACE, (), best)
    if not building:
        return Resolution(None, 0, AddressReason.NO_BUILDING, _same_room(best, place), best)
    if not best.room:
        return Resolution(None, 0, AddressReason.NO_ROOM, (), best)
    here = [c for c in place.compounds if building in register.buildings[c]]
    if not here:
        return Resolution(None, 0, AddressReason.UNKNOWN_BUILDING, _same_room(best, place), best)
    other_stairwell = _distinct(h for c in here for h in register.rooms(c, best._replace(stairwell=""), building))
    if best.stairwell and other_stairwell:
        return Resolution(None, 0, AddressReason.UNKNOWN_STAIRWELL, other_stairwell[:_MAX_CANDIDATES], best)
    neighbours = [
        h for c in here for h in register.by_building[c, building] if _differs_in_one_digit(h.room, best.room)
    ]
    glued = [h for c in here for h in register.by_building[c, building][:1] for h in _glued_stairwell(best, h, place)]
    return Resolution(None, 0, AddressReason.UNKNOWN_ROOM, _distinct([*glued, *neighbours])[:_MAX_CANDIDATES], best)


def _same_room(best: AddressReading, place: ReadingPlace) -> tuple[RegisteredHousehold, ...]:
    found: list[RegisteredHousehold] = []
    for compound in place.compounds if best.room else ():
        for building in sorted(place.register.by_label.get((compound, room_key(best.room)), ())):
            found += place.register.rooms(compound, best, building)
            if len(found) >= _MAX_CANDIDATES:
                return _distinct(found)[:_MAX_CANDIDATES]
    return _distinct(found)


def _differs_in_one_digit(label: str, wanted: str) -> bool:
    """Rooms that differ in one digit."""
    return len(label) == len(wanted) and sum(a != b for a, b in zip(label, wanted, strict=True)) == 1
