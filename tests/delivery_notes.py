"""The delivery notes that tests replay: our own, and a published one where it is beside the checkout."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

from tests import sample_data

FOLDER = "orders/groupon_delivery_note"
Rows = list[dict[str, str]]


class DeliveryNote(NamedTuple):
    """`contradicted`: the house and room that one row names beside its own. `summary`: units that the export's summary
    says; `alarms`: how many of its totals do not come to their rows. `redirected` and `conflicting`: a buyer, and the
    household (building/room) that is proposed for delivery, or kept.
    """

    compound: str
    aliases: tuple[str, str]
    rows: int
    units: int
    households: int
    houses: int
    items: int
    contradicted: tuple[str, str]
    summary: int
    alarms: int
    redirected: tuple[str, str]
    conflicting: tuple[str, str]


OWN = DeliveryNote(
    compound="云汀家园",
    aliases=("柳浦路88弄", "云汀家园·听松里"),
    rows=12,
    units=13,
    households=9,
    houses=6,
    items=3,
    contradicted=("9", "902"),
    summary=20,
    alarms=3,
    redirected=("木子乔", "7/1602"),
    conflicting=("毛小雨", "4/102"),
)
PUBLISHED = DeliveryNote(
    compound="嘉怡水岸",
    aliases=("紫龙路500弄", "嘉怡水岸·睿府"),
    rows=119,
    units=119,
    households=75,
    houses=41,
    items=9,
    contradicted=("69", "902"),
    summary=231,
    alarms=12,
    redirected=("岑刚飘", "87/105"),
    conflicting=("谭灶声", "47/102"),
)
NOTES = sample_data.pairs(OWN, PUBLISHED)


def expected_rows(data: Path) -> Rows:
    """The lines as the printed sheets have them: item, building, room, qty."""
    with (data / FOLDER / "expected_by_item_building_room.csv").open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))
