"""What goes into each bag of a building."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.sentences import N_
from app.printing.contexts.ground import Ground, Prepared, short_place
from app.printing.contexts.wave_bags import BagOnPaper, BagsOfWave, bag_control
from app.printing.kinds import PACKED, SheetKind, SheetStage, register
from app.printing.sheet import Totals
from app.printing.sheets.bags.bag_list import BagItem, BagList, BagListBuilding, BagRow


def bag_lists(wave: BagsOfWave) -> Iterator[Prepared]:
    """Yield the bag list of each building."""
    ground, control = wave.ground, bag_control(wave.ground)
    for building in wave.buildings():
        rows = tuple(_bag_row(ground, bag) for bag in wave.by_building[building.id])
        head = ground.head(building.point_id, has_wave=True)
        sheet = BagList(head, control.get(building.id, Totals()), (BagListBuilding(building.name, rows),))
        yield Prepared(ground.of_building(building), sheet)


def _bag_row(ground: Ground, bag: BagOnPaper) -> BagRow:
    items = []
    for line in bag.lines:
        item = ground.items[line.item_id]
        replaces = ground.items[line.instead_of].name if line.instead_of else ""
        items.append(BagItem(item.name, item.unit, line.qty, line.qty + line.short, item.marks, replaces))
    room = short_place("", bag.stairwell, bag.room)
    return BagRow(bag.code, room, bag.k, bag.n, tuple(items), bag.door_note)


register(
    SheetKind(
        key="bag_list",
        code="BL",
        label_zh=N_("配袋单"),
        reader_zh=N_("配袋人"),
        stage=SheetStage.BAGGED,
        place=3,
        watches=PACKED,
        sheet=BagList,
        prepare=lambda builder: bag_lists(builder.bags),
        expected=lambda counted: counted.buildings_with_bags,
        has_wave=True,
        part_place=4,
    )
)
