"""Over random days: what each sheet says it carries is what the rows of the database add up to, counted by hand."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.dispatch.models import DeliveryStop, PlanBag
from app.ordering.models import HouseholdOrder, OrderLine
from app.picking import service as picking
from app.picking.models import LIVE_BAGS, Bag, BagLine
from app.places.models import Household, Stairwell
from app.printing.content import content_hash
from app.printing.contexts.builder import SheetBuilder
from app.settlement.models import LineAmount, Payment, Statement
from tests import world
from tests.allocation.test_runs import receive
from tests.allocation.test_runs import run as allocate
from tests.printing.day import EVERY_KIND, ask, buy, documents, printed_text, publish
from tests.world import World

CODED = ("bag_list", "bag_label", "roll_label", "drop_off_sheet", "hand_out_list")
Wanted = dict[int, dict[str, int]]  # subject → totals


def _more_rooms(here: World, chance: random.Random) -> None:
    """Houses of different heights, some with a second stairwell and with room numbers that only a human would write."""
    for building in here.buildings:
        building.has_lift = chance.random() < 0.5
        for label in ("2单元", "商铺")[: chance.randint(0, 2)]:
            stairwell = Stairwell(building_id=building.id, label=label)
            db.session.add(stairwell)
            db.session.flush()
            for at in range(chance.randint(1, 9)):
                room, floor = chance.choice(((f"{at + 1}02", at + 1), (f"临{at + 1}", None), (f"{at + 11}01", at + 11)))
                household = Household(stairwell_id=stairwell.id, room_no=room, sort_key=f"{at:02d}", floor=floor)
                db.session.add(household)
                here.households.append(household)
    db.session.commit()


def a_day(seed: int) -> World:
    """Random orders, too little of some goods, everything packed, planned, bought and paid."""
    chance, here = random.Random(seed), world.build()
    _more_rooms(here, chance)
    for household in here.households:
        picks = {index: chance.randint(1, 6) for index in range(4) if chance.random() < 0.6}
        if picks and chance.random() < 0.8:
            here.order(household, picks)
    here.lock()
    here.cycle.state = "running"
    db.session.commit()
    for index in range(4):
        receive(here, index, chance.randint(5, 120))
    allocate(here)
    picking.pack(here.actor("supplies"), here.cycle.id)
    publish(here)
    buy(here)
    leader = here.accounts["leader"].id
    for line in db.session.scalars(select(OrderLine)):
        db.session.add(LineAmount(order_line_id=line.id, amount_fen=line.qty_ordered * chance.randint(100, 900)))
    for order in db.session.scalars(select(HouseholdOrder)):
        accepted = chance.randint(0, 9000)
        db.session.add(Statement(household_order_id=order.id, ordered_fen=9000, accepted_fen=accepted))
        db.session.add(
            Payment(household_order_id=order.id, kind="paid", amount_fen=9000, cause="cash", marked_by_id=leader)
        )
    db.session.commit()
    return here


def _bags() -> list[Bag]:
    return [bag for bag in db.session.scalars(select(Bag)) if bag.state in LIVE_BAGS]


def _add(wanted: Wanted, subject: int, **numbers: int) -> None:
    own = wanted.setdefault(subject, {"bags": 0, "lines": 0, "units": 0, "amount_fen": 0})
    for name, number in numbers.items():
        own[name] += number


def _of_bags(here: World) -> dict[str, Wanted]:
    """Totals of the sheets that carry bags, row by row."""
    wanted: dict[str, Wanted] = defaultdict(dict)
    lines: dict[int, list[int]] = defaultdict(list)
    for held in db.session.scalars(select(BagLine)):
        lines[held.bag_id].append(held.qty)
    stop_of = {row.bag_id: row.stop_id for row in db.session.scalars(select(PlanBag))}
    round_of = {stop.id: stop.round_id for stop in db.session.scalars(select(DeliveryStop))}
    point_of = {building.id: building.service_point_id for building in here.buildings}
    doors, stops = set(), set()
    for bag in _bags():
        units, stop = sum(lines[bag.id]), stop_of[bag.id]
        assert stop is not None
        _add(wanted["bag_list"], bag.building_id, bags=1, lines=len(lines[bag.id]), units=units)
        _add(wanted["roll_label"], bag.building_id, bags=1)
        _add(wanted["bag_label"], point_of[bag.building_id], bags=1)
        _add(wanted["drop_off_sheet"], stop, bags=1, units=units)
        _add(wanted["route_sheet"], round_of[stop], bags=1, lines=int(stop not in stops))
        _add(wanted["hand_out_list"], bag.building_id, bags=1, lines=int(bag.order_id not in doors))
        doors.add(bag.order_id)
        stops.add(stop)
    return wanted


def _of_lines(here: World) -> dict[str, Wanted]:
    """Totals of the sheets that carry goods or money by point."""
    wanted: dict[str, Wanted] = defaultdict(dict)
    asked: Counter[tuple[int, int, int]] = Counter()
    given: Counter[tuple[int, int, int]] = Counter()
    orders = {order.id: order for order in db.session.scalars(select(HouseholdOrder))}
    line_of = {line.id: line for line in db.session.scalars(select(OrderLine))}
    for line in line_of.values():
        order = orders[line.order_id]
        asked[order.service_point_id, order.building_id, line.item_id] += line.qty_ordered
        missing = line.qty_short + line.qty_open
        if missing:
            _add(wanted["shortage_list"], order.service_point_id, lines=1, units=missing)
    live = {bag.id for bag in _bags()}
    for held in db.session.scalars(select(BagLine).where(BagLine.bag_id.in_(live))):
        line = line_of[held.order_line_id]
        order = orders[line.order_id]
        given[order.service_point_id, order.building_id, line.item_id] += held.qty
    for kind, cells in (("tally", asked), ("pick_list", given)):
        for (point, _building, _item), units in cells.items():
            _add(wanted[kind], point, lines=1, units=units)
    for statement in db.session.scalars(select(Statement)):
        point = orders[statement.household_order_id].service_point_id
        _add(wanted["settlement_sheet"], point, lines=1, amount_fen=statement.accepted_fen)
    return wanted


def _printed_numbers(text: str) -> set[str]:
    line = text.partition("核对数")[2][:220]
    return set(re.findall(r"\d+(?:\.\d\d)?", line))


def _shown(totals: dict[str, int]) -> Iterator[str]:
    for name, number in totals.items():
        yield f"{number // 100}.{number % 100:02d}" if name == "amount_fen" else str(number)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_totals_and_codes_of_a_random_day(app: Flask, seed: int) -> None:
    here = a_day(seed)
    job = ask(here)
    assert (job.state, job.error) == ("succeeded", "")
    wanted = {**_of_bags(here), **_of_lines(here)}
    assert set(wanted) >= {*CODED, "route_sheet", "tally", "pick_list", "shortage_list", "settlement_sheet"}
    for kind, own in wanted.items():
        printed = {row.subject_id: row.totals for row in documents(kind)}
        assert printed == own, kind
        for row in documents(kind) if kind not in ("bag_label", "roll_label") else ():
            text = printed_text(row)
            lost = {name: number for name, number in row.totals.items() if number} if text else {}
            assert set(_shown(lost)) <= _printed_numbers(text), (kind, row.label)
    codes = sorted(bag.code for bag in _bags())
    for kind in CODED:
        text = "".join(printed_text(row) for row in documents(kind))
        assert sorted(code for code in codes for _time in range(text.count(code))) == codes, kind
    _is_the_same_again(here)


def _is_the_same_again(here: World) -> None:
    """A fresh preparation has the same content; asking again prints nothing."""
    known = {(row.kind, row.subject_id): row.context_sha256 for row in documents()}
    db.session.expire_all()
    bench = SheetBuilder(here.cycle.id, 1)
    fresh = {(kind, one.subject.id): content_hash(one.sheet) for kind in EVERY_KIND for one in bench.prepare(kind)}
    assert fresh == known
    assert ask(here).result["printed"] == 0
