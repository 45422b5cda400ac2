"""Accounts of others: open, grant, revoke, disable, new password. Here, not in access/: roles hold in places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, case, exists, not_, or_, select

from app.access.models import Account, Role, RoleGrant
from app.access.permissions import Permission, Staff, ids_of
from app.access.service import end_sign_ins, hashed, set_password
from app.core import clock, events
from app.core.db import command, db
from app.core.errors import Conflict, Invalid
from app.core.lookup import or_not_found
from app.places.accounts.schemas import AccountWithRole, RoleInScope
from app.places.models import Building, Captaincy, Community, ServicePoint
from app.places.scope import buildings_in_scope, points_in_scope

ACCOUNTS = Permission.ACCOUNTS
_WHOLE = frozenset({"subdistrict"})
_PART = frozenset({"subdistrict", "community", "service_point"})
SCOPES_OF: dict[str, frozenset[str]] = {
    Role.SUBDISTRICT_ADMIN: _WHOLE,
    Role.SUPPLIES_TEAM: _WHOLE,
    Role.AUDITOR: _WHOLE,
    Role.POINT_LEADER: frozenset({"service_point", "community"}),
    Role.BUILDING_CAPTAIN: frozenset({"building"}),
    Role.RUNNER: _PART,
    Role.ORDER_DESK: frozenset({"subdistrict", "service_point", "building"}),
}
_MOMENT = timedelta(microseconds=1)
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")


@dataclass(frozen=True)
class GrantScope:
    """Where a role holds: kind (subdistrict, community, service_point, building) and id."""

    kind: str
    id: int

    @property
    def column(self) -> dict[str, int]:
        """The scope as the one column of a grant that it fills."""
        return {f"{self.kind}_id": self.id}


def grants_in_scope(by: Staff, permission: Permission = ACCOUNTS) -> ColumnElement[bool]:
    """A condition on RoleGrant: roles held where the actor has a permission, usually that to manage accounts."""
    grants = by.scopes(permission)
    wide = ids_of(grants, "subdistrict")
    return or_(
        RoleGrant.subdistrict_id.in_(wide),
        RoleGrant.community_id.in_(select(Community.id).where(Community.subdistrict_id.in_(wide))),
        RoleGrant.service_point_id.in_(select(ServicePoint.id).where(points_in_scope(by, permission))),
        RoleGrant.building_id.in_(select(Building.id).where(buildings_in_scope(by, permission))),
    )


def accounts_in_scope(by: Staff) -> ColumnElement[bool]:
    """A condition on Account: those with a role here and, as of now, none elsewhere."""
    own = RoleGrant.account_id == Account.id
    running = or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > clock.now())
    here = exists().where(own, grants_in_scope(by))
    is_here = case((grants_in_scope(by), 1), else_=0)  # NULL of an unfilled scope is not here either
    elsewhere = exists().where(own, running, is_here == 0)
    return here & ~elsewhere


def require_account(by: Staff, account_id: int) -> Account:
    """The account, if the actor manages it. Raises NotFound."""
    return or_not_found(db.session.scalar(select(Account).where(Account.id == account_id, accounts_in_scope(by))))


def _checked(by: Staff, wanted: RoleInScope | AccountWithRole) -> GrantScope:
    """The scope of a role to be granted. Raises Invalid where role and scope do not go together or are out of reach."""
    kind, _colon, number = wanted.scope.partition(":")
    if wanted.role not in SCOPES_OF:
        raise Invalid({"role": [_("请从列出的选项里选。")]})
    if kind not in SCOPES_OF[wanted.role]:
        said = _(
            "这个角色不能用在这个范围：管理员、物资组、审计是整个街道，小组长是点位，楼长是楼栋；接单员三种都可以。"
        )
        raise Invalid({"scope": [said]})
    if not re.fullmatch(r"[0-9]{1,9}", number) or not _reaches(by, kind, int(number)):
        raise Invalid({"scope": [_("请从列出的选项里选。")]})
    return GrantScope(kind, int(number))


def _reaches(by: Staff, kind: str, row_id: int) -> bool:
    wide = ids_of(by.scopes(ACCOUNTS), "subdistrict")
    if kind == "subdistrict":
        return row_id in wide
    within: dict[str, ColumnElement[bool]] = {
        "community": (Community.id == row_id) & Community.subdistrict_id.in_(wide),
        "service_point": (ServicePoint.id == row_id) & points_in_scope(by, ACCOUNTS),
        "building": (Building.id == row_id) & buildings_in_scope(by, ACCOUNTS),
    }
    return bool(db.session.scalar(select(exists().where(within[kind]))))


@command
def open_account(by: Staff, wanted: AccountWithRole, password: str) -> Account:
    """A new account with its first role and a password that must be changed at the first sign-in.

    Raises Invalid beside the field that is wrong.
    """
    username = wanted.username.lower()
    if not _USERNAME.fullmatch(username):
        raise Invalid({"username": [_("账号用 3 到 40 个小写字母、数字、点、横线。")]})
    if db.session.scalar(select(Account.id).where(Account.username == username)):
        raise Invalid({"username": [_("这个账号已有人用，请换一个。")]})
    scope = _checked(by, wanted)
    account = Account(
        username=username,
        display_name=wanted.display_name,
        password_hash=hashed(password),
        must_change_password=True,
    )
    db.session.add(account)
    db.session.flush()
    _grant(account, wanted.role, scope)
    events.record(by, "open_account", account, role=wanted.role, scope=wanted.scope)
    return account


@command
def grant_role(by: Staff, account_id: int, wanted: RoleInScope) -> Account:
    """One more role in a scope, from now on. Raises NotFound, Invalid, also for a role that is held already."""
    account = require_account(by, account_id)
    scope = _checked(by, wanted)
    held = select(RoleGrant.id).filter_by(account_id=account.id, role=wanted.role, **scope.column)
    if db.session.scalar(held.where(or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > clock.now()))):
        raise Invalid({"role": [_("已经有这个角色了。")]})
    _grant(account, wanted.role, scope)
    events.record(by, "grant", account, role=wanted.role, scope=wanted.scope)
    return account


def _grant(account: Account, role: str, scope: GrantScope) -> None:
    db.session.add(RoleGrant(account_id=account.id, role=Role(role), starts_at=clock.now(), **scope.column))
    if role == Role.BUILDING_CAPTAIN:
        running = select(Captaincy.id).where(Captaincy.building_id == scope.id, Captaincy.ends_on.is_(None))
        has_captain = db.session.scalar(running.where(not_(Captaincy.is_deputy))) is not None
        db.session.add(
            Captaincy(building_id=scope.id, account_id=account.id, is_deputy=has_captain, starts_on=clock.today())
        )


@command
def revoke_role(by: Staff, grant_id: int) -> Account:
    """End a role now; it acts at the account's next request.

    Raises NotFound, Conflict for the own role, so that nobody locks the last administrator out.
    """
    grant = or_not_found(db.session.scalar(select(RoleGrant).where(RoleGrant.id == grant_id, grants_in_scope(by))))
    account = require_account(by, grant.account_id)
    if account.id == by.id:
        raise Conflict(_("不能收回自己的角色，请让另一位管理员操作。"))
    now = clock.now()
    if grant.ends_at is None or grant.ends_at > now:
        grant.ends_at = max(now, grant.starts_at + _MOMENT)
        if grant.role == Role.BUILDING_CAPTAIN:
            _end_captaincies(account.id, grant.building_id)
    events.record(by, "revoke", account, role=str(grant.role))
    return account


def _end_captaincies(account_id: int, building_id: int | None) -> None:
    held = select(Captaincy).where(Captaincy.account_id == account_id, Captaincy.building_id == building_id)
    for captaincy in db.session.scalars(held.where(Captaincy.ends_on.is_(None))):
        captaincy.ends_on = max(clock.today(), captaincy.starts_on)
        captaincy.duty_phone = ""


@command
def set_active(by: Staff, account_id: int, is_active: bool) -> Account:
    """Disable an account, or let it in again; every session of it is over. Raises NotFound, Conflict for the own."""
    account = require_account(by, account_id)
    if account.id == by.id:
        raise Conflict(_("不能停用自己的账号，请让另一位管理员操作。"))
    account.is_active = is_active
    end_sign_ins(account)
    events.record(by, "enable" if is_active else "disable", account)
    return account


@command
def give_password(by: Staff, account_id: int, password: str) -> Account:
    """A one-time password for somebody who forgot theirs; every session is over. Raises NotFound, Conflict."""
    account = require_account(by, account_id)
    if account.id == by.id:
        raise Conflict(_("自己的密码请在“我的账号”里更换。"))
    set_password(account, password)
    account.must_change_password = True
    events.record(by, "give_password", account)
    return account
