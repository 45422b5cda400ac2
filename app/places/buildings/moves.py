"""A building that gets another service point: at once, or from the next cycle on where it has orders under way."""

from __future__ import annotations

from collections.abc import Callable, Collection

from flask import current_app
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.places.models import Building, BuildingMove, ServicePoint

# The slices above know which buildings have orders in cycles that are not over; they say so here.
WITH_ORDERS = "louda_buildings_with_orders"


def with_orders(building_ids: Collection[int]) -> set[int]:
    """Those of the buildings that have orders under way."""
    asked: Callable[[Collection[int]], set[int]] | None = current_app.extensions.get(WITH_ORDERS)
    return asked(building_ids) if asked else set()


def next_point(building_id: int) -> ServicePoint | None:
    """The point that the building goes to with the next cycle, if any."""
    found = select(ServicePoint).join(BuildingMove, BuildingMove.to_point_id == ServicePoint.id)
    return db.session.scalar(found.where(BuildingMove.building_id == building_id, BuildingMove.starts_at.is_(None)))


def cancel_move(building_id: int) -> bool:
    """Inside a command: the building stays where it is; returns whether it would have gone."""
    found = select(BuildingMove).where(BuildingMove.building_id == building_id, BuildingMove.starts_at.is_(None))
    move = db.session.scalar(found)
    if move is not None:
        db.session.delete(move)
        db.session.flush()
    return move is not None


def postpone_move(building: Building, point_id: int) -> None:
    """Inside a command: the building goes when the next cycle of that point is opened; see `move_waiting`."""
    cancel_move(building.id)
    if point_id != building.service_point_id:
        move = BuildingMove(building_id=building.id, from_point_id=building.service_point_id, to_point_id=point_id)
        db.session.add(move)
        db.session.flush()


def move_now(building: Building, point_id: int) -> None:
    """Inside a command: the building belongs to the point now; the old point reaches it until `release_old_points`."""
    cancel_move(building.id)
    move = BuildingMove(building_id=building.id, from_point_id=building.service_point_id, to_point_id=point_id)
    move.starts_at = clock.now()
    db.session.add(move)
    building.service_point_id = point_id
    db.session.flush()


def move_waiting(point_ids: Collection[int], taking_orders: Collection[int]) -> int:
    """Inside a command, when a cycle of these points is opened: what waited for it; returns how many buildings went.

    taking_orders: points at which another cycle takes orders. Their buildings wait for a later opening: households that
    have not ordered there yet could not, or would end up in another tally than their neighbours.
    """
    found = (
        select(BuildingMove)
        .join(Building, Building.id == BuildingMove.building_id)
        .where(BuildingMove.starts_at.is_(None), BuildingMove.to_point_id.in_(point_ids))
        .where(Building.service_point_id.not_in(taking_orders))
    )
    moves = list(db.session.scalars(found.order_by(BuildingMove.id)))
    for move in moves:
        building = db.session.get_one(Building, move.building_id)
        move.from_point_id, move.starts_at = building.service_point_id, clock.now()
        building.service_point_id = move.to_point_id
    db.session.flush()
    return len(moves)


def release_old_points(building_ids: Collection[int]) -> None:
    """Inside a command: the points that these buildings left no longer reach them."""
    found = select(BuildingMove).where(BuildingMove.building_id.in_(building_ids), BuildingMove.starts_at.is_not(None))
    for move in db.session.scalars(found.where(BuildingMove.ends_at.is_(None))):
        move.ends_at = clock.now()
    db.session.flush()


def reached_by_old_points() -> set[int]:
    """Buildings that a point which they left still reaches."""
    running = BuildingMove.starts_at.is_not(None) & BuildingMove.ends_at.is_(None)
    return set(db.session.scalars(select(BuildingMove.building_id).where(running)))
