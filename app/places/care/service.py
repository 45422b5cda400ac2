"""Commands of the care list: who needs care, who looks after them, what the door should know, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from app.access.permissions import Permission, Staff
from app.access.sessions import settings
from app.core import clock
from app.core.db import command, db
from app.core.errors import Invalid
from app.core.events import record
from app.core.lookup import or_not_found
from app.places.care.needs import carers_of
from app.places.models import Building, CareKind, CareNeed, Household, Stairwell
from app.places.scope import require_building


@dataclass(frozen=True)
class SaveCare:
    """The care needs of a household as they are to be: kinds, named carer, door note, days to be kept."""

    kinds: tuple[str, ...]
    has_consent: bool
    carer_id: int | None = None
    door_note: str = ""
    keep_days: int = 30


def building_of(by: Staff, household_id: int) -> Building:
    """The building of an active household where `by` holds CARE. Raises NotFound."""
    found = (
        select(Building.id)
        .join(Stairwell, Stairwell.building_id == Building.id)
        .join(Household, Household.stairwell_id == Stairwell.id)
        .where(Household.id == household_id, Household.is_active)
    )
    building_id = or_not_found(db.session.scalar(found))
    return require_building(by, Permission.CARE, building_id)


@command
def save(by: Staff, household_id: int, wanted: SaveCare) -> int:
    """Put a household on the list, change it, or keep it longer. Returns how many needs stand.

    Requires: CARE over the building; the household agreed; kept no longer than the installation keeps contacts.
    Ensures: the log holds numbers only, never which need. Raises: NotFound, Invalid.
    """
    building = building_of(by, household_id)
    longest = settings().purge_after_days
    if not wanted.kinds:
        raise Invalid({"kinds": [_l("请至少选一种。不再需要时请用“移出名单”。")]})
    if not wanted.has_consent:
        raise Invalid({"has_consent": [_l("要本人或家属同意才能登记。")]})
    if not 1 <= wanted.keep_days <= longest:
        raise Invalid({"keep_days": [_l("保存天数太长，请改短。")]})
    if wanted.carer_id and wanted.carer_id not in dict(carers_of(building.id)):
        raise Invalid({"carer_id": [_l("请从列出的选项里选。")]})
    present = {need.kind: need for need in db.session.scalars(select(CareNeed).filter_by(household_id=household_id))}
    today = clock.today()
    for kind in dict.fromkeys(wanted.kinds):
        need = present.pop(kind, None) or CareNeed(household_id=household_id, kind=CareKind(kind))
        need.carer_id, need.door_note = wanted.carer_id or None, wanted.door_note
        need.consent_on, need.purge_on = need.consent_on or today, today + timedelta(days=wanted.keep_days)
        db.session.add(need)
    for gone in present.values():
        db.session.delete(gone)
    db.session.flush()
    record(by, "save_care", ("household", household_id), needs=len(set(wanted.kinds)), days=wanted.keep_days)
    return len(set(wanted.kinds))


@command
def remove(by: Staff, household_id: int) -> int:
    """Take a household off the list at once. Returns how many needs went. Raises: NotFound."""
    building_of(by, household_id)
    gone = db.session.execute(delete(CareNeed).where(CareNeed.household_id == household_id))
    removed = int(getattr(gone, "rowcount", 0))
    record(by, "remove_care", ("household", household_id), needs=removed)
    return removed
