"""Who comes down when, in buildings whose households collect their bags by slots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.core import clock
from app.places.models import DeliveryMode
from app.printing.contexts.wave_bags import BagOnPaper, BagsOfWave
from app.printing.layout.arrange import collection_slots


@dataclass(frozen=True)
class CollectingDoor:
    """A household that collects its bags."""

    order_id: int
    stairwell: str
    floor: int | None
    room: str
    bags: tuple[BagOnPaper, ...]


def _doors(bags: list[BagOnPaper]) -> list[CollectingDoor]:
    """The households of a building, each with its bags."""
    grouped: dict[int, list[BagOnPaper]] = defaultdict(list)
    for bag in bags:
        grouped[bag.order_id].append(bag)
    return [
        CollectingDoor(order, own[0].stairwell, own[0].floor, own[0].room, tuple(own)) for order, own in grouped.items()
    ]


class Collecting:
    """Who comes down when, in the buildings whose households collect by slots."""

    def __init__(self, wave: BagsOfWave, modes: Mapping[int, str], arrivals: Mapping[int, datetime]) -> None:
        self.wave = wave
        self.slots = {
            building.id: self._of(wave.by_building[building.id], arrivals.get(building.id))
            for building in wave.buildings()
            if modes.get(building.id) == DeliveryMode.COLLECT_BY_SLOT
        }

    @staticmethod
    def _of(bags: list[BagOnPaper], arrives: datetime | None) -> list[tuple[CollectingDoor, str]]:
        wall = None if arrives is None else clock.to_local(arrives)
        return collection_slots(_doors(bags), None if wall is None else wall.hour * 60 + wall.minute)

    def by_order(self) -> dict[int, dict[int, str]]:
        """Building → order → slot; the slot is empty until a plan says when the bags are there."""
        return {building: {door.order_id: slot for door, slot in own} for building, own in self.slots.items()}

    def hours(self, building_id: int) -> tuple[str, str] | None:
        """When the first slot begins and the last ends; None where nobody collects or the plan is missing."""
        slots = [slot for _door, slot in self.slots.get(building_id, ()) if slot]
        return (min(slots).partition("–")[0], max(slots).rpartition("–")[2]) if slots else None
