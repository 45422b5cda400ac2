"""How often a building is visited, and with how many bags."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.dispatch.missing_bags import service as missing_bags_service
from app.dispatch.missing_bags.schemas import ResolveMissingBag
from app.dispatch.models import DeliveryRound, DeliveryStop
from app.dispatch.planning import service
from app.dispatch.rounds import service as rounds_service
from app.dispatch.rounds.schemas import SignDropOff
from app.handover.queries_arrival import visits
from tests import world
from tests.dispatch.test_rounds import planned
from tests.e2e.field_day import depart, publish_rounds


def test_a_bag_that_did_not_come_counts_once_with_the_wave_that_brings_it(app: Flask) -> None:
    here = world.build()
    (only,) = publish_rounds(here)
    depart(here)
    supplies, building = here.actor("supplies"), here.buildings[0].id
    stop = db.session.scalars(
        select(DeliveryStop).where(DeliveryStop.round_id == only.id, DeliveryStop.building_id == building)
    ).one()
    bags = rounds_service.bags_at(stop)
    for each in db.session.scalars(
        select(DeliveryStop).where(DeliveryStop.round_id == only.id).order_by(DeliveryStop.seq)
    ):
        rounds_service.sign(supplies, each.id, SignDropOff(bags[0].code if each.id == stop.id else ""))
    missing_bags_service.resolve_missing(supplies, bags[0].id, ResolveMissingBag("in_depot"))
    service.publish(supplies, planned(here).id)
    assert db.session.scalars(select(DeliveryRound).where(DeliveryRound.id != only.id)).one()
    found = visits(here.cycle.id, [building])[building]
    assert [visit.bags for visit in sorted(found, key=lambda visit: visit.stop_id)] == [len(bags) - 1, 1]
