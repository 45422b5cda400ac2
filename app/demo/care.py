"""Who is looked after in the demo: carers, regular orders, a telephone to call, an errand that waits."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import insert, select

from app.access.permissions import Resident
from app.catalog.models import Item
from app.core import clock
from app.core.db import command, db
from app.demo.subdistrict import Cast
from app.errands import service as errands
from app.errands.schemas import Ask
from app.ordering.standing import service as standing_service
from app.ordering.standing.service import SaveStanding
from app.places.care import service as care_service
from app.places.care.needs import carers_of
from app.places.care.service import SaveCare
from app.places.models import Building, CareNeed, Household, HouseholdContact, Stairwell


def look_after(cast: Cast, first_on: date) -> None:
    """Give each household of the care list a carer and a regular order from `first_on` on, every second day."""
    homes = db.session.execute(
        select(CareNeed.household_id, Building.id, Building.service_point_id)
        .join(Household, Household.id == CareNeed.household_id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .order_by(CareNeed.household_id)
    ).all()
    goods = tuple((item, 1) for item in db.session.scalars(select(Item.id).where(Item.is_active).limit(2)))
    _telephones([household_id for household_id, _building, _point in homes])
    for household_id, building_id, point_id in homes:
        leader, carer = cast.leaders[point_id], carers_of(building_id)[0][0]
        care_service.save(leader, household_id, SaveCare(("elderly_alone", "needs_call"), True, carer, "敲门重一点"))
        wanted = SaveStanding(goods, first_on, every_days=2, carer_id=carer)
        standing_service.create(leader, household_id, wanted)
    for household_id, _building, _point in homes[:1]:
        errands.ask(Resident("household", household_id), household_id, Ask("medicine", "社区医院药房", "常用药一盒"))


@command
def _telephones(household_ids: list[int]) -> None:
    """Invented numbers, none of which rings."""
    until = clock.today() + timedelta(days=30)
    known = set(db.session.scalars(select(HouseholdContact.household_id)))
    fresh = [i for i in household_ids if i not in known]
    rows = [{"household_id": i, "phone": f"199 0000 {i:04d}", "purge_on": until} for i in fresh]
    if rows:
        db.session.execute(insert(HouseholdContact), rows)
