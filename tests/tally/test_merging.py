"""The same family twice in the register: what becomes of everything it has when the two are made one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.core import clock
from app.core.db import Base, db
from app.core.errors import Conflict, NotFound
from app.core.events import Event
from app.errands.models import Errand
from app.intake.booking import service as booking_service
from app.intake.booking.schemas import Settle
from app.intake.models import ChainBooking, PasteLine
from app.ordering import service as ordering_service
from app.ordering.cycles.schemas import Lock
from app.ordering.cycles.service import lock_cycle
from app.ordering.models import CycleState, HouseholdOrder, OrderState, OtherDoor, RollCall, RollCallOutcome
from app.ordering.resident.service import move_out
from app.ordering.standing import service as standing_service
from app.ordering.standing.models import StandingOrder, StandingState
from app.places.models import CareKind, CareNeed, Household, HouseholdContact
from app.tally import service
from app.tally.merging import queries as merging_queries
from app.tally.merging import service as merging_service
from app.tally.merging.queries import Home
from app.tally.merging.schemas import Merge
from app.tally.schemas import SignTally
from tests import messages, world
from tests.intake.test_versions import bring
from tests.ordering.test_standing_orders import wanted
from tests.tally.merging import Twice, add_room, broken
from tests.world import sign_in

ANSWERED_FOR = {
    "bag_door",  # packed: the bag goes where its label says
    "care_need",
    "chain_booking",
    "chain_line",
    "door_pin",
    "errand",
    "household_contact",
    "household_order",
    "household_token",
    "moved_in",  # the merge makes one for the row that goes
    "other_door",
    "roll_call",
    "standing_order",
}


@pytest.fixture
def here(app: Flask) -> Twice:
    return Twice(world.build())


def owner(order: HouseholdOrder) -> int | None:
    return db.session.get_one(HouseholdOrder, order.id, populate_existing=True).household_id


def withdraw(here: Twice, order: HouseholdOrder) -> None:
    ordering_service.withdraw(here.world.actor("leader"), order.id)


def test_every_table_that_names_a_household_is_answered_for() -> None:
    naming = {
        table.name
        for table in Base.metadata.tables.values()
        if any(key.column.table.name == "household" for key in table.foreign_keys)
    }
    assert naming == ANSWERED_FOR


def test_on_the_page_two_rows_become_one_household_with_all_that_both_had(app: Flask, here: Twice) -> None:
    town, today = here.world, clock.today()
    order = town.order(here.gone, {0: 2})
    standing = standing_service.create(town.actor("leader"), here.gone.id, wanted(town, (0, 1)))
    far = timedelta(days=9)
    db.session.add_all(
        [
            CareNeed(
                household_id=here.gone.id, kind=CareKind.ELDERLY_ALONE, door_note="敲门重一点", purge_on=today + far
            ),
            CareNeed(household_id=here.gone.id, kind=CareKind.NEEDS_CALL, purge_on=today + far),
            CareNeed(household_id=here.kept.id, kind=CareKind.NEEDS_CALL, door_note="先打电话", purge_on=today),
            HouseholdContact(household_id=here.gone.id, name="王", phone="19900000005", purge_on=today + far),
            HouseholdContact(household_id=here.kept.id, phone="19900000001", purge_on=today + far),
            Errand(household_id=here.gone.id, kind="parcel", place="门卫"),
        ]
    )
    here.gone.persons = 3
    other = town.order(town.households[1], {0: 1})
    db.session.add(OtherDoor(order_id=other.id, household_id=here.gone.id))
    db.session.commit()
    paste = bring(town, "#接龙 青菜\n1. 桂花苑2号楼1单元999 1份\n")
    (line,) = [one for one in paste.lines if one.outcome == "review"]
    line.candidates = [town.households[2].id, here.gone.id, here.kept.id]
    db.session.commit()
    standing_id, line_id = standing.id, line.id
    _client, status = here.through_the_page(app)
    assert status == 303
    kept = here.kept.id
    assert (owner(order), db.session.get_one(HouseholdOrder, order.id).state) == (kept, OrderState.PLACED)
    assert db.session.get_one(StandingOrder, standing_id).household_id == kept
    care = {need.kind: need for need in db.session.scalars(select(CareNeed))}
    assert {need.household_id for need in care.values()} == {kept}
    assert (care["needs_call"].door_note, care["needs_call"].purge_on) == ("先打电话", today + far)
    contact = db.session.scalars(select(HouseholdContact)).one()
    assert (contact.household_id, contact.name, contact.phone) == (kept, "王", "19900000001")
    assert db.session.scalars(select(Errand.household_id)).one() == kept
    assert db.session.get_one(OtherDoor, other.id).household_id == kept
    assert db.session.get_one(PasteLine, line_id).candidates == [town.households[2].id, kept]
    gone = db.session.get_one(Household, here.gone.id)
    assert (gone.is_active, db.session.get_one(Household, kept).persons) == (False, 3)
    assert broken() == {}


def test_the_list_is_shown_before_anything_is_written_and_each_role_reads_its_part(app: Flask, here: Twice) -> None:
    here.world.order(here.gone, {0: 2})
    standing_service.create(here.world.actor("leader"), here.gone.id, wanted(here.world, (0, 1)))
    db.session.add(CareNeed(household_id=here.gone.id, kind=CareKind.INFANT, purge_on=clock.today() + timedelta(9)))
    db.session.commit()
    before = len(db.session.scalars(select(Event.id)).all())
    for name, reads in (("leader", True), ("captain", False)):
        shown = sign_in(app, here.world, name).get(here.page).get_data(as_text=True)
        assert "第一批" in shown
        assert messages.MERGE_IS_FINAL in shown
        assert (messages.CARE_LIST in shown, messages.STANDING_ORDER in shown) == (reads, reads)
    assert len(db.session.scalars(select(Event.id)).all()) == before


@pytest.mark.parametrize("withdrawn", ["gone", "kept"])
def test_two_orders_in_a_cycle_are_refused_until_one_of_them_is_withdrawn(here: Twice, withdrawn: str) -> None:
    orders = {"gone": here.world.order(here.gone, {0: 2}), "kept": here.world.order(here.kept, {1: 1})}
    with pytest.raises(Conflict, match=r"“第一批”里两户都有订单.*撤回另一张"):
        here.merge()
    assert db.session.get_one(Household, here.gone.id).is_active
    withdraw(here, orders[withdrawn])
    here.merge()
    stands = orders["kept" if withdrawn == "gone" else "gone"]
    assert (owner(stands), owner(orders[withdrawn])) == (here.kept.id, here.gone.id)
    assert broken() == {}


@pytest.mark.parametrize(
    ("state", "first"), [(CycleState.LOCKED, "作废其中一张"), (CycleState.RUNNING, "等这一批关闭后")]
)
def test_after_the_cut_off_the_sentence_says_what_can_still_be_done(here: Twice, state: CycleState, first: str) -> None:
    here.world.order(here.gone, {0: 2})
    here.world.order(here.kept, {1: 1})
    here.world.lock()
    here.world.cycle.state = state
    db.session.commit()
    with pytest.raises(Conflict, match=f"“第一批”.*{first}"):
        here.merge()


def test_an_order_that_is_locked_and_signed_comes_over_and_the_roll_call_says_so(here: Twice) -> None:
    town = here.world
    order = town.order(here.gone, {0: 2})
    lock_cycle(town.actor("supplies"), town.cycle.id, Lock(is_early=True, is_override=True))
    service.sign(town.actor("leader"), town.cycle.id, town.points[0].id, SignTally(2))
    assert db.session.get_one(RollCall, (town.cycle.id, here.kept.id)).outcome == RollCallOutcome.UNREACHABLE
    here.merge()
    assert owner(order) == here.kept.id
    assert db.session.get_one(RollCall, (town.cycle.id, here.kept.id)).outcome == RollCallOutcome.ORDERED
    assert db.session.get(RollCall, (town.cycle.id, here.gone.id)) is None
    assert broken() == {}


def test_an_outcome_that_only_the_row_that_goes_has_is_that_of_the_household(here: Twice) -> None:
    cycle = here.world.cycle.id
    db.session.add(RollCall(cycle_id=cycle, household_id=here.gone.id, outcome=RollCallOutcome.AWAY, at=clock.now()))
    db.session.commit()
    here.merge()
    assert db.session.get_one(RollCall, (cycle, here.kept.id)).outcome == RollCallOutcome.AWAY


def test_orders_of_cycles_that_are_over_stay_and_are_found_by_their_code(app: Flask, here: Twice) -> None:
    order = here.world.order(here.gone, {0: 2})
    here.world.cycle.state = CycleState.CANCELLED
    db.session.commit()
    here.merge()
    page = f"/cycles/{here.world.cycle.id}/orders?q={order.code}"
    assert owner(order) == here.gone.id
    assert "1-101" in sign_in(app, here.world, "leader").get(page).get_data(as_text=True)


def test_two_standing_orders_are_refused_and_one_that_has_ended_is_no_hindrance(here: Twice) -> None:
    leader = here.world.actor("leader")
    standing = [
        standing_service.create(leader, home, wanted(here.world, (0, 1))) for home in (here.gone.id, here.kept.id)
    ]
    with pytest.raises(Conflict, match=messages.BOTH_HAVE_STANDING_ORDERS):
        here.merge()
    standing_service.set_state(leader, standing[1].id, StandingState.ENDED)
    here.merge()
    assert set(db.session.scalars(select(StandingOrder.household_id))) == {here.kept.id}


def test_what_is_under_way_for_those_who_moved_out_is_shown_to_nobody_else(here: Twice) -> None:
    here.world.order(here.gone, {0: 2})
    move_out(here.world.actor("leader"), here.gone.id)
    with pytest.raises(Conflict, match=messages.MOVED_OUT_OPEN_MATTERS):
        here.merge()


def test_sent_twice_it_is_done_once_and_both_answers_lead_to_the_household(app: Flask, here: Twice) -> None:
    here.world.order(here.gone, {0: 2})
    client = sign_in(app, here.world, "leader")
    form = here.form(client)
    assert [here.send(client, form, "0" * 32) for _time in range(2)] == [303, 303]
    assert here.send(client, form) == 404  # from a page of before: there is no such household any more
    done = select(Event.data).where(Event.verb == "merge", Event.subject_type == "household")
    assert [said["into_id"] for said in db.session.scalars(done)] == [here.kept.id]


def test_what_changed_since_the_list_was_read_is_shown_again_first(app: Flask, here: Twice) -> None:
    client = sign_in(app, here.world, "leader")
    form = here.form(client)
    here.world.order(here.gone, {0: 2})
    assert here.send(client, form) == 409
    db.session.expire_all()
    assert db.session.get_one(Household, here.gone.id).is_active


def test_households_of_another_building_or_out_of_reach_are_not_there(here: Twice) -> None:
    town = here.world
    tries = [
        ("leader", here.gone.id, town.households[3].id),  # 10号楼, of the same point
        ("leader", here.gone.id, town.households[6].id),
        ("leader", here.gone.id, here.gone.id),
        ("leader", here.gone.id, 999_999),
        ("leader2", here.gone.id, here.kept.id),
        ("admin", here.gone.id, here.kept.id),
    ]
    for name, gone, kept in tries:
        with pytest.raises(NotFound):
            merging_service.merge(town.actor(name), gone, Merge(kept, "x"))


def test_what_a_list_booked_is_taken_back_at_the_household_that_stays(here: Twice) -> None:
    paste = bring(here.world, "#接龙 青菜\n1. 桂花苑2号楼1单元201 1份\n")
    here.gone = here.world.households[1]
    here.merge()
    booking = db.session.scalars(select(ChainBooking).where(ChainBooking.paste_id == paste.id)).one()
    order = db.session.get_one(HouseholdOrder, booking.order_id)
    assert (booking.household_id, order.household_id) == (here.kept.id, here.kept.id)
    booking_service.undo(here.world.actor("leader"), paste.id)
    assert db.session.get_one(HouseholdOrder, order.id, populate_existing=True).state == OrderState.WITHDRAWN


@pytest.mark.parametrize("orders", ["another", "the one that stays"])
def test_an_undo_sends_bags_to_the_door_that_stays_and_never_to_the_one_that_went(here: Twice, orders: str) -> None:
    home = here.world.households[1] if orders == "another" else here.kept
    order = here.world.order(home, {1: 1})
    door = OtherDoor(order_id=order.id, household_id=here.gone.id)
    db.session.add(door)
    db.session.commit()
    order_id, room = order.id, home.room_no
    paste = bring(here.world, f"#接龙 青菜\n1. 桂花苑2号楼1单元{room} 1份\n")
    for line in [one for one in paste.lines if one.outcome == "review"]:
        booking_service.settle(here.world.actor("leader"), line.id, Settle(home.id, "", "replace"))
    here.merge()
    db.session.execute(delete(OtherDoor))
    db.session.commit()
    booking_service.undo(here.world.actor("leader"), paste.id)
    db.session.expire_all()
    doors = list(db.session.scalars(select(OtherDoor.household_id).where(OtherDoor.order_id == order_id)))
    assert doors == ([here.kept.id] if orders == "another" else [])


def test_rooms_that_read_the_same_are_offered_and_others_are_searched_by_room(here: Twice) -> None:
    add_room(here.kept, "1502")
    every = merging_queries.homes(here.world.buildings[0].id)
    assert [(a.room_no, b.room_no) for a, b in merging_queries.likely_pairs(every, "2号楼")] == [("1-101", "101")]
    assert [home.room_no for home in merging_queries.search_homes(every, "2-1-201", "2号楼")] == ["201"]
    assert [home.room_no for home in merging_queries.search_homes(every, "50", "2号楼")] == ["1502"]
    far = [Home(1, "1单元", "101"), Home(2, "2单元", "101"), Home(3, "", "2-101")]
    assert [(a.id, b.id) for a, b in merging_queries.likely_pairs(far, "9号楼")] == [(3, 2)]
