"""Bags on their way in a subdistrict that was set up without the demo: what captain and runner meet on the day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update

from app.core import clock
from app.core.db import db
from app.core.queue.worker import drain
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, TeamMember
from app.dispatch.planning import service as dispatch
from app.dispatch.planning.schemas import AskPlan
from app.dispatch.rounds import service as rounds_service
from app.ordering.models import CycleState
from app.picking import service as picking
from app.places.models import Captaincy
from app.stock.models import Lot
from tests.allocation.test_runs import receive, run
from tests.e2e.conftest import Site, build_world, served
from tests.world import World

WANTED = {0: 2, 1: 1}


def pack_bags(here: World, households: int = 4) -> None:
    """Three rooms of the first building and one of the next have ordered; the goods came, and the bags are packed."""
    for household in here.households[:households]:
        here.order(household, WANTED)
    here.lock()
    here.cycle.state = CycleState.RUNNING
    db.session.commit()
    for item, qty in WANTED.items():
        receive(here, item, qty * households)
    db.session.execute(update(Lot).values(released_at=clock.now()))
    db.session.commit()
    run(here)
    picking.pack(here.actor("supplies"), here.cycle.id)


def publish_rounds(here: World, households: int = 4) -> list[DeliveryRound]:
    """Three rooms of the first building and one of the next are packed, planned and published; nothing has left."""
    pack_bags(here, households)
    supplies = here.actor("supplies")
    dispatch.ask_plan(supplies, here.cycle.id, AskPlan(here.cycle.deliver_on, 1))
    drain()
    dispatch.publish(supplies, db.session.scalars(select(DeliveryPlan.id)).one())
    return list(db.session.scalars(select(DeliveryRound).order_by(DeliveryRound.id)))


def depart(here: World) -> None:
    """Every round is loaded and has left."""
    for round_id in list(db.session.scalars(select(DeliveryRound.id).order_by(DeliveryRound.id))):
        rounds_service.load(here.actor("supplies"), round_id)
        rounds_service.depart(here.actor("supplies"), round_id)


def stop_of(here: World, building: int = 0) -> DeliveryStop:
    """The first stop at a building."""
    found = (
        select(DeliveryStop).where(DeliveryStop.building_id == here.buildings[building].id).order_by(DeliveryStop.id)
    )
    return db.session.scalars(found).all()[0]


def join_team(here: World, building: int = 0) -> None:
    """The runner's account belongs to the team that goes to a building."""
    team_id = stop_of(here, building).round.shift.team_id
    db.session.add(TeamMember(team_id=team_id, account_id=here.accounts["runner"].id, name="小甲"))
    db.session.commit()


@contextmanager
def on_the_day(app: Flask, *, departed: bool = True, linked: bool = True) -> Iterator[tuple[Site, dict[str, int]]]:
    """The published rounds, served; with the ids that a browser needs. Lived before the worker starts, which writes."""
    with app.app_context():
        here = build_world()
        since = clock.today() - timedelta(days=1)
        captain = here.accounts["captain"].id
        db.session.add(Captaincy(building_id=here.buildings[0].id, account_id=captain, starts_on=since))
        db.session.commit()
        publish_rounds(here)
        if linked:
            join_team(here)
        if departed:
            depart(here)
        stop = stop_of(here)
        ids = {
            "cycle": here.cycle.id,
            "building": here.buildings[0].id,
            "stop": stop.id,
            "round": stop.round_id,
            "team": stop.round.shift.team_id,
            "point": here.points[0].id,
            "household": here.households[0].id,
        }
        db.session.remove()
    with served(app, here) as site:
        yield site, ids
