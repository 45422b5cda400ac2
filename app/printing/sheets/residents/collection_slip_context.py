"""Slips for those who come down by slots."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.sentences import N_, Sentence
from app.handover import group_texts
from app.printing.contexts.day import arrivals, zones
from app.printing.contexts.ground import BuildingPlace, Ground, Prepared, short_place
from app.printing.contexts.slots import Collecting
from app.printing.contexts.telling import Saying
from app.printing.contexts.wave_bags import bag_control, load_bags
from app.printing.kinds import PLANNED, SheetKind, SheetStage, register
from app.printing.sheet import Totals
from app.printing.sheets.residents.collection_slip import CollectionSlip, CollectionSlips


def _collecting(ground: Ground) -> Saying:
    modes = {building: zone.mode for building, zone in zones(ground).items()}
    collecting = Collecting(load_bags(ground), modes, arrivals(ground))

    def say(at: BuildingPlace) -> Sentence | None:
        hours = collecting.hours(at.id)
        return group_texts.collecting(at.name, at.drop_spot or "楼下", *hours) if hours else None

    return say


def collection_slips(collecting: Collecting) -> Iterator[Prepared]:
    """Yield the slips of each of these buildings, in the order of the slots."""
    ground, control = collecting.wave.ground, bag_control(collecting.wave.ground)
    for building in ground.in_order(collecting.slots):
        own = collecting.slots[building.id]
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


register(
    SheetKind(
        key="collection_slip",
        code="CS",
        label_zh=N_("领取单"),
        reader_zh=N_("自取的居民"),
        stage=SheetStage.CARRIED,
        place=4,
        watches=PLANNED,
        sheet=CollectionSlips,
        prepare=lambda builder: collection_slips(builder.collecting),
        group_text=lambda ground, _address: _collecting(ground),
        has_wave=True,
    )
)
