"""Packing: every allocated unit in one live bag, lots and lines in step, and back again when a bag is voided."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.allocation.models import Allocation
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.queue.worker import drain
from app.ordering.models import OrderLine
from app.picking import service
from app.picking.models import LIVE_BAGS, Bag, BagLine
from app.picking.schemas import VoidBag
from app.stock.models import Lot
from tests import messages, world
from tests.allocation.test_runs import receive, run
from tests.allocation.test_runs import running as running
from tests.world import World


@pytest.fixture
def allocated(running: World) -> World:
    receive(running, 0, 7)
    receive(running, 0, 5)
    receive(running, 1, 4)
    run(running)
    return running


def in_step() -> bool:
    """Units packed on lines = units in live bags = units packed in lots = packed parts of the allocations."""
    lines = db.session.scalar(select(func.sum(OrderLine.qty_packed))) or 0
    bagged = (
        db.session.scalar(
            select(func.sum(BagLine.qty)).join(Bag, Bag.id == BagLine.bag_id).where(Bag.state.in_(LIVE_BAGS))
        )
        or 0
    )
    lots = db.session.scalar(select(func.sum(Lot.qty_packed))) or 0
    shares = db.session.scalar(select(func.sum(Allocation.qty_packed))) or 0
    return bool(lines == bagged == lots == shares)


def test_every_allocated_unit_ends_in_one_bag(allocated: World) -> None:
    done = service.pack(allocated.actor("supplies"), allocated.cycle.id)
    assert (done.wave, done.bags, done.units) == (1, 4, 16)
    assert in_step()
    with pytest.raises(Conflict):
        service.pack(allocated.actor("supplies"), allocated.cycle.id)


def test_a_voided_bag_gives_its_units_back_and_its_code_is_never_used_again(allocated: World) -> None:
    supplies, cycle = allocated.actor("supplies"), allocated.cycle.id
    service.pack(supplies, cycle)
    bag = db.session.scalars(select(Bag).order_by(Bag.id)).first()
    assert bag is not None
    old = bag.code
    service.void(supplies, bag.id, VoidBag("装错"))
    assert in_step()
    line = db.session.scalars(select(OrderLine).where(OrderLine.qty_open > 0)).first()
    assert line is not None
    run(allocated)
    service.pack(supplies, cycle)
    assert in_step()
    codes = db.session.scalars(select(Bag.code).where(Bag.order_id == line.order_id)).all()
    assert len(set(codes)) == 2
    assert old in codes


def test_a_held_bag_cannot_be_voided_before_it_is_released(allocated: World) -> None:
    supplies = allocated.actor("supplies")
    service.pack(supplies, allocated.cycle.id)
    bag_id = db.session.scalar(select(Bag.id).limit(1))
    assert bag_id is not None
    service.hold(supplies, bag_id)
    with pytest.raises(Conflict):
        service.void(supplies, bag_id, VoidBag("x"))
    service.release(supplies, bag_id)
    assert service.void(supplies, bag_id, VoidBag("x")).state == "voided"


def test_goods_that_come_after_the_first_bags_left_belong_to_the_next_wave(allocated: World) -> None:
    service.pack(allocated.actor("supplies"), allocated.cycle.id)
    for bag in db.session.scalars(select(Bag)):
        bag.state = "loaded"
    db.session.commit()
    assert service.wave_to_pack(allocated.cycle.id) == 2


def test_a_point_leader_does_not_pack(allocated: World) -> None:
    with pytest.raises(NotFound):
        service.pack(allocated.actor("leader"), allocated.cycle.id)


def test_the_pages_show_and_find_bags(app: Flask, allocated: World, count_queries: Any) -> None:
    client = world.sign_in(app, allocated, "supplies")
    base = f"/cycles/{allocated.cycle.id}/picking"
    for _twice in range(2):
        assert world.post(client, base, f"{base}/pack", {}).status_code == 303
    assert drain() == 1
    assert "第 1 波装成" in client.get(base).get_data(as_text=True)
    bag = db.session.scalars(select(Bag).order_by(Bag.id)).first()
    assert bag is not None
    pages = (base, f"{base}?by=item", f"{base}?wave=zz", f"{base}/bags?q={bag.code}&state=packed", f"/bags/{bag.id}")
    for page in pages:
        with count_queries() as sent:
            shown = client.get(page)
        assert shown.status_code == 200, page
        assert len(sent) <= 25
    assert bag.code in client.get(pages[3]).get_data(as_text=True)
    assert messages.NO_MATCHING_BAGS in client.get(f"{base}/bags?q=ZZZ").get_data(as_text=True)
    assert world.post(client, f"/bags/{bag.id}", f"/bags/{bag.id}/void", {"reason": ""}).status_code == 422
    assert client.get("/bags/999999").status_code == 404
    assert client.get("/bags/99999999999999").status_code == 404
    assert world.sign_in(app, allocated, "auditor").get(base).status_code == 403
