"""Which texts for groups are wanted, and the buildings they are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from app.core.db import db
from app.core.labels import Labelled
from app.ordering.models import CyclePoint
from app.oversight.texts.rules import Rooms
from app.places.labels import building_label
from app.places.models import Building, Compound, ServicePoint


class Occasion(Labelled):
    """Why a group is written to."""

    OPENING = "opening", "开始接单"
    LAST_CALL = "last_call", "截单提醒"
    CHANGES = "changes", "缺货和替代"
    ARRIVAL = "arrival", "到楼时间"
    SLOTS = "slots", "错峰领取"


class Together(Labelled):
    """Whose group the text is for."""

    BUILDING = "building", "每栋楼"
    COMPOUND = "compound", "每个小区"
    POINT = "point", "每个点位"


@dataclass(frozen=True)
class TextRequest:
    """Which texts are wanted, whose buildings they are about (None: all within reach), and how rooms are shown."""

    occasion: Occasion
    together: Together
    rooms: Rooms
    point_id: int | None = None
    compound_id: int | None = None
    building_id: int | None = None

    def is_about(self, place: TextPlace) -> bool:
        """Whether the filters leave a building."""
        wanted = (self.point_id, place.point_id), (self.compound_id, place.compound_id), (self.building_id, place.id)
        return all(value is None or value == own for value, own in wanted)


@dataclass(frozen=True)
class TextPlace:
    """A building as texts name it."""

    id: int
    name: str
    public_code: str
    compound_id: int
    compound: str
    point_id: int
    point: str


@dataclass(frozen=True)
class GroupText:
    """One text and whose group it is for. `key` is unique on the page."""

    key: str
    group: str
    text: str


def places(cycle_id: int, in_scope: ColumnElement[bool]) -> list[TextPlace]:
    """The buildings of the cycle within reach, by compound and number. One statement."""
    found = (
        select(Building.id, Building.label, Building.public_code, Compound.id, Compound.name)
        .add_columns(ServicePoint.id, ServicePoint.name)
        .join(Compound, Compound.id == Building.compound_id)
        .join(ServicePoint, ServicePoint.id == Building.service_point_id)
        .join(CyclePoint, CyclePoint.service_point_id == ServicePoint.id)
        .where(CyclePoint.cycle_id == cycle_id, in_scope)
        .order_by(Compound.name, Building.sort_key, Building.id)
    )
    return [
        TextPlace(i, building_label(compound, label), code, compound_id, compound, point_id, point)
        for i, label, code, compound_id, compound, point_id, point in db.session.execute(found)
    ]


@dataclass(frozen=True)
class Group:
    """The buildings that one text is about."""

    key: str
    name: str
    buildings: list[TextPlace]


def group_buildings(near: list[TextPlace], together: Together) -> list[Group]:
    """The buildings by whose group they belong to."""
    found: dict[tuple[str, str], list[TextPlace]] = defaultdict(list)
    for place in near:
        found[_group_key(place, together)].append(place)
    return [Group(key, name, buildings) for (key, name), buildings in found.items()]


def _group_key(place: TextPlace, together: Together) -> tuple[str, str]:
    if together == Together.COMPOUND:
        return f"c{place.compound_id}", place.compound
    if together == Together.POINT:
        return f"p{place.point_id}", place.point
    return f"b{place.id}", place.name


def ids_of_groups(groups: Iterable[Group]) -> list[int]:
    """The ids of all buildings of some groups."""
    return [place.id for group in groups for place in group.buildings]
