"""Placing, amending and withdrawing one household's order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.access.permissions import Resident
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound, StaleEdit
from app.core.events import Event
from app.ordering import service as ordering_service
from app.ordering.models import HouseholdOrder, Offer, OfferComponent, OrderLine, OrderState, Source
from app.ordering.orders import IfExists, OfferPick, PlaceOrder, SoftLimit
from tests import world
from tests.journal import replay


@pytest.fixture
def town(app: Flask) -> world.World:
    return world.build()


def basket(town: world.World, wanted: dict[int, int], **more: object) -> PlaceOrder:
    """An order of the first household: offer index → units."""
    picks = tuple(OfferPick(town.offers[index].id, qty) for index, qty in wanted.items())
    defaults: dict[str, object] = {"cycle_id": town.cycle.id, "household_id": town.households[0].id, "picks": picks}
    return PlaceOrder(**{**defaults, **more})  # type: ignore[arg-type]


def me(town: world.World) -> Resident:
    return Resident("household", town.households[0].id)


def units(order: HouseholdOrder) -> dict[int, int]:
    found = select(OrderLine.item_id, OrderLine.qty_ordered).where(OrderLine.order_id == order.id)
    return {item_id: int(qty) for item_id, qty in db.session.execute(found)}


def test_an_order_keeps_prices_code_and_every_unit_open(town: world.World) -> None:
    order = ordering_service.place(me(town), basket(town, {0: 2, 2: 1}))
    assert order.total_fen == 2 * 350 + 2600
    assert len(order.code) == 9
    assert order.state == OrderState.PLACED
    assert order.revision == 1
    for line in db.session.scalars(select(OrderLine)):
        assert line.qty_open == line.qty_ordered
        assert replay(line.id)["open"] == line.qty_ordered


def test_a_later_price_change_of_the_offer_leaves_the_order_as_it_was(town: world.World) -> None:
    order = ordering_service.place(me(town), basket(town, {0: 2}))
    town.offers[0].price_fen = 999
    db.session.commit()
    assert [choice.unit_price_fen for choice in order.choices] == [350]


def test_a_second_order_of_a_household_is_refused_and_names_the_first(town: world.World) -> None:
    ordering_service.place(town.actor("leader"), basket(town, {0: 1}, source=Source.TELEPHONE))
    with pytest.raises(Conflict) as refused:
        ordering_service.place(me(town), basket(town, {1: 1}))
    assert "电话" in str(refused.value.sentence)
    assert db.session.query(HouseholdOrder).count() == 1


@pytest.mark.parametrize(
    ("if_exists", "expected", "revision"),
    [(IfExists.REPLACE, {1: 5}, 2), (IfExists.ADD, {0: 2, 1: 5}, 2), (IfExists.KEEP, {0: 2}, 1)],
)
def test_what_happens_to_an_existing_order_is_said_by_the_caller(
    town: world.World, if_exists: IfExists, expected: dict[int, int], revision: int
) -> None:
    ordering_service.place(me(town), basket(town, {0: 2}))
    order = ordering_service.place(me(town), basket(town, {1: 5}, if_exists=if_exists))
    assert units(order) == {town.items[index].id: qty for index, qty in expected.items()}
    assert order.revision == revision


def test_the_event_log_keeps_the_quantities_of_each_revision(town: world.World) -> None:
    order = ordering_service.place(me(town), basket(town, {0: 2}))
    ordering_service.place(me(town), basket(town, {1: 3}, if_exists=IfExists.REPLACE))
    ordering_service.withdraw(me(town), order.id)
    events = list(db.session.scalars(select(Event).where(Event.subject_type == "household_order").order_by(Event.id)))
    assert [event.verb for event in events] == ["place", "amend", "withdraw"]
    assert [event.data["revision"] for event in events] == [1, 2, 3]
    assert [event.data.get("quantities") for event in events] == [
        {str(town.items[0].id): 2},
        {str(town.items[1].id): 3},
        None,
    ]


def test_a_withdrawn_order_has_no_lines_and_may_be_placed_again_with_its_code(town: world.World) -> None:
    order = ordering_service.place(me(town), basket(town, {0: 2}, door_note="敲门重一点"))
    code = order.code
    ordering_service.withdraw(me(town), order.id)
    assert units(order) == {}
    assert order.total_fen == 0
    assert order.door_note == ""
    again = ordering_service.place(me(town), basket(town, {3: 1}))
    assert (again.id, again.code, again.state) == (order.id, code, OrderState.PLACED)
    assert units(again) == {town.items[3].id: 1}


def test_the_server_clock_decides_the_cut_off(town: world.World) -> None:
    with clock.frozen_at(town.cycle.cutoff_at - timedelta(microseconds=1)):
        order = ordering_service.place(me(town), basket(town, {0: 1}))
    with clock.frozen_at(town.cycle.cutoff_at):
        with pytest.raises(Conflict):
            ordering_service.place(me(town), basket(town, {0: 9}, if_exists=IfExists.REPLACE))
        with pytest.raises(Conflict):
            ordering_service.withdraw(me(town), order.id)
    assert units(order) == {town.items[0].id: 1}


def test_nothing_is_ordered_before_the_cycle_opens(town: world.World) -> None:
    with clock.frozen_at(town.cycle.opens_at - timedelta(seconds=1)), pytest.raises(Conflict):
        ordering_service.place(me(town), basket(town, {0: 1}))


def test_a_hard_limit_refuses_beside_the_field_and_writes_nothing(town: world.World) -> None:
    town.offers[0].limit_per_household = 2
    db.session.commit()
    with pytest.raises(Invalid) as refused:
        ordering_service.place(me(town), basket(town, {0: 3}))
    assert list(refused.value.problems) == [f"qty_{town.offers[0].id}"]
    assert "限2份" in str(refused.value.sentence)
    assert db.session.query(HouseholdOrder).count() == 0


def test_a_soft_limit_asks_and_goes_through_with_consent(town: world.World) -> None:
    town.offers[0].limit_per_household, town.offers[0].is_soft_limit = 2, True
    db.session.commit()
    with pytest.raises(SoftLimit):
        ordering_service.place(me(town), basket(town, {0: 3}))
    order = ordering_service.place(me(town), basket(town, {0: 3}, accepts_soft_limits=True))
    assert units(order) == {town.items[0].id: 3}


def test_adding_to_an_order_cannot_get_round_a_limit(town: world.World) -> None:
    town.offers[0].limit_per_household = 2
    db.session.commit()
    ordering_service.place(me(town), basket(town, {0: 2}))
    with pytest.raises(Invalid):
        ordering_service.place(me(town), basket(town, {0: 1}, if_exists=IfExists.ADD))


def test_bundles_are_taken_apart_and_merged_by_item(town: world.World) -> None:
    bundle = Offer(cycle_id=town.cycle.id, bundle_id=_bundle(), name="蔬菜包", price_fen=1500)
    bundle.components = [
        OfferComponent(item_id=town.items[0].id, qty=2),
        OfferComponent(item_id=town.items[1].id, qty=1),
    ]
    db.session.add(bundle)
    db.session.commit()
    picks = (OfferPick(bundle.id, 2, is_substitutable=False), OfferPick(town.offers[0].id, 1))
    order = ordering_service.place(me(town), basket(town, {}, picks=picks))
    assert units(order) == {town.items[0].id: 5, town.items[1].id: 2}
    assert order.total_fen == 2 * 1500 + 350
    refused = select(OrderLine.item_id).where(OrderLine.is_substitutable == False)  # noqa: E712
    assert set(db.session.scalars(refused)) == {town.items[0].id, town.items[1].id}


def _bundle() -> int:
    from app.catalog.models import Bundle

    bundle = Bundle(sku="B1", name="蔬菜包", list_price_fen=1500)
    db.session.add(bundle)
    db.session.flush()
    return bundle.id


@pytest.mark.parametrize(
    "picks", [(), (OfferPick(99999, 1),), (OfferPick(1, -1),), (OfferPick(1, 600), OfferPick(1, 600))]
)
def test_baskets_that_mean_nothing_are_refused(town: world.World, picks: tuple[OfferPick, ...]) -> None:
    with pytest.raises(Invalid):
        ordering_service.place(me(town), basket(town, {}, picks=picks))
    assert db.session.query(HouseholdOrder).count() == 0


def test_an_edit_of_an_older_version_is_refused(town: world.World) -> None:
    order = ordering_service.place(me(town), basket(town, {0: 1}))
    seen = order.version
    ordering_service.place(me(town), basket(town, {0: 2}, if_exists=IfExists.REPLACE, seen_version=seen))
    with pytest.raises(StaleEdit):
        ordering_service.place(me(town), basket(town, {0: 9}, if_exists=IfExists.REPLACE, seen_version=seen))
    assert units(order) == {town.items[0].id: 2}


def test_nobody_orders_for_a_household_out_of_reach(town: world.World) -> None:
    other = basket(town, {0: 1}, household_id=town.households[-1].id)
    for by in (me(town), town.actor("leader"), town.actor("captain"), town.actor("runner")):
        with pytest.raises(NotFound):
            ordering_service.place(by, other)
    assert ordering_service.place(town.actor("leader2"), other).placed_by_kind == "staff"


def test_a_household_that_moved_away_or_never_was_cannot_order(town: world.World) -> None:
    town.households[0].is_active = False
    db.session.commit()
    for household_id in (town.households[0].id, 987654):
        with pytest.raises(NotFound):
            ordering_service.place(town.actor("leader"), basket(town, {0: 1}, household_id=household_id))


def test_a_locked_order_is_voided_by_a_second_person_only(town: world.World) -> None:
    order = ordering_service.place(me(town), basket(town, {0: 2, 1: 1}))
    town.lock()
    with pytest.raises(NotFound):
        ordering_service.void(town.actor("leader"), order.id, "误下")
    voided = ordering_service.void(town.actor("admin"), order.id, "误下")
    assert voided.state == OrderState.VOIDED
    for line in db.session.scalars(select(OrderLine)):
        assert (line.qty_open, line.qty_cancelled) == (0, line.qty_ordered)
        assert replay(line.id)["cancelled"] == line.qty_ordered
    with pytest.raises(Conflict):
        ordering_service.void(town.actor("admin"), order.id, "再一次")


def test_who_placed_an_order_cannot_void_it(town: world.World) -> None:
    order = ordering_service.place(me(town), basket(town, {0: 2}))
    order.placed_by_kind, order.placed_by_id = "staff", town.actor("admin").id
    db.session.commit()
    town.lock()
    with pytest.raises(Conflict):
        ordering_service.void(town.actor("admin"), order.id, "误下")
    assert ordering_service.void(town.actor("admin2"), order.id, "误下").state == OrderState.VOIDED


def test_an_order_that_was_packed_cannot_be_voided(town: world.World) -> None:
    from app.ordering.models import Stage
    from app.ordering.stages import Cause, move

    order = ordering_service.place(me(town), basket(town, {0: 2}))
    town.lock()
    line = db.session.scalars(select(OrderLine)).one()
    move({line.id: 1}, Stage.OPEN, Stage.ALLOCATED, Cause("test", 1))
    db.session.commit()
    with pytest.raises(Conflict):
        ordering_service.void(town.actor("admin"), order.id, "误下")
    assert db.session.get_one(HouseholdOrder, order.id).state == OrderState.LOCKED


def test_words_that_refuse_substitutes_count_for_every_line(town: world.World) -> None:
    order = ordering_service.place(me(town), basket(town, {0: 2, 2: 1}, remark="没有就不要，谢谢"))
    assert {line.is_substitutable for line in order.lines} == {False}
    assert {choice.is_substitutable for choice in order.choices} == {False}
    assert order.remark == "没有就不要，谢谢"
