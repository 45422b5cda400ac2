"""What of the day's paper has not come back, and what one sheet needs to be typed in. Read only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from app.access.permissions import Staff
from app.core.db import db
from app.core.text.natural import natural_key
from app.dispatch.counts import bags_signed_for, contested_bags, difference_at
from app.dispatch.models import DeliveryStop, DifferenceState, PlanBag, RoundState, StopState
from app.dispatch.rounds.service import runs_round
from app.handover.doors.queries import BagAtDoor, bags_at, coming_count
from app.handover.models import HandOut
from app.handover.service import is_fresh
from app.picking.models import LIVE_BAGS, Bag, BagState
from app.places.models import Building, ServicePoint
from app.printing.changes import RowChanges, difference
from app.printing.contexts.day import captains
from app.printing.contexts.ground import load_ground
from app.printing.models import Document, DocumentState

COMES_BACK = ("route_sheet", "drop_off_sheet", "hand_out_list")


@dataclass(frozen=True)
class Outstanding:
    """One sheet that is still out. ``captain`` as paper names one (王*), empty where there is none."""

    document: Document
    point: str
    captain: str


@dataclass(frozen=True)
class PointCount:
    """Sheets of a point: how many went out, how many are back."""

    point: str
    sent: int
    back: int

    @property
    def out(self) -> int:
        """Still out."""
        return self.sent - self.back


def sheets_out(cycle_id: int, wave: int, within: ColumnElement[bool]) -> tuple[list[Outstanding], list[PointCount]]:
    """The sheets that should come back and have not, and the count of each point; the whole subdistrict first."""
    rows = db.session.execute(
        select(Document, ServicePoint.name)
        .outerjoin(ServicePoint, ServicePoint.id == Document.service_point_id)
        .where(
            Document.cycle_id == cycle_id,
            Document.wave == wave,
            Document.kind.in_(COMES_BACK),
            Document.state != DocumentState.SUPERSEDED,
            within,
        )
    ).all()
    named = captains(load_ground(cycle_id, wave)) if rows else {}
    building_of = _buildings([document for document, _point in rows])
    out: list[Outstanding] = []
    sent: dict[str, int] = {}
    back: dict[str, int] = {}
    for document, point in rows:
        place = point or ""
        sent[place] = sent.get(place, 0) + 1
        if document.returned_at is not None:
            back[place] = back.get(place, 0) + 1
        else:
            out.append(Outstanding(document, place, named.get(building_of.get(document.id, 0), "")))
    counts = [PointCount(place, sent[place], back.get(place, 0)) for place in sorted(sent, key=natural_key)]
    out.sort(key=lambda one: (natural_key(one.point), one.captain, one.document.kind, natural_key(one.document.label)))
    return out, counts


def _buildings(documents: list[Document]) -> dict[int, int]:
    """Document → the building it is about."""
    stop_ids = [row.subject_id for row in documents if row.subject_type == "stop"]
    stops: dict[int, int] = {}
    for start in range(0, len(stop_ids), 500):
        part = select(DeliveryStop.id, DeliveryStop.building_id).where(
            DeliveryStop.id.in_(stop_ids[start : start + 500])
        )
        stops |= {stop: building for stop, building in db.session.execute(part)}  # noqa: C416 - rows, not pairs
    found = {row.id: row.subject_id for row in documents if row.subject_type == "building"}
    return found | {row.id: stops.get(row.subject_id, 0) for row in documents if row.subject_type == "stop"}


def changed_since(document: Document) -> tuple[Document | None, RowChanges | None]:
    """The version that holds now, and what it says otherwise than this one; None, None for the one that holds."""
    newest = document
    seen = {document.id}
    while newest.superseded_by_id is not None and newest.superseded_by_id not in seen:
        following = db.session.get(Document, newest.superseded_by_id)
        if following is None:
            break
        seen.add(following.id)
        newest = following
    if newest is document:
        return None, None
    return newest, difference(document.row_names, newest.row_names)


@dataclass(frozen=True)
class Doors:
    """The bags of a hand-out list that can be typed in, and those that are entered already."""

    waiting: tuple[BagAtDoor, ...]
    entered: int
    coming: int
    unlisted: int = 0
    """Bags that wait too, but came after this version was printed: the paper says nothing about them."""


def doors_of(document: Document) -> Doors | None:
    """What a hand-out list needs to be typed in; None for other kinds."""
    building = db.session.get(Building, document.subject_id) if document.kind == "hand_out_list" else None
    if building is None:
        return None
    bags = [bag for bag in bags_at(document.cycle_id, building) if bag.wave == document.wave]
    waiting = tuple(bag for bag in bags if bag.state == BagState.DROPPED_OFF)
    listed = codes_on(document)
    contested = contested_bags(building.id)
    named = tuple(bag for bag in waiting if (listed is None or bag.code in listed) and bag.bag_id not in contested)
    coming = coming_count(document.cycle_id, building.id, document.wave)
    return Doors(named, len(bags) - len(waiting), coming, len(waiting) - len(named))


@dataclass(frozen=True)
class DropOffToEnter:
    """What a drop-off sheet needs to be typed in: how many bags, whether its round is known to have left.

    `is_counted`: somebody counted there by phone; the paper is a second count beside it.
    """

    bags: int
    has_departed: bool
    is_counted: bool = False


_UNSIGNED = (StopState.PENDING, StopState.ARRIVED)
_ON_ITS_WAY = (RoundState.PLANNED, RoundState.LOADING, RoundState.DEPARTED)


def arrival_of(document: Document) -> DropOffToEnter | None:
    """What a drop-off sheet still has to say; None for other kinds, for a stop that its round never came to, and for a
    signed one whose paper is back or whose difference is settled."""
    stop = db.session.get(DeliveryStop, document.subject_id) if document.kind == "drop_off_sheet" else None
    if stop is not None and stop.state == StopState.SIGNED:
        said = difference_at(stop.id)
        is_open = document.returned_at is None and (said is None or said.state == DifferenceState.OPEN)
        return DropOffToEnter(len(bags_signed_for(stop)), has_departed=True, is_counted=True) if is_open else None
    if stop is None or stop.state not in _UNSIGNED or stop.round.state not in _ON_ITS_WAY:
        return None
    own = select(func.count(Bag.id)).join(PlanBag, PlanBag.bag_id == Bag.id).where(PlanBag.stop_id == stop.id)
    bags = db.session.scalar(own.where(Bag.state.in_(LIVE_BAGS))) or 0
    return DropOffToEnter(bags, stop.round.state == RoundState.DEPARTED)


def may_load(by: Staff, document: Document) -> bool:
    """Whether the account may enter that the round of a drop-off sheet was loaded and left."""
    stop = db.session.get(DeliveryStop, document.subject_id) if document.kind == "drop_off_sheet" else None
    return stop is not None and runs_round(by, stop.round)


def codes_on(document: Document) -> frozenset[str] | None:
    """The codes printed on a hand-out list or a drop-off sheet; None where what it said is no longer kept."""
    rows = document.row_names.values()
    return frozenset(word for row in rows for word in row.split()) if rows else None


def may_undo(document: Document, account_id: int) -> bool:
    """Whether the newest entry for a hand-out list's building is this account's own and fresh."""
    if document.kind != "hand_out_list":
        return False
    newest = db.session.scalar(
        select(HandOut)
        .join(Bag, Bag.id == HandOut.bag_id)
        .where(Bag.cycle_id == document.cycle_id, Bag.building_id == document.subject_id, Bag.wave == document.wave)
        .order_by(HandOut.id.desc())
        .limit(1)
    )
    return newest is not None and newest.by_id == account_id and is_fresh(newest)
