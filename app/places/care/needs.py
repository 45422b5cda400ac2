"""Care needs as other stages may see them: who is called first, what the door should know, who may look after whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from app.access.models import Account, Role, RoleGrant
from app.core import clock
from app.core.db import db
from app.places.models import Building, CareKind, CareNeed

MANY = 900  # more households than fit into one IN list


def door_notes(household_ids: Sequence[int]) -> dict[int, str]:
    """Household id → its door note, of the households that have one. The list is short: many ask for all of it."""
    found = select(CareNeed.household_id, CareNeed.door_note).where(
        CareNeed.door_note != "", CareNeed.purge_on > clock.today()
    )
    if len(household_ids) <= MANY:
        found = found.where(CareNeed.household_id.in_(list(household_ids)))
    rows = db.session.execute(found.order_by(CareNeed.id.desc()))
    return {household_id: note for household_id, note in rows}  # noqa: C416


def door_note_of(household_id: ColumnElement[int], today: ColumnElement[date]) -> ColumnElement[Any]:
    """The same note of one household as a column, for a statement that is run anyway; NULL where there is none."""
    found = select(CareNeed.door_note).where(
        CareNeed.household_id == household_id, CareNeed.door_note != "", CareNeed.purge_on > today
    )
    return found.order_by(CareNeed.id).limit(1).scalar_subquery()


def kinds_of(household_ids: Sequence[int]) -> dict[int, list[CareKind]]:
    """Household id → its care needs, for readers who hold CARE there."""
    found = select(CareNeed.household_id, CareNeed.kind).where(
        CareNeed.household_id.in_(list(household_ids)), CareNeed.purge_on > clock.today()
    )
    kinds: dict[int, list[CareKind]] = {}
    for household_id, kind in db.session.execute(found.order_by(CareNeed.id)):
        kinds.setdefault(household_id, []).append(CareKind(kind))
    return kinds


def carers_of(building_id: int) -> list[tuple[int, str]]:
    """Who may be named as carer in a building: (account id, name) of its captains and of its point's leaders."""
    building = db.session.get(Building, building_id)
    if building is None:
        return []
    now = clock.now()
    reach = or_(
        (RoleGrant.role == Role.BUILDING_CAPTAIN) & (RoleGrant.building_id == building_id),
        (RoleGrant.role == Role.POINT_LEADER) & (RoleGrant.service_point_id == building.service_point_id),
    )
    found = (
        select(Account.id, Account.display_name)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(reach, Account.is_active, RoleGrant.starts_at <= now)
        .where(or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now))
        .distinct()
        .order_by(Account.display_name, Account.id)
    )
    return [(i, name) for i, name in db.session.execute(found)]
