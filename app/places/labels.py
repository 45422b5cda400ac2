"""How a place is written, and the join that its parts are read by."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import Select

from app.places.address.register import building_key, stairwell_key
from app.places.models import Building, Compound, Household, Stairwell

ADDRESS = (Compound.name, Building.label, Stairwell.label, Household.room_no)
"""The parts of an address as columns, from the compound down; `address_label` writes them."""

S = TypeVar("S", bound=Select[*tuple[Any, ...]])


def with_address(statement: S) -> S:
    """A statement that holds Household, joined up to its stairwell, building and compound."""
    return (
        statement.join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .join(Compound, Compound.id == Building.compound_id)
    )


def building_label(compound: str, building: str) -> str:
    """A building as staff call it: ``桂花苑 12号楼``."""
    return f"{compound} {building}"


def address_label(*parts: str | None) -> str:
    """The parts of an address that there are: ``桂花苑 12号楼 1单元 302``."""
    return " ".join(part for part in parts if part)


def household_label(building: str, stairwell: str, room: str) -> str:
    """A household as staff write it: ``12-302``; with its stairwell where there is one: ``3-1-502``."""
    parts = (building_key(building), stairwell_key(stairwell) if stairwell else "", room.removesuffix("室"))
    return "-".join(part for part in parts if part)
