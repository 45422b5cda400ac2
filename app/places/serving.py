"""How the goods of a building reach its households on a day: the one answer for pages, group texts and paper."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import or_, select

from app.core import clock
from app.core.db import db
from app.places.models import DeliveryMode, ZoneDesignation, ZoneLevel


def serving_day(deliver_on: date) -> date:
    """The day that a text about a delivery speaks of: its own, later the present one (what failed comes again)."""
    return max(deliver_on, clock.today())


def levels_on(day: date, building_ids: Iterable[int] | None = None) -> dict[int, ZoneLevel]:
    """Building → the last level that holds at any time of a local day; buildings without one are absent."""
    start = clock.local_instant(day, 0)
    found = (
        select(ZoneDesignation.building_id, ZoneLevel)
        .join(ZoneLevel, ZoneLevel.id == ZoneDesignation.zone_level_id)
        .where(
            ZoneDesignation.starts_at < start + timedelta(days=1),
            or_(ZoneDesignation.ends_at.is_(None), ZoneDesignation.ends_at > start),
        )
        .order_by(ZoneDesignation.starts_at)
    )
    if building_ids is not None:
        found = found.where(ZoneDesignation.building_id.in_(list(building_ids)))
    return {building: level for building, level in db.session.execute(found)}  # noqa: C416


def mode_of(building_id: int, deliver_on: date) -> DeliveryMode:
    """How one building is served by a cycle that delivers on a day; to the doors where nothing else is said."""
    level = levels_on(serving_day(deliver_on), [building_id]).get(building_id)
    return DeliveryMode.TO_DOOR if level is None else DeliveryMode(level.delivery_mode)


def modes_of(building_ids: Iterable[int], deliver_on: date) -> dict[int, DeliveryMode]:
    """The same for many buildings, each of them present. One statement."""
    ids = list(building_ids)
    levels = levels_on(serving_day(deliver_on), ids)
    return {one: DeliveryMode(levels[one].delivery_mode) if one in levels else DeliveryMode.TO_DOOR for one in ids}
