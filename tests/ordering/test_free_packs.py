"""Free packs: everybody in a scope once, nobody twice, back again before the cut-off; thousands by a job."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, Invalid
from app.core.jobs import Job, JobState
from app.core.queue.worker import drain
from app.ordering.models import HouseholdOrder, Offer, OfferComponent, OrderChoice, OrderLine, OrderState
from app.ordering.packs import service as packs_service
from app.ordering.packs.models import FreePack, FreePackShare, PackScope, PackState
from app.ordering.packs.queries import GivePack, preview
from app.places.models import Household, ZoneDesignation, ZoneLevel
from tests import messages, world
from tests.world import post, sign_in


@pytest.fixture
def town(app: Flask) -> world.World:
    built = world.build()
    free = Offer(cycle_id=built.cycle.id, item_id=None, bundle_id=_bundle(), name="爱心包", price_fen=0, position=9)
    free.components = [
        OfferComponent(item_id=built.items[0].id, qty=1),
        OfferComponent(item_id=built.items[2].id, qty=2),
    ]
    db.session.add(free)
    db.session.commit()
    built.offers.append(free)
    return built


def _bundle() -> int:
    from app.catalog.models import Bundle

    bundle = Bundle(sku="F", name="爱心包")
    db.session.add(bundle)
    db.session.flush()
    return bundle.id


def ask(town: world.World, kind: str = "subdistrict", scope: int = 0, per: int | None = None) -> GivePack:
    wanted = GivePack(town.offers[-1].id, kind, scope, per)
    return GivePack(wanted.offer_id, kind, scope, per, preview(town.cycle.id, wanted).units)


def give(town: world.World, kind: str = "subdistrict", scope: int = 0, per: int | None = None) -> FreePack:
    return packs_service.give(town.actor("supplies"), town.cycle.id, ask(town, kind, scope, per))


def lines(order: HouseholdOrder) -> dict[int, int]:
    rows = select(OrderLine.item_id, OrderLine.qty_ordered).where(OrderLine.order_id == order.id)
    return dict(db.session.execute(rows).all())  # type: ignore[arg-type]


def test_everybody_gets_one_and_what_was_ordered_stays(town: world.World) -> None:
    present = town.order(town.households[0], {0: 2})
    pack = give(town)
    assert (pack.households, pack.units, pack.state) == (12, 12, PackState.GIVEN)
    assert lines(present) == {town.items[0].id: 3, town.items[2].id: 2}
    db.session.refresh(present)
    assert (present.revision, present.total_fen) == (2, 700)
    with pytest.raises(Conflict):
        give(town)
    assert db.session.scalar(select(func.count()).select_from(FreePackShare)) == 12


def test_each_kind_of_scope_reaches_its_households_only(town: world.World) -> None:
    building = town.buildings[1]
    level = db.session.scalars(select(ZoneLevel.id).filter_by(code="sealed")).one()
    since = clock.now() - timedelta(days=1)
    db.session.add(ZoneDesignation(building_id=building.id, zone_level_id=level, starts_at=since))
    db.session.commit()
    scopes = {
        PackScope.BUILDING: (building.id, 3),
        PackScope.ZONE: (level, 3),
        PackScope.COMPOUND: (building.compound_id, 6),
        PackScope.SERVICE_POINT: (town.points[1].id, 6),
        PackScope.COMMUNITY: (town.points[1].community_id, 6),
        PackScope.SUBDISTRICT: (0, 12),
    }
    counted = {kind: preview(town.cycle.id, ask(town, kind, scope)).gets for kind, (scope, _n) in scopes.items()}
    assert counted == {kind: homes for kind, (_scope, homes) in scopes.items()}
    assert give(town, PackScope.ZONE, level).households == 3
    assert preview(town.cycle.id, ask(town)).have_it == 3
    assert give(town).households == 9


def test_packs_for_persons_follow_the_size_of_the_household(town: world.World) -> None:
    for place, persons in enumerate((1, 2, 3, 5)):
        db.session.get_one(Household, town.households[place].id).persons = persons
    db.session.commit()
    seen = preview(town.cycle.id, ask(town, per=2))
    assert (seen.units, seen.persons_unknown) == (1 + 1 + 2 + 3 + 8, 8)
    assert give(town, per=2).units == 15


def test_taking_back_leaves_what_people_ordered(town: world.World) -> None:
    present = town.order(town.households[0], {0: 2})
    pack = give(town)
    packs_service.undo(town.actor("supplies"), pack.id)
    assert lines(present) == {town.items[0].id: 2}
    db.session.refresh(present)
    assert (present.state, present.total_fen) == (OrderState.PLACED, 700)
    withdrawn = select(func.count()).where(HouseholdOrder.state == OrderState.WITHDRAWN)
    assert db.session.scalar(withdrawn) == 11
    again = give(town)
    assert again.households == 12
    assert db.session.scalar(select(func.sum(OrderChoice.qty)).where(OrderChoice.offer_id == town.offers[-1].id)) == 12


def test_what_costs_money_is_no_free_pack_and_numbers_must_be_those_shown(town: world.World) -> None:
    by = town.actor("supplies")
    with pytest.raises(Conflict):
        packs_service.give(by, town.cycle.id, GivePack(town.offers[0].id, "subdistrict", 0))
    with pytest.raises(Conflict):
        packs_service.give(by, town.cycle.id, GivePack(town.offers[-1].id, "subdistrict", 0, None, 11))
    with pytest.raises(Invalid):
        packs_service.give(by, town.cycle.id, GivePack(town.offers[-1].id, "building", 4711))


def test_after_the_cut_off_nothing_is_given_or_taken_back(town: world.World) -> None:
    pack = give(town, PackScope.BUILDING, town.buildings[0].id)
    town.cycle.cutoff_at = clock.now() - timedelta(seconds=1)
    db.session.commit()
    with pytest.raises(Conflict):
        packs_service.undo(town.actor("supplies"), pack.id)
    with pytest.raises(Conflict):
        give(town)


def test_thousands_are_served_by_a_job_that_may_be_run_again(town: world.World) -> None:
    stairwell = town.households[0].stairwell_id
    many = [{"stairwell_id": stairwell, "room_no": str(n), "sort_key": str(n), "floor": 1} for n in range(1000, 3500)]
    db.session.execute(insert(Household), many)
    db.session.commit()
    pack = give(town)
    assert (pack.state, pack.households) == (PackState.GIVING, 0)
    with pytest.raises(Conflict):
        give(town)
    with pytest.raises(Conflict):
        packs_service.undo(town.actor("supplies"), pack.id)
    drain()
    stored = db.session.get_one(FreePack, pack.id, populate_existing=True)
    assert (stored.state, stored.households) == (PackState.GIVEN, 2512)
    packs_service.undo(town.actor("supplies"), pack.id)
    drain()
    placed = select(func.count()).where(HouseholdOrder.state == OrderState.PLACED)
    assert db.session.scalar(placed) == 0


def test_a_job_that_broke_off_is_taken_back_from_where_it_stopped(town: world.World) -> None:
    stairwell = town.households[0].stairwell_id
    many = [{"stairwell_id": stairwell, "room_no": str(n), "sort_key": str(n), "floor": 1} for n in range(1000, 1700)]
    db.session.execute(insert(Household), many)
    db.session.commit()
    by, pack = town.actor("supplies"), give(town)
    first_part = command(lambda: packs_service.give_some(by, town.cycle, db.session.get_one(FreePack, pack.id)))
    assert first_part() == packs_service.CHUNK
    job = db.session.get_one(Job, pack.job_id)
    job.state = JobState.FAILED
    db.session.commit()
    packs_service.undo(by, pack.id)
    drain()
    stored = db.session.get_one(FreePack, pack.id, populate_existing=True)
    assert stored.state == PackState.UNDONE
    placed = select(func.count()).where(HouseholdOrder.state == OrderState.PLACED)
    assert db.session.scalar(placed) == 0


def test_the_office_sees_the_numbers_before_it_gives(app: Flask, town: world.World) -> None:
    desk, page = sign_in(app, town, "supplies"), f"/cycles/{town.cycle.id}/packs"
    chosen = f"offer_id={town.offers[-1].id}&scope_kind=building&scope_id={town.buildings[0].id}"
    shown = desk.get(f"{page}?{chosen}").get_data(as_text=True)
    assert "发给这 3 户" in shown
    fields = {"offer_id": town.offers[-1].id, "scope_kind": "building", "scope_id": town.buildings[0].id}
    assert post(desk, page, page, {**fields, "seen_units": 3}).status_code == 303
    pack = db.session.scalars(select(FreePack)).one()
    assert messages.TAKE_ALL_BACK in desk.get(page).get_data(as_text=True)
    assert post(desk, page, f"/packs/{pack.id}/undo", {}).status_code == 303
    assert sign_in(app, town, "leader").get(page).status_code == 403
    for query in ("offer_id=x", "scope_kind=moon", "offer_id=9999&scope_kind=building&scope_id=1", "per_persons=-1"):
        assert desk.get(f"{page}?{query}").status_code == 200
