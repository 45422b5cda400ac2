"""Deliveries of an order in parts, too much, too little, spoilt; goods that nobody ordered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound, StaleEdit
from app.ordering.models import Cycle
from app.purchasing import service as purchasing
from app.purchasing.models import Demand, PurchaseOrder
from app.purchasing.schemas import Close
from app.stock import queries, service
from app.stock.ledger import units_by_location
from app.stock.models import GoodsReceipt, Location, Lot, RestRule, StockMove
from app.stock.schemas import DeliveryForm, GoodsArrived, TakeIn, Unordered, UnorderedGoods
from tests import messages, world
from tests.purchasing.signed import assert_equations, count, stranger
from tests.stock.sent import fresh, lines, send_order
from tests.world import World


@pytest.fixture
def here(app: Flask) -> World:
    return world.build()


@pytest.fixture
def order(here: World) -> PurchaseOrder:
    return send_order(here)


def receive(here: World, order: PurchaseOrder, *rows: GoodsArrived, takes_extra: bool = False) -> GoodsReceipt:
    return service.receive(here.actor("supplies"), order.id, DeliveryForm(list(rows), takes_extra))


def lots() -> list[tuple[int, int, int, int, bool]]:
    """Received, free, damaged, returned, on an order line; in the order in which they came."""
    db.session.rollback()
    found = db.session.scalars(select(Lot).order_by(Lot.id).execution_options(populate_existing=True))
    return [
        (lot.qty_received, lot.qty_free, lot.qty_damaged, lot.qty_returned, lot.purchase_order_line_id is not None)
        for lot in found
    ]


def counters(order: PurchaseOrder) -> list[tuple[int, int, int]]:
    """Awaited, received, undelivered by line."""
    return [(line.qty_awaited, line.qty_received, line.qty_undelivered) for line in lines(order.id)]


def test_a_full_delivery_makes_a_lot_a_line_and_rests_by_storage(here: World, order: PurchaseOrder) -> None:
    receipt = receive(here, order, *(GoodsArrived(line.id, line.qty_awaited) for line in lines(order.id)))
    assert counters(order) == [(0, 10, 0), (0, 5, 0), (0, 5, 0)]
    rest = {lot.item_id: lot.released_at - receipt.received_at for lot in db.session.scalars(select(Lot))}
    assert rest == {
        here.items[0].id: timedelta(minutes=30),
        here.items[1].id: timedelta(minutes=30),
        here.items[3].id: timedelta(0),
    }
    assert receipt.number.startswith(f"SH-{here.cycle.id}-001-")
    assert_equations()


def test_a_rest_rule_of_the_subdistrict_comes_before_the_usual_one(here: World, order: PurchaseOrder) -> None:
    db.session.add(RestRule(storage="ambient", minutes=45))
    db.session.commit()
    receipt = receive(here, order, GoodsArrived(lines(order.id)[0].id, 10))
    assert db.session.scalars(select(Lot)).one().released_at - receipt.received_at == timedelta(minutes=45)


def test_goods_may_come_in_parts_each_with_its_own_receipt_batch_and_expiry(here: World, order: PurchaseOrder) -> None:
    line = lines(order.id)[0].id
    soon = clock.today() + timedelta(days=3)
    receive(here, order, GoodsArrived(line, 4, batch="A1", expires_on=soon))
    assert counters(order)[0] == (6, 4, 0)
    receive(here, order, GoodsArrived(line, 6, batch="B2"))
    assert counters(order)[0] == (0, 10, 0)
    batches = [(lot.batch_no, lot.expires_on) for lot in db.session.scalars(select(Lot).order_by(Lot.id))]
    assert batches == [("A1", soon), ("B2", None)]
    assert count(GoodsReceipt) == 2
    assert_equations()


def test_what_a_supplier_will_not_bring_opens_the_gap_in_the_demand_again(here: World, order: PurchaseOrder) -> None:
    line = lines(order.id)[0]
    receive(here, order, GoodsArrived(line.id, 4))
    service.mark_undelivered(here.actor("supplies"), line.id)
    assert counters(order)[0] == (0, 4, 6)
    row = db.session.get_one(Demand, (here.cycle.id, here.items[0].id))
    assert (row.qty_purchased, row.is_covered) == (4, False)
    with pytest.raises(Conflict, match=messages.NOTHING_AWAITED):
        service.mark_undelivered(here.actor("supplies"), line.id)
    assert_equations()


def test_more_than_ordered_is_refused_until_somebody_takes_it(here: World, order: PurchaseOrder) -> None:
    line = lines(order.id)[0].id
    with pytest.raises(Invalid) as refused:
        receive(here, order, GoodsArrived(line, 13))
    assert list(refused.value.problems) == [f"good-{line}"]
    assert lots() == []
    receive(here, order, GoodsArrived(line, 12, damaged=1), takes_extra=True)
    assert lots() == [(10, 10, 0, 0, True), (3, 2, 1, 0, False)]
    assert counters(order)[0] == (0, 10, 0)
    assert_equations()


def test_spoilt_and_sent_back_units_are_counted_and_leave_the_books(here: World, order: PurchaseOrder) -> None:
    line = lines(order.id)[0].id
    receive(here, order, GoodsArrived(line, good=6, damaged=3, returned=1))
    assert lots() == [(10, 6, 3, 1, True)]
    lot = db.session.scalars(select(Lot)).one()
    depot = db.session.scalars(select(Location).where(Location.kind == "depot")).one()
    outside = db.session.scalars(select(Location).where(Location.kind == "outside")).one()
    assert units_by_location(lot.id) == {depot.id: 9, outside.id: -9}
    assert_equations()


def test_every_point_is_a_place_and_the_depot_is_where_goods_come_in(here: World, order: PurchaseOrder) -> None:
    receive(here, order, GoodsArrived(lines(order.id)[0].id, 1))
    receive(here, order, GoodsArrived(lines(order.id)[0].id, 1))
    places = [(place.name, place.kind) for place in db.session.scalars(select(Location).order_by(Location.id))]
    assert places == [("南门点位", "depot"), ("北门点位", "point"), ("外部", "outside")]


def test_goods_that_nobody_ordered_come_in_beside_the_order(here: World, order: PurchaseOrder) -> None:
    goods = Unordered([UnorderedGoods(here.items[2].id, 2, 1, id=1)])
    receipt = service.receive_unordered(here.actor("supplies"), order.id, goods)
    assert receipt.purchase_order_id == order.id
    assert lots() == [(3, 2, 1, 0, False)]
    assert counters(order) == [(10, 0, 0), (5, 0, 0), (5, 0, 0)]
    with pytest.raises(Invalid):
        service.receive_unordered(here.actor("supplies"), order.id, Unordered([UnorderedGoods(999, 2, id=1)]))
    assert_equations()


def test_nothing_at_all_and_goods_past_their_day_are_refused(here: World, order: PurchaseOrder) -> None:
    line = lines(order.id)[0].id
    with pytest.raises(Invalid, match="没有填"):
        receive(here, order, GoodsArrived(line))
    yesterday = clock.today() - timedelta(days=1)
    with pytest.raises(Invalid) as refused:
        receive(here, order, GoodsArrived(line, 3, expires_on=yesterday))
    assert list(refused.value.problems) == [f"expires_on-{line}"]
    receive(here, order, GoodsArrived(line, damaged=3, expires_on=yesterday))
    assert lots() == [(3, 0, 3, 0, True)]


def test_two_people_do_not_enter_one_delivery(here: World, order: PurchaseOrder) -> None:
    seen, line = order.version, lines(order.id)[0].id
    service.receive(here.actor("supplies"), order.id, DeliveryForm([GoodsArrived(line, 4)], version=seen))
    with pytest.raises(StaleEdit):
        service.receive(here.actor("supplies2"), order.id, DeliveryForm([GoodsArrived(line, 4)], version=seen))
    assert counters(order)[0] == (6, 4, 0)


def test_a_closed_order_and_a_line_of_another_order_are_refused(here: World, order: PurchaseOrder) -> None:
    with pytest.raises(NotFound):
        receive(here, order, GoodsArrived(999, 1))
    line = lines(order.id)[0].id
    with pytest.raises(NotFound):
        receive(here, order, GoodsArrived(line, 1), GoodsArrived(line, 1))
    purchasing.close(here.actor("supplies"), here.cycle.id, order.id, Close(fresh(order.id).version, True))
    with pytest.raises(Conflict, match=messages.NOT_CLOSED_YET):
        receive(here, order, GoodsArrived(line, 1))
    assert count(GoodsReceipt) == 0


def test_a_member_of_another_subdistrict_sees_no_order_to_receive(here: World, order: PurchaseOrder) -> None:
    outsider = stranger(here)
    with pytest.raises(NotFound):
        service.receive(outsider, order.id, DeliveryForm([GoodsArrived(1, 1)]))
    with pytest.raises(NotFound):
        service.mark_undelivered(outsider, lines(order.id)[0].id)
    with pytest.raises(NotFound):
        service.take_in(outsider, here.cycle.id, TakeIn("donation", [UnorderedGoods(here.items[0].id, 1)]))
    assert count(StockMove) == 0


def second_cycle(here: World) -> Cycle:
    """Another running cycle of the same subdistrict."""
    cycle = Cycle(
        subdistrict_id=here.subdistrict.id,
        name="第二批",
        opens_at=here.cycle.opens_at,
        cutoff_at=here.cycle.cutoff_at,
        deliver_on=here.cycle.deliver_on,
        state="running",
    )
    db.session.add(cycle)
    db.session.commit()
    return cycle


def test_a_donation_is_for_its_cycle_and_opening_stock_for_any(here: World) -> None:
    other, by = second_cycle(here), here.actor("supplies")
    gift = service.take_in(by, here.cycle.id, TakeIn("donation", [UnorderedGoods(here.items[0].id, 4, 1)], "某超市"))
    service.take_in(by, here.cycle.id, TakeIn("opening", [UnorderedGoods(here.items[1].id, 2)]))
    assert gift.from_whom == "某超市"
    mine = [(lot.item_id, lot.qty_free) for lot in queries.free_lots(here.cycle.id)]
    assert mine == [(here.items[0].id, 4), (here.items[1].id, 2)]
    assert [lot.item_id for lot in queries.free_lots(other.id)] == [here.items[1].id]
    assert_equations()


def test_what_a_finished_cycle_left_over_is_there_for_the_next(here: World) -> None:
    other = second_cycle(here)
    service.take_in(here.actor("supplies"), here.cycle.id, TakeIn("donation", [UnorderedGoods(here.items[0].id, 4)]))
    here.cycle.state, here.cycle.closed_at = "closed", clock.now()
    db.session.commit()
    assert [lot.qty_free for lot in queries.free_lots(other.id)] == [4]
    with pytest.raises(Conflict, match=messages.CYCLE_HAS_ENDED):
        service.take_in(
            here.actor("supplies"), here.cycle.id, TakeIn("donation", [UnorderedGoods(here.items[0].id, 4)])
        )


def test_a_donation_without_goods_or_numbers_is_refused_row_by_row(here: World) -> None:
    by = here.actor("supplies")
    with pytest.raises(Invalid, match="至少"):
        service.take_in(by, here.cycle.id, TakeIn("donation"))
    with pytest.raises(Invalid) as refused:
        service.take_in(
            by,
            here.cycle.id,
            TakeIn("donation", [UnorderedGoods(999, 1, id=1), UnorderedGoods(here.items[0].id, id=2)]),
        )
    assert set(refused.value.problems) == {"item-1", "good-2"}


def test_lots_are_given_out_by_expiry_and_not_once_they_expire_before_delivery(here: World) -> None:
    item, day = here.items[0].id, here.cycle.deliver_on
    rows = [
        UnorderedGoods(item, 1),
        UnorderedGoods(item, 2, expires_on=day + timedelta(days=9)),
        UnorderedGoods(item, 3, expires_on=day),
        UnorderedGoods(item, 4, expires_on=day - timedelta(days=1)),
        UnorderedGoods(here.items[1].id, 5),
    ]
    service.take_in(here.actor("supplies"), here.cycle.id, TakeIn("opening", rows))
    assert [lot.qty_free for lot in queries.free_lots(here.cycle.id, {item})] == [3, 2, 1]
    with pytest.raises(NotFound):
        queries.free_lots(999)
