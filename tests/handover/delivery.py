"""Bags brought to their buildings, for the tests of what follows."""

from __future__ import annotations

import re
from datetime import timedelta

from flask import Flask, g, has_app_context
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.access.permissions import Resident
from app.access.sessions import issue_token, settings
from app.core import clock
from app.core.db import command, db
from app.dispatch.rounds.service import drop_units
from app.handover import queries, service
from app.handover.schemas import DoorEntry, HandOutEntry
from app.ordering.models import CycleState, OrderLine
from app.ordering.stages import Cause
from app.picking import service as picking
from app.picking.models import Bag, BagState
from app.places.models import Household
from app.stock.models import Lot
from tests import world
from tests.allocation.test_runs import receive, run
from tests.journal import replay
from tests.world import World


def deliver(items: dict[int, int] | None = None, households: int = 4) -> World:
    """A running cycle whose bags wait at their buildings: three rooms of the first building, one of the second."""
    here = world.build()
    wanted = items or {0: 3, 1: 1}
    for household in here.households[:households]:
        here.order(household, wanted)
    here.lock()
    here.cycle.state = CycleState.RUNNING
    db.session.commit()
    for item, qty in wanted.items():
        receive(here, item, qty * households)
    run(here)
    picking.pack(here.actor("supplies"), here.cycle.id)
    drop_off()
    return here


@command
def drop_off() -> None:
    """Every packed bag reaches its building."""
    bags = list(db.session.scalars(select(Bag).where(Bag.state == BagState.PACKED).order_by(Bag.id)))
    db.session.execute(update(Bag).where(Bag.state == BagState.PACKED).values(state=BagState.DROPPED_OFF.value))
    for bag in bags:
        drop_units([bag], Cause("bag_drop", bag.id))


def bags(state: str = "") -> list[Bag]:
    """All bags, or those in a state, in order."""
    found = select(Bag).order_by(Bag.id)
    return list(db.session.scalars(found.where(Bag.state == state) if state else found))


def hand_out(here: World, exceptions: str = "", building: int = 0, **outcomes: str) -> dict[str, int]:
    """The captain enters a building; `outcomes` are bag<id>=reason."""
    waiting = [bag for bag in bags("dropped_off") if bag.building_id == here.buildings[building].id]
    rows = [DoorEntry(bag.id, outcomes.get(f"bag{bag.id}", "left")) for bag in waiting]
    who = "captain" if building == 0 else "supplies"
    entry = HandOutEntry(rows, exceptions)
    return service.hand_out(here.actor(who), here.cycle.id, here.buildings[building].id, entry)


def resident_of(household: Household) -> Resident:
    """The household as it acts."""
    return Resident("household", household.id, "居民")


def phone(app: Flask, household: Household) -> FlaskClient:
    """A browser that carries the household's token."""

    @command
    def issue() -> str:
        return issue_token(household.id, clock.now() + timedelta(days=7))

    client = app.test_client()
    client.set_cookie(settings().cookie_name("household"), issue(), domain="localhost")
    return client


def send(client: FlaskClient, page: str, action: str, data: list[tuple[str, str]], key: str) -> int:
    """Post repeated names, which a dict cannot hold; returns the status."""
    if has_app_context():
        g.pop("csrf_token", None)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).get_data(as_text=True))
    assert token
    from werkzeug.datastructures import MultiDict

    return client.post(action, data=MultiDict([*data, ("csrf_token", token[1]), ("_key", key)])).status_code


def units(stage: str) -> int:
    """Units of all lines in a stage."""
    return sum(getattr(line, f"qty_{stage}") for line in db.session.scalars(select(OrderLine)))


def books_agree(here: World) -> bool:
    """E6 for every line, E7 for the cycle, and lots that close."""
    db.session.expire_all()
    lines = list(db.session.scalars(select(OrderLine)))
    replayed = all(
        replay(line.id)[stage] == getattr(line, f"qty_{stage}") for line in lines for stage in replay(line.id)
    )
    parts = ("free", "reserved", "packed", "damaged", "returned")
    closed = all(
        sum(getattr(lot, f"qty_{part}") for part in parts) == lot.qty_received
        for lot in db.session.scalars(select(Lot))
    )
    return replayed and closed and queries.bag_gaps(here.cycle.id) == []
