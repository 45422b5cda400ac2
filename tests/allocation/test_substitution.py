"""Short goods replaced by others: only for who allowed it, only from what is spare, and every equation still closes."""

from __future__ import annotations

import random

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.access.permissions import Permission
from app.allocation import queries, service
from app.allocation.models import Allocation, Replacement, ShareNote
from app.allocation.service import Declared
from app.allocation.substitution import service as substitution_service
from app.allocation.substitution.schemas import PutSubstitution
from app.allocation.substitution.substitution import find_substitutes
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.queue.worker import drain
from app.handover.confirmation import service as confirmation_service
from app.handover.schemas import Confirm
from app.ordering.models import Cycle, CycleState, HouseholdOrder, OrderLine
from app.oversight.loop import loop_rows
from app.oversight.order_status.queries import share_sentences
from app.oversight.reconcile.equations import equations
from app.oversight.texts.places import Occasion, TextRequest, Together, places
from app.oversight.texts.queries import texts
from app.oversight.texts.rules import Rooms
from app.picking import service as picking
from app.picking.models import BagLine
from app.picking.schemas import VoidBag
from app.places.scope import buildings_in_scope
from app.printing.contexts.ground import load_ground
from app.printing.contexts.wave_bags import load_bags
from app.printing.sheets.bags.bag_list_context import bag_lists
from app.settlement import service as settlement
from app.settlement.statement import queries as statement_queries
from app.stock.models import Lot
from app.tally import service as tally
from app.tally.schemas import SignTally
from tests import messages, world
from tests.allocation.test_runs import receive, run
from tests.handover.delivery import bags, drop_off, hand_out, resident_of
from tests.world import World

GREENS, POTATOES, EGGS, MILK = range(4)


def broken() -> list[str]:
    return [one.code for one in equations() if one.violations]


def scarce(greens: int = 4, potatoes: int = 9) -> World:
    """Four households want 3 greens and 1 potatoes each; the last of them wants nothing in place of greens."""
    here = world.build()
    for household in here.households[:4]:
        here.order(household, {GREENS: 3, POTATOES: 1})
    last = select(HouseholdOrder.id).where(HouseholdOrder.household_id == here.households[3].id)
    db.session.execute(update(OrderLine).where(OrderLine.order_id.in_(last)).values(is_substitutable=False))
    here.lock()
    for leader, point, units in (("leader", 0, 16), ("leader2", 1, 0)):
        tally.sign(here.actor(leader), here.cycle.id, here.points[point].id, SignTally(units))
    here.cycle.state = CycleState.RUNNING
    db.session.commit()
    for item, qty in ((GREENS, greens), (POTATOES, potatoes)):
        if qty:
            receive(here, item, qty)
    run(here)
    return here


@pytest.fixture
def short(app: Flask) -> World:
    """One of three greens each: two short; five potatoes more than were ordered."""
    return scarce()


def allow(here: World, item: int, substitute: int, ratio: tuple[int, int] = (1, 1)) -> None:
    names = here.items[item].name, here.items[substitute].name
    substitution_service.put(here.actor("supplies"), PutSubstitution(*names, *ratio))


def declare(here: World) -> Declared:
    return service.declare_short(here.actor("supplies"), here.cycle.id)


def lines(here: World, household: int) -> list[OrderLine]:
    own = select(HouseholdOrder.id).where(HouseholdOrder.household_id == here.households[household].id)
    return list(db.session.scalars(select(OrderLine).where(OrderLine.order_id.in_(own)).order_by(OrderLine.id)))


def stand_ins() -> list[OrderLine]:
    found = select(OrderLine).where(OrderLine.substitute_for_id.is_not(None)).order_by(OrderLine.id)
    return list(db.session.scalars(found))


def test_without_a_map_short_is_short(short: World) -> None:
    assert declare(short) == Declared(units=8, substitutes=0)
    assert stand_ins() == []


def test_spare_goods_stand_in_for_short_ones_level_and_only_where_that_was_allowed(short: World) -> None:
    allow(short, GREENS, POTATOES)
    assert declare(short) == Declared(units=8, substitutes=5)
    assert sorted(line.qty_allocated for line in stand_ins()) == [1, 2, 2]
    assert [len(lines(short, household)) for household in range(4)] == [3, 3, 3, 2]
    assert all(line.qty_short == 2 and line.qty_allocated == 1 for line in db.session.scalars(
        select(OrderLine).where(OrderLine.item_id == short.items[GREENS].id)
    ))  # fmt: skip


def test_what_is_given_in_place_of_others_is_reserved_unit_for_unit_and_all_equations_close(short: World) -> None:
    allow(short, GREENS, POTATOES)
    declare(short)
    made = [line.id for line in stand_ins()]
    given = db.session.scalars(select(Allocation.qty).where(Allocation.order_line_id.in_(made))).all()
    lot = db.session.scalars(select(Lot).where(Lot.item_id == short.items[POTATOES].id)).one()
    assert (sum(given), lot.qty_free, lot.qty_reserved) == (5, 0, 9)
    assert broken() == []


def test_a_unit_that_stands_in_for_nothing_is_not_counted_as_ordered(short: World) -> None:
    allow(short, GREENS, POTATOES)
    declare(short)
    row = {one.item_id: one for one in loop_rows(short.cycle.id)}[short.items[POTATOES].id]
    assert (row.ordered, row.substituting, row.tallied, sum(row.stages.values())) == (4, 5, 4, 9)


def test_two_small_ones_stand_in_for_one_large_one_in_whole_blocks_only(short: World) -> None:
    allow(short, GREENS, POTATOES, (1, 2))
    assert declare(short).substitutes == 4  # of five spare: two blocks of two
    assert [row.qty_covered for row in db.session.scalars(select(Replacement))] == [1, 1]
    assert broken() == []


def test_a_second_substitute_covers_what_the_first_left_short(short: World) -> None:
    receive(short, EGGS, 9)
    allow(short, GREENS, POTATOES)
    allow(short, GREENS, EGGS)
    assert declare(short).substitutes == 6
    assert sum(line.qty_ordered for line in stand_ins() if line.item_id == short.items[EGGS].id) == 1
    assert broken() == []


def test_the_household_reads_what_it_gets_instead_and_the_other_one_only_what_it_lacks(short: World) -> None:
    allow(short, GREENS, POTATOES)
    declare(short)
    said = [share_sentences(lines(short, household)[0].order_id) for household in range(4)]
    assert all("缺2份" in own[0] for own in said)
    assert ["换成土豆" in own[0] for own in said] == [True, True, True, False]
    assert len(db.session.scalars(select(ShareNote)).all()) == 4


def test_nothing_that_somebody_ordered_is_taken_for_a_substitute(app: Flask) -> None:
    here = scarce(greens=4, potatoes=4)
    allow(here, GREENS, POTATOES)
    assert declare(here) == Declared(units=8, substitutes=0)


def test_a_stand_in_is_not_replaced_by_something_else_again(short: World) -> None:
    receive(short, EGGS, 9)
    allow(short, GREENS, POTATOES)
    declare(short)
    allow(short, POTATOES, EGGS)
    picking.pack(short.actor("supplies"), short.cycle.id)
    for bag in bags():
        picking.void(short.actor("supplies"), bag.id, VoidBag("摔坏了"))
    db.session.execute(update(Lot).where(Lot.item_id == short.items[POTATOES].id).values(qty_free=0, qty_damaged=9))
    db.session.execute(update(Lot).where(Lot.item_id == short.items[GREENS].id).values(qty_free=0, qty_damaged=4))
    db.session.commit()
    declare(short)
    eggs = [line.substitute_for_id for line in stand_ins() if line.item_id == short.items[EGGS].id]
    ordered = [own.id for household in range(3) for own in lines(short, household)[:2]]
    assert eggs
    assert set(eggs) <= set(ordered)
    assert broken() == []


def test_the_preview_says_beforehand_what_the_declaration_then_does(short: World) -> None:
    allow(short, GREENS, POTATOES)
    cycle = db.session.get_one(Cycle, short.cycle.id)
    told = find_substitutes(cycle, service.proposal_for(cycle))
    assert [(one.item, one.substitute, one.qty_covered, one.qty_substitute) for one in told] == [("青菜", "土豆", 5, 5)]
    declare(short)
    made = {line.substitute_for_id: line.qty_ordered for line in stand_ins()}
    assert made == {one.line_id: one.qty_substitute for one in told[0].replaced}


def test_goods_to_be_given_first_are_no_spare_goods_in_the_preview(app: Flask) -> None:
    here = scarce(greens=4, potatoes=0)
    receive(here, POTATOES, 6)
    allow(here, GREENS, POTATOES)
    cycle = db.session.get_one(Cycle, here.cycle.id)
    assert [one.qty_substitute for one in find_substitutes(cycle, service.proposal_for(cycle))] == [
        2
    ]  # four are ordered


def test_the_lower_of_both_prices_is_paid(short: World) -> None:
    """Greens cost 3.50, potatoes 4.80 and eggs 26.00: two potatoes for two greens cost 7.00, not 9.60."""
    allow(short, GREENS, POTATOES)
    declare(short)
    picking.pack(short.actor("supplies"), short.cycle.id)
    drop_off()
    hand_out(short)
    supplies = short.actor("supplies")
    settlement.work_out(supplies, short.cycle.id)
    for household in short.households[:3]:
        confirmation_service.confirm(resident_of(household), Confirm())
    order = db.session.get_one(HouseholdOrder, lines(short, 0)[0].order_id)
    sheet = statement_queries.statement_page(order)
    instead = [row for row in sheet.lines if row.instead_of]
    qty = instead[0].line.qty_ordered
    assert [(row.item, row.instead_of, row.line.amount_fen) for row in instead] == [("土豆", "青菜", qty * 350)]
    assert (sheet.account.accepted_fen, sheet.account.pending_fen) == (350 + 480 + qty * 350, 0)
    assert sheet.account.accepted_fen <= order.total_fen
    settlement.settle(supplies, order.id)
    assert broken() == []


def test_a_cheaper_substitute_costs_its_own_price(app: Flask) -> None:
    here = scarce(greens=12, potatoes=0)
    receive(here, MILK, 2)
    for item, price in ((POTATOES, 1500), (MILK, 100)):
        here.offers[item].price_fen = price
    db.session.commit()
    allow(here, POTATOES, MILK)
    declare(here)
    for line in stand_ins():
        order = db.session.get_one(HouseholdOrder, line.order_id)
        assert {row.line.amount_fen for row in statement_queries.statement_page(order).lines if row.instead_of} == {100}


def test_the_group_is_told_for_how_many_households_and_never_for_whom(short: World) -> None:
    allow(short, GREENS, POTATOES)
    declare(short)
    near = places(short.cycle.id, buildings_in_scope(short.actor("admin"), Permission.TEXTS))
    wish = TextRequest(Occasion.CHANGES, Together.POINT, Rooms.HIDDEN)
    (told,) = texts(db.session.get_one(Cycle, short.cycle.id), wish, near)
    assert "· 青菜：4 户，共缺 8 份；3 户换成土豆，共 5 份" in told.text
    assert messages.UNWANTED_NOT_SUBSTITUTED in told.text
    assert "101" not in told.text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (PutSubstitution("没有的东西", "土豆", 1, 1), "item"),
        (PutSubstitution("青菜", "没有的东西", 1, 1), "substitute"),
        (PutSubstitution("青菜", "青菜", 1, 1), "substitute"),
        (PutSubstitution("鲜牛奶", "青菜", 1, 1), "item"),
        (PutSubstitution("青菜", "鲜牛奶", 1, 1), "substitute"),
    ],
)
def test_the_map_refuses_unknown_same_and_sensitive_items(app: Flask, typed: PutSubstitution, field: str) -> None:
    here = world.build()
    here.items[MILK].is_sensitive = True
    db.session.commit()
    with pytest.raises(Invalid) as refused:
        substitution_service.put(here.actor("supplies"), typed)
    assert field in refused.value.problems


def test_an_item_that_became_sensitive_is_no_longer_replaced(short: World) -> None:
    allow(short, GREENS, POTATOES)
    db.session.get_one(type(short.items[0]), short.items[POTATOES].id).is_sensitive = True
    db.session.commit()
    assert declare(short).substitutes == 0


def test_an_entry_is_kept_once_changed_and_taken_out(app: Flask) -> None:
    here = world.build()
    allow(here, GREENS, POTATOES)
    allow(here, GREENS, POTATOES, (2, 1))
    (row,) = queries.substitutions([here.subdistrict.id])
    assert (row.ratio_from, row.ratio_to) == (2, 1)
    substitution_service.drop(here.actor("supplies"), row.id)
    assert queries.substitutions([here.subdistrict.id]) == []
    with pytest.raises(NotFound):
        substitution_service.drop(here.actor("supplies"), row.id)


def test_the_pages_show_the_map_the_preview_and_the_outcome(app: Flask, short: World) -> None:
    client = world.sign_in(app, short, "supplies")
    page = "/substitutions/"
    typed = {"item": "青菜", "substitute": "青菜", "ratio_from": "0", "ratio_to": "1"}
    wrong = world.post(client, page, "/substitutions/put", typed)
    assert (wrong.status_code, "青菜" in wrong.get_data(as_text=True)) == (422, True)
    world.post(client, page, "/substitutions/put", typed | {"substitute": "土豆", "ratio_from": "1"})
    assert "1 份换 1 份" in client.get(page).get_data(as_text=True)
    base = f"/cycles/{short.cycle.id}/allocation"
    world.post(client, base, f"{base}/preview", {})
    drain()
    assert messages.SHORTAGE_WILL_SUBSTITUTE in client.get(f"{base}/preview").get_data(as_text=True)
    world.post(client, base, f"{base}/declare-short", {})
    drain()
    assert "换上替代品 5 份" in client.get(base).get_data(as_text=True)
    assert "替代 青菜" in client.get(f"/orders/{lines(short, 0)[0].order_id}").get_data(as_text=True)


@pytest.mark.parametrize("seed", range(8))
def test_any_stock_any_map_every_equation_closes_down_to_the_bags(app: Flask, seed: int) -> None:
    dice = random.Random(seed)
    here = scarce(dice.randint(1, 12), dice.randint(0, 14))
    receive(here, EGGS, dice.randint(1, 5))
    for item, substitute in ((GREENS, POTATOES), (GREENS, EGGS), (POTATOES, EGGS)):
        if dice.random() < 0.7:
            allow(here, item, substitute, (dice.randint(1, 3), dice.randint(1, 3)))
    if db.session.scalar(select(OrderLine.id).where(OrderLine.qty_open > 0).limit(1)) is not None:
        declare(here)
    assert broken() == []
    picking.pack(here.actor("supplies"), here.cycle.id)
    assert sum(db.session.scalars(select(BagLine.qty))) == sum(db.session.scalars(select(OrderLine.qty_packed)))
    for one in db.session.scalars(select(Replacement)):
        line = db.session.get_one(OrderLine, one.order_line_id)
        instead_of = db.session.get_one(OrderLine, line.substitute_for_id or 0)
        assert instead_of.is_substitutable
        assert one.qty_covered <= instead_of.qty_short
    assert broken() == []


def test_the_bag_list_strikes_what_was_ordered_before_what_stands_in_for_it(short: World) -> None:
    allow(short, GREENS, POTATOES)
    declare(short)
    picking.pack(short.actor("supplies"), short.cycle.id)
    sheets = [prepared.sheet for prepared in bag_lists(load_bags(load_ground(short.cycle.id, 1)))]
    rows = [row for sheet in sheets for building in sheet.buildings for row in building.bags]
    told = {(item.item, item.replaces): (item.qty, item.ordered) for item in rows[0].items}
    instead = next(line.qty_ordered for line in lines(short, 0) if line.substitute_for_id)
    assert told == {("青菜", ""): (1, 3 - instead), ("土豆", ""): (1, 1), ("土豆", "青菜"): (instead, instead)}
    assert sum(item.qty for row in rows for item in row.items) == 4 + 9
