"""A later version of a list: only what changed is touched, decisions stay, and everything can be taken back."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.access.permissions import Resident
from app.core import clock, jobs
from app.core.db import db
from app.core.errors import Conflict
from app.intake import queries
from app.intake.booking import service as booking_service
from app.intake.booking.schemas import Settle
from app.intake.models import ChainBooking, ChainPaste, PasteLine
from app.intake.paste import service, versions
from app.intake.paste.schemas import Paste
from app.ordering import service as ordering_service
from app.ordering.models import HouseholdOrder, OrderChoice, OtherDoor
from app.ordering.orders import OfferPick, PlaceOrder
from tests import messages, world
from tests.world import World

FIRST = """#接龙
南门点位团购 青菜 土豆 鸡蛋
1. 桂花苑2号楼1单元101 青菜2 土豆1
2. 桂花苑10号楼1单元301 鸡蛋1板
3. 桂花苑2号楼1单元999 青菜1
"""
ADDED = FIRST + "4. 桂花苑2号楼1单元301 土豆3\n"
CHANGED = FIRST.replace("青菜2 土豆1", "青菜5")
REMOVED = FIRST.replace("2. 桂花苑10号楼1单元301 鸡蛋1板\n", "")


TALK = "大家好，今天几点送货"


@pytest.fixture
def here(app: Flask) -> World:
    return world.build()


def bring(here: World, text: str, *, commits: bool = True, older: bool = False) -> ChainPaste:
    leader = here.actor("leader")
    paste = service.paste_chain(leader, here.cycle.id, here.points[0].id, Paste(text, accepts_older=older))
    return booking_service.commit(leader, paste.id) if commits else paste


def ordered(here: World) -> dict[int, dict[str, int]]:
    """Household → item → units of the orders that stand."""
    found = (
        select(HouseholdOrder.household_id, OrderChoice.offer_id, OrderChoice.qty)
        .join(OrderChoice, OrderChoice.order_id == HouseholdOrder.id)
        .where(HouseholdOrder.state == "placed")
    )
    names = {offer.id: offer.name for offer in here.offers}
    orders: dict[int, dict[str, int]] = {}
    for home, offer, qty in db.session.execute(found):
        orders.setdefault(home, {})[names[offer]] = qty
    return orders


def revisions() -> dict[int, int]:
    return dict(db.session.execute(select(HouseholdOrder.id, HouseholdOrder.revision)).all())


def waiting(paste: ChainPaste) -> list[PasteLine]:
    found = select(PasteLine).where(PasteLine.paste_id == paste.id, PasteLine.outcome == "review")
    return list(db.session.scalars(found.order_by(PasteLine.line_no)))


def test_an_added_line_is_ordered_and_the_unchanged_orders_are_not_written_again(here: World) -> None:
    first = bring(here, FIRST)
    before, written = ordered(here), revisions()
    second = bring(here, ADDED)
    assert second.replaces_id == first.id
    assert {line.line_no: line.difference for line in second.lines if line.difference} == {
        3: "unchanged", 4: "unchanged", 5: "unchanged", 6: "added",
    }  # fmt: skip
    now = ordered(here)
    assert {home: now[home] for home in before} == before
    assert {order: revision for order, revision in revisions().items() if order in written} == written
    assert len(now) == len(before) + 1
    assert db.session.get_one(ChainPaste, first.id).state == "superseded"


def test_a_changed_line_changes_its_order_and_a_removed_one_is_taken_back(here: World) -> None:
    bring(here, FIRST)
    changed = bring(here, CHANGED)
    assert {"青菜": 5} in ordered(here).values()
    removed = bring(here, CHANGED.replace("2. 桂花苑10号楼1单元301 鸡蛋1板\n", ""))
    assert [line.line_no for line in versions.removed_entries(removed)] == [4]
    assert list(ordered(here).values()) == [{"青菜": 5}]
    assert db.session.get_one(ChainPaste, changed.id).superseded_by_id == removed.id


def test_a_decision_about_an_unchanged_line_stays(here: World) -> None:
    first = bring(here, FIRST)
    home = here.households[1].id
    booking_service.settle(here.actor("leader"), waiting(first)[0].id, Settle(home))
    second = bring(here, ADDED)
    assert waiting(second) == []
    kept = next(line for line in second.lines if line.line_no == 5)
    assert (kept.household_id, kept.outcome, kept.settled_by_id) == (home, "row", here.accounts["leader"].id)
    assert ordered(here)[home]["青菜"] == 1


def test_the_same_list_again_and_an_older_one_are_refused_until_somebody_insists(here: World) -> None:
    bring(here, FIRST)
    bring(here, ADDED)
    with pytest.raises(Conflict):
        bring(here, ADDED + "\n")
    with pytest.raises(versions.Older):
        bring(here, FIRST)
    with pytest.raises(versions.Older):
        bring(here, REMOVED.replace("3. 桂花苑2号楼1单元999 青菜1\n", ""))
    bring(here, FIRST, older=True)
    assert len(ordered(here)) == 2


def test_undoing_a_paste_takes_back_exactly_what_it_booked(here: World) -> None:
    here.order(here.households[7], {2: 4})
    before = ordered(here)
    first = bring(here, FIRST)
    booking_service.settle(here.actor("leader"), waiting(first)[0].id, Settle(here.households[1].id))
    assert ordered(here) != before
    booking_service.undo(here.actor("leader"), first.id)
    assert ordered(here) == before
    again = bring(here, FIRST)
    assert again.replaces_id is None


@pytest.mark.parametrize("way", ["undo", "no longer named"])
def test_a_list_taken_back_leaves_the_order_to_the_phone_that_made_it_with_its_code_and_door(
    here: World, way: str
) -> None:
    home, leader = here.households[0].id, here.actor("leader")
    phone = Resident("household", home, hand="f" * 32)
    wanted = PlaceOrder(here.cycle.id, home, (OfferPick(here.offers[1].id, 1),), remark="放到302")
    order = ordering_service.place(phone, wanted)
    code = order.code
    db.session.add(OtherDoor(order_id=order.id, household_id=here.households[2].id))
    db.session.commit()
    paste = bring(here, FIRST)
    (line,) = [line for line in paste.lines if line.reason == "existing_order"]
    booking_service.settle(leader, line.id, Settle(home, existing="replace"))
    db.session.expire_all()
    assert (order.hand, order.code == code, db.session.get(OtherDoor, order.id)) == ("", False, None)
    if way == "undo":
        booking_service.undo(leader, paste.id)
    else:
        booking_service.unsettle(leader, line.id)
    db.session.expire_all()
    assert (order.hand, order.code, order.remark) == ("f" * 32, code, "放到302")
    assert db.session.get_one(OtherDoor, order.id).household_id == here.households[2].id
    assert ordered(here)[home] == {"土豆": 1}


def test_undoing_a_later_version_restores_what_the_earlier_one_said(here: World) -> None:
    first = bring(here, FIRST)
    said = ordered(here)
    second = bring(here, CHANGED.replace("2. 桂花苑10号楼1单元301 鸡蛋1板\n", "") + "4. 桂花苑2号楼1单元301 土豆3\n")
    assert ordered(here) != said
    booking_service.undo(here.actor("leader"), second.id)
    assert ordered(here) == said
    assert db.session.get_one(ChainPaste, first.id).state == "committed"
    third = bring(here, ADDED)
    assert third.replaces_id == first.id
    booking_service.undo(here.actor("leader"), third.id)
    booking_service.undo(here.actor("leader"), first.id)
    assert ordered(here) == {}


def test_what_somebody_changed_afterwards_is_left_and_said(here: World) -> None:
    from app.ordering.orders import IfExists, OfferPick, PlaceOrder
    from app.ordering.service import place

    leader = here.actor("leader")
    first = bring(here, FIRST)
    home = next(home for home, goods in ordered(here).items() if "鸡蛋" in goods)
    mine = (OfferPick(here.offers[0].id, 7),)
    place(leader, PlaceOrder(here.cycle.id, home, mine, if_exists=IfExists.REPLACE, accepts_soft_limits=True))
    second = bring(here, ADDED.replace("鸡蛋1板", "鸡蛋3板"))
    assert [line.reason for line in waiting(second)][:1] == ["changed_since"]
    booking_service.undo(leader, second.id)
    booking_service.undo(leader, first.id)
    assert ordered(here) == {home: {here.offers[0].name: 7}}
    assert db.session.get_one(ChainPaste, first.id).alarms


def test_two_lists_of_different_goods_add_up_and_the_same_item_twice_is_asked(here: World) -> None:
    bring(here, "#接龙\n青菜团购\n1. 桂花苑2号楼1单元101 青菜2\n2. 桂花苑10号楼1单元301 青菜1\n")
    bring(here, "#接龙\n鸡蛋团购\n1. 桂花苑2号楼1单元101 鸡蛋1板\n")
    assert {"青菜": 2, "鸡蛋": 1} in ordered(here).values()
    third = bring(here, "#接龙\n晚间青菜\n1. 桂花苑2号楼1单元101 青菜9\n")
    assert [line.reason for line in waiting(third)] == ["existing_order"]
    assert {"青菜": 2, "鸡蛋": 1} in ordered(here).values()


def test_a_second_doubtful_line_does_not_push_out_the_first(here: World) -> None:
    home = here.households[0].id
    paste = bring(here, FIRST)
    line = waiting(paste)[0]
    booking_service.settle(here.actor("leader"), line.id, Settle(home, "鸡蛋 1"))
    assert ordered(here)[home] == {"青菜": 2, "土豆": 1, "鸡蛋": 1}
    booking_service.unsettle(here.actor("leader"), line.id)
    assert ordered(here)[home] == {"青菜": 2, "土豆": 1}
    assert [one.id for one in waiting(paste)] == [line.id]


@pytest.mark.parametrize(("choice", "goods"), [("keep", {"土豆": 4}), ("replace", {"土豆": 1}), ("add", {"土豆": 5})])
def test_an_order_by_telephone_and_a_line_of_a_chain_are_settled_in_three_ways(
    here: World, choice: str, goods: dict[str, int]
) -> None:
    here.order(here.households[0], {1: 4})
    paste = bring(here, "#接龙\n土豆\n1. 桂花苑2号楼1单元101 土豆1\n")
    line = waiting(paste)[0]
    row = queries.line_row(paste, line.id)
    assert [said for said, _words in row.choices] == ["keep", "replace", "add"]
    assert f"土豆 × {goods['土豆']}" in dict(row.choices)[choice]
    booking_service.settle(here.actor("leader"), line.id, Settle(here.households[0].id, existing=choice))
    assert ordered(here)[here.households[0].id] == goods
    booking_service.undo(here.actor("leader"), paste.id)
    assert ordered(here)[here.households[0].id] == {"土豆": 4}


def test_talk_that_is_pasted_takes_nobodys_order_back_and_hides_no_list(here: World) -> None:
    first = bring(here, FIRST)
    before = ordered(here)
    assert bring(here, TALK).replaces_id is None
    assert ordered(here) == before
    assert bring(here, ADDED).replaces_id == first.id


def test_nothing_is_taken_back_after_the_cut_off(here: World) -> None:
    paste = bring(here, FIRST)
    here.cycle.cutoff_at = clock.now()
    db.session.commit()
    with pytest.raises(Conflict):
        booking_service.undo(here.actor("leader"), paste.id)
    assert len(ordered(here)) == 2


def test_after_the_cut_off_a_waiting_line_can_only_be_left_out_so_that_the_tally_is_signed(
    app: Flask, here: World
) -> None:
    paste = bring(here, FIRST)
    here.lock()
    client, page = world.sign_in(app, here, "leader"), f"/pastes/{paste.id}"
    tally = f"/cycles/{here.cycle.id}/tally/{here.points[0].id}"
    assert (
        f'href="/cycles/{here.cycle.id}/intake"'
        in client.get(tally).get_data(as_text=True).split(messages.SETTLE_BEFORE_SIGNING)[1]
    )
    shown = client.get(page).get_data(as_text=True)
    [line] = waiting(paste)
    assert (messages.NO_LONGER_BOOKABLE in shown, 'value=":0"' in shown, "data-open" in shown) == (True, True, False)
    assert shown.count('name="pick"') == 1
    assert world.post(client, page, f"/paste-lines/{line.id}", {"pick": ":0"}).status_code == 303
    assert messages.SETTLE_BEFORE_SIGNING not in client.get(tally).get_data(as_text=True)


def test_a_preview_that_missed_the_cut_off_is_dropped_as_a_whole(app: Flask, here: World) -> None:
    paste = bring(here, FIRST, commits=False)
    here.lock()
    client, page = world.sign_in(app, here, "leader"), f"/pastes/{paste.id}"
    assert f"{page}/undo" in client.get(page).get_data(as_text=True)
    assert world.post(client, page, f"{page}/undo", {}).status_code == 303
    tally = client.get(f"/cycles/{here.cycle.id}/tally/{here.points[0].id}").get_data(as_text=True)
    assert messages.SETTLE_BEFORE_SIGNING not in tally


def test_a_big_paste_is_placed_by_a_job_that_may_be_run_twice(
    app: Flask, here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.intake.booking import jobs as intake_jobs

    monkeypatch.setattr(booking_service, "AT_ONCE", 1)
    paste = bring(here, FIRST)
    assert (paste.state, ordered(here)) == ("committing", {})
    job = db.session.get_one(jobs.Job, paste.job_id)
    running = jobs.Running(job.id, paste.id, job.payload)
    intake_jobs.run_commit(running)
    said, bookings = ordered(here), len(db.session.scalars(select(ChainBooking.id)).all())
    intake_jobs.run_commit(running)
    assert len(said) == 2
    assert (ordered(here), len(db.session.scalars(select(ChainBooking.id)).all())) == (said, bookings)
    assert db.session.get_one(ChainPaste, paste.id).state == "committed"


def test_a_decision_made_while_the_next_version_is_looked_at_is_kept(here: World) -> None:
    first, leader = bring(here, FIRST), here.actor("leader")
    later = bring(here, ADDED, commits=False)
    home = here.households[1].id
    booking_service.settle(leader, waiting(first)[0].id, Settle(home, "青菜 1"))
    booking_service.commit(leader, later.id)
    assert ordered(here)[home] == {"青菜": 1}
    assert waiting(later) == []


@pytest.mark.parametrize("becomes", ["undone", "superseded"])
def test_a_line_of_a_paste_that_no_longer_holds_is_not_settled(here: World, becomes: str) -> None:
    first, leader = bring(here, FIRST), here.actor("leader")
    if becomes == "undone":
        booking_service.undo(leader, first.id)
    else:
        bring(here, ADDED)
    before = ordered(here)
    with pytest.raises(Conflict, match=messages.NEWEST_PASTE):
        booking_service.settle(leader, waiting(first)[0].id, Settle(here.households[1].id, "青菜 1"))
    assert ordered(here) == before


def test_a_line_that_was_left_out_stays_so_after_the_cut_off(here: World) -> None:
    paste, leader = bring(here, FIRST), here.actor("leader")
    line = booking_service.settle(leader, waiting(paste)[0].id, Settle(0))
    here.lock()
    with pytest.raises(Conflict):
        booking_service.unsettle(leader, line.id)
    assert waiting(paste) == []


def test_a_version_waits_until_the_one_before_is_placed(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booking_service, "AT_ONCE", 0)
    first = bring(here, FIRST)
    later = bring(here, CHANGED, commits=False)
    with pytest.raises(Conflict, match=messages.STILL_BOOKING):
        booking_service.commit(here.actor("leader"), later.id)
    assert (first.state, later.state) == ("committing", "preview")
