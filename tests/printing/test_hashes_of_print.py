"""What was printed before an upgrade is still known to be the same after it."""

import dataclasses
import typing
from typing import Any

import pytest

from app.printing.changes import row_hashes
from app.printing.content import content_hash, hashed_name
from app.printing.kinds import by_key
from app.printing.layout.sketch import Arrow, CompoundOutline, PrintedSketch, SketchMark
from app.printing.sheet import SheetHead, SheetItem, Totals
from app.printing.sheets.supply.goods_receipt import GoodsReceiptSheet, ReceiptSheetLine
from app.printing.sheets.supply.pick_list import PickListSheet

HEAD = SheetHead("街道", "社区", "第一批")
MARK = SketchMark("stop", "2号楼", 1, False, 1, 2, 3, 4, 5, 6, "start")
LINE = ReceiptSheetLine(SheetItem(1, "青菜", "500g", "份"), 5)

# A class that gets another name keeps its line here by `hashed_as`; a new one gets a line; none ever changes.
NAMES = """
    Arrow BagItem BagLabel BagLabels BagList BagListBuilding BagRow CollectionRow CollectionSheet CollectionSlip
    CollectionSlips DoorNotice DropOffBag DropOffSheet DropOffStairwell DropOffVisit EmptyDoor ExceptionBuilding
    ExceptionList ExceptionRow GoodsReceiptSheet HandOutList HandOutRow HandOutVisit LabelStock LabelTest Mark
    OrderForm OrderFormItem Outline PickCell PickItem PickList Poster PrintedGround PurchaseLine PurchaseOrderSheet
    ReceiptLine RollCallBuilding RollCallGroup RollLabels RouteHead RouteSheet RouteStop SettlementBuilding
    SettlementRow SettlementSheet SheetHead SheetItem ShortBuilding ShortRow ShortageList Sketch StayingRow StreetName
    TallyRow TallySheet Totals
""".split()


def classes_of(kind: Any, found: set[type]) -> set[type]:
    """The classes that a sheet of this class is made of, itself included."""
    for part in typing.get_args(kind):
        classes_of(part, found)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind not in found:
        found.add(kind)
        hints = typing.get_type_hints(kind)
        for field in dataclasses.fields(kind):
            classes_of(hints[field.name], found)
    return found


def test_every_class_of_a_sheet_has_in_hashes_the_name_it_was_first_printed_with() -> None:
    found: set[type] = set()
    for kind in by_key().values():
        classes_of(kind.sheet, found)
    assert sorted(map(hashed_name, found)) == NAMES


@pytest.mark.parametrize(
    ("printed", "then"),
    [
        (LINE, "6c4320462007b656abb98bfd6b4e21054bc91bc24201f5504a616f58380b84aa"),
        (PickListSheet(HEAD, Totals(), ()), "167cc39bd161021a310d465c66339151bf674ced5c9537fae9aea5888bbf6b96"),
        (
            PrintedSketch(
                *(10, 10, (MARK,), (CompoundOutline("桂花苑", 1, 2, 3, 4, 5, 6),), "1,2 3,4"),
                *((Arrow("1,2"),), 1, 50, 5),
            ),
            "b752ca2f52ebe397508f165471d959266c2302703534fd876cd7347f94938e86",
        ),
    ],
)
def test_the_hash_of_a_part_is_the_one_that_was_stored_when_its_class_had_another_name(printed: Any, then: str) -> None:
    assert content_hash(printed) == then


def test_no_row_of_a_receipt_that_was_printed_before_is_marked() -> None:
    sheet = GoodsReceiptSheet(HEAD, Totals(lines=1, units=5), "1", "1", "供应商", "仓库", "", (LINE,))
    assert row_hashes(sheet) == ["08033151fc29"]


def test_a_class_derived_from_one_that_was_renamed_has_a_name_of_its_own() -> None:
    class Longer(PickListSheet):
        pass

    assert (hashed_name(PickListSheet), hashed_name(Longer)) == ("PickList", "Longer")
