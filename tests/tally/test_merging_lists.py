"""Two rows of one family become one household while lists and dates of before still speak of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict
from app.errands.models import Errand
from app.intake.booking import service as booking_service
from app.intake.models import ChainBooking, ChainPaste, PasteLine, PasteState
from app.ordering.models import HouseholdOrder, OrderState
from app.ordering.resident.service import move_out, order_by_code
from app.places.models import CareKind, CareNeed, HouseholdContact
from tests import messages, world
from tests.intake.test_versions import bring
from tests.tally.merging import Twice

FIRST = "#接龙 青菜\n1. 桂花苑2号楼1单元101 1份\n2. 桂花苑2号楼1单元201 2份\n3. 桂花苑2号楼1单元301 1份\n"
LATER = "#接龙 青菜\n1. 桂花苑2号楼1单元101 1份\n2. 桂花苑2号楼1单元301 3份\n"


@pytest.fixture
def here(app: Flask) -> Twice:
    """`gone` is 201, `kept` is 101."""
    made = Twice(world.build())
    made.gone = made.world.households[1]
    return made


def order_of(household_id: int) -> HouseholdOrder:
    found = select(HouseholdOrder).where(HouseholdOrder.household_id == household_id)
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def test_a_list_that_withdrew_the_order_of_the_row_that_went_can_still_be_taken_back(here: Twice) -> None:
    bring(here.world, FIRST)
    later = bring(here.world, LATER)
    assert order_of(here.gone.id).state == OrderState.WITHDRAWN
    here.merge()
    booking_service.undo(here.world.actor("leader"), later.id)
    paste = db.session.get_one(ChainPaste, later.id, populate_existing=True)
    assert (paste.state, [alarm for alarm in paste.alarms if messages.CHECK_EACH_HOUSEHOLD in alarm]) == (
        PasteState.UNDONE,
        ["1 户的订单后来改过，没有撤，请逐户核对。"],
    )
    assert order_of(here.gone.id).state == OrderState.WITHDRAWN
    units = [choice.qty for choice in order_of(here.world.households[2].id).choices]
    assert (units, [choice.qty for choice in order_of(here.kept.id).choices]) == ([1], [1])


def test_while_a_list_is_being_entered_no_row_of_it_goes_and_no_line_is_lost(here: Twice) -> None:
    paste = bring(here.world, FIRST, commits=False)
    paste.state = PasteState.COMMITTING  # as while the job of a long list is at work
    db.session.commit()
    leader = here.world.actor("leader")
    booking_service.book_part(leader, paste.id, [here.kept.id])
    with pytest.raises(Conflict, match=messages.IS_BOOKING):
        here.merge()
    booking_service.book_part(leader, paste.id, [here.gone.id, here.world.households[2].id])
    booking_service.finish_commit(leader, paste.id)
    lines = select(PasteLine.order_id).where(PasteLine.paste_id == paste.id, PasteLine.outcome == "row")
    assert None not in set(db.session.scalars(lines))
    with pytest.raises(Conflict, match=messages.BOTH_HAVE_ORDERS):
        here.merge()
    bookings = select(ChainBooking.household_id).where(ChainBooking.paste_id == paste.id)
    assert len(set(db.session.scalars(bookings))) == 3


@pytest.mark.parametrize("what", ["order", "errand"])
def test_what_is_older_than_those_who_live_in_the_row_that_stays_is_not_handed_to_them(here: Twice, what: str) -> None:
    if what == "order":
        here.world.order(here.gone, {0: 2})
    else:
        db.session.add(Errand(household_id=here.gone.id, kind="parcel", place="门卫"))
        db.session.commit()
    move_out(here.world.actor("leader"), here.kept.id)
    with pytest.raises(Conflict, match=r"1单元 101 登记过搬走"):
        here.merge()


def test_what_was_ordered_since_those_of_before_moved_out_comes_over_and_opens(here: Twice) -> None:
    move_out(here.world.actor("leader"), here.kept.id)
    here.world.order(here.gone, {0: 2})
    here.merge()
    order = order_of(here.kept.id)
    assert order_by_code(order.code) is order


def test_consent_and_the_time_for_which_a_telephone_is_kept_come_over_too(here: Twice) -> None:
    today = clock.today()
    near, far = today + timedelta(days=2), today + timedelta(days=20)
    db.session.add_all(
        [
            CareNeed(household_id=here.gone.id, kind=CareKind.INFANT, consent_on=today, purge_on=far),
            CareNeed(household_id=here.kept.id, kind=CareKind.INFANT, purge_on=near),
            HouseholdContact(household_id=here.gone.id, phone="19900000005", purge_on=far),
            HouseholdContact(household_id=here.kept.id, name="王", purge_on=near),
        ]
    )
    db.session.commit()
    here.merge()
    need, contact = db.session.scalars(select(CareNeed)).one(), db.session.scalars(select(HouseholdContact)).one()
    assert (need.household_id, need.consent_on, need.purge_on) == (here.kept.id, today, far)
    assert (contact.name, contact.phone, contact.purge_on) == ("王", "19900000005", far)
