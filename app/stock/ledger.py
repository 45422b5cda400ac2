"""The double-entry books: where lots are. Every unit that comes in, goes out or is carried over is one `stock_move`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, select

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict
from app.places.models import Community, ServicePoint
from app.stock.models import Location, LocationKind, StockMove
from app.stock.rules import LotMove, balances

DEPOT_NAME = "仓库"
OUTSIDE_NAME = "外部"


@dataclass(frozen=True)
class StockLocations:
    """The places of a subdistrict: the depot where goods come in, the outside, and all by id."""

    depot: Location
    outside: Location
    places: dict[int, Location]


def locations_of(subdistrict_id: int) -> StockLocations:
    """Inside a command: the places of a subdistrict; those that its points still lack are opened."""
    places = list(
        db.session.scalars(select(Location).where(Location.subdistrict_id == subdistrict_id).order_by(Location.id))
    )
    missing = _missing(subdistrict_id, places)
    if missing:
        db.session.add_all(missing)
        db.session.flush()
        places += missing
    depot = next(place for place in places if place.kind == LocationKind.DEPOT)
    outside = next(place for place in places if place.kind == LocationKind.OUTSIDE)
    return StockLocations(depot, outside, {place.id: place for place in places})


def _missing(subdistrict_id: int, places: list[Location]) -> list[Location]:
    points = db.session.scalars(
        select(ServicePoint)
        .join(Community, Community.id == ServicePoint.community_id)
        .where(Community.subdistrict_id == subdistrict_id)
        .order_by(ServicePoint.is_depot.desc(), ServicePoint.id)
    ).all()
    known = {place.service_point_id for place in places}
    kinds = {place.kind for place in places}
    names = Counter(place.name for place in places)
    added = []
    for point in points:
        if point.id in known:
            continue
        names[point.name] += 1
        name = point.name if names[point.name] == 1 else f"{point.name}（{point.id}）"
        kind = LocationKind.DEPOT if point.is_depot else LocationKind.POINT
        kinds.add(kind)
        added.append(Location(subdistrict_id=subdistrict_id, name=name, kind=kind, service_point_id=point.id))
    for kind, name in ((LocationKind.DEPOT, DEPOT_NAME), (LocationKind.OUTSIDE, OUTSIDE_NAME)):
        if kind not in kinds:
            added.append(Location(subdistrict_id=subdistrict_id, name=name, kind=kind))
    return added


def write_moves(moves: Iterable[LotMove], cause_kind: str, cause_id: int) -> None:
    """Inside a command: enter moves with what caused them. Append-only."""
    now = clock.now()
    rows = [
        {
            "lot_id": move.lot_id,
            "from_location_id": move.from_location,
            "to_location_id": move.to_location,
            "qty": move.qty,
            "cause_kind": cause_kind,
            "cause_id": cause_id,
            "created_at": now,
        }
        for move in moves
    ]
    if rows:
        db.session.flush()
        db.session.execute(insert(StockMove), rows)


def units_by_location(lot_id: int) -> dict[int, int]:
    """Location id → units of the lot there, from its moves; the outside is below zero."""
    moves = db.session.scalars(select(StockMove).where(StockMove.lot_id == lot_id))
    entered = [LotMove(move.lot_id, move.from_location_id, move.to_location_id, move.qty) for move in moves]
    return {place: qty for (_lot, place), qty in balances(entered).items()}


def moves_out(books: StockLocations, lot_id: int, qty: int) -> list[LotMove]:
    """Moves that take `qty` units of a lot out of our places, the depot first. Raises Conflict where it has fewer."""
    there = units_by_location(lot_id)
    order = sorted(there, key=lambda place: (place != books.depot.id, place))
    moves = []
    for place in order:
        units = min(qty, there[place]) if place != books.outside.id else 0
        if units > 0:
            moves.append(LotMove(lot_id, place, books.outside.id, units))
            qty -= units
    if qty:
        raise Conflict(_l("账上没有这么多，没有写入。"))
    return moves
