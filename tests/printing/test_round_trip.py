"""Paper that comes back: found by its number, typed in by exception, taken back, missed in the evening."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.core.queue import worker
from app.dispatch import counts
from app.dispatch.arrivals import service as arrivals_service
from app.dispatch.arrivals.schemas import RoundArrived
from app.dispatch.models import DeliveryStop, PlanBag
from app.dispatch.rounds import service as rounds_service
from app.handover.models import HandOut
from app.picking.models import Bag
from app.places.models import Building
from app.printing.centre import service
from app.printing.centre.service import PrintRequest
from app.printing.changes import difference
from app.printing.models import Document
from app.printing.returns import queries as returns_queries
from tests import messages, world
from tests.printing.day import ask, documents
from tests.printing.day import day as day
from tests.world import World


def _arrive(building_id: int) -> list[Bag]:
    bags = list(db.session.scalars(select(Bag).where(Bag.building_id == building_id).order_by(Bag.id)))
    for bag in bags:
        bag.state = "dropped_off"
    db.session.commit()
    return bags


def _list_of(day: World) -> Document:
    ask(day, "hand_out_list")
    return documents("hand_out_list")[0]


def _waiting(page: str) -> dict[str, Any]:
    return {"bags": re.findall(r'name="bags" value="(\d+)"', page)}


def test_a_returned_list_is_typed_in_by_exception_and_counts_as_returned(app: Flask, day: World) -> None:
    sheet = _list_of(day)
    bags = _arrive(sheet.subject_id)
    browser, page = world.sign_in(app, day, "leader"), f"/s/{sheet.number}"
    found = browser.get(f"/print/find?number={sheet.number.lower().replace('-', ' ')}", follow_redirects=True)
    typed = {**_waiting(found.get_data(as_text=True)), "exceptions": f"袋{bags[0].day_no} 1"}
    assert len(typed["bags"]) == len(bags)
    answer = world.post(browser, page, f"{page}/doors", typed)
    assert answer.status_code == 303, answer.get_data(as_text=True)[:500]
    db.session.expire_all()
    states = [db.session.get_one(Bag, bag.id).state for bag in bags]
    assert (states[0], set(states[1:])) == ("dropped_off", {"handed_out"})
    assert db.session.get_one(Document, sheet.id).returned_at is not None
    assert messages.UNDO_ENTRY in browser.get(page).get_data(as_text=True)


def test_what_was_typed_in_can_be_taken_back_once(app: Flask, day: World) -> None:
    sheet = _list_of(day)
    bags = _arrive(sheet.subject_id)
    browser, page = world.sign_in(app, day, "leader"), f"/s/{sheet.number}"
    world.post(browser, page, f"{page}/doors", _waiting(browser.get(page).get_data(as_text=True)))
    assert world.post(browser, page, f"{page}/undo", {}).status_code == 303
    db.session.expire_all()
    assert {db.session.get_one(Bag, bag.id).state for bag in bags} == {"dropped_off"}
    assert db.session.scalars(select(HandOut)).all() == []
    assert db.session.get_one(Document, sheet.id).returned_at is None
    assert world.post(browser, page, f"{page}/undo", {}).status_code == 409


def test_an_entry_by_somebody_else_or_with_a_confirmed_bag_is_not_taken_back(app: Flask, day: World) -> None:
    sheet = _list_of(day)
    bags = _arrive(sheet.subject_id)
    browser, page = world.sign_in(app, day, "leader"), f"/s/{sheet.number}"
    typed = {**_waiting(browser.get(page).get_data(as_text=True)), "exceptions": f"{bags[0].code} 1"}
    world.post(browser, page, f"{page}/doors", typed)
    other = world.sign_in(app, day, "supplies")
    assert world.post(other, page, f"{page}/undo", {}).status_code == 409
    db.session.get_one(Bag, bags[-1].id).state = "confirmed"
    db.session.commit()
    assert world.post(browser, page, f"{page}/undo", {}).status_code == 409


def test_a_slip_in_the_number_is_told(app: Flask, day: World) -> None:
    sheet = _list_of(day)
    browser = world.sign_in(app, day, "leader")
    wrong = sheet.number[:-1] + ("A" if sheet.number[-1] != "A" else "B")
    answer = browser.get(f"/print/find?number={wrong}")
    assert answer.status_code == 404
    assert messages.WRONG_LAST_CHARACTER in answer.get_data(as_text=True)
    assert messages.NO_SHEET_NUMBER in browser.get("/s/abc").get_data(as_text=True)


def test_a_stale_version_says_which_rows_changed_since(app: Flask, day: World) -> None:
    sheet = _list_of(day)
    bag = db.session.scalars(select(Bag).where(Bag.building_id == sheet.subject_id).order_by(Bag.id)).first()
    assert bag is not None
    bag.is_heavy = True
    db.session.commit()
    ask(day, "hand_out_list")
    shown = world.sign_in(app, day, "leader").get(f"/s/{sheet.number}").get_data(as_text=True)
    assert messages.CHANGED_SINCE in shown
    assert bag.code in shown
    newest, since = returns_queries.changed_since(db.session.get_one(Document, sheet.id))
    assert newest is not None
    assert newest.revision == 2
    assert since is not None
    assert [len(since.changed), since.added, since.gone] == [1, (), ()]


def test_rows_are_compared_by_name() -> None:
    found = difference({"a": "101", "b": "102", "c": "103"}, {"a": "101", "x": "102", "d": "104"})
    assert (found.changed, found.added, found.gone) == (("102",), ("104",), ("103",))


def test_sheets_that_did_not_come_back_are_listed_by_point(app: Flask, day: World, count_queries: Any) -> None:
    ask(day, "hand_out_list", "drop_off_sheet", "route_sheet", "bag_list")
    browser = world.sign_in(app, day, "supplies")
    page = f"/cycles/{day.cycle.id}/print/returns"
    first = documents("hand_out_list")[0]
    with count_queries() as sent:
        before = browser.get(page).get_data(as_text=True)
    assert len(sent) <= 25
    assert first.number in before
    assert "BL-" not in before
    assert world.post(browser, page, f"/s/{first.number}/mark", {"what": "returned"}).status_code == 303
    assert first.number not in browser.get(page).get_data(as_text=True)
    assert world.post(browser, page, f"/s/{first.number}/mark", {"what": "not_returned"}).status_code == 303
    assert first.number in browser.get(page).get_data(as_text=True)
    assert world.post(browser, page, f"/s/{first.number}/mark", {"what": "eaten"}).status_code == 422


def test_a_sheet_is_marked_printed_and_the_mark_taken_back(app: Flask, day: World) -> None:
    sheet = _list_of(day)
    browser, page = world.sign_in(app, day, "leader"), f"/s/{sheet.number}"
    for what, state in (("printed", "printed"), ("printed", "printed"), ("not_printed", "rendered")):
        world.post(browser, page, f"{page}/mark", {"what": what})
        db.session.expire_all()
        assert db.session.get_one(Document, sheet.id).state == state


def test_nobody_marks_or_types_in_a_sheet_of_another_point(app: Flask, day: World) -> None:
    ask(day, "hand_out_list", "route_sheet")
    foreign = next(row for row in documents("hand_out_list") if row.service_point_id == day.points[1].id)
    browser = world.sign_in(app, day, "leader")
    for number in (foreign.number, documents("route_sheet")[0].number):
        for action in ("mark", "doors", "undo"):
            answer = world.post(browser, "/cycles", f"/s/{number}/{action}", {"what": "returned"})
            assert answer.status_code == 404, (number, action)


def test_one_building_is_printed_alone_and_by_the_quick_lane(day: World) -> None:
    building = db.session.scalars(select(Bag.building_id).order_by(Bag.id)).first()
    wanted = PrintRequest((), 1, building_id=building)
    job = service.request_printing(day.actor("leader"), day.cycle.id, wanted)
    assert job.kind in worker.QUICK
    assert worker.run_next(worker.QUICK_ONLY)
    assert sorted(row.kind for row in documents()) == ["bag_list", "drop_off_sheet", "hand_out_list"]
    assert not worker.is_waiting(worker.QUICK_ONLY)


def test_the_sheets_of_one_round_are_printed_alone(app: Flask, day: World) -> None:
    ask(day, "route_sheet")
    trip = documents("route_sheet")[0].subject_id
    service.request_printing(day.actor("supplies"), day.cycle.id, PrintRequest((), 1, round_id=trip))
    worker.drain()
    assert {row.kind for row in documents()} == {"route_sheet", "drop_off_sheet", "hand_out_list", "bag_list"}
    browser = world.sign_in(app, day, "supplies")
    page = f"/cycles/{day.cycle.id}/print"
    assert browser.get(f"{page}/round/{trip}.pdf").data.startswith(b"%PDF")
    building = db.session.get_one(Building, documents("hand_out_list")[0].subject_id)
    assert browser.get(f"{page}/building/{building.id}.pdf").data.startswith(b"%PDF")
    found = browser.get(f"{page}/part?q={building.label}").get_data(as_text=True)
    assert building.label in found
    assert messages.NOT_FOUND in browser.get(f"{page}/part?q=不存在的楼").get_data(as_text=True)


def test_printing_one_sheet_again_leaves_the_others_alone(day: World) -> None:
    ask(day, "hand_out_list", "bag_list")
    first, *others = documents()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.printing.register.is_ready", lambda *_args: False)
        wanted = PrintRequest((), 1, documents=(first.id,))
        service.request_printing(day.actor("supplies"), day.cycle.id, wanted)
        worker.drain()
    db.session.expire_all()
    assert db.session.get_one(Document, first.id).state == "superseded"
    assert {db.session.get_one(Document, row.id).state for row in others} == {"rendered"}
    assert len(documents()) == len(others) + 2


def _drop_off_of(day: World) -> tuple[Document, list[Bag]]:
    """A drop-off sheet of the leader's point and its bags."""
    ask(day, "drop_off_sheet")
    sheet = next(row for row in documents("drop_off_sheet") if row.service_point_id == day.points[0].id)
    found = select(Bag).join(PlanBag, PlanBag.bag_id == Bag.id).where(PlanBag.stop_id == sheet.subject_id)
    return sheet, list(db.session.scalars(found.order_by(Bag.id)))


@pytest.mark.parametrize("by_number", [False, True])
def test_a_drop_off_sheet_is_typed_in_by_exception_and_makes_up_for_load_and_departure(
    app: Flask, day: World, by_number: bool
) -> None:
    sheet, bags = _drop_off_of(day)
    assert len(bags) > 1
    browser, page = world.sign_in(app, day, "supplies"), f"/s/{sheet.number}"
    assert messages.ROUND_NOT_ENTERED in browser.get(page).get_data(as_text=True)
    typed = f"袋 {bags[0].day_no}" if by_number else bags[0].code[-4:].lower()
    answer = world.post(browser, page, f"{page}/drop-off", {"missing": typed})
    assert answer.status_code == 303, answer.get_data(as_text=True)[:500]
    db.session.expire_all()
    states = [db.session.get_one(Bag, bag.id).state for bag in bags]
    assert (states[0], set(states[1:])) == ("missing", {"dropped_off"})
    assert db.session.get_one(Document, sheet.id).returned_at is not None
    assert db.session.get_one(DeliveryStop, sheet.subject_id).round.state == "departed", (
        "its other stops are still to come"
    )
    after = browser.get(page).get_data(as_text=True)
    assert f"应到 {len(bags)} 袋，实到 {len(bags) - 1} 袋" in after
    assert messages.NEXT_SHEET_NUMBER in after
    assert world.post(browser, page, f"{page}/drop-off", {"missing": ""}).status_code == 409


@pytest.mark.parametrize("agrees", [True, False])
def test_paper_of_a_stop_that_was_counted_by_phone_is_a_second_count(app: Flask, day: World, agrees: bool) -> None:
    sheet, bags = _drop_off_of(day)
    trip = db.session.get_one(DeliveryStop, sheet.subject_id).round
    rounds_service.load(day.actor("supplies"), trip.id)
    rounds_service.depart(day.actor("supplies"), trip.id)
    arrivals_service.record_arrival(day.actor("supplies"), sheet.subject_id, RoundArrived([bags[0].id]))
    browser, page = world.sign_in(app, day, "leader"), f"/s/{sheet.number}"
    assert messages.SECOND_COUNT in browser.get(page).get_data(as_text=True)
    assert world.post(browser, page, f"{page}/drop-off", {"missing": "ZZZZ"}).status_code == 422
    typed = {"missing": bags[0 if agrees else 1].code[-4:]}
    answer = world.post(browser, page, f"{page}/drop-off", typed)
    assert answer.status_code == 303, answer.get_data(as_text=True)[:500]
    shown = browser.get(page).get_data(as_text=True)
    assert (messages.COUNTS_DIFFER in shown) == (not agrees)
    assert messages.SECOND_COUNT not in shown
    assert [count.missing for count in counts.counts_at([sheet.subject_id])[sheet.subject_id]] == [
        {bags[0].id},
        {bags[0 if agrees else 1].id},
    ]
    assert (counts.difference_at(sheet.subject_id) is None) == agrees
    db.session.expire_all()
    assert db.session.get_one(Document, sheet.id).returned_at is not None
    assert db.session.get_one(Bag, bags[0].id).state == "missing"
    assert world.post(browser, page, f"{page}/drop-off", {"missing": ""}).status_code == 409


def test_a_code_that_is_not_of_the_stop_or_too_short_is_told_and_nothing_is_written(app: Flask, day: World) -> None:
    sheet, bags = _drop_off_of(day)
    browser, page = world.sign_in(app, day, "supplies"), f"/s/{sheet.number}"
    for typed in ("ZZZZ", bags[0].code[-2:], f"{bags[0].code} 999"):
        answer = world.post(browser, page, f"{page}/drop-off", {"missing": typed})
        assert answer.status_code == 422, typed
        assert messages.NO_BAG_OF_THIS_STOP in answer.get_data(as_text=True)
    db.session.expire_all()
    assert {db.session.get_one(Bag, bag.id).state for bag in bags} == {"packed"}
    assert db.session.get_one(DeliveryStop, sheet.subject_id).round.state == "planned"


def test_a_leader_cannot_send_a_round_off_but_signs_for_one_that_left(app: Flask, day: World) -> None:
    sheet, bags = _drop_off_of(day)
    browser, page = world.sign_in(app, day, "leader"), f"/s/{sheet.number}"
    early = world.post(browser, page, f"{page}/drop-off", {"missing": ""})
    assert early.status_code == 409
    assert messages.ENTER_DEPARTURE_FIRST in early.get_data(as_text=True)
    trip = db.session.get_one(DeliveryStop, sheet.subject_id).round
    rounds_service.load(day.actor("supplies"), trip.id)
    rounds_service.depart(day.actor("supplies"), trip.id)
    assert world.post(browser, page, f"{page}/drop-off", {"missing": ""}).status_code == 303
    db.session.expire_all()
    assert {db.session.get_one(Bag, bag.id).state for bag in bags} == {"dropped_off"}


def test_a_drop_off_sheet_that_lacks_a_bag_of_its_stop_is_not_typed_in(app: Flask, day: World) -> None:
    sheet, bags = _drop_off_of(day)
    later = Bag(code="ZZZZZZZZ2", cycle_id=day.cycle.id, order_id=bags[0].order_id, wave=1, seq=9, state="packed")
    later.building_id, later.weight_g, later.volume_ml = bags[0].building_id, 1, 1
    db.session.add(later)
    db.session.flush()
    plan = db.session.get_one(DeliveryStop, sheet.subject_id).plan_id
    db.session.add(PlanBag(plan_id=plan, bag_id=later.id, cycle_id=day.cycle.id, stop_id=sheet.subject_id))
    db.session.commit()
    browser, page = world.sign_in(app, day, "supplies"), f"/s/{sheet.number}"
    answer = world.post(browser, page, f"{page}/drop-off", {"missing": ""})
    assert answer.status_code == 409
    assert messages.BAGS_NOT_ON_PAPER in answer.get_data(as_text=True)
    db.session.expire_all()
    assert {db.session.get_one(Bag, bag.id).state for bag in bags} == {"packed"}, "nothing was half written"
