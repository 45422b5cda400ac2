"""Whom a resident calls: the duty line of the service point, else the help number of the subdistrict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from app.core.db import db
from app.places.models import Building, Community, Household, ServicePoint, Stairwell, Subdistrict

MOST = 3  # help numbers on a page that knows no building


@dataclass(frozen=True)
class HelpLine:
    """Whose telephone it is and its number; `dialled` is what a telephone dials."""

    who: str
    number: str

    @property
    def dialled(self) -> str:
        return "".join(character for character in self.number if character.isdigit() or character == "+")


def of_building(building_id: int) -> list[HelpLine]:
    """Whom the households of a building call; empty where no number was entered. One statement."""
    return _first(_numbers().where(Building.id == building_id))


def of_household(household_id: int) -> list[HelpLine]:
    """Whom a household calls; empty where no number was entered. One statement."""
    found = _numbers().join(Stairwell, Stairwell.building_id == Building.id)
    return _first(found.join(Household, Household.stairwell_id == Stairwell.id).where(Household.id == household_id))


def of_subdistricts() -> list[HelpLine]:
    """Whom somebody calls of whom nothing is known yet. One statement."""
    found = select(Subdistrict.name, Subdistrict.help_phone).where(Subdistrict.help_phone != "")
    return [HelpLine(*row) for row in db.session.execute(found.order_by(Subdistrict.id).limit(MOST))]


def _numbers() -> Select[Any]:
    found: Any = (
        select(ServicePoint.name, ServicePoint.phone, Subdistrict.name, Subdistrict.help_phone)
        .select_from(Building)
        .join(ServicePoint, ServicePoint.id == Building.service_point_id)
        .join(Community, Community.id == ServicePoint.community_id)
        .join(Subdistrict, Subdistrict.id == Community.subdistrict_id)
    )
    joined: Select[Any] = found
    return joined


def _first(found: Select[Any]) -> list[HelpLine]:
    row = db.session.execute(found).first()
    return [] if row is None else first_of(*row)


def first_of(point: str, phone: str, office: str, help_phone: str) -> list[HelpLine]:
    """The same from what a statement has read anyway: a point and a subdistrict by name and number."""
    lines = [HelpLine(point, phone), HelpLine(office, help_phone)]
    return [line for line in lines if line.number][:1]
