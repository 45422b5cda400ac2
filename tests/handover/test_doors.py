"""At the doors: a building entered by exception, bags that fail, bags that come back."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.access.permissions import Permission
from app.core.db import db
from app.core.errors import Conflict, Invalid, LoudaError, NotFound
from app.handover import service
from app.handover.doors import queries as doors_queries
from app.handover.models import Dispute, HandOut
from app.handover.schemas import BringBack, DoorEntry, HandOutEntry
from app.ordering.models import CycleState, OrderLine
from app.picking import service as picking
from app.picking.models import Bag
from app.stock.models import Lot
from tests import messages, world
from tests.handover.delivery import bags, books_agree, deliver, hand_out, units
from tests.world import World


@pytest.fixture
def here(app: Flask) -> World:
    return deliver()


def test_everything_is_left_at_its_door_unless_it_is_named(here: World) -> None:
    assert hand_out(here, "201 1 敲了三次") == {"left": 2, "no_answer": 1}
    assert [bag.state for bag in bags()] == ["handed_out", "dropped_off", "handed_out", "dropped_off"]
    attempt = db.session.scalars(select(HandOut).where(HandOut.outcome == "no_answer")).one()
    assert (attempt.detail, attempt.by_id) == ("敲了三次", here.accounts["captain"].id)
    assert units("dropped_off") == 16
    assert books_agree(here)


def test_a_bag_can_be_named_by_its_code_or_chosen_in_the_list(here: World) -> None:
    first, second, _third, _other = bags()
    counts = hand_out(here, f"{first.code} 拒收", **{f"bag{second.id}": "damaged"})
    assert counts == {"left": 1, "refused": 1, "damaged": 1}


@pytest.mark.parametrize("text", ["999 1", "201", "201 9", "201 困了", "201 1\n201 2", "1单元"])
def test_an_entry_that_is_not_understood_changes_nothing(here: World, text: str) -> None:
    with pytest.raises(Invalid):
        hand_out(here, text)
    assert {bag.state for bag in bags()} == {"dropped_off"}
    assert db.session.scalar(select(func.count()).select_from(HandOut)) == 0


def test_a_missing_bag_opens_a_complaint_for_each_line_and_disputes_its_units(here: World) -> None:
    hand_out(here, "101 4")
    missing = bags("missing")
    assert len(missing) == 1
    held = {line.order_line_id: line.qty for line in missing[0].lines}
    complaints = {one.order_line_id: one.qty for one in db.session.scalars(select(Dispute))}
    assert complaints == held
    assert units("disputed") == sum(held.values()) == 4
    assert books_agree(here)


def test_the_second_visit_shows_the_reason_and_is_an_attempt_of_its_own(here: World) -> None:
    hand_out(here, "201 1")
    failed = [bag for bag in doors_queries.bags_at(here.cycle.id, here.buildings[0]) if bag.is_failed]
    assert [(bag.room, bag.tried, bag.next_step.value if bag.next_step else "") for bag in failed] == [
        ("201", "no_answer", "redeliver")
    ]
    hand_out(here, **{f"bag{failed[0].bag_id}": "no_answer"})
    assert db.session.scalar(select(func.count()).select_from(HandOut)) == 4
    hand_out(here)
    assert len(bags("handed_out")) == 3


def test_the_walk_goes_down_with_a_lift_and_up_without(here: World) -> None:
    building = here.buildings[0]
    assert [bag.room for bag in doors_queries.bags_at(here.cycle.id, building)] == ["101", "201", "301"]
    building.has_lift = True
    assert [bag.room for bag in doors_queries.bags_at(here.cycle.id, building)] == ["301", "201", "101"]


def test_a_bag_that_somebody_else_entered_meanwhile_is_refused(here: World) -> None:
    shown = [DoorEntry(bag.id) for bag in bags() if bag.building_id == here.buildings[0].id]
    hand_out(here)
    with pytest.raises(Conflict):
        service.hand_out(here.actor("captain"), here.cycle.id, here.buildings[0].id, HandOutEntry(shown))
    with pytest.raises(Invalid):
        service.hand_out(here.actor("captain"), here.cycle.id, here.buildings[0].id, HandOutEntry([]))


def test_bags_of_another_building_or_cycle_are_not_found(here: World) -> None:
    other = [DoorEntry(bag.id) for bag in bags()]
    with pytest.raises(NotFound):
        service.hand_out(here.actor("supplies"), here.cycle.id, here.buildings[0].id, HandOutEntry(other))
    with pytest.raises(NotFound):
        service.hand_out(here.actor("captain"), here.cycle.id, here.buildings[1].id, HandOutEntry(other[:1]))
    with pytest.raises(NotFound):
        service.require_bag(here.actor("leader2"), Permission.HAND_OUT, bags()[0].id)


def test_nothing_is_entered_when_the_cycle_does_not_run(here: World) -> None:
    here.cycle.state = CycleState.CANCELLED
    db.session.commit()
    with pytest.raises(Conflict):
        hand_out(here)


def lot_sums() -> dict[str, int]:
    parts = ("free", "reserved", "packed", "damaged")
    lots = list(db.session.scalars(select(Lot)))
    return {part: sum(getattr(lot, f"qty_{part}") for lot in lots) for part in parts}


def test_good_goods_that_come_back_stay_reserved_and_are_packed_into_the_next_wave(here: World) -> None:
    hand_out(here, "201 1")
    bag = bags("dropped_off")[0]
    back = service.bring_back(here.actor("captain"), bag.id, BringBack("good", "redeliver"))
    assert back.state == "voided"
    assert (units("allocated"), units("open")) == (4, 0)
    assert lot_sums() == {"free": 0, "reserved": 4, "packed": 12, "damaged": 0}
    assert books_agree(here)
    done = picking.pack(here.actor("supplies"), here.cycle.id)
    assert (done.wave, done.bags, done.units) == (2, 1, 4)
    assert lot_sums() == {"free": 0, "reserved": 0, "packed": 16, "damaged": 0}
    assert books_agree(here)


@pytest.mark.parametrize(
    ("goods", "wish", "stage", "part"),
    [
        ("spoiled", "redeliver", "open", "damaged"),
        ("good", "cancel", "cancelled", "free"),
        ("spoiled", "cancel", "cancelled", "damaged"),
    ],
)
def test_what_comes_back_goes_where_somebody_decided(here: World, goods: str, wish: str, stage: str, part: str) -> None:
    hand_out(here, "201 2")
    service.bring_back(here.actor("captain"), bags("dropped_off")[0].id, BringBack(goods, wish))
    assert units(stage) == 4
    assert lot_sums()[part] == 4
    assert books_agree(here)


def test_only_a_bag_that_failed_can_come_back(here: World) -> None:
    captain = here.actor("captain")
    with pytest.raises(Conflict):
        service.bring_back(captain, bags()[0].id, BringBack("good", "redeliver"))
    hand_out(here, "101 4")
    for bag in bags():
        with pytest.raises((Conflict, NotFound)):
            service.bring_back(captain, bag.id, BringBack("good", "redeliver"))
    with pytest.raises(NotFound):
        service.bring_back(captain, 999_999, BringBack("good", "redeliver"))


def test_eight_captains_at_once_hand_a_building_out_once(app: Flask, here: World) -> None:
    actor, cycle_id, building_id = here.actor("captain"), here.cycle.id, here.buildings[0].id
    rows = [DoorEntry(bag.id) for bag in bags() if bag.building_id == building_id]
    db.session.remove()
    barrier, results = Barrier(8), []

    def work() -> None:
        with app.app_context():
            barrier.wait()
            try:
                service.hand_out(actor, cycle_id, building_id, HandOutEntry(rows))
                results.append("done")
            except LoudaError as error:
                results.append(type(error).__name__)
            finally:
                db.session.remove()

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(results)) == ["Conflict", "done"]
    assert results.count("done") == 1
    assert db.session.scalar(select(func.count()).select_from(HandOut)) == 3


def test_the_pages_lead_through_a_building(app: Flask, here: World, count_queries: Any) -> None:
    client = world.sign_in(app, here, "captain")
    base = f"/cycles/{here.cycle.id}/handover"
    page = f"{base}/{here.buildings[0].id}"
    first, second, third = [bag for bag in bags() if bag.building_id == here.buildings[0].id]
    for fields in ({"bags": "x"}, {"bags": str(first.id), "price": "1"}, {"bags": ""}):
        assert world.post(client, page, f"{page}/leave", fields).status_code == 422
    door = f"{page}/doors/{second.id}"
    assert world.post(client, door, door, {"bags": str(second.id), "outcome": "eaten"}).status_code == 422
    assert world.post(client, door, door, {"bags": str(second.id), "outcome": "left"}).status_code == 422
    assert world.post(client, door, door, {"bags": str(second.id), "outcome": "no_answer"}).status_code == 303
    assert world.post(client, page, f"{page}/leave", {"bags": [str(first.id), str(third.id)]}).status_code == 303
    assert client.get(f"{page}/rest").status_code == 302
    for shown in (base, f"{base}?show=failed&q=桂花苑", f"{base}?show=x&page=zz", page):
        with count_queries() as sent:
            assert client.get(shown).status_code == 200, shown
        assert len(sent) <= 20
    failed = bags("dropped_off")[0].id
    back = f"/handover/bags/{failed}/return"
    assert messages.NO_ANSWER in client.get(back).get_data(as_text=True)
    assert world.post(client, back, back, {"goods": "good"}).status_code == 422
    assert world.post(client, back, back, {"goods": "good", "wish": "redeliver"}).status_code == 303
    assert client.get(f"{base}/{here.buildings[1].id}").status_code == 404
    assert client.get(f"/cycles/999/handover/{here.buildings[0].id}").status_code == 404
    assert client.get("/handover/bags/999/return").status_code == 404
    assert world.sign_in(app, here, "runner").get(page).status_code == 403
    assert world.sign_in(app, here, "auditor").get(base).status_code == 403
    assert world.sign_in(app, here, "leader2").get(page).status_code == 404


def test_a_page_says_surname_and_star_and_never_the_name_or_phone(app: Flask, here: World) -> None:
    from app.core import clock
    from app.places.models import HouseholdContact

    contact = HouseholdContact(
        household_id=here.households[0].id, name="王小明", phone="19900000001", purge_on=clock.today()
    )
    db.session.add(contact)
    db.session.commit()
    page = f"/cycles/{here.cycle.id}/handover/{here.buildings[0].id}"
    shown = world.sign_in(app, here, "captain").get(page).get_data(as_text=True)
    assert "王*" in shown
    assert "王小明" not in shown
    assert "19900000001" not in shown


def test_several_exceptions_fit_on_one_line(app: Flask) -> None:
    here = deliver({0: 1}, households=3)
    assert len(bags("dropped_off")) == 3
    assert hand_out(here, "301 5；101 6 压坏了") == {"left": 1, "wrong_bag": 1, "damaged": 1}
    assert db.session.scalar(select(func.count()).select_from(OrderLine).where(OrderLine.qty_dropped_off == 1)) == 3
    assert db.session.scalar(select(func.count()).select_from(Bag)) == 3
