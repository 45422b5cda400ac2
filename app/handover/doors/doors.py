"""The doors of a building as its captain walks them: one entry a household and door, with what is to do there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core import clock
from app.handover.doors.queries import BagAtDoor
from app.handover.models import DoorOutcome
from app.handover.rules import can_undo, notified_at
from app.picking.models import BagState


@dataclass(frozen=True)
class DoorOfBuilding:
    """One household's bags for one door. `contested` are bags that one person counted and another did not find."""

    bags: tuple[BagAtDoor, ...]
    contested: frozenset[int]

    @property
    def first(self) -> BagAtDoor:
        """The bag that says where the door is and how to call there."""
        return self.bags[0]

    @property
    def name(self) -> str:
        return self.first.door

    @property
    def to_do(self) -> tuple[BagAtDoor, ...]:
        """Bags that wait at the building and may be handed out."""
        return tuple(b for b in self.bags if b.state == BagState.DROPPED_OFF and b.bag_id not in self.contested)

    @property
    def held_up(self) -> tuple[BagAtDoor, ...]:
        """Bags of which nobody knows yet whether they came."""
        return tuple(b for b in self.bags if b.state == BagState.DROPPED_OFF and b.bag_id in self.contested)

    @property
    def failed(self) -> tuple[BagAtDoor, ...]:
        """Bags to do that were tried before."""
        return tuple(bag for bag in self.to_do if bag.tried)

    @property
    def is_special(self) -> bool:
        """Whether the door is looked at by itself: something was asked for there, or an attempt failed."""
        return bool(self.to_do and (self.first.door_note or self.failed))

    @property
    def left(self) -> tuple[BagAtDoor, ...]:
        return tuple(bag for bag in self.bags if bag.state in (BagState.HANDED_OUT, BagState.CONFIRMED))

    @property
    def missing(self) -> tuple[BagAtDoor, ...]:
        return tuple(bag for bag in self.bags if bag.state == BagState.MISSING)


@dataclass(frozen=True)
class DoorTap:
    """One tap: the attempts that it made, and until when it can be taken back."""

    attempts: tuple[int, ...]
    doors: tuple[str, ...]
    outcome: DoorOutcome
    until: datetime

    @property
    def is_left(self) -> bool:
        return self.outcome == DoorOutcome.LEFT


def doors_of(bags: Iterable[BagAtDoor], contested: frozenset[int]) -> list[DoorOfBuilding]:
    """Bags in walking order as doors in walking order.

    An order may go to another door from one wave on, so that its bags stand for two doors of one building.
    """
    held: dict[tuple[int, str, str], list[BagAtDoor]] = {}
    for bag in bags:
        held.setdefault((bag.order_id, bag.stairwell, bag.room), []).append(bag)
    return [DoorOfBuilding(tuple(own), contested) for own in held.values()]


def door_with(doors: Iterable[DoorOfBuilding], bag_id: int) -> DoorOfBuilding | None:
    """The door that a bag is for, if it has reached the building."""
    return next((door for door in doors if any(bag.bag_id == bag_id for bag in door.bags)), None)


def rest_of(doors: Iterable[DoorOfBuilding]) -> list[DoorOfBuilding]:
    """The doors that one tap may mark together: everything to do but what is special."""
    return [door for door in doors if door.to_do and not door.is_special]


def undoable(bags: Iterable[BagAtDoor], by_id: int) -> list[DoorTap]:
    """What this account entered at the doors and may still take back, newest first."""
    now = clock.now()
    entries: dict[tuple[datetime, str], list[BagAtDoor]] = {}
    for bag in bags:
        is_own = bag.tried_at is not None and bag.tried_by_id == by_id and can_undo(bag.tried_at, now)
        if is_own and bag.tried_at and bag.state in (BagState.DROPPED_OFF, BagState.HANDED_OUT):
            entries.setdefault((bag.tried_at, bag.tried), []).append(bag)
    return [
        DoorTap(
            tuple(bag.attempt_id for bag in own),
            tuple(dict.fromkeys(bag.door for bag in own)),
            DoorOutcome(outcome),
            notified_at(at),
        )
        for (at, outcome), own in sorted(entries.items(), key=lambda entry: entry[0], reverse=True)
    ]


def attempts_at(door: DoorOfBuilding, entries: Sequence[DoorTap]) -> tuple[int, ...]:
    """The attempts at one door that may still be taken back."""
    open_ones = {attempt for entry in entries for attempt in entry.attempts}
    return tuple(bag.attempt_id for bag in door.bags if bag.attempt_id in open_ones)
