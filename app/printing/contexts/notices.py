"""Paper for residents: posters, notices at the door, and slips for those who come down by slots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.core import clock
from app.core.text.delivery_words import ON_POSTER
from app.places.models import DeliveryMode
from app.printing.contexts.bags import BagOnPaper, BagsOfWave, bag_control
from app.printing.contexts.ground import Ground, Prepared, short_place
from app.printing.layout.arrange import collection_slots
from app.printing.sheets.base import Totals
from app.printing.sheets.residents.collection_slip import CollectionSlip, CollectionSlips
from app.printing.sheets.residents.poster import DoorNotice, Poster

COMPLAINT_HOURS = 48  # after the hand-out; later it counts as accepted (handover says so too)


def _on_the_day(ground: Ground) -> str:
    return f"{ground.deliver_on.month}月{ground.deliver_on.day}日"


def posters(ground: Ground, address_of: dict[int, str], modes: Mapping[int, str]) -> Iterator[Prepared]:
    """Yield a poster for each building; ``address_of`` gives the address in its code, ``modes`` how it is served."""
    cutoff = clock.to_local(ground.cutoff_at)
    until = f"{cutoff.month}月{cutoff.day}日 {cutoff:%H:%M}"
    for building in ground.in_order(address_of):
        sheet = Poster(
            head=ground.head(building.point_id),
            control=Totals(),
            compound=building.compound,
            building=building.label,
            order_url=address_of[building.id],
            cutoff=until,
            delivery=_on_the_day(ground),
            served=ON_POSTER[modes.get(building.id, DeliveryMode.TO_DOOR)],
            leader_phone=ground.points[building.point_id].phone,
        )
        yield Prepared(ground.of_building(building), sheet)


def door_notices(ground: Ground, modes: Mapping[int, str], status_url: str) -> Iterator[Prepared]:
    """Yield a notice for each building: how its goods come to the door, and where to say that something is wrong."""
    for building in ground.in_order(ground.buildings):
        sheet = DoorNotice(
            head=ground.head(building.point_id),
            control=Totals(),
            compound=building.compound,
            building=building.label,
            mode=modes.get(building.id, DeliveryMode.TO_DOOR),
            delivery=_on_the_day(ground),
            drop_spot=building.drop_spot,
            status_url=status_url,
            leader_phone=ground.points[building.point_id].phone,
            hours=COMPLAINT_HOURS,
        )
        yield Prepared(ground.of_building(building), sheet)


@dataclass(frozen=True)
class _Door:
    """A household that collects its bags."""

    order_id: int
    stairwell: str
    floor: int | None
    room: str
    bags: tuple[BagOnPaper, ...]


def _doors(bags: list[BagOnPaper]) -> list[_Door]:
    """The households of a building, each with its bags."""
    grouped: dict[int, list[BagOnPaper]] = defaultdict(list)
    for bag in bags:
        grouped[bag.order_id].append(bag)
    return [_Door(order, own[0].stairwell, own[0].floor, own[0].room, tuple(own)) for order, own in grouped.items()]


class Collecting:
    """Who comes down when, in the buildings whose households collect by slots."""

    def __init__(self, wave: BagsOfWave, modes: Mapping[int, str], arrivals: Mapping[int, datetime]) -> None:
        self.wave = wave
        self._slots = {
            building.id: self._of(wave.by_building[building.id], arrivals.get(building.id))
            for building in wave.buildings()
            if modes.get(building.id) == DeliveryMode.COLLECT_BY_SLOT
        }

    @staticmethod
    def _of(bags: list[BagOnPaper], arrives: datetime | None) -> list[tuple[_Door, str]]:
        wall = None if arrives is None else clock.to_local(arrives)
        return collection_slots(_doors(bags), None if wall is None else wall.hour * 60 + wall.minute)

    def by_order(self) -> dict[int, dict[int, str]]:
        """Building → order → slot; the slot is empty until a plan says when the bags are there."""
        return {building: {door.order_id: slot for door, slot in own} for building, own in self._slots.items()}

    def hours(self, building_id: int) -> tuple[str, str] | None:
        """When the first slot begins and the last ends; None where nobody collects or the plan is missing."""
        slots = [slot for _door, slot in self._slots.get(building_id, ()) if slot]
        return (min(slots).partition("–")[0], max(slots).rpartition("–")[2]) if slots else None

    def slips(self) -> Iterator[Prepared]:
        """Yield the slips of each of these buildings, in the order of the slots."""
        ground, control = self.wave.ground, bag_control(self.wave.ground)
        for building in ground.in_order(self._slots):
            own = self._slots[building.id]
            slips = tuple(
                CollectionSlip(short_place("", door.stairwell, door.room), slot, tuple(bag.code for bag in door.bags))
                for door, slot in own
            )
            bags = control[building.id].bags if building.id in control else 0
            sheet = CollectionSlips(
                head=ground.head(building.point_id, has_wave=True),
                control=Totals(bags=bags, lines=len(own)),
                compound=building.compound,
                building=building.label,
                drop_spot=building.drop_spot,
                leader_phone=ground.points[building.point_id].phone,
                slips=slips,
            )
            yield Prepared(ground.of_building(building), sheet)
