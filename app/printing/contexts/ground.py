"""What every sheet of a cycle stands on: places, points, items. Loaded once a job, in a fixed number of statements."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select

from app.catalog.models import Item, Storage
from app.core.db import db
from app.core.errors import NotFound
from app.core.text.natural import natural_key
from app.ordering.models import Cycle, CyclePoint
from app.places.labels import building_label
from app.places.models import Building, Community, Compound, ServicePoint, Subdistrict
from app.printing.paper_setup.service import PaperOptions, options_of
from app.printing.sheet import Sheet, SheetHead, SheetItem

HEAVY_G = 2_500  # a single unit from here on gets the heavy mark on lists
_LEVEL = re.compile(r"(?<=[0-9A-Za-z])(号楼|栋|幢|号|楼|单元)$")


@dataclass(frozen=True)
class Subject:
    """What a sheet is about: unique within its kind, cycle and wave."""

    type: str
    id: int
    label: str
    service_point_id: int | None = None


@dataclass(frozen=True)
class Prepared:
    """A sheet ready to be stamped."""

    subject: Subject
    sheet: Sheet


@dataclass(frozen=True)
class PointPlace:
    """A service point of the cycle."""

    id: int
    name: str
    community: str
    lat_e6: int | None
    lon_e6: int | None
    is_depot: bool
    phone: str = ""


@dataclass(frozen=True)
class BuildingPlace:
    """A building of the cycle; ``name`` is the compound and the label."""

    id: int
    label: str
    compound: str
    compound_id: int
    point_id: int
    has_lift: bool
    drop_spot: str
    public_code: str
    lat_e6: int | None
    lon_e6: int | None
    sort_key: tuple[str, str]
    address: str = ""

    @property
    def name(self) -> str:
        """Compound and label, as lists over several compounds show it."""
        return building_label(self.compound, self.label)


def mask_name(name: str | None) -> str:
    """Return the surname with a star for the rest (王*); empty for nobody."""
    plain = (name or "").strip()
    return f"{plain[0]}*" if plain else ""


def short_place(building: str, stairwell: str, room: str) -> str:
    """Return the big text of a label: 12号楼, 1单元, 302 is 12-1-302; without a stairwell 12-302."""
    parts = [_LEVEL.sub("", part.strip()) for part in (building, stairwell, room)]
    return "-".join(part for part in parts if part)


def item_marks(item: Item) -> tuple[str, ...]:
    """Return the marks of an item for paper: cold, frozen, heavy, fragile."""
    found = {
        "cold": item.storage == Storage.CHILLED,
        "frozen": item.storage == Storage.FROZEN,
        "heavy": item.weight_g >= HEAVY_G,
        "fragile": item.is_fragile,
    }
    return tuple(name for name, applies in found.items() if applies)


@dataclass(frozen=True)
class Ground:
    """The cycle with its points, buildings and items by id."""

    cycle_id: int
    cycle: str
    subdistrict: str
    deliver_on: date
    cutoff_at: datetime
    wave: int
    points: dict[int, PointPlace]
    buildings: dict[int, BuildingPlace]
    items: dict[int, SheetItem]
    only: frozenset[int] | None = None  # buildings whose bags are wanted; None: all
    help_phone: str = ""
    options: PaperOptions = field(default_factory=PaperOptions)

    def head(self, point_id: int | None = None, *, has_wave: bool = False) -> SheetHead:
        """Return the head of a sheet of a point, or of the whole subdistrict."""
        point = self.points.get(point_id) if point_id is not None else None
        community, name = (point.community, point.name) if point else ("", "")
        wave = self.wave if has_wave else 0
        return SheetHead(
            self.subdistrict,
            community,
            self.cycle,
            name,
            self.deliver_on,
            wave,
            is_bilingual=self.options.is_bilingual,
        )

    def desk_of(self, point_id: int) -> str:
        """Whom the people of a point call on the day: its own line, else the office's; empty where there is none."""
        point = self.points.get(point_id)
        return (point.phone if point else "") or self.help_phone

    def of_building(self, building: BuildingPlace, kind_label: str = "") -> Subject:
        """Return the subject of a sheet about one building."""
        return Subject("building", building.id, f"{building.name}{kind_label}", building.point_id)

    def of_point(self, point_id: int) -> Subject:
        """Return the subject of a sheet about one point."""
        return Subject("service_point", point_id, self.points[point_id].name, point_id)

    def in_order(self, building_ids: Iterable[int]) -> list[BuildingPlace]:
        """Return the buildings of the cycle among the ids, compound by compound in natural order."""
        own = (self.buildings[building] for building in set(building_ids) if building in self.buildings)
        return sorted(own, key=lambda building: building.sort_key)

    def at_point(self, point_id: int) -> list[BuildingPlace]:
        """Return all buildings of a point in order."""
        return self.in_order(b.id for b in self.buildings.values() if b.point_id == point_id)

    def points_in_order(self) -> list[PointPlace]:
        """Return the points, community by community in natural order."""
        return sorted(self.points.values(), key=lambda point: (natural_key(point.community), natural_key(point.name)))


def load_ground(cycle_id: int, wave: int = 1) -> Ground:
    """Load the ground of a cycle in six statements.

    Raises:
        NotFound: there is no such cycle.
    """
    found = db.session.execute(select(Cycle, Subdistrict).join(Subdistrict).where(Cycle.id == cycle_id)).one_or_none()
    if found is None:
        raise NotFound
    cycle, subdistrict = found
    return Ground(
        cycle_id=cycle.id,
        cycle=cycle.name,
        subdistrict=subdistrict.name,
        deliver_on=cycle.deliver_on,
        cutoff_at=cycle.cutoff_at,
        wave=wave,
        points=_points(cycle_id),
        buildings=_buildings(cycle_id),
        items=_items(),
        help_phone=subdistrict.help_phone,
        options=options_of(subdistrict.id),
    )


def _points(cycle_id: int) -> dict[int, PointPlace]:
    rows = db.session.execute(
        select(ServicePoint, Community.name)
        .join(CyclePoint, CyclePoint.service_point_id == ServicePoint.id)
        .join(Community, Community.id == ServicePoint.community_id)
        .where(CyclePoint.cycle_id == cycle_id)
    )
    return {
        point.id: PointPlace(point.id, point.name, community, point.lat_e6, point.lon_e6, point.is_depot, point.phone)
        for point, community in rows
    }


def _buildings(cycle_id: int) -> dict[int, BuildingPlace]:
    rows = db.session.execute(
        select(Building, Compound.name, Compound.address)
        .join(Compound, Compound.id == Building.compound_id)
        .join(CyclePoint, CyclePoint.service_point_id == Building.service_point_id)
        .where(CyclePoint.cycle_id == cycle_id)
    )
    return {
        building.id: BuildingPlace(
            id=building.id,
            label=building.label,
            compound=compound,
            compound_id=building.compound_id,
            point_id=building.service_point_id,
            has_lift=building.has_lift,
            drop_spot=building.drop_spot,
            public_code=building.public_code,
            lat_e6=building.lat_e6,
            lon_e6=building.lon_e6,
            sort_key=(natural_key(compound), building.sort_key or natural_key(building.label)),
            address=address,
        )
        for building, compound, address in rows
    }


def _items() -> dict[int, SheetItem]:
    rows = db.session.scalars(select(Item).order_by(Item.sku))
    return {
        item.id: SheetItem(number, item.name, item.spec, item.sale_unit, item_marks(item))
        for number, item in enumerate(rows, start=1)
    }
