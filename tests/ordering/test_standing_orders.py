"""Standing orders: kept by the point, booked when a cycle opens, never more than a limit, nothing twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound, StaleEdit
from app.core.events import Event
from app.ordering.cycles import service as cycles_service
from app.ordering.models import CycleState, HouseholdOrder, OrderChoice, Source
from app.ordering.standing import service as standing_service
from app.ordering.standing.models import StandingBooking, StandingOrder, StandingState
from app.ordering.standing.service import SaveStanding
from app.places.models import CareNeed
from tests import messages, world
from tests.world import post, sign_in


@pytest.fixture
def town(app: Flask) -> world.World:
    return world.build()


def wanted(town: world.World, *goods: tuple[int, int], **more: object) -> SaveStanding:
    lines = tuple((town.items[item].id, qty) for item, qty in goods)
    how: dict[str, object] = {"starts_on": town.cycle.deliver_on, "every_days": 2} | more
    return SaveStanding(lines, **how)  # type: ignore[arg-type]


def keep(town: world.World, place: int, *goods: tuple[int, int], **more: object) -> StandingOrder:
    return standing_service.create(town.actor("leader"), town.households[place].id, wanted(town, *goods, **more))


def ordered(town: world.World, place: int) -> dict[int, int]:
    items = {offer.id: number for number, offer in enumerate(town.offers)}
    home = HouseholdOrder.household_id == town.households[place].id
    rows = select(OrderChoice.offer_id, OrderChoice.qty).join(HouseholdOrder).where(home)
    return {items[offer]: qty for offer, qty in db.session.execute(rows)}


def test_opening_a_cycle_books_what_falls_due_and_again_books_nothing(town: world.World) -> None:
    town.cycle.state = CycleState.DRAFT
    town.offers[1].limit_per_household = 2
    town.offers[3].is_listed = False
    db.session.commit()
    keep(town, 1, (0, 2), (1, 5), (3, 1))
    keep(town, 2, (3, 1))
    keep(town, 3, (0, 1), starts_on=town.cycle.deliver_on - timedelta(days=1))
    cycles_service.open_cycle(town.actor("supplies"), town.cycle.id)
    assert (ordered(town, 1), ordered(town, 2), ordered(town, 3)) == ({0: 2, 1: 2}, {}, {})
    bookings = {row.standing_order_id: row for row in db.session.scalars(select(StandingBooking))}
    assert sorted(str(row.outcome) for row in bookings.values()) == ["nothing", "partly"]
    partly = next(row for row in bookings.values() if row.outcome == "partly")
    assert [(part["qty"], part["why"]) for part in partly.left_out] == [(3, "limit"), (1, "not_offered")]
    assert standing_service.book_again(town.actor("supplies"), town.cycle.id).placed == 0
    order = db.session.scalars(select(HouseholdOrder)).one()
    assert (order.source, order.revision) == (Source.STANDING, 1)


def test_a_household_with_an_order_is_left_alone_and_it_is_said(app: Flask, town: world.World) -> None:
    town.order(town.households[1], {2: 1})
    keep(town, 1, (0, 2))
    assert standing_service.book_again(town.actor("supplies"), town.cycle.id).placed == 0
    assert ordered(town, 1) == {2: 1}
    page = sign_in(app, town, "leader").get(f"/cycles/{town.cycle.id}/standing").get_data(as_text=True)
    assert messages.NOT_DOUBLED in page


def test_the_door_note_of_the_care_list_goes_with_the_order(town: world.World) -> None:
    day = clock.today() + timedelta(days=9)
    home = town.households[1].id
    db.session.add(CareNeed(household_id=home, kind="elderly_alone", door_note="敲门重一点", purge_on=day))
    db.session.commit()
    keep(town, 1, (0, 1))
    standing_service.book_again(town.actor("supplies"), town.cycle.id)
    assert db.session.scalar(select(HouseholdOrder.door_note)) == "敲门重一点"


def test_pausing_and_ending_stop_the_bookings(town: world.World) -> None:
    by = town.actor("leader")
    for place, state in ((1, StandingState.PAUSED), (2, StandingState.ENDED)):
        standing = keep(town, place, (0, 1))
        standing_service.set_state(by, standing.id, state)
    assert standing_service.book_again(town.actor("supplies"), town.cycle.id).placed == 0
    with pytest.raises(Conflict):
        standing_service.set_state(by, standing.id, StandingState.ACTIVE)
    assert keep(town, 2, (1, 1)).state == StandingState.ACTIVE
    with pytest.raises(Conflict):
        keep(town, 2, (1, 1))


def test_a_change_of_the_goods_alone_is_a_version_of_its_own(town: world.World) -> None:
    standing = keep(town, 1, (0, 2), (1, 1))
    seen = standing.version
    by = town.actor("leader")
    standing_service.edit(by, standing.id, wanted(town, (1, 3), (2, 1), version=seen))
    stored = db.session.get_one(StandingOrder, standing.id)
    assert {line.item_id: line.qty for line in stored.lines} == {town.items[1].id: 3, town.items[2].id: 1}
    with pytest.raises(StaleEdit):
        standing_service.edit(by, standing.id, wanted(town, (0, 1), version=seen))


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends_on": "before"}, {"every_days": None}, {"weekdays": 3}, {"carer_id": "runner"}, {"goods": ()},
        {"goods": ((0, 100),)},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(town: world.World, wrong: dict[str, object]) -> None:
    goods: tuple[tuple[int, int], ...] = wrong.pop("goods", ((0, 1),))  # type: ignore[assignment]
    if wrong.get("ends_on"):
        wrong["ends_on"] = town.cycle.deliver_on - timedelta(days=1)
    if wrong.get("carer_id"):
        wrong["carer_id"] = town.accounts["runner"].id
    with pytest.raises(Invalid):
        keep(town, 1, *goods, **wrong)


def test_a_leader_keeps_them_in_the_browser_and_each_step_is_logged(app: Flask, town: world.World) -> None:
    desk, page = sign_in(app, town, "leader"), f"/households/{town.households[1].id}/standing"
    typed = {"goods": "青菜2 土豆1", "starts_on": town.cycle.deliver_on.isoformat(), "weekdays": ["0", "3"]}
    carer = {"carer_id": str(town.accounts["captain"].id)}
    assert "没有“熊掌”" in post(desk, page, page, {**typed, "goods": "熊掌1"}).get_data(as_text=True)
    made = post(desk, page, page, {**typed, **carer})
    there = made.headers["Location"]
    shown = desk.get(there).get_data(as_text=True)
    assert 'value="青菜2 土豆1"' in shown
    assert "每周一、周四" in desk.get("/standing").get_data(as_text=True)
    assert post(desk, there, f"{there}/state", {"state": "paused"}).status_code == 303
    verbs = list(db.session.scalars(select(Event.verb).where(Event.subject_type == "standing_order")))
    assert verbs == ["create", "pause"]
    assert sign_in(app, town, "leader2").get(there).status_code == 404
    assert sign_in(app, town, "captain").get(there).status_code == 403


def test_another_point_cannot_keep_one(town: world.World) -> None:
    with pytest.raises(NotFound):
        standing_service.create(town.actor("leader2"), town.households[1].id, wanted(town, (0, 1)))
