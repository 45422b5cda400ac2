"""Write-offs by two people, counts, goods sent back and carried over: the books balance after each."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.core.db import command, db
from app.core.errors import Conflict, Invalid, NotFound, StaleEdit
from app.stock import service
from app.stock.keeping import service as keeping_service
from app.stock.ledger import units_by_location
from app.stock.lots import move_lots
from app.stock.models import Location, Lot, StockCount, StockMove, WriteOff
from app.stock.schemas import (
    AskWriteOff,
    Carry,
    CountedLot,
    DeliveryForm,
    GoodsArrived,
    SendBack,
    StockCountForm,
    TakeIn,
    UnorderedGoods,
)
from tests import messages, world
from tests.purchasing.signed import assert_equations, count, stranger
from tests.stock.sent import lines, send_order
from tests.world import World


@pytest.fixture
def here(app: Flask) -> World:
    """Ten green vegetables of opening stock, two of them damaged."""
    built = world.build()
    service.take_in(
        built.actor("supplies"), built.cycle.id, TakeIn("opening", [UnorderedGoods(built.items[0].id, 8, 2)])
    )
    return built


def lot(index: int = 0) -> Lot:
    """A lot as the database has it now."""
    db.session.rollback()
    return db.session.scalars(select(Lot).order_by(Lot.id).execution_options(populate_existing=True)).all()[index]


def place(kind: str) -> int:
    return db.session.scalars(select(Location.id).where(Location.kind == kind)).one()


def ask(here: World, qty: int, who: str = "supplies") -> WriteOff:
    return keeping_service.ask_write_off(here.actor(who), lot().id, AskWriteOff(qty, "腐烂"))


def test_a_write_off_takes_effect_when_a_second_person_agrees(here: World) -> None:
    request = ask(here, 3)
    assert lot().qty_free == 8
    keeping_service.approve_write_off(here.actor("supplies2"), request.id, request.version)
    assert (lot().qty_free, lot().qty_damaged) == (5, 5)
    assert units_by_location(lot().id) == {place("depot"): 7, place("outside"): -7}
    assert_equations()


def test_the_author_of_a_write_off_cannot_agree_to_it_in_the_program_or_in_the_database(here: World) -> None:
    request = ask(here, 3)
    with pytest.raises(Conflict, match=messages.SOMEBODY_ELSE):
        keeping_service.approve_write_off(here.actor("supplies"), request.id, request.version)
    assert lot().qty_free == 8
    with pytest.raises(IntegrityError):
        db.session.execute(update(WriteOff).values(approved_by_id=here.accounts["supplies"].id))
    db.session.rollback()


def test_a_write_off_is_decided_once_and_may_be_taken_back(here: World) -> None:
    request = ask(here, 3)
    seen = request.version
    keeping_service.reject_write_off(here.actor("supplies"), request.id, seen)
    with pytest.raises(StaleEdit):
        keeping_service.approve_write_off(here.actor("supplies2"), request.id, seen)
    with pytest.raises(Conflict):
        keeping_service.approve_write_off(here.actor("supplies2"), request.id, seen + 1)
    assert lot().qty_free == 8


def test_no_more_is_asked_for_than_is_free_and_not_asked_for_yet(here: World) -> None:
    ask(here, 6)
    with pytest.raises(Invalid, match="最多可以报损 2"):
        ask(here, 3, "supplies2")


def test_units_given_out_meanwhile_are_not_written_off(here: World) -> None:
    request = ask(here, 8)

    @command
    def give_out() -> None:
        move_lots({request.lot_id: 5}, "free", "reserved")

    give_out()
    with pytest.raises(Conflict, match=messages.NOT_ENOUGH_STOCK):
        keeping_service.approve_write_off(here.actor("supplies2"), request.id, request.version)
    assert (lot().qty_free, lot().qty_reserved) == (3, 5)
    assert db.session.scalars(select(WriteOff)).one().state == "asked"
    assert_equations()


def test_a_count_that_finds_less_asks_for_a_write_off_and_one_that_finds_more_says_so(here: World) -> None:
    service.take_in(here.actor("supplies"), here.cycle.id, TakeIn("opening", [UnorderedGoods(here.items[1].id, 4)]))
    seen = StockCountForm([CountedLot(lot(0).id, 5), CountedLot(lot(1).id, 6)])
    result = keeping_service.count_stock(here.actor("supplies"), here.subdistrict.id, seen)
    assert (result.asked, result.qty_missing, result.qty_over) == (1, 3, 2)
    request = db.session.scalars(select(WriteOff)).one()
    assert (request.qty, request.state) == (3, "asked")
    rows = db.session.get_one(StockCount, result.count_id).rows
    assert rows[0] == {"lot_id": lot(0).id, "qty_book": 8, "qty_counted": 5}
    assert lot(0).qty_free == 8


def test_a_count_includes_what_is_set_aside_and_is_never_empty_or_of_unknown_lots(here: World) -> None:
    @command
    def give_out() -> None:
        move_lots({lot().id: 5}, "free", "reserved")

    give_out()
    by = here.actor("supplies")
    result = keeping_service.count_stock(by, here.subdistrict.id, StockCountForm([CountedLot(lot().id, 8)]))
    assert (result.qty_missing, result.qty_over) == (0, 0)
    with pytest.raises(Invalid):
        keeping_service.count_stock(by, here.subdistrict.id, StockCountForm())
    with pytest.raises(NotFound):
        keeping_service.count_stock(by, here.subdistrict.id, StockCountForm([CountedLot(999, 1)]))


def test_bought_goods_go_back_to_the_supplier_and_gifts_do_not(app: Flask) -> None:
    built = world.build()
    order = send_order(built)
    arrived = GoodsArrived(lines(order.id)[0].id, good=7, damaged=3)
    service.receive(built.actor("supplies"), order.id, DeliveryForm([arrived]))
    keeping_service.send_back(built.actor("supplies"), lot().id, SendBack("damaged", 3))
    keeping_service.send_back(built.actor("supplies"), lot().id, SendBack("free", 1))
    assert (lot().qty_free, lot().qty_damaged, lot().qty_returned) == (6, 0, 4)
    assert units_by_location(lot().id)[place("depot")] == 6
    with pytest.raises(Conflict, match=messages.NOT_ENOUGH_STOCK):
        keeping_service.send_back(built.actor("supplies"), lot().id, SendBack("damaged", 1))
    service.take_in(built.actor("supplies"), built.cycle.id, TakeIn("donation", [UnorderedGoods(built.items[2].id, 2)]))
    with pytest.raises(Conflict, match=messages.CANNOT_BE_RETURNED):
        keeping_service.send_back(built.actor("supplies"), lot(1).id, SendBack("free", 1))
    assert_equations()


def test_carrying_goods_to_a_point_leaves_one_place_and_reaches_the_other(here: World) -> None:
    by, depot, point = here.actor("supplies"), place("depot"), place("point")
    keeping_service.carry(by, lot().id, Carry(depot, point, 6))
    assert units_by_location(lot().id) == {depot: 4, point: 6, place("outside"): -10}
    keeping_service.carry(by, lot().id, Carry(point, depot, 2))
    assert units_by_location(lot().id)[point] == 4
    with pytest.raises(Invalid, match="只有 4"):
        keeping_service.carry(by, lot().id, Carry(point, depot, 5))
    with pytest.raises(Invalid):
        keeping_service.carry(by, lot().id, Carry(point, point, 1))
    with pytest.raises(NotFound):
        keeping_service.carry(by, lot().id, Carry(depot, place("outside"), 1))
    assert_equations()


def test_a_write_off_of_goods_in_two_places_takes_the_depots_first(here: World) -> None:
    keeping_service.carry(here.actor("supplies"), lot().id, Carry(place("depot"), place("point"), 6))
    request = ask(here, 6)
    keeping_service.approve_write_off(here.actor("supplies2"), request.id, request.version)
    assert units_by_location(lot().id) == {place("point"): 4, place("outside"): -4}
    assert count(StockMove) == 4
    assert_equations()


def test_another_subdistrict_has_no_say_in_lots_and_write_offs(here: World) -> None:
    request, outsider = ask(here, 1), stranger(here)
    attempts = (
        lambda: keeping_service.ask_write_off(outsider, lot().id, AskWriteOff(1, "腐烂")),
        lambda: keeping_service.approve_write_off(outsider, request.id, request.version),
        lambda: keeping_service.reject_write_off(outsider, request.id, request.version),
        lambda: keeping_service.send_back(outsider, lot().id, SendBack("free", 1)),
        lambda: keeping_service.carry(outsider, lot().id, Carry(1, 2, 1)),
        lambda: keeping_service.count_stock(outsider, here.subdistrict.id, StockCountForm([CountedLot(lot().id, 1)])),
    )
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()
    assert db.session.scalars(select(WriteOff)).one().state == "asked"
