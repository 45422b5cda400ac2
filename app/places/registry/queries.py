"""What the pages of the register show: lists and single places as plain rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select

from app.access.permissions import Permission, Staff, ids_of
from app.core import clock
from app.core.db import db
from app.core.paging import Page, paginate
from app.core.text import chinese
from app.places.models import (
    Building,
    Community,
    Compound,
    CompoundAlias,
    Gate,
    Household,
    ServicePoint,
    Stairwell,
    Subdistrict,
    ZoneDesignation,
    ZoneLevel,
)
from app.places.queries import Captain, captains_of, current_zones
from app.places.scope import buildings_in_scope, compounds_in_scope, points_in_scope

READ = Permission.PLACES_READ
TONE_OF_ORDER = {0: "ok", 1: "todo"}


@dataclass(frozen=True)
class CompoundFilter:
    """What the list of compounds is narrowed to; an id that means nothing narrows to nothing."""

    text: str = ""
    community_id: int | None = None
    point_id: int | None = None


@dataclass(frozen=True)
class CompoundRow:
    id: int
    name: str
    community: str
    address: str
    buildings: int
    households: int
    points: str


@dataclass(frozen=True)
class RegisterTotals:
    compounds: int
    buildings: int
    households: int
    points: int
    without_captain: int


def zone_tone(level: ZoneLevel | None) -> str:
    """How strict a level is, as a tone of the page."""
    return "idle" if level is None else TONE_OF_ORDER.get(level.round_order, "alarm")


def totals(actor: Staff) -> RegisterTotals:
    """How much of the register the actor sees. Four statements."""
    mine = select(Building.id).where(buildings_in_scope(actor, READ))
    building_ids = list(db.session.scalars(mine))
    rooms = select(func.count(Household.id)).join(Stairwell).where(Stairwell.building_id.in_(mine))
    return RegisterTotals(
        compounds=_count(select(Compound.id).where(compounds_in_scope(actor, READ))),
        buildings=len(building_ids),
        households=db.session.scalar(rooms.where(Household.is_active)) or 0,
        points=_count(select(ServicePoint.id).where(points_in_scope(actor, READ))),
        without_captain=len(set(building_ids) - set(captains_of(building_ids, clock.today()))),
    )


def _count(statement: Select[int]) -> int:
    return db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0


def compounds(actor: Staff, wanted: CompoundFilter, page: str | None, url: Callable[[int], str]) -> Page[CompoundRow]:
    """Compounds in scope, a page of them; by name, alias, initials of the name, or address. Five statements."""
    found = select(Compound.id).join(Community).where(compounds_in_scope(actor, READ))
    text = chinese.fold(wanted.text).strip()[:50]
    if text:
        aliased = select(CompoundAlias.compound_id).where(CompoundAlias.alias.contains(text, autoescape=True))
        by_name = Compound.name.contains(text, autoescape=True) | Compound.address.contains(text, autoescape=True)
        initials = Compound.pinyin.contains(text.lower(), autoescape=True)
        found = found.where(or_(by_name, Compound.id.in_(aliased), initials, Compound.code == text))
    if wanted.community_id is not None:
        found = found.where(Compound.community_id == wanted.community_id)
    if wanted.point_id is not None:
        served = select(Building.compound_id).where(Building.service_point_id == wanted.point_id)
        found = found.where(Compound.id.in_(served))
    ids = paginate(found.order_by(Compound.pinyin, Compound.name, Compound.id), page, url)
    return Page(_compound_rows(ids.rows), ids.page, ids.pages, ids.total, url)


def _compound_rows(ids: Iterable[int]) -> list[CompoundRow]:
    ids = list(ids)
    rows = {
        row.id: row
        for row in db.session.execute(
            select(Compound.id, Compound.name, Compound.address, Community.name.label("community"))
            .join(Community)
            .where(Compound.id.in_(ids))
        )
    }
    households = dict(
        db.session.execute(
            select(Building.compound_id, func.count(Household.id))
            .join(Stairwell, Stairwell.building_id == Building.id)
            .join(Household, Household.stairwell_id == Stairwell.id)
            .where(Building.compound_id.in_(ids), Household.is_active)
            .group_by(Building.compound_id)
        ).all()
    )
    buildings: dict[int, int] = {}
    points: dict[int, list[str]] = {}
    served = (
        select(Building.compound_id, ServicePoint.name, func.count(Building.id))
        .join(ServicePoint)
        .where(Building.compound_id.in_(ids))
        .group_by(Building.compound_id, ServicePoint.name)
        .order_by(ServicePoint.name)
    )
    for compound_id, name, count in db.session.execute(served):
        buildings[compound_id] = buildings.get(compound_id, 0) + count
        points.setdefault(compound_id, []).append(name)
    return [
        CompoundRow(
            i, rows[i].name, rows[i].community, rows[i].address, buildings.get(i, 0), households.get(i, 0),
            "、".join(points.get(i, [])),
        )
        for i in ids
    ]  # fmt: skip


@dataclass(frozen=True)
class RegisteredBuildingRow:
    id: int
    label: str
    point: str
    stairwells: int
    households: int
    floors: int
    has_lift: bool
    zone: str
    zone_tone: str
    captains: str


def buildings_of(compound_id: int, actor: Staff) -> list[RegisteredBuildingRow]:
    """The buildings of a compound in scope, 2号楼 before 10号楼. Five statements."""
    found = list(
        db.session.execute(
            select(Building, ServicePoint.name)
            .join(ServicePoint)
            .where(Building.compound_id == compound_id, buildings_in_scope(actor, READ))
            .order_by(Building.sort_key, Building.id)
        ).all()
    )
    ids = [building.id for building, _point in found]
    counts = {
        row.building_id: row
        for row in db.session.execute(
            select(
                Stairwell.building_id,
                func.count(Stairwell.id.distinct()).label("stairwells"),
                func.count(Household.id).label("households"),
            )
            .outerjoin(Household, (Household.stairwell_id == Stairwell.id) & Household.is_active)
            .where(Stairwell.building_id.in_(ids))
            .group_by(Stairwell.building_id)
        )
    }
    zones = current_zones(ids, clock.now())
    captains = captains_of(ids, clock.today())
    return [_building_row(b, point, counts.get(b.id), zones.get(b.id), captains.get(b.id, [])) for b, point in found]


def _building_row(
    building: Building, point: str, counted: object, zone: ZoneLevel | None, captains: list[Captain]
) -> RegisteredBuildingRow:
    return RegisteredBuildingRow(
        id=building.id,
        label=building.label,
        point=point,
        stairwells=getattr(counted, "stairwells", 0),
        households=getattr(counted, "households", 0),
        floors=building.floors,
        has_lift=building.has_lift,
        zone=zone.label_zh if zone else "",
        zone_tone=zone_tone(zone),
        captains="、".join(captain.name for captain in captains),
    )


def aliases_of(compound_id: int) -> list[CompoundAlias]:
    """Other names of a compound."""
    return list(
        db.session.scalars(
            select(CompoundAlias).where(CompoundAlias.compound_id == compound_id).order_by(CompoundAlias.alias)
        )
    )


def gates_of(compound_id: int) -> list[Gate]:
    """Gates of a compound."""
    return list(db.session.scalars(select(Gate).where(Gate.compound_id == compound_id).order_by(Gate.name)))


@dataclass(frozen=True)
class RegisteredPointRow:
    id: int
    name: str
    community: str
    buildings: int
    households: int
    is_depot: bool
    has_place: bool
    phone: str


def offices(actor: Staff, permission: Permission) -> list[Subdistrict]:
    """Subdistricts that the actor holds as a whole."""
    held = Subdistrict.id.in_(ids_of(actor.scopes(permission), "subdistrict"))
    return list(db.session.scalars(select(Subdistrict).where(held).order_by(Subdistrict.code)))


def points(actor: Staff) -> list[RegisteredPointRow]:
    """Service points in scope with what they cover. Three statements."""
    found = list(
        db.session.execute(
            select(ServicePoint, Community.name)
            .join(Community)
            .where(points_in_scope(actor, READ))
            .order_by(Community.name, ServicePoint.name)
        ).all()
    )
    ids = [point.id for point, _community in found]
    buildings = dict(
        db.session.execute(
            select(Building.service_point_id, func.count(Building.id))
            .where(Building.service_point_id.in_(ids))
            .group_by(Building.service_point_id)
        ).all()
    )
    households = dict(
        db.session.execute(
            select(Building.service_point_id, func.count(Household.id))
            .join(Stairwell, Stairwell.building_id == Building.id)
            .join(Household, Household.stairwell_id == Stairwell.id)
            .where(Building.service_point_id.in_(ids), Household.is_active)
            .group_by(Building.service_point_id)
        ).all()
    )
    return [
        RegisteredPointRow(
            point.id, point.name, community, buildings.get(point.id, 0), households.get(point.id, 0), point.is_depot,
            point.lat_e6 is not None, point.phone,
        )
        for point, community in found
    ]  # fmt: skip


def choices_of_communities(actor: Staff, permission: Permission = READ) -> list[tuple[int, str]]:
    """(id, name) of the communities that the actor's points and wide grants reach."""
    reached = select(ServicePoint.community_id).where(points_in_scope(actor, permission))
    held = select(Compound.community_id).where(compounds_in_scope(actor, permission))
    grants = actor.scopes(permission)
    wide = [grant.scope_id for grant in grants if grant.scope_kind == "subdistrict"]
    found = select(Community.id, Community.name).where(
        or_(Community.id.in_(reached), Community.id.in_(held), Community.subdistrict_id.in_(wide))
    )
    return list(db.session.execute(found.order_by(Community.code)).all())


def choices_of_points(actor: Staff, permission: Permission = READ) -> list[tuple[int, str]]:
    """(id, name) of the service points in scope."""
    found = select(ServicePoint.id, ServicePoint.name).where(points_in_scope(actor, permission))
    return list(db.session.execute(found.order_by(ServicePoint.name)).all())


def buildings_by_level(actor: Staff) -> dict[int, int]:
    """Level → how many buildings in scope are under it now."""
    now = clock.now()
    counted = (
        select(ZoneDesignation.zone_level_id, func.count(ZoneDesignation.building_id.distinct()))
        .join(Building, Building.id == ZoneDesignation.building_id)
        .where(buildings_in_scope(actor, READ), ZoneDesignation.starts_at <= now)
        .where(or_(ZoneDesignation.ends_at.is_(None), ZoneDesignation.ends_at > now))
        .group_by(ZoneDesignation.zone_level_id)
    )
    return dict(db.session.execute(counted).all())
