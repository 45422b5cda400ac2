"""The export of a delivery note goes through the whole loop: its items and lines stand on our sheets exactly."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import select

from app.catalog.models import Item
from app.core.db import db
from app.core.text.natural import natural_key
from app.intake.booking import service as booking_service
from app.intake.booking.schemas import Settle
from app.intake.models import PasteLine
from app.intake.paste import service as intake
from app.ordering.models import Offer, OfferComponent
from app.picking import service as picking
from app.picking.models import Bag
from app.places.models import Building, Compound, CompoundAlias, Household, Stairwell
from app.printing import files
from app.printing.contexts.builder import SheetBuilder
from app.printing.models import Document
from app.printing.sheets.bags.bag_list import BagList
from app.printing.sheets.supply.pick_list import PickListSheet
from app.printing.sheets.tally import TallySheet
from tests import world
from tests.allocation.test_runs import receive
from tests.allocation.test_runs import run as allocate
from tests.delivery_notes import FOLDER, NOTES, DeliveryNote, Rows, expected_rows
from tests.printing.day import ask, documents, printed_text
from tests.world import World


class Replay(NamedTuple):
    """A delivery note that went through the loop: what is known of it, its lines, and where it went."""

    note: DeliveryNote
    expected: Rows
    here: World


def _room(row: dict[str, str]) -> str:
    return "" if row["room"] == "别墅" else row["room"]


def _settle_in(here: World, note: DeliveryNote, expected: Rows) -> None:
    """The lane of the export at the first point: its houses, rooms, and nothing but its items on offer."""
    compound = Compound(community_id=here.points[0].community_id, code="J1", name=note.compound)
    db.session.add(compound)
    db.session.flush()
    for alias in note.aliases:
        db.session.add(CompoundAlias(compound_id=compound.id, alias=alias))
    rooms = {(row["building"], _room(row)) for row in expected} | {note.contradicted}
    for label in sorted({building for building, _room_no in rooms}, key=natural_key):
        building = Building(compound_id=compound.id, service_point_id=here.points[0].id, label=f"{label}号")
        building.sort_key, building.public_code = natural_key(label), f"JY{label}"
        db.session.add(building)
        db.session.flush()
        stairwell = Stairwell(building_id=building.id, label="")
        db.session.add(stairwell)
        db.session.flush()
        for room in sorted(room for own, room in rooms if own == label):
            floor = int(room[:-2]) if room.isdigit() else None
            db.session.add(Household(stairwell_id=stairwell.id, room_no=room, sort_key=natural_key(room), floor=floor))
    here.items[:] = []
    for number, name in enumerate(dict.fromkeys(row["item"] for row in expected)):
        item = Item(sku=f"F{number}", name=name, sale_unit="份", weight_g=1000, list_price_fen=5990)
        db.session.add(item)
        db.session.flush()
        here.items.append(item)
        offer = Offer(cycle_id=here.cycle.id, item_id=item.id, name=name, price_fen=5990, position=10 + number)
        db.session.add(offer)
        db.session.flush()
        db.session.add(OfferComponent(offer_id=offer.id, item_id=item.id, qty=1))
    db.session.commit()


def _import(here: World, body: bytes) -> None:
    """Read the file and enter it; the two rows that contradict themselves are settled on the house of their row."""
    actor = here.actor("leader")
    paste = intake.import_workbook(actor, here.cycle.id, here.points[0].id, body)
    for line in db.session.scalars(select(PasteLine).where(PasteLine.outcome == "review")).all():
        assert line.household_id is not None, line.raw
        goods = " ".join(f"{one['item']} {one['qty']}" for one in line.items)
        booking_service.settle(actor, line.id, Settle(line.household_id, goods))
    booking_service.commit(actor, paste.id)


@pytest.fixture(params=NOTES)
def replayed(app: Flask, request: pytest.FixtureRequest) -> Replay:
    """The export entered as orders, everything delivered, shared out and packed."""
    data, note = request.param
    here, expected = world.build(), expected_rows(data)
    _settle_in(here, note, expected)
    _import(here, (data / FOLDER / "export.xlsx").read_bytes())
    here.lock()
    here.cycle.state = "running"
    db.session.commit()
    for index in range(len(here.items)):
        receive(here, index, 40)
    allocate(here)
    picking.pack(here.actor("supplies"), here.cycle.id)
    return Replay(note, expected, here)


def _lines(expected: Rows) -> Counter[tuple[str, str, str]]:
    lines: Counter[tuple[str, str, str]] = Counter()
    for row in expected:
        lines[row["item"], row["building"], _room(row)] += int(row["qty"])
    return lines


def _totals(expected: Rows) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for row in expected:
        totals[row["item"]] += int(row["qty"])
    return dict(totals)


def _in_drawing_order(document: Document) -> str:
    """The text of a sheet in the order in which it is drawn: bag after bag."""
    span = ["-f", str(document.first_page), "-l", str(document.first_page + document.pages - 1)]
    command = ["pdftotext", "-raw", *span, str(files.opened(document.sha256)), "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode()


def _of_house(label: str, note: DeliveryNote) -> str:
    return label.removeprefix(f"{note.compound} ").removesuffix("号")


def test_every_line_of_the_export_stands_on_the_bag_lists_of_its_house(replayed: Replay) -> None:
    note, expected, here = replayed
    ask(here, "bag_list")
    codes = "|".join(db.session.scalars(select(Bag.code)))
    found: Counter[tuple[str, str, str]] = Counter()
    for document in documents("bag_list"):
        parts = re.split(rf"\d+/\d+\s+({codes})\b", _in_drawing_order(document))
        for before, goods in zip(parts[0::2], parts[2::2], strict=False):
            last = before.split()[-1]
            for name in _totals(expected):
                for qty in re.findall(rf"{re.escape(name)}\s*×(\d+)\b", goods):
                    found[name, _of_house(document.label, note), last if last.isdigit() else ""] += int(qty)
    assert sum(found.values()) == note.units
    assert found == _lines(expected)
    assert sum(row.totals["lines"] for row in documents("bag_list")) == note.rows


def test_the_totals_stand_on_the_tally_and_on_the_pick_list(replayed: Replay) -> None:
    note, expected, here = replayed
    ask(here, "tally", "pick_list")
    totals = _totals(expected)
    assert len(totals) == note.items
    tally, pick = (printed_text(documents(kind)[0]) for kind in ("tally", "pick_list"))
    sums = re.findall(r"^\s*合计(.*)$", tally, re.MULTILINE)
    numbers = [int(number) for number in " ".join(sums).split()]
    assert numbers == [note.households, *totals.values(), note.units], "households, items, all"
    flat = "".join(pick.split())
    assert {name: re.findall(rf"{re.escape(name)}共(\d+)份", flat) for name in totals} == {
        name: [str(units)] for name, units in totals.items()
    }


def test_the_sheets_hold_each_house_as_the_published_ones_do(replayed: Replay) -> None:
    note, expected, here = replayed
    bench, lines = SheetBuilder(here.cycle.id, 1), _lines(expected)
    houses: Counter[tuple[str, str]] = Counter()
    for (item, house, _room_no), qty in lines.items():
        houses[item, house] += qty
    tally, pick = (next(bench.prepare(kind)).sheet for kind in ("tally", "pick_list"))
    assert isinstance(tally, TallySheet)
    assert isinstance(pick, PickListSheet)
    matrix = {
        (item.name, _of_house(row.building, note)): qty
        for row in tally.rows
        for item, qty in zip(tally.items, row.qtys, strict=True)
        if qty
    }
    assert matrix == houses
    assert {
        (one.item.name, _of_house(cell.building, note)): cell.qty for one in pick.items for cell in one.cells
    } == houses
    assert [_of_house(row.building, note) for row in tally.rows] == sorted({h for _i, h in houses}, key=natural_key)
    bags = [one.sheet for one in bench.prepare("bag_list")]
    assert len(bags) == note.houses
    packed: Counter[tuple[str, str, str]] = Counter()
    for sheet in bags:
        assert isinstance(sheet, BagList)
        for bag in sheet.buildings[0].bags:
            for item in bag.items:
                packed[item.item, _of_house(sheet.buildings[0].building, note), bag.room] += item.qty
    assert packed == lines
    assert sum(one.sheet.control.lines for one in bench.prepare("hand_out_list")) == note.households
