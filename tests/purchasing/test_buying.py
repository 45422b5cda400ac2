"""From signed tallies to drafts: what is needed, what covers it, what nobody can supply."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from app.catalog.models import Supplier, SupplierItem
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound
from app.ordering.models import Cycle
from app.purchasing import coverage, on_hand, queries, service
from app.purchasing.models import Demand, PurchaseOrder, PurchaseOrderLine
from app.purchasing.schemas import EditLines, LinePacks, Waive
from app.stock import queries as stock_queries
from app.stock import service as stock
from app.stock.models import GoodsReceipt, Lot
from app.stock.schemas import TakeIn, UnorderedGoods
from app.tally import service as tally
from app.tally.schemas import Reopen
from tests import messages, world
from tests.purchasing.signed import assert_equations, sign_all
from tests.world import World


@pytest.fixture
def signed(app: Flask) -> World:
    """Green vegetables 7, potatoes 5, eggs 1 on signed tallies; packs of five."""
    here = world.build()
    here.order(here.households[0], {0: 4, 1: 5})
    here.order(here.households[7], {0: 3, 2: 1})
    here.lock()
    sign_all(here)
    return here


def demand(here: World, index: int) -> tuple[int, int, int, int, int, bool]:
    """Demanded, from stock, bought, waived, surplus, covered."""
    db.session.rollback()
    db.session.expire_all()
    row = db.session.get_one(Demand, (here.cycle.id, here.items[index].id))
    return (
        row.qty_demanded,
        row.qty_from_stock,
        row.qty_purchased,
        row.qty_waived,
        row.qty_surplus,
        row.is_covered,
    )


def compute(here: World) -> int:
    return service.compute_demand(here.actor("supplies"), here.cycle.id)


def propose(here: World) -> service.PurchaseProposal:
    return service.propose(here.actor("supplies"), here.cycle.id)


def order_of(made: service.PurchaseProposal, place: int = 0) -> PurchaseOrder:
    return db.session.get_one(PurchaseOrder, made.order_ids[place])


def nobody_sells(here: World, index: int) -> None:
    db.session.execute(delete(SupplierItem).where(SupplierItem.item_id == here.items[index].id))
    db.session.commit()


def test_whole_packs_cover_what_the_points_signed_and_the_rest_is_surplus(signed: World) -> None:
    assert compute(signed) == 3
    order = order_of(propose(signed))
    assert [(line.packs, line.qty_demanded) for line in order.lines] == [(2, 7), (1, 5), (1, 1)]
    assert demand(signed, 0) == (7, 0, 10, 0, 3, True)
    assert order.number.startswith(f"CG-{signed.cycle.id}-001-")
    assert_equations()


def test_free_stock_is_used_before_anything_is_bought(signed: World) -> None:
    stock.take_in(
        signed.actor("supplies"), signed.cycle.id, TakeIn("donation", [UnorderedGoods(signed.items[0].id, 6)])
    )
    compute(signed)
    propose(signed)
    assert demand(signed, 0) == (7, 6, 5, 0, 4, True)
    assert_equations()


def test_goods_that_this_cycle_bought_are_not_counted_a_second_time_as_stock(signed: World) -> None:
    compute(signed)
    line = order_of(propose(signed)).lines[0]
    receipt = GoodsReceipt(
        number="X",
        kind="purchase",
        subdistrict_id=signed.subdistrict.id,
        cycle_id=signed.cycle.id,
        received_at=signed.cycle.opens_at,
        received_by_id=signed.accounts["supplies"].id,
    )
    db.session.add(receipt)
    db.session.flush()
    numbers = {"qty_received": 10, "qty_free": 10, "released_at": signed.cycle.opens_at}
    db.session.add(Lot(goods_receipt_id=receipt.id, item_id=line.item_id, purchase_order_line_id=line.id, **numbers))
    db.session.commit()
    compute(signed)
    assert demand(signed, 0) == (7, 0, 10, 0, 3, True)


def test_only_points_that_signed_are_bought_for(app: Flask) -> None:
    here = world.build()
    here.order(here.households[0], {0: 4})
    here.order(here.households[7], {0: 3})
    here.lock()
    with pytest.raises(Conflict, match="汇总表"):
        compute(here)
    sign_all(here)
    tally.reopen(here.actor("leader2"), here.cycle.id, here.points[1].id, Reopen("漏一户"))
    compute(here)
    assert demand(here, 0)[0] == 4


def test_nothing_is_bought_while_orders_still_come_in(app: Flask) -> None:
    here = world.build()
    with pytest.raises(Conflict, match="截单"):
        compute(here)


def test_a_proposal_needs_a_computed_demand(signed: World) -> None:
    with pytest.raises(Conflict, match="先计算需求"):
        propose(signed)


def test_an_item_that_nobody_sells_is_said_aloud_and_stays_uncovered(signed: World) -> None:
    nobody_sells(signed, 2)
    compute(signed)
    made = propose(signed)
    assert [said.zh for said in made.said] == ["鸡蛋还差1份：没有供应商供应。"]
    assert demand(signed, 2) == (1, 0, 0, 0, 0, False)
    assert messages.NO_SUPPLIER in queries.demand_row(signed.cycle.id, signed.items[2].id).said.zh  # type: ignore[union-attr]
    assert_equations()


def test_a_waiver_with_a_reason_covers_what_is_missing_and_can_be_taken_back(signed: World) -> None:
    nobody_sells(signed, 2)
    compute(signed)
    by, cycle, item = signed.actor("supplies"), signed.cycle.id, signed.items[2].id
    with pytest.raises(Invalid, match="最多"):
        service.waive(by, cycle, item, Waive(2, "断货"))
    service.waive(by, cycle, item, Waive(1, "断货"))
    assert demand(signed, 2) == (1, 0, 0, 1, 0, True)
    service.waive(by, cycle, item, Waive(0, "有货了"))
    assert demand(signed, 2) == (1, 0, 0, 0, 0, False)
    with pytest.raises(NotFound):
        service.waive(by, cycle, signed.items[3].id, Waive(0, "没有需求"))
    assert_equations()


def test_a_waiver_survives_a_new_computation_as_far_as_it_is_still_needed(signed: World) -> None:
    nobody_sells(signed, 0)
    compute(signed)
    service.waive(signed.actor("supplies"), signed.cycle.id, signed.items[0].id, Waive(7, "断货"))
    stock.take_in(
        signed.actor("supplies"), signed.cycle.id, TakeIn("donation", [UnorderedGoods(signed.items[0].id, 5)])
    )
    compute(signed)
    assert demand(signed, 0) == (7, 5, 0, 2, 0, True)


def test_the_cheaper_supplier_gets_the_order_and_each_supplier_one_draft(signed: World) -> None:
    cheap = Supplier(name="便宜菜场")
    db.session.add(cheap)
    db.session.flush()
    db.session.add(SupplierItem(supplier_id=cheap.id, item_id=signed.items[0].id, pack_size=7, price_fen=10))
    db.session.commit()
    compute(signed)
    made = propose(signed)
    suppliers = {order_of(made, place).supplier_id: len(order_of(made, place).lines) for place in (0, 1)}
    assert suppliers == {signed.supplier.id: 2, cheap.id: 1}
    assert demand(signed, 0) == (7, 0, 7, 0, 0, True)


def test_packs_set_by_hand_are_flagged_and_survive_the_next_proposal(signed: World) -> None:
    compute(signed)
    order = order_of(propose(signed))
    edit = EditLines(order.version, [LinePacks(order.lines[0].id, 4)])
    service.edit_lines(signed.actor("supplies"), signed.cycle.id, order.id, edit)
    assert demand(signed, 0) == (7, 0, 20, 0, 13, True)
    again = propose(signed)
    lines = {line.item_id: (line.packs, line.is_manual) for line in order_of(again).lines}
    assert again.order_ids == (order.id,)
    assert lines[signed.items[0].id] == (4, True)
    assert lines[signed.items[1].id] == (1, False)
    assert_equations()


def test_too_few_packs_by_hand_leave_a_gap_that_another_supplier_may_fill(signed: World) -> None:
    compute(signed)
    order = order_of(propose(signed))
    edit = EditLines(order.version, [LinePacks(order.lines[0].id, 1)])
    service.edit_lines(signed.actor("supplies"), signed.cycle.id, order.id, edit)
    assert demand(signed, 0) == (7, 0, 5, 0, 0, False)
    other = Supplier(name="另一家")
    db.session.add(other)
    db.session.flush()
    db.session.add(SupplierItem(supplier_id=other.id, item_id=signed.items[0].id, pack_size=1, price_fen=999))
    db.session.commit()
    made = propose(signed)
    assert len(made.order_ids) == 2
    assert demand(signed, 0) == (7, 0, 7, 0, 0, True)


def test_an_edit_to_zero_takes_the_line_off_and_a_proposal_cancels_an_empty_draft(signed: World) -> None:
    compute(signed)
    order = order_of(propose(signed))
    everything = [LinePacks(line.id, 0) for line in order.lines]
    service.edit_lines(signed.actor("supplies"), signed.cycle.id, order.id, EditLines(order.version, everything))
    assert db.session.scalars(select(PurchaseOrderLine)).all() == []
    stock.take_in(
        signed.actor("supplies"),
        signed.cycle.id,
        TakeIn("donation", [UnorderedGoods(item.id, 9) for item in signed.items]),
    )
    compute(signed)
    assert propose(signed).order_ids == ()
    assert db.session.scalar(select(PurchaseOrder.state)) == "cancelled"
    assert_equations()


def test_a_supplier_who_promised_all_has_no_more_to_give(signed: World) -> None:
    db.session.execute(update(SupplierItem).values(max_packs=1))
    db.session.commit()
    compute(signed)
    made = propose(signed)
    assert [said.zh for said in made.said] == ["青菜还差2份：各供应商合计只能供应5份。"]
    assert propose(signed).said == made.said
    said = queries.demand_row(signed.cycle.id, signed.items[0].id).said
    assert said is not None
    assert messages.ALL_ORDERED_ALREADY in said.zh


def test_the_page_says_when_the_tallies_changed_after_the_demand(signed: World) -> None:
    compute(signed)
    assert not queries.in_the_way(signed.cycle.id, [], {}).is_stale
    tally.reopen(signed.actor("leader"), signed.cycle.id, signed.points[0].id, Reopen("漏一户"))
    way = queries.in_the_way(signed.cycle.id, [], {})
    assert (way.is_stale, way.unsigned_points) == (True, 1)


def test_once_goods_are_given_out_the_stock_of_before_still_counts(
    signed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock.take_in(
        signed.actor("supplies"), signed.cycle.id, TakeIn("donation", [UnorderedGoods(signed.items[0].id, 6)])
    )
    compute(signed)
    lot = db.session.scalars(select(Lot)).one()
    lot.qty_free, lot.qty_reserved = 0, 6
    db.session.commit()
    monkeypatch.setattr(coverage, "is_allocation_begun", lambda _cycle_id: True)
    compute(signed)
    assert demand(signed, 0)[:2] == (7, 6)


def test_what_buying_knows_of_the_stock_is_what_the_stock_gives_out(signed: World) -> None:
    by = signed.actor("supplies")
    stock.take_in(
        by,
        signed.cycle.id,
        TakeIn("donation", [UnorderedGoods(signed.items[0].id, 6), UnorderedGoods(signed.items[1].id, 2)]),
    )
    stock.take_in(by, signed.cycle.id, TakeIn("opening", [UnorderedGoods(signed.items[0].id, 3, 1)]))
    given: dict[int, int] = {}
    for lot in stock_queries.free_lots(signed.cycle.id):
        given[lot.item_id] = given.get(lot.item_id, 0) + lot.qty_free
    cycle = db.session.get_one(Cycle, signed.cycle.id)
    assert on_hand.free_units(cycle) == given == {signed.items[0].id: 9, signed.items[1].id: 2}
    for clause, model in ((on_hand.LOT, Lot), (on_hand.RECEIPT, GoodsReceipt)):
        assert clause.name == model.__tablename__
        assert set(clause.c.keys()) <= set(model.__table__.c.keys())
