"""Invented paper for residents and for those who collect money, and labels with the most hostile texts."""

from dataclasses import replace

from app.printing.layout import labels
from app.printing.sheet import Sheet, Totals
from app.printing.sheets.afterwards.collection_sheet import CollectionRow, CollectionSheet
from app.printing.sheets.bags.bag_label import BagLabel, BagLabels
from app.printing.sheets.label_test import LabelTest
from app.printing.sheets.residents.collection_slip import CollectionSlip, CollectionSlips
from app.printing.sheets.residents.poster import DoorNotice
from tests.printing import invented

HOSTILE_PLACES = (
    "12-302",
    "12-1单元-3302",
    "128-12单元-10203",
    "庆和苑北区临时商铺西侧二层",
    "WWWWWWWWWW-MMMM",
    "地下一层人防车库东侧物业用房旁临时安置点第三排第十二间-3302",
    "龘" * 24,
    "A" * 60,
    "商务楼A座-1205室（从北门进）",
    "8-1001",
)
HOSTILE_AREAS = (
    "景芳三区·西门点位",
    "金色江南花园城市广场国际公寓西区二期·金色江南花园城市广场临时集散点位（北门）",
    "庆和苑·南门",
    "W" * 50,
)
EVERY_MARK = ("cold", "heavy", "fragile")


def hostile_labels(stock: labels.LabelStock, is_bilingual: bool = False, start: int = 0) -> BagLabels:
    """Every hostile text with 10 of 12 bags, all marks and the longest round."""
    made = tuple(
        BagLabel("7KM2XQ9A3", place, area, 10, 12, "128-24", EVERY_MARK)
        for place in HOSTILE_PLACES
        for area in HOSTILE_AREAS
    )
    head = replace(invented.HEAD, is_bilingual=is_bilingual)
    return BagLabels(head, Totals(bags=len(made)), made, stock, start)


def a_door_notice(mode: str = "to_door") -> DoorNotice:
    at = ("景芳三区", "12幢", mode, "11月23日", "楼下快递架", "https://louda.example/enter", "0571-8600 0000", 48)
    return DoorNotice(invented.HEAD, Totals(), *at)


def some_slips() -> CollectionSlips:
    slips = tuple(
        CollectionSlip(
            f"1-{2 + at}0{1 + at % 3}", f"9:{20 + at // 6 * 10}–9:{30 + at // 6 * 10}", (f"7KM2XQ9{at:02d}",)
        )
        for at in range(15)
    )
    point = ("景芳三区", "12幢", "楼下快递架", "0571-8600 0000")
    return CollectionSlips(invented.HEAD, Totals(bags=15, lines=15), *point, slips)


def a_collection_sheet() -> CollectionSheet:
    rows = tuple(CollectionRow(f"1-{2 + at}02", 8_850 + at * 1_270, 8_850 if at % 4 == 1 else 0) for at in range(16))
    due = sum(row.due_fen for row in rows)
    return CollectionSheet(invented.HEAD, Totals(lines=16, amount_fen=due), "景芳三区", "12幢", rows)


def for_residents() -> dict[str, Sheet]:
    """One of each, by the name of its picture."""
    named: dict[str, Sheet] = {
        "door_notice": a_door_notice(),
        "collection_slip": some_slips(),
        "collection_sheet": a_collection_sheet(),
    }
    return named | {
        f"label_test_{key}": LabelTest(invented.HEAD, Totals(), stock) for key, stock in labels.STOCKS.items()
    }
