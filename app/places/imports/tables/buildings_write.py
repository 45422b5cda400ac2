"""Write buildings, stairwells and rooms in bulk: some ten statements for a whole subdistrict."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select

from app.core import codes
from app.core.db import db
from app.core.text.natural import natural_key
from app.places.models import Building, Household, Stairwell

CODE_LENGTH = 6


@dataclass(frozen=True)
class Generated:
    """Rooms by rule: stairwells "1单元"…, rooms 101, 102, 201 … on every floor. All zero: no rooms."""

    stairwells: int = 0
    floors: int = 0
    rooms_per_floor: int = 0

    @property
    def households(self) -> int:
        """How many rooms the numbers give."""
        return max(self.stairwells, 1) * self.floors * self.rooms_per_floor

    def rooms(self) -> Iterator[tuple[str, str, int]]:
        """(stairwell label, room, floor) of each."""
        if not self.households:
            return
        for stairwell in range(1, max(self.stairwells, 1) + 1):
            for floor in range(1, self.floors + 1):
                for room in range(1, self.rooms_per_floor + 1):
                    yield (f"{stairwell}单元" if self.stairwells else "", f"{floor}{room:02d}", floor)

    def missing(self, held: set[tuple[str, str]]) -> int:
        """How many of the rooms are not held yet."""
        return sum((stairwell, room) not in held for stairwell, room, _floor in self.rooms())


@dataclass(frozen=True)
class FreshBuilding:
    """Column values of a building to be, and its rooms by rule."""

    values: dict[str, Any]
    rooms: Generated = field(default_factory=Generated)


def write(
    fresh: list[FreshBuilding],
    edits: list[tuple[Building, dict[str, object]]],
    grown: list[tuple[Building, Generated]],
    makes_rooms: bool,
) -> None:
    """Insert new buildings, change others, and register the rooms that are missing."""
    for building, values in edits:
        for column, value in values.items():
            setattr(building, column, value)
    db.session.flush()
    ids = _insert_buildings(fresh)
    if makes_rooms:
        wanted = {ids[b.values["compound_id"], b.values["label"]]: b.rooms for b in fresh}
        wanted |= {building.id: rooms for building, rooms in grown}
        register_rooms(
            (building_id, stairwell, room, floor, None)
            for building_id, rooms in wanted.items()
            for stairwell, room, floor in rooms.rooms()
        )


def _insert_buildings(fresh: list[FreshBuilding]) -> dict[tuple[int, str], int]:
    if not fresh:
        return {}
    taken = set(db.session.scalars(select(Building.public_code)))
    rows = [
        {**b.values, "sort_key": natural_key(b.values["label"]), "public_code": new_public_code(taken)} for b in fresh
    ]
    db.session.execute(insert(Building), rows)
    compounds = {b.values["compound_id"] for b in fresh}
    found = select(Building.compound_id, Building.label, Building.id).where(Building.compound_id.in_(compounds))
    return {(compound, label): building_id for compound, label, building_id in db.session.execute(found)}


def new_public_code(taken: set[str]) -> str:
    """A code for a poster that says nothing about the building; adds it to `taken`."""
    while True:
        code = codes.encode(secrets.randbelow(codes.capacity(CODE_LENGTH)), CODE_LENGTH)
        if code not in taken:
            taken.add(code)
            return code


Room = tuple[int, str, str, int, int | None]  # building id, stairwell label, room, floor, persons


def register_rooms(rooms: Iterable[Room]) -> int:
    """Insert the stairwells and households that are not there yet; returns how many households are new."""
    wanted = list(dict.fromkeys(rooms))
    buildings = list({room[0] for room in wanted})
    stairwells = _stairwells(buildings)
    new = dict.fromkeys((room[0], room[1]) for room in wanted if (room[0], room[1]) not in stairwells)
    if new:
        db.session.execute(insert(Stairwell), [{"building_id": b, "label": label} for b, label in new])
        stairwells = _stairwells(buildings)
    held = set()
    for part in _parts(buildings):
        found = select(Household.stairwell_id, Household.room_no).join(Stairwell)
        held |= set(db.session.execute(found.where(Stairwell.building_id.in_(part))).all())
    rows: dict[tuple[int, str], dict[str, object]] = {}
    for building, label, room, floor, persons in wanted:
        key = (stairwells[building, label], room)
        if key not in held and key not in rows:
            rows[key] = {
                "stairwell_id": key[0],
                "room_no": room,
                "sort_key": natural_key(room),
                "floor": floor,
                "persons": persons,
            }
    if rows:
        db.session.execute(insert(Household), list(rows.values()))
    return len(rows)


def _stairwells(buildings: list[int]) -> dict[tuple[int, str], int]:
    held: dict[tuple[int, str], int] = {}
    for part in _parts(buildings):
        found = select(Stairwell.building_id, Stairwell.label, Stairwell.id).where(Stairwell.building_id.in_(part))
        held |= {(building, label): row for building, label, row in db.session.execute(found)}
    return held


def _parts(ids: list[int], size: int = 5000) -> Iterator[list[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
