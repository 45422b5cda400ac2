"""Money on the database: amounts add up, marks are kept, an order settles when nothing of it is on its way."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app.catalog.models import Bundle
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, LoudaError, NotFound
from app.core.idempotency import new_key
from app.core.queue import worker
from app.handover.confirmation import service as confirmation_service
from app.handover.disputes import service as disputes_service
from app.handover.models import Dispute
from app.handover.schemas import Complain, Complaint, Confirm, ResolveDispute
from app.ordering.models import CycleState, HouseholdOrder, Offer, OfferComponent, OrderChoice, OrderLine
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine
from app.settlement import listing, queries, service
from app.settlement.models import LineAmount, Payment, Statement
from app.settlement.schemas import Collected, MoneyMark
from app.settlement.statement import queries as statement_queries
from app.settlement.suppliers import queries as suppliers_queries
from app.stock.models import GoodsReceipt, Lot
from tests import world
from tests.handover.delivery import bags, deliver, hand_out, resident_of, send, units
from tests.world import World

EACH = 3 * 350 + 480  # what every household ordered: 3 greens, 1 potatoes


@pytest.fixture
def here(app: Flask) -> World:
    one = deliver()
    hand_out(one)
    return one


def order_of(here: World, household: int) -> HouseholdOrder:
    wanted = here.households[household].id
    return db.session.scalars(select(HouseholdOrder).where(HouseholdOrder.household_id == wanted)).one()


def accept(here: World, household: int) -> None:
    confirmation_service.confirm(resident_of(here.households[household]), Confirm())


def rows(here: World) -> list[queries.OrderSum]:
    return queries.sums_of(here.cycle.id, list(db.session.scalars(select(HouseholdOrder.id))))


def listed(here: World, wanted: listing.SettlementFilter, page: str = "") -> list[str]:
    """The doors that the list shows: building and room."""
    places = queries.places_of(queries.points_of(here.actor("supplies"), here.cycle.id))
    buildings = listing.by_building(here.cycle.id, places, wanted)
    shown = listing.page_of(here.cycle.id, buildings, wanted, page, str)
    assert shown.total == sum(row.totals.orders for row in buildings)
    return [f"{places[row.sums.building_id].building} {row.room}" for row in shown.rows]


def complain_and_refund(here: World, household: int, qty: int) -> None:
    bag = bags()[household]
    greens = min(line.order_line_id for line in bag.lines)
    confirmation_service.complain(resident_of(here.households[household]), bag.id, Complain([Complaint(greens, qty)]))
    dispute = db.session.scalars(select(Dispute).where(Dispute.bag_id == bag.id)).one()
    disputes_service.resolve(here.actor("supplies"), dispute.id, ResolveDispute("refunded", "x"))


def test_amounts_are_worked_out_once_and_add_up_to_the_order(here: World) -> None:
    supplies = here.actor("supplies")
    assert sum(row.unpriced for row in rows(here)) == 8
    assert service.work_out(supplies, here.cycle.id) == 8
    assert service.work_out(supplies, here.cycle.id) == 0
    assert {row.account.ordered_fen for row in rows(here)} == {EACH}
    assert {order.total_fen for order in db.session.scalars(select(HouseholdOrder))} == {EACH}


def test_the_statement_of_one_order_and_the_list_of_all_agree(here: World) -> None:
    accept(here, 0)
    complain_and_refund(here, 1, 2)
    service.work_out(here.actor("supplies"), here.cycle.id)
    service.mark(here.actor("supplies"), order_of(here, 0).id, MoneyMark("paid", 700))
    by_list = {row.order_id: row.account for row in rows(here)}
    for order in db.session.scalars(select(HouseholdOrder)):
        assert statement_queries.statement_page(order).account == by_list[order.id]
    first, second = by_list[order_of(here, 0).id], by_list[order_of(here, 1).id]
    assert (first.accepted_fen, first.paid_fen, first.to_collect_fen) == (EACH, 700, EACH - 700)
    assert (second.accepted_fen, second.not_charged_fen, second.pending_fen) == (350 + 480, 700, 0)


def test_the_price_of_a_bundle_is_spread_over_its_items_to_the_fen(app: Flask) -> None:
    here = world.build()
    bundle = Bundle(sku="T1", name="蔬菜包")
    db.session.add(bundle)
    db.session.flush()
    offer = Offer(cycle_id=here.cycle.id, bundle_id=bundle.id, name="蔬菜包", price_fen=1000)
    db.session.add(offer)
    db.session.flush()
    for item, qty in ((0, 2), (1, 1)):
        db.session.add(OfferComponent(offer_id=offer.id, item_id=here.items[item].id, qty=qty))
    order = here.order(here.households[0], {2: 1})
    db.session.add(OrderChoice(order_id=order.id, offer_id=offer.id, qty=1, unit_price_fen=1000))
    for item, qty in ((0, 2), (1, 1)):
        line = OrderLine(
            order_id=order.id, cycle_id=here.cycle.id, item_id=here.items[item].id, qty_ordered=qty, qty_open=qty
        )
        db.session.add(line)
    db.session.commit()
    here.lock()
    service.work_out(here.actor("supplies"), here.cycle.id)
    amounts = list(
        db.session.scalars(
            select(LineAmount.amount_fen)
            .join(OrderLine, OrderLine.id == LineAmount.order_line_id)
            .order_by(OrderLine.item_id)
        )
    )
    assert amounts == [593, 407, 2600]  # 1000 × 700/1180 = 593.2, 1000 × 480/1180 = 406.8
    assert sum(amounts) == 3600


def test_totals_add_up_over_households_buildings_and_filters(here: World) -> None:
    accept(here, 0)
    complain_and_refund(here, 1, 1)
    supplies = here.actor("supplies")
    service.work_out(supplies, here.cycle.id)
    service.mark(supplies, order_of(here, 2).id, MoneyMark("paid", EACH))
    every = rows(here)
    totals = listing.SettlementTotals.of(every)
    assert totals.ordered_fen == 4 * EACH == totals.accepted_fen + totals.not_charged_fen + totals.pending_fen
    places = queries.places_of(queries.points_of(supplies, here.cycle.id))
    in_sql = listing.by_building(here.cycle.id, places, listing.SettlementFilter())
    assert listing.SettlementTotals.sum_of([row.totals for row in in_sql]) == totals
    for row in in_sql:
        own = [one for one in every if one.building_id == row.place.building_id]
        assert listing.SettlementTotals.of(own) == row.totals


def test_filters_and_search_find_households(here: World) -> None:
    accept(here, 0)
    complain_and_refund(here, 1, 1)
    service.work_out(here.actor("supplies"), here.cycle.id)
    service.mark(here.actor("supplies"), order_of(here, 1).id, MoneyMark("paid", EACH - 350))
    every = ["2号楼 101", "2号楼 201", "2号楼 301", "10号楼 101"]
    expected = {
        "": every, "unpaid": every[:1], "pending": every[2:], "ready": every[:2], "refund": [], "settled": [],
        "nonsense": every,
    }  # fmt: skip
    for show, doors in expected.items():
        assert listed(here, listing.SettlementFilter(show)) == doors, show
    code = order_of(here, 2).code
    typed = {
        "2号楼-201": every[1:2],
        "301": every[2:3],
        "10号楼": every[3:],
        "没有": [],
        "桂花": every,
        code: every[2:3],
    }
    for text_typed, doors in typed.items():
        assert listed(here, listing.SettlementFilter("", text_typed)) == doors, text_typed
    assert listed(here, listing.SettlementFilter("unpaid", "桂花", here.points[0].id)) == every[:1]
    assert listed(here, listing.SettlementFilter("", "", here.points[1].id)) == []


def test_pages_follow_buildings_and_rooms(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PER_PAGE", 3)
    first, last = ["2号楼 101", "2号楼 201", "2号楼 301"], ["10号楼 101"]
    for page, doors in (("1", first), ("2", last), ("99", last), ("x", first), ("", first)):
        assert listed(here, listing.SettlementFilter(), page) == doors, page


def test_no_more_is_marked_than_can_be_owed(here: World) -> None:
    supplies, order = here.actor("supplies"), order_of(here, 0)
    for wrong in (MoneyMark("paid", EACH + 1), MoneyMark("paid", 0), MoneyMark("refund", 1)):
        with pytest.raises(Invalid):
            service.mark(supplies, order.id, wrong)
    service.mark(supplies, order.id, MoneyMark("paid", EACH))
    with pytest.raises(Invalid):
        service.mark(supplies, order.id, MoneyMark("paid", 1))
    complain_and_refund(here, 0, 2)
    assert statement_queries.statement_page(order).account.to_refund_fen == 700
    with pytest.raises(Invalid):
        service.mark(supplies, order.id, MoneyMark("refund", 701))
    service.mark(supplies, order.id, MoneyMark("refund", 700))
    assert statement_queries.statement_page(order).account.is_final


def test_a_mark_is_taken_back_by_another_row_once_and_never_changed(here: World) -> None:
    leader, order = here.actor("leader"), order_of(here, 0)
    payment = service.mark(leader, order.id, MoneyMark("paid", 500))
    correction = service.undo(leader, payment.id)
    assert (correction.kind, correction.amount_fen) == ("correction", -500)
    for again in (payment.id, correction.id):
        with pytest.raises(Conflict):
            service.undo(leader, again)
    marks = statement_queries.marks_of(order.id)
    assert [(mark.amount_fen, mark.by, mark.is_undone) for mark in marks] == [
        (500, "leader", True),
        (-500, "leader", False),
    ]
    with pytest.raises((IntegrityError, Exception), match="append-only"):
        db.session.execute(text("UPDATE payment SET amount_fen = 1"))
    db.session.rollback()


def test_an_order_settles_when_nothing_of_it_is_on_its_way_and_its_amount_is_frozen(here: World) -> None:
    supplies = here.actor("supplies")
    with pytest.raises(Conflict):
        service.settle(supplies, order_of(here, 0).id)
    complain_and_refund(here, 0, 1)
    service.settle(supplies, order_of(here, 0).id)
    statement = db.session.scalars(select(Statement)).one()
    assert (statement.ordered_fen, statement.accepted_fen) == (EACH, EACH - 350)
    assert order_of(here, 0).state == "settled"
    with pytest.raises(Conflict):
        service.settle(supplies, order_of(here, 0).id)
    service.mark(supplies, order_of(here, 0).id, MoneyMark("paid", EACH - 350))


def test_a_point_and_a_cycle_settle_in_bulk(here: World) -> None:
    for household in (0, 1):
        accept(here, household)
    leader, leader2 = here.actor("leader"), here.actor("leader2")
    assert service.settle_point(leader, here.cycle.id, here.points[0].id) == 2
    with pytest.raises(Conflict):
        service.settle_point(leader, here.cycle.id, here.points[0].id)
    with pytest.raises(NotFound):
        service.settle_point(leader2, here.cycle.id, here.points[0].id)
    accept(here, 2)
    assert service.settle_all(leader2, here.cycle.id) == 0
    assert service.settle_all(here.actor("supplies"), here.cycle.id) == 1
    assert db.session.scalar(select(func.count()).select_from(Statement)) == 3


def test_a_building_is_collected_by_what_the_page_showed(here: World) -> None:
    leader, cycle, building = here.actor("leader"), here.cycle.id, here.buildings[0].id
    accept(here, 0)
    accept(here, 1)
    service.work_out(leader, cycle)
    first, second = order_of(here, 0).id, order_of(here, 1).id
    for wrong in ([], [(first, EACH - 1)], [(first, EACH), (second, 1)], [(order_of(here, 2).id, 0)]):
        with pytest.raises(Invalid):
            service.collect(leader, cycle, building, Collected(wrong))
    with pytest.raises(NotFound):
        service.collect(leader, cycle, building, Collected([(order_of(here, 3).id, EACH)]))
    assert service.collect(leader, cycle, building, Collected([(first, EACH), (second, EACH)])) == 2 * EACH
    with pytest.raises(Invalid):
        service.collect(leader, cycle, building, Collected([(first, EACH)]))
    assert db.session.scalar(select(func.sum(Payment.amount_fen))) == 2 * EACH


def raced(app: Flask, work: Callable[[], Any], times: int) -> list[str]:
    db.session.remove()
    barrier, results = Barrier(times), []

    def run() -> None:
        with app.app_context():
            barrier.wait()
            try:
                work()
                results.append("done")
            except LoudaError as error:
                results.append(type(error).__name__)
            finally:
                db.session.remove()

    threads = [Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def test_six_people_mark_the_same_payment_and_one_counts(app: Flask, here: World) -> None:
    supplies, order_id = here.actor("supplies"), order_of(here, 0).id
    results = raced(app, lambda: service.mark(supplies, order_id, MoneyMark("paid", EACH)), 6)
    assert results == ["Invalid"] * 5 + ["done"]
    assert db.session.scalar(select(func.sum(Payment.amount_fen))) == EACH


def test_six_people_settle_and_undo_at_once_with_one_effect(app: Flask, here: World) -> None:
    supplies = here.actor("supplies")
    accept(here, 0)
    order_id = order_of(here, 0).id
    payment_id = service.mark(supplies, order_id, MoneyMark("paid", 5)).id
    assert raced(app, lambda: service.settle(supplies, order_id), 6).count("done") == 1
    assert raced(app, lambda: service.undo(supplies, payment_id), 6).count("done") == 1
    assert db.session.scalar(select(func.sum(Payment.amount_fen))) == 0


def test_suppliers_get_the_price_of_what_arrived_and_stayed(here: World) -> None:
    admin, supplies = here.accounts["admin"].id, here.accounts["supplies"].id
    here.supplier.delivery_fee_fen = 1000
    order = PurchaseOrder(
        number="P1", cycle_id=here.cycle.id, supplier_id=here.supplier.id, seq=1, state="sent",
        created_by_id=supplies, approved_by_id=admin, sent_at=clock.now(),
    )  # fmt: skip
    receipt = GoodsReceipt(
        number="GR1", kind="purchase", subdistrict_id=here.subdistrict.id, received_at=clock.now(),
        received_by_id=supplies,
    )  # fmt: skip
    db.session.add_all([order, receipt])
    db.session.flush()
    line = PurchaseOrderLine(
        purchase_order_id=order.id, item_id=here.items[0].id, packs=4, pack_size=5, price_fen=1400,
        qty_awaited=2, qty_received=17, qty_undelivered=1,
    )  # fmt: skip
    db.session.add(line)
    db.session.flush()
    db.session.add(
        Lot(
            goods_receipt_id=receipt.id, purchase_order_line_id=line.id, item_id=here.items[0].id,
            released_at=clock.now(), qty_received=17, qty_free=13, qty_damaged=1, qty_returned=3,
        )
    )  # fmt: skip
    db.session.commit()
    (one,) = suppliers_queries.supplier_orders(here.cycle.id)
    assert (one.account.ordered_fen, one.account.due_fen) == (4 * 1400 + 1000, 14 * 280 + 1000)
    totals = suppliers_queries.totals([one])
    assert totals.ordered_fen == totals.due_fen + totals.difference_fen
    assert one.awaited == 2


def test_money_is_closed_while_orders_are_still_taken(app: Flask) -> None:
    here = world.build()
    order = here.order(here.households[0], {0: 1})
    supplies = here.actor("supplies")
    with pytest.raises(Conflict):
        service.work_out(supplies, here.cycle.id)
    with pytest.raises(NotFound):
        service.mark(supplies, order.id, MoneyMark("paid", 1))
    here.lock()
    here.cycle.state = CycleState.CANCELLED
    db.session.commit()
    with pytest.raises(Conflict):
        service.mark(supplies, order.id, MoneyMark("paid", 1))
    assert units("open") == 1


def test_the_pages_of_money(app: Flask, here: World, count_queries: Any) -> None:
    accept(here, 0)
    client = world.sign_in(app, here, "supplies")
    base, order = f"/cycles/{here.cycle.id}/settlement", f"/settlement/orders/{order_of(here, 0).id}"
    building = f"{base}/buildings/{here.buildings[0].id}"
    assert "核价" in client.get(base).get_data(as_text=True)
    assert world.post(client, base, f"{base}/work-out", {}).status_code == 303
    assert worker.drain() == 1
    pages = (
        base, f"{base}?by=building&point=1", f"{base}?show=unpaid&q=101&page=zz&point=abc", f"{base}?q=没有",
        building, order, f"{base}/suppliers",
    )  # fmt: skip
    for page in pages:
        with count_queries() as sent:
            assert client.get(page).status_code == 200, page
        assert len(sent) <= 25, page
    text_of = client.get(building).get_data(as_text=True)
    assert "1-101 15.30元" in text_of
    assert "1-201 15.30元" not in text_of
    for bad in ({}, {"kind": "paid"}, {"kind": "gift", "amount": "1"}, {"kind": "paid", "amount": "-1"},
                {"kind": "paid", "amount": "99999"}, {"kind": "paid", "amount": "1", "by": "x"}):  # fmt: skip
        assert world.post(client, order, f"{order}/mark", bad).status_code == 422, bad
    key = new_key()
    for _twice in range(2):
        assert world.post(client, order, f"{order}/mark", {"kind": "paid", "amount": "5"}, key).status_code == 303
    assert db.session.scalar(select(func.sum(Payment.amount_fen))) == 500
    for bad_tick in ("x", "1:x", "1", "99999:1"):
        status = send(client, building, f"{building}/collect", [("seen", bad_tick)], new_key())
        assert status in (404, 422)
    mark = db.session.scalars(select(Payment.id)).one()
    assert world.post(client, order, f"/settlement/marks/{mark}/undo", {}).status_code == 303
    owed = f"{order_of(here, 0).id}:{EACH}"
    assert send(client, building, f"{building}/collect", [("seen", owed)], new_key()) == 303
    assert world.post(client, base, f"{base}/settle", {}).status_code == 303
    assert worker.drain() == 1
    assert order_of(here, 0).state == "settled"
    assert "已结算" in client.get(order).get_data(as_text=True)
    assert world.post(client, base, f"{base}/settle", {}).status_code == 409


def test_money_out_of_reach_does_not_exist(app: Flask, here: World) -> None:
    base, order = f"/cycles/{here.cycle.id}/settlement", f"/settlement/orders/{order_of(here, 0).id}"
    leader2 = world.sign_in(app, here, "leader2")
    for page in (order, f"{base}/buildings/{here.buildings[0].id}", f"{base}/suppliers", "/settlement/orders/99999"):
        assert leader2.get(page).status_code == 404, page
    assert "1-101" not in leader2.get(base).get_data(as_text=True)
    assert leader2.get("/cycles/999/settlement").status_code == 404
    assert world.post(leader2, "/account", f"{order}/mark", {"kind": "paid", "amount": "1"}).status_code == 404
    for name in ("admin", "captain", "runner", "auditor"):
        assert world.sign_in(app, here, name).get(base).status_code == 403, name
