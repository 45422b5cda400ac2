"""Set up the invented subdistrict through the ordinary imports, and give its people accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from app.access.models import Account, Role, RoleGrant
from app.access.permissions import Staff
from app.access.service import hashed
from app.access.sessions import staff_account, staff_actor
from app.allocation.substitution import service as substitution_service
from app.allocation.substitution.schemas import PutSubstitution
from app.catalog.imports import service as catalog_import
from app.core import clock
from app.core.db import command, db
from app.demo import tables
from app.dispatch.models import Shift, Team, TeamMember, TeamMode
from app.dispatch.teams.service import USUAL
from app.places.imports import service as places_import
from app.places.imports.tables.kinds import RegisterTableKind
from app.places.imports.tables.options import RegisterImportOptions
from app.places.models import Building, Captaincy, CareKind, CareNeed, Household, ServicePoint, Subdistrict, ZoneLevel
from app.stock.models import RestRule

# Sign-in names of the demo, what each is, and the password they share on a laptop.
PASSWORD = "yunqi-demo-2022"
HELP_PHONE = "199 0000 0200"
PEOPLE = (
    ("admin", "街道管理员", Role.SUBDISTRICT_ADMIN),
    ("wuzi", "物资组 甲", Role.SUPPLIES_TEAM),
    ("wuzi2", "物资组 乙", Role.SUPPLIES_TEAM),
    ("xishang", "溪上小组长", Role.POINT_LEADER),
    ("guili", "桂里小组长", Role.POINT_LEADER),
    ("paolou", "跑楼志愿者", Role.RUNNER),
    ("shenji", "审计", Role.AUDITOR),
)
TEAMS = (
    ("一队", TeamMode.CART, 2),
    ("二队", TeamMode.CART, 1),
    ("三队", TeamMode.E_BIKE, 1),
    ("四队", TeamMode.FOOT, 0),
)
LEVELS = (
    ("fangfan", "防范区", "to_door", 0),
    ("guankong", "管控区", "to_stairwell", 1),
    ("fengkong", "封控区", "to_door", 2),
)


@dataclass(frozen=True)
class Cast:
    """Who acts in the demo."""

    subdistrict_id: int
    admin: Staff
    buyer: Staff
    checker: Staff
    leaders: dict[int, Staff]  # by service point


def set_up() -> Cast:
    """Import the tables, make accounts, teams, zones and captains. The database is empty before."""
    subdistrict = places_import.found_subdistrict(tables.CODE, tables.NAME)
    operator = places_import.operator_of(subdistrict.id)
    options = RegisterImportOptions(subdistrict.id, datum="wgs84")
    for kind, text in (
        (RegisterTableKind.COMMUNITIES, tables.COMMUNITIES),
        (RegisterTableKind.POINTS, tables.POINTS),
        (RegisterTableKind.COMPOUNDS, tables.compounds()),
        (RegisterTableKind.BUILDINGS, tables.buildings()),
    ):
        places_import.import_table(operator, places_import.RegisterUpload(text.encode(), kind, options))
    for text in (tables.ITEMS, tables.SUPPLIES):
        catalog_import.import_table(operator, catalog_import.CatalogueUpload(text.encode()))
    _people(subdistrict.id)
    _places(subdistrict.id)
    found = cast(subdistrict.id)
    for entry in tables.SUBSTITUTES:
        substitution_service.put(found.buyer, PutSubstitution(*entry))
    return found


@command
def _people(subdistrict_id: int) -> None:
    secret = hashed(PASSWORD)
    points = list(db.session.scalars(select(ServicePoint).order_by(ServicePoint.id)))
    point_of = {"xishang": points[0].id, "guili": points[1].id}
    for username, label, role in PEOPLE:
        account = Account(username=username, password_hash=secret, display_name=label)
        db.session.add(account)
        db.session.flush()
        grant = RoleGrant(account_id=account.id, role=role, starts_at=clock.now() - timedelta(days=30))
        if username in point_of:
            grant.service_point_id = point_of[username]
        else:
            grant.subdistrict_id = subdistrict_id
        db.session.add(grant)
    for number, building in enumerate(db.session.scalars(select(Building).order_by(Building.id)), start=1):
        account = Account(username=f"louzhang{number}", password_hash=secret, display_name=f"楼长 {number}")
        db.session.add(account)
        db.session.flush()
        db.session.add(
            RoleGrant(
                account_id=account.id,
                role=Role.BUILDING_CAPTAIN,
                building_id=building.id,
                starts_at=clock.now() - timedelta(days=30),
            )
        )
        started = clock.today() - timedelta(days=30)
        db.session.add(Captaincy(building_id=building.id, account_id=account.id, starts_on=started))


@command
def _places(subdistrict_id: int) -> None:
    db.session.get_one(Subdistrict, subdistrict_id).help_phone = HELP_PHONE
    for code, label, mode, order in LEVELS:
        if db.session.scalar(select(ZoneLevel.id).filter_by(code=code)) is None:
            db.session.add(ZoneLevel(code=code, label_zh=label, delivery_mode=mode, round_order=order))
    runner = db.session.scalar(select(Account.id).filter_by(username="paolou"))
    for name, mode, clearance in TEAMS:
        kg, litres, bags = USUAL[mode]
        team = Team(
            subdistrict_id=subdistrict_id,
            name=name,
            mode=mode,
            capacity_g=kg * 1000,
            capacity_ml=litres * 1000,
            capacity_bags=bags,
            zone_clearance=clearance,
        )
        db.session.add(team)
        db.session.flush()
        db.session.add(TeamMember(team_id=team.id, name="志愿者", account_id=runner if name == "一队" else None))
    db.session.add(RestRule(storage="ambient", category="日用", minutes=30))
    alone = select(Household).order_by(Household.id).limit(40)
    for household in list(db.session.scalars(alone))[::13]:
        db.session.add(
            CareNeed(
                household_id=household.id,
                kind=CareKind.ELDERLY_ALONE,
                door_note="敲门重一点",
                purge_on=clock.today() + timedelta(days=30),
            )
        )


def cast(subdistrict_id: int) -> Cast:
    """The people of the demo as actors."""
    points = list(db.session.scalars(select(ServicePoint.id).order_by(ServicePoint.id)))
    return Cast(
        subdistrict_id,
        admin=actor("admin"),
        buyer=actor("wuzi"),
        checker=actor("wuzi2"),
        leaders={points[0]: actor("xishang"), points[1]: actor("guili")},
    )


def actor(username: str) -> Staff:
    """An account of the demo as it acts."""
    account_id = db.session.scalar(select(Account.id).filter_by(username=username))
    account = staff_account(account_id or 0)
    if account is None:
        raise LookupError(f"the demo has no account {username}")
    return staff_actor(account)


@command
def put_on_duty(hours: tuple[float, float] = (9, 18)) -> None:
    """Every team has a shift today, from the depot; hours after local midnight."""
    depot = db.session.scalars(select(ServicePoint).filter_by(is_depot=True)).first()
    if depot is None:
        raise LookupError("the demo has no depot")
    for team in db.session.scalars(select(Team).order_by(Team.id)):
        starts, ends = (clock.local_instant(clock.today(), 0) + timedelta(hours=hour) for hour in hours)
        db.session.add(Shift(team_id=team.id, depot_id=depot.id, starts_at=starts, ends_at=ends))
