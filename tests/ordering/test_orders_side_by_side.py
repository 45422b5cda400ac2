"""Orders of one subdistrict that are written side by side on PostgreSQL: each guard by itself, without any turn.

The bodies of the commands run in READ COMMITTED transactions of 32 threads, with small pauses before statements, so
that nothing but the guards that `ordering/service.py` lists keeps them apart. `LOUDA_RACE_SEEDS=20`: the long form.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from app.access.models import HouseholdToken
from app.access.permissions import Resident
from app.access.sessions import extend_token, token_digest
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, LoudaError, StaleEdit
from app.core.events import Event
from app.core.idempotency import AlreadyDone, FormClaim, new_key
from app.ordering import service as ordering_service
from app.ordering.desk import service as desk_service
from app.ordering.models import HouseholdOrder, OrderChoice, OrderLine, OrderState
from app.ordering.orders import IfExists, OfferPick, PlaceOrder, save_order
from app.ordering.resident import service as resident_service
from app.ordering.standing import service as standing_service
from app.ordering.standing.models import StandingBooking, StandingOrder
from tests import world
from tests.conftest import POSTGRES

pytestmark = pytest.mark.skipif(not POSTGRES, reason="SQLite has one writer at a time")

SEEDS = range(int(os.environ.get("LOUDA_RACE_SEEDS", "2")))
CLIENTS = 32
TRIES = 3
Task = Callable[[], Any]


@pytest.fixture
def town(app: Flask) -> world.World:
    return world.build()


@pytest.fixture
def paused(app: Flask, seed: int) -> Iterator[None]:
    """Now and then a statement comes a little later."""
    chance = random.Random(seed)

    def pause(*_args: Any) -> None:
        if chance.random() < 0.3:
            time.sleep(chance.random() * 0.008)

    event.listen(db.engine, "before_cursor_execute", pause)
    yield
    event.remove(db.engine, "before_cursor_execute", pause)


def in_own_transaction(body: Task) -> Any:
    """What `command` does but for the turn: a clean session, the body, the commit; a key that was met starts again."""
    for attempt in range(1, TRIES + 1):
        db.session.rollback()
        try:
            db.session.connection(execution_options={"isolation_level": "READ COMMITTED"})
            result = body()
            db.session.flush()
            db.session.commit()
            return result
        except StaleDataError:
            return StaleEdit()
        except IntegrityError:
            if attempt == TRIES:
                return Conflict("met three times")
        except LoudaError as refusal:
            return refusal
        finally:
            db.session.rollback()
    raise AssertionError("unreachable")


def side_by_side(app: Flask, seed: int, tasks: list[Task]) -> list[Any]:
    """Results in the order of the tasks, which begin at one moment in an order of the seed's. A deadlock is raised."""
    chance = random.Random(seed)
    numbers = chance.sample(range(len(tasks)), len(tasks))
    start = threading.Barrier(min(CLIENTS, len(tasks)))
    results: list[Any] = [None] * len(tasks)

    def run(place: int) -> None:
        with app.app_context():
            if place < start.parties:
                start.wait(30)
            results[numbers[place]] = in_own_transaction(tasks[numbers[place]])
            db.session.remove()

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(run, range(len(tasks))))
    db.session.rollback()
    db.session.expire_all()
    return results


def placing(town: world.World, home: int, picks: dict[int, int], if_exists: IfExists) -> Task:
    chosen = tuple(OfferPick(town.offers[number].id, qty) for number, qty in picks.items())
    wanted = PlaceOrder(town.cycle.id, home, chosen, if_exists=if_exists)
    return lambda: save_order(Resident("household", home), wanted).id


def stored(order: HouseholdOrder) -> tuple[dict[int, int], dict[int, int]]:
    """Offer → units picked, item → units ordered."""
    choices = select(OrderChoice.offer_id, OrderChoice.qty).where(OrderChoice.order_id == order.id)
    lines = select(OrderLine.item_id, OrderLine.qty_ordered).where(OrderLine.order_id == order.id)
    picked = {offer: qty for offer, qty in db.session.execute(choices)}  # noqa: C416
    return picked, {item: qty for item, qty in db.session.execute(lines)}  # noqa: C416


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.usefixtures("paused")
def test_of_many_orders_of_a_household_one_is_placed_and_the_others_hear_of_it(
    app: Flask, town: world.World, seed: int
) -> None:
    homes = [household.id for household in town.households[:4]]
    results = side_by_side(app, seed, [placing(town, home, {0: 1}, IfExists.REFUSE) for home in homes * 8])
    assert Counter(db.session.scalars(select(HouseholdOrder.household_id))) == Counter(homes)
    assert sum(isinstance(result, int) for result in results) == len(homes)
    assert {str(result.sentence)[:8] for result in results if not isinstance(result, int)} == {"这一户已有订单（"}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.usefixtures("paused")
def test_what_many_add_at_once_is_all_there_up_to_the_limit_of_the_household(
    app: Flask, town: world.World, seed: int
) -> None:
    most, home = 11, town.households[0].id
    town.offers[0].limit_per_household = most
    db.session.commit()
    results = side_by_side(app, seed, [placing(town, home, {0: 1}, IfExists.ADD) for _ in range(CLIENTS)])
    order = db.session.scalars(select(HouseholdOrder)).one()
    assert stored(order) == ({town.offers[0].id: most}, {town.items[0].id: most})
    assert sum(isinstance(result, int) for result in results) == most
    assert Counter(type(result) for result in results if not isinstance(result, int)) == {Invalid: CLIENTS - most}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.usefixtures("paused")
def test_an_order_that_is_changed_and_withdrawn_at_once_holds_what_its_last_entry_says(
    app: Flask, town: world.World, seed: int
) -> None:
    home = town.households[0].id
    order_id = in_own_transaction(placing(town, home, {0: 1}, IfExists.REFUSE))
    by = Resident("household", home)
    withdraw = ordering_service.withdraw.__wrapped__  # type: ignore[attr-defined]
    tasks = [placing(town, home, {number % 4: 1 + number, 3: 2}, IfExists.REPLACE) for number in range(24)]
    tasks += [lambda: withdraw(by, order_id).id] * 8
    results = side_by_side(app, seed, tasks)
    order = db.session.get_one(HouseholdOrder, order_id)
    entries = list(db.session.scalars(select(Event).where(Event.subject_id == order_id).order_by(Event.id)))
    assert [entry.data["revision"] for entry in entries] == list(range(1, order.revision + 1))
    assert sum(isinstance(result, int) for result in results) == order.revision - 1
    assert not any(isinstance(result, StaleEdit) for result in results)  # each saw what stood when it came
    assert stored(order)[1] == {int(item): qty for item, qty in entries[-1].data.get("quantities", {}).items()}
    assert (order.state == OrderState.WITHDRAWN) == (entries[-1].verb == "withdraw")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.usefixtures("paused")
def test_a_form_that_is_sent_many_times_at_once_takes_effect_once(app: Flask, town: world.World, seed: int) -> None:
    home = town.households[0].id
    in_own_transaction(placing(town, home, {0: 1}, IfExists.REFUSE))
    keys = [new_key() for _ in range(4)]

    def sending(key: str) -> Task:
        place = placing(town, home, {0: 1}, IfExists.ADD)

        def send() -> int:
            claim = FormClaim(key, f"household:{home}", "order", "same", lambda _id: "/there")
            claim.begin()
            result = int(place())
            claim.finish(result)
            return result

        return send

    results = side_by_side(app, seed, [sending(key) for key in keys * 8])
    assert Counter(type(result) for result in results) == {int: len(keys), AlreadyDone: 7 * len(keys)}
    assert stored(db.session.scalars(select(HouseholdOrder)).one())[0] == {town.offers[0].id: 1 + len(keys)}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.usefixtures("paused")
def test_an_entry_of_the_desk_is_undone_once_and_gives_back_what_stood_before(
    app: Flask, town: world.World, seed: int
) -> None:
    home, by = town.households[0].id, town.actor("leader")
    take = desk_service.take_order.__wrapped__  # type: ignore[attr-defined]
    undo = desk_service.undo_entry.__wrapped__  # type: ignore[attr-defined]

    def taking(number: int) -> Task:
        picks = (OfferPick(town.offers[0].id, number),)
        wanted = PlaceOrder(town.cycle.id, home, picks, if_exists=IfExists.REPLACE)
        return lambda: take(by, wanted).id

    results = side_by_side(app, seed, [taking(number) for number in range(1, 17)])
    taken = [result for result in results if isinstance(result, int)]
    assert taken
    assert all(isinstance(result, int | StaleEdit) for result in results)
    before = db.session.scalars(select(HouseholdOrder)).one().revision
    results = side_by_side(app, seed, [lambda entry=entry: undo(by, entry).id for entry in taken * 2])
    assert sum(isinstance(result, int) for result in results) == 1
    order = db.session.scalars(select(HouseholdOrder)).one()
    assert order.revision == before + 1
    entries = db.session.scalars(select(Event).where(Event.subject_id == order.id).order_by(Event.id)).all()
    stood = (
        entries[-3].data["quantities"] if len(entries) > 2 else {}
    )  # then the entry that was undone, then the undoing
    assert stored(order)[1] == {int(item): qty for item, qty in stood.items()}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.usefixtures("paused")
def test_a_phone_is_remembered_until_the_latest_of_all_times_and_a_revoked_one_not(
    app: Flask, town: world.World, seed: int
) -> None:
    now, homes = clock.now(), [household.id for household in town.households[:2]]
    for home in homes:
        db.session.add(HouseholdToken(household_id=home, token_sha256=token_digest(str(home)), expires_at=now))
    db.session.commit()
    rows = {row.household_id: row for row in db.session.scalars(select(HouseholdToken))}
    kept, lost = (Resident("household", home, token_id=rows[home].id, until=now) for home in homes)
    end = resident_service.forget_phone.__wrapped__  # type: ignore[attr-defined]
    tasks: list[Task] = [
        lambda by=by, days=days: extend_token(by, now + timedelta(days=days))
        for days in range(1, 16)
        for by in (kept, lost)
    ]
    side_by_side(app, seed, [*tasks, lambda: end(lost, str(homes[1]))])
    assert db.session.get_one(HouseholdToken, kept.token_id).expires_at == now + timedelta(days=15)
    assert db.session.get_one(HouseholdToken, lost.token_id).revoked_at is not None
    latest = db.session.get_one(HouseholdToken, lost.token_id).expires_at
    in_own_transaction(lambda: extend_token(lost, now + timedelta(days=99)))
    assert db.session.get_one(HouseholdToken, lost.token_id, populate_existing=True).expires_at == latest


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.usefixtures("paused")
def test_standing_orders_are_one_for_a_household_and_booked_once_beside_orders_of_the_same_homes(
    app: Flask, town: world.World, seed: int
) -> None:
    by, officer = town.actor("leader"), town.actor("supplies")
    homes = [
        household.id
        for household in town.households
        if household.stairwell.building.service_point_id == town.points[0].id
    ]
    wanted = standing_service.SaveStanding(((town.items[0].id, 2),), clock.today(), every_days=1)
    create = standing_service.create.__wrapped__  # type: ignore[attr-defined]
    book = standing_service.book_again.__wrapped__  # type: ignore[attr-defined]
    results = side_by_side(app, seed, [lambda home=home: create(by, home, wanted).id for home in homes[:4] * 6])
    assert Counter(db.session.scalars(select(StandingOrder.household_id))) == Counter(homes[:4])
    assert all(isinstance(result, int | Conflict) for result in results)
    tasks: list[Task] = [lambda: book(officer, town.cycle.id).placed for _ in range(6)]
    tasks += [placing(town, home, {0: 1, 1: 1}, IfExists.REFUSE) for home in homes[:4] * 3]
    side_by_side(app, seed, tasks)
    assert in_own_transaction(lambda: book(officer, town.cycle.id).placed) == 0
    assert Counter(db.session.scalars(select(HouseholdOrder.household_id))) == Counter(homes[:4])
    assert db.session.scalar(select(func.count()).select_from(StandingBooking)) == 4
