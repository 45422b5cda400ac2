"""What the register of a subdistrict holds, indexed for comparing a table with it."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select

from app.core.db import db
from app.core.text import chinese
from app.places.address.register import building_key
from app.places.models import Building, Community, Compound, CompoundAlias, Household, ServicePoint, Stairwell


class RegisterSnapshot:
    """Compounds, points and buildings of a subdistrict; rooms of a building on demand, all buildings at once."""

    def __init__(self, subdistrict_id: int) -> None:
        self._subdistrict_id = subdistrict_id
        inside = select(Community.id).where(Community.subdistrict_id == subdistrict_id)
        compounds = list(db.session.scalars(select(Compound).where(Compound.community_id.in_(inside))))
        self._by_code = {row.code: row for row in compounds if row.code}
        self._by_name: dict[str, Compound | None] = {}
        for row in compounds:
            self._by_name[row.name] = None if row.name in self._by_name else row
        ids = {row.id: row for row in compounds}
        for alias in db.session.scalars(select(CompoundAlias).where(CompoundAlias.compound_id.in_(list(ids)))):
            self._by_name.setdefault(alias.alias, ids[alias.compound_id])
        points = select(ServicePoint).where(ServicePoint.community_id.in_(inside)).order_by(ServicePoint.id)
        self.points = list(db.session.scalars(points))
        self.points_by_name = {point.name: point for point in self.points}
        self.point_names = {point.id: point.name for point in self.points}
        buildings = list(db.session.scalars(select(Building).where(Building.compound_id.in_(list(ids)))))
        self._building_of_code = {row.code: row for row in buildings if row.code}
        self._building_of_label = {(row.compound_id, self.key(row.label)): row for row in buildings}
        self._rooms: dict[int, set[tuple[str, str]]] | None = None

    @staticmethod
    def key(label: str) -> str:
        """What labels of one building have in common: 3, 3幢, 三号楼."""
        return building_key(label)

    def compound(self, name: str, code: str) -> Compound | None:
        """The compound with this number in the list, else with this name or alias, if there is only one."""
        return self._by_code.get(code) if code else self._by_name.get(chinese.fold(name)) or self._by_name.get(name)

    def building(self, compound: Compound, label: str, code: str | None) -> Building | None:
        """The building with this number in the list, else with this label in the compound."""
        if code and code in self._building_of_code:
            return self._building_of_code[code]
        there = self._building_of_label.get((compound.id, self.key(label)))
        return there if there and (not code or not there.code) else None

    def rooms_of(self, building_id: int) -> set[tuple[str, str]]:
        """(stairwell label, room) pairs of a building."""
        if self._rooms is None:
            self._rooms = defaultdict(set)
            compounds = select(Compound.id).join(Community).where(Community.subdistrict_id == self._subdistrict_id)
            found = (
                select(Stairwell.building_id, Stairwell.label, Household.room_no)
                .join(Household, Household.stairwell_id == Stairwell.id)
                .join(Building, Building.id == Stairwell.building_id)
                .where(Building.compound_id.in_(compounds))
            )
            for there, stairwell, room in db.session.execute(found):
                self._rooms[there].add((stairwell, room))
        return self._rooms.get(building_id, set())
