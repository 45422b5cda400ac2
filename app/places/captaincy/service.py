"""The number under which a captain is called on the days of delivery: given by the captain, gone with the captaincy."""

from __future__ import annotations

from sqlalchemy import or_, select

from app.access.permissions import Permission, Staff
from app.core import clock, events
from app.core.db import command, db
from app.core.errors import NotFound
from app.places.captaincy.schemas import GiveNumber
from app.places.models import Building, Captaincy
from app.places.scope import require_building


def own_captaincies(by: Staff, building_id: int) -> list[Captaincy]:
    """The captaincies of a building that the account itself holds today."""
    today = clock.today()
    held = select(Captaincy).where(Captaincy.building_id == building_id, Captaincy.account_id == by.id)
    running = held.where(Captaincy.starts_on <= today, or_(Captaincy.ends_on.is_(None), Captaincy.ends_on >= today))
    return list(db.session.scalars(running.order_by(Captaincy.id)))


def require_own(by: Staff, building_id: int) -> tuple[Building, list[Captaincy]]:
    """The building and the account's own captaincies of it. Raises NotFound for anybody else."""
    building = require_building(by, Permission.HAND_OUT, building_id)
    held = own_captaincies(by, building_id)
    if not held:
        raise NotFound
    return building, held


@command
def give_number(by: Staff, building_id: int, wanted: GiveNumber) -> Building:
    """The captain agrees to be called under a number on the days of delivery, or takes it back.

    Requires: the account is captain or deputy of the building itself; nobody gives it for another. Ensures: runner and
    route sheet show it on the day, else the point's line; it is emptied when the captaincy ends. Raises: NotFound.
    """
    building, held = require_own(by, building_id)
    for captaincy in held:
        captaincy.duty_phone = wanted.phone
    events.record(by, "duty_number", building, is_given=bool(wanted.phone))
    return building
