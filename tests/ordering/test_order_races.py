"""Many at once on the real database: one order, no order between open and locked, one effect per form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.access.permissions import Resident
from app.core.db import db
from app.core.errors import Conflict, LoudaError
from app.core.events import Event
from app.core.log import seals
from app.ordering import service as ordering_service
from app.ordering.cycles import service as cycles_service
from app.ordering.cycles.schemas import Lock
from app.ordering.models import HouseholdOrder, OrderLine, OrderState
from app.ordering.orders import IfExists, OfferPick, PlaceOrder
from tests import world

T = TypeVar("T")


@pytest.fixture
def town(app: Flask) -> world.World:
    return world.build()


def at_once(app: Flask, tasks: Iterable[Callable[[], T]], workers: int = 8) -> list[T | LoudaError]:
    """Run tasks in threads, each with a session of its own; refusals are returned, other failures raised."""

    def run(task: Callable[[], T]) -> T | LoudaError:
        with app.app_context():
            try:
                return task()
            except LoudaError as error:
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, tasks))


def placing(town: world.World, home: int, qty: int, if_exists: IfExists) -> Callable[[], int]:
    wanted = PlaceOrder(town.cycle.id, home, (OfferPick(town.offers[qty % 4].id, qty),), if_exists=if_exists)
    return lambda: ordering_service.place(Resident("household", home), wanted).id


def test_fifty_carts_of_one_household_end_as_one_order_with_every_revision_logged(
    app: Flask, town: world.World
) -> None:
    home = town.households[0].id
    results = at_once(app, [placing(town, home, qty, IfExists.REPLACE) for qty in range(1, 31)])
    accepted = [result for result in results if isinstance(result, int)]
    db.session.rollback()
    order = db.session.scalars(select(HouseholdOrder)).one()
    events = db.session.scalars(select(Event).where(Event.subject_id == order.id).order_by(Event.id)).all()
    assert len(set(accepted)) == 1
    assert [event.data["revision"] for event in events] == list(range(1, len(accepted) + 1))
    lines = select(OrderLine.item_id, OrderLine.qty_ordered)
    stored = {str(item): qty for item, qty in db.session.execute(lines)}
    assert stored == events[-1].data["quantities"]
    seals.seal_waiting()
    assert list(seals.faults()) == []


def test_double_clicks_without_a_key_place_one_order(app: Flask, town: world.World) -> None:
    home = town.households[0].id
    results = at_once(app, [placing(town, home, 1, IfExists.REFUSE) for _ in range(12)])
    assert sum(isinstance(result, int) for result in results) == 1
    assert all(isinstance(result, int | Conflict) for result in results)


def test_at_the_cut_off_each_order_is_in_the_lock_or_was_refused(app: Flask, town: world.World) -> None:
    homes = [household.id for household in town.households]
    tasks: list[Callable[[], object]] = [placing(town, home, 1, IfExists.REFUSE) for home in homes]
    by = town.actor("admin")
    tasks.insert(5, lambda: cycles_service.lock_cycle(by, town.cycle.id, Lock(is_early=True, is_override=True)).id)
    results = at_once(app, tasks)
    db.session.rollback()
    placed = sum(isinstance(result, int) for result in results) - 1
    states = Counter(db.session.scalars(select(HouseholdOrder.state)))
    assert states == Counter({OrderState.LOCKED.value: placed})
    assert db.session.scalar(select(func.count()).select_from(OrderLine)) == placed
    assert all(isinstance(result, int | Conflict) for result in results)
