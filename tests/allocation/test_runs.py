"""Allocation on the real database: as many units reserved in lots as moved on lines, a sentence for who is short."""

from __future__ import annotations

import re
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.allocation import service
from app.allocation.models import Allocation, AllocationRun, ShareNote
from app.allocation.schemas import Commit, SetShare
from app.allocation.service import proposal_for
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, LoudaError, NotFound
from app.core.queue.worker import drain
from app.ordering.models import Cycle, CycleState, OrderLine
from app.stock.models import GoodsReceipt, Lot
from tests import messages, world
from tests.world import World


def receive(here: World, item: int, qty: int) -> Lot:
    receipt = GoodsReceipt(
        number=f"R{item}-{qty}-{db.session.query(GoodsReceipt).count()}",
        kind="opening",
        subdistrict_id=here.subdistrict.id,
        received_at=clock.now(),
        received_by_id=here.accounts["supplies"].id,
    )
    db.session.add(receipt)
    db.session.flush()
    lot = Lot(
        goods_receipt_id=receipt.id,
        item_id=here.items[item].id,
        released_at=clock.now(),
        qty_received=qty,
        qty_free=qty,
    )
    db.session.add(lot)
    db.session.commit()
    return lot


@pytest.fixture
def running(app: Flask) -> World:
    here = world.build()
    for household in here.households[:4]:
        here.order(household, {0: 3, 1: 1})
    here.lock()
    here.cycle.state = CycleState.RUNNING
    db.session.commit()
    return here


def seen(here: World) -> Commit:
    return Commit(proposal_for(db.session.get_one(Cycle, here.cycle.id)).input_sha256)


def run(here: World) -> Any:
    return service.allocate(here.actor("supplies"), here.cycle.id, seen(here))


def sums() -> dict[str, int]:
    row = db.session.execute(
        select(func.sum(OrderLine.qty_open), func.sum(OrderLine.qty_allocated), func.sum(OrderLine.qty_short))
    ).one()
    reserved = db.session.scalar(select(func.sum(Lot.qty_reserved)))
    return {"open": row[0], "allocated": row[1], "short": row[2], "reserved": reserved}


def test_what_is_given_is_reserved_in_the_lots_unit_for_unit(running: World) -> None:
    receive(running, 0, 10)
    receive(running, 1, 4)
    run(running)
    assert sums() == {"open": 2, "allocated": 14, "short": 0, "reserved": 14}
    assert db.session.scalar(select(func.sum(Allocation.qty))) == 14


def test_shares_of_equal_households_differ_by_one_at_most_and_the_short_ones_are_told(running: World) -> None:
    receive(running, 0, 10)
    run(running)
    shares = sorted(db.session.scalars(select(OrderLine.qty_allocated).where(OrderLine.item_id == running.items[0].id)))
    assert shares == [2, 2, 3, 3]
    sentences = db.session.scalars(select(ShareNote.sentence)).all()
    assert len([s for s in sentences if "青菜" in s and "缺1份" in s]) == 2


def test_a_late_receipt_gives_only_to_what_is_still_open(running: World) -> None:
    receive(running, 0, 10)
    run(running)
    receive(running, 0, 2)
    run(running)
    assert db.session.scalar(select(func.min(OrderLine.qty_allocated)).where(OrderLine.qty_ordered == 3)) == 3


def test_several_lots_cover_one_share(running: World) -> None:
    for qty in (1, 1, 4, 6):
        receive(running, 0, qty)
    run(running)
    assert db.session.scalar(select(func.sum(Lot.qty_free))) == 0


def test_a_preview_that_is_out_of_date_is_not_committed(running: World) -> None:
    receive(running, 0, 5)
    old = seen(running)
    receive(running, 0, 5)
    with pytest.raises(Conflict):
        service.allocate(running.actor("supplies"), running.cycle.id, old)
    assert sums()["allocated"] == 0


def test_shortage_is_declared_only_when_nothing_can_be_given(running: World) -> None:
    receive(running, 0, 10)
    with pytest.raises(Conflict):
        service.declare_short(running.actor("supplies"), running.cycle.id)
    run(running)
    assert service.declare_short(running.actor("supplies"), running.cycle.id).units == 6
    assert sums() == {"open": 0, "allocated": 10, "short": 6, "reserved": 10}


def test_a_share_set_by_hand_stays_through_runs(running: World) -> None:
    receive(running, 0, 6)
    line = db.session.scalars(select(OrderLine).where(OrderLine.item_id == running.items[0].id)).first()
    assert line is not None
    with pytest.raises(Invalid):
        service.set_share(running.actor("supplies"), line.id, SetShare(9, "x"))
    service.set_share(running.actor("supplies"), line.id, SetShare(3, "有婴儿"))
    run(running)
    assert db.session.get_one(OrderLine, line.id).qty_allocated == 3


def test_only_the_supplies_team_of_the_subdistrict_allocates(running: World) -> None:
    with pytest.raises(NotFound):
        service.allocate(running.actor("leader"), running.cycle.id, Commit("x"))


def test_ten_people_at_once_give_every_unit_once(app: Flask, running: World) -> None:
    receive(running, 0, 8)
    wanted, actor, cycle_id = seen(running), running.actor("supplies"), running.cycle.id
    db.session.remove()
    barrier, results = Barrier(10), []

    def work() -> None:
        with app.app_context():
            barrier.wait()
            try:
                service.allocate(actor, cycle_id, wanted)
                results.append("given")
            except LoudaError as error:
                results.append(type(error).__name__)
            finally:
                db.session.remove()

    threads = [Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count("given") == 1
    assert set(results) <= {"given", "Conflict"}
    assert sums()["allocated"] == 8


def test_a_run_on_an_outdated_preview_is_refused_where_it_was_asked_for(app: Flask, running: World) -> None:
    receive(running, 0, 10)
    client = world.sign_in(app, running, "supplies")
    base = f"/cycles/{running.cycle.id}/allocation"
    assert world.post(client, base, f"{base}/run", {"input_sha256": seen(running).input_sha256}).status_code == 303
    receive(running, 0, 1)
    assert drain() == 1
    assert messages.LOOK_AT_NEW_PREVIEW in client.get(base).get_data(as_text=True)
    assert db.session.scalar(select(func.count()).select_from(AllocationRun)) == 0


def test_shortages_are_declared_in_the_background(app: Flask, running: World) -> None:
    client = world.sign_in(app, running, "supplies")
    base = f"/cycles/{running.cycle.id}/allocation"
    assert world.post(client, base, f"{base}/declare-short", {}).status_code == 303
    assert drain() == 1
    assert messages.SHORT_CONFIRMED in client.get(base).get_data(as_text=True)
    assert db.session.scalar(select(func.sum(OrderLine.qty_open))) == 0


def test_the_pages_show_the_loop_of_an_item(app: Flask, running: World, count_queries: Any) -> None:
    receive(running, 0, 10)
    client = world.sign_in(app, running, "supplies")
    base = f"/cycles/{running.cycle.id}/allocation"
    assert messages.NOT_WORKED_OUT_YET in client.get(f"{base}/preview").get_data(as_text=True)
    for _twice in range(2):
        assert world.post(client, base, f"{base}/preview", {}).status_code == 303
    assert drain() == 1
    page = client.get(f"{base}/preview").get_data(as_text=True)
    assert f'href="{base}/preview"' in client.get(base).get_data(as_text=True)  # it can be found again
    seal = re.findall(r'name="input_sha256" value="(\w+)"', page)
    assert seal == [seen(running).input_sha256]
    assert world.post(client, f"{base}/preview", f"{base}/run", {"input_sha256": seal[0]}).status_code == 303
    assert drain() == 1
    assert messages.SHARED_OUT_BY_RULE in client.get(base).get_data(as_text=True)
    for page in (base, f"{base}?show=open", f"{base}/preview", f"{base}/short", f"{base}/short?page=x&item=zz&q=101"):
        with count_queries() as sent:
            assert client.get(page).status_code == 200, page
        assert len(sent) <= 25
    line_id = db.session.scalar(select(ShareNote.order_line_id).where(ShareNote.qty_share == 2))
    page = f"/order-lines/{line_id}/share"
    assert world.post(client, page, page, {"qty": "99", "reason": "x"}).status_code == 422
    assert world.post(client, page, page, {"qty": "3", "reason": "有婴儿"}).status_code == 303
    assert world.sign_in(app, running, "leader").get(base).status_code == 403


def notes() -> list[str]:
    return sorted(db.session.scalars(select(ShareNote.sentence)))


def test_sentences_speak_of_the_whole_decision_after_repeated_runs_and_the_declaration(app: Flask) -> None:
    here = world.build()
    for household, qty in zip(here.households, (3, 3, 1, 1), strict=False):
        here.order(household, {0: qty})
    here.lock()
    here.cycle.state = CycleState.RUNNING
    db.session.commit()
    receive(here, 0, 4)
    run(here)  # one each: two households are served in full and claim nothing any more
    receive(here, 0, 1)
    run(here)
    said = [sentence.split("，按")[0] for sentence in notes()]
    assert said == ["青菜共有5份，登记8份"] * 2
    service.declare_short(here.actor("supplies"), here.cycle.id)
    assert [sentence.split("，按")[0] for sentence in notes()] == ["青菜共有5份，登记8份"] * 2
    got = sorted(db.session.scalars(select(OrderLine.qty_allocated).where(OrderLine.qty_short > 0)))
    told = sorted(int(re.search(r"分到(\d+)份", sentence)[1]) for sentence in notes())  # type: ignore[index]
    assert told == got == [1, 2]


def test_a_line_that_was_short_before_and_lost_a_bag_is_told_its_whole_order(app: Flask) -> None:
    here = world.build()
    here.order(here.households[0], {0: 4})
    here.lock()
    here.cycle.state = CycleState.RUNNING
    db.session.commit()
    receive(here, 0, 3)
    run(here)
    service.declare_short(here.actor("supplies"), here.cycle.id)
    line = db.session.scalars(select(OrderLine)).one()
    move_back(line)
    lot = db.session.scalars(select(Lot)).one()
    lot.qty_reserved, lot.qty_free, lot.qty_damaged = 1, 0, 2
    db.session.commit()
    (item,) = proposal_for(here.cycle).items
    assert item.shares[0].said is not None
    assert item.shares[0].said.zh.startswith("青菜共有1份，登记4份")
    assert "您家登记4份，分到1份，缺3份" in item.shares[0].said.zh


def move_back(line: OrderLine) -> None:
    """Two of three allocated units were found bad."""
    line.qty_allocated, line.qty_open = 1, 2
    db.session.commit()
