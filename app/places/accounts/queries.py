"""What the pages of accounts show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import or_, select

from app.access.models import Account, Role, RoleGrant
from app.access.permissions import Staff, ids_of
from app.core import clock
from app.core.db import db
from app.core.paging import Page, paginate
from app.places.accounts.service import ACCOUNTS, accounts_in_scope
from app.places.labels import building_label
from app.places.models import Building, Community, Compound, ServicePoint, Subdistrict
from app.places.scope import buildings_in_scope, points_in_scope

KINDS = ("subdistrict", "community", "service_point", "building")


@dataclass(frozen=True)
class GrantRow:
    id: int
    role: str
    where: str
    starts_at: datetime
    ends_at: datetime | None
    is_running: bool


@dataclass(frozen=True)
class AccountRow:
    id: int
    username: str
    name: str
    is_active: bool
    must_change: bool
    grants: list[GrantRow]

    @property
    def running(self) -> list[GrantRow]:
        """The roles that hold now."""
        return [grant for grant in self.grants if grant.is_running]


def accounts(by: Staff, text: str, role: str, page: str | None, url: Callable[[int], str]) -> Page[AccountRow]:
    """Accounts that the actor manages, by name or role; a page of them."""
    found = select(Account).where(accounts_in_scope(by))
    wanted = text.strip()[:40]
    if wanted:
        names = Account.username.contains(wanted.lower(), autoescape=True)
        found = found.where(names | Account.display_name.contains(wanted, autoescape=True))
    if role:
        running = or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > clock.now())
        found = found.where(Account.id.in_(select(RoleGrant.account_id).where(RoleGrant.role == role, running)))
    shown = paginate(found.order_by(Account.is_active.desc(), Account.username), page, url)
    return Page(rows(shown.rows), shown.page, shown.pages, shown.total, url)


def rows(found: Iterable[Account]) -> list[AccountRow]:
    """Accounts with all their roles, in words. At most five statements."""
    found = list(found)
    held = select(RoleGrant).where(RoleGrant.account_id.in_([account.id for account in found]))
    grants = list(db.session.scalars(held.order_by(RoleGrant.ends_at.is_not(None), RoleGrant.id.desc())))
    names = _names(grants)
    now = clock.now()
    by_account: dict[int, list[GrantRow]] = defaultdict(list)
    for grant in grants:
        kind = next(kind for kind in KINDS if getattr(grant, f"{kind}_id") is not None)
        where = names.get((kind, getattr(grant, f"{kind}_id")), "")
        running = grant.starts_at <= now and (grant.ends_at is None or grant.ends_at > now)
        row = GrantRow(grant.id, Role(grant.role).label, where, grant.starts_at, grant.ends_at, running)
        by_account[grant.account_id].append(row)
    return [
        AccountRow(a.id, a.username, a.display_name, a.is_active, a.must_change_password, by_account[a.id])
        for a in found
    ]


def _names(grants: Iterable[RoleGrant]) -> dict[tuple[str, int], str]:
    ids: dict[str, set[int]] = defaultdict(set)
    for grant in grants:
        for kind in KINDS:
            ids[kind].add(getattr(grant, f"{kind}_id") or 0)
    named = {
        "subdistrict": select(Subdistrict.id, Subdistrict.name).where(Subdistrict.id.in_(ids["subdistrict"])),
        "community": select(Community.id, Community.name).where(Community.id.in_(ids["community"])),
        "service_point": select(ServicePoint.id, ServicePoint.name).where(ServicePoint.id.in_(ids["service_point"])),
        "building": select(Building.id, Compound.name + " " + Building.label)
        .join(Compound)
        .where(Building.id.in_(ids["building"])),
    }
    wanted = {kind: statement for kind, statement in named.items() if ids[kind] - {0}}
    return {(kind, i): name for kind, statement in wanted.items() for i, name in db.session.execute(statement).all()}


def scope_options(by: Staff, building_id: int | None = None) -> list[tuple[str, str]]:
    """Where the actor may grant roles, as (value, label); a building only when it was asked for."""
    wide = ids_of(by.scopes(ACCOUNTS), "subdistrict")
    options: list[tuple[str, str]] = []
    if building_id is not None:
        found = select(Building.label, Compound.name).join(Compound).where(Building.id == building_id)
        for label, compound in db.session.execute(found.where(buildings_in_scope(by, ACCOUNTS))):
            options.append((f"building:{building_id}", _("楼栋：%(name)s", name=building_label(compound, label))))
    whole = select(Subdistrict.id, Subdistrict.name).where(Subdistrict.id.in_(wide)).order_by(Subdistrict.name)
    options += [(f"subdistrict:{i}", _("整个街道：%(name)s", name=n)) for i, n in db.session.execute(whole)]
    points = select(ServicePoint.id, ServicePoint.name).where(points_in_scope(by, ACCOUNTS)).order_by(ServicePoint.name)
    options += [(f"service_point:{i}", _("点位：%(name)s", name=n)) for i, n in db.session.execute(points)]
    parts = select(Community.id, Community.name).where(Community.subdistrict_id.in_(wide)).order_by(Community.code)
    options += [(f"community:{i}", _("社区：%(name)s", name=n)) for i, n in db.session.execute(parts)]
    return options
