"""Who goes with a team: members by name, each linked to the account that its phone signs in with, or to none."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, or_, select

from app.access.models import Account, Role, RoleGrant
from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Invalid
from app.core.events import record
from app.core.lookup import row_or_not_found
from app.dispatch.members.schemas import Link, NewMember
from app.dispatch.models import Team, TeamMember
from app.places.models import Community, ServicePoint
from app.places.scope import require_subdistrict


@dataclass(frozen=True)
class MemberRow:
    """A member as the team's page shows one; `is_runner`: the account may open the team's rounds now."""

    member_id: int
    name: str
    account_id: int | None
    username: str
    is_runner: bool


def require_team(by: Staff, team_id: int) -> Team:
    """The team, where the actor plans for its subdistrict. Raises NotFound."""
    team = row_or_not_found(Team, team_id)
    require_subdistrict(by, Permission.PLAN, team.subdistrict_id)
    return team


def members_of(team: Team) -> list[MemberRow]:
    """The members of a team by name. Two statements."""
    runners = {account_id for account_id, _label in runner_accounts(team.subdistrict_id)}
    found = (
        select(TeamMember, Account.username)
        .outerjoin(Account, Account.id == TeamMember.account_id)
        .where(TeamMember.team_id == team.id)
        .order_by(TeamMember.name, TeamMember.id)
    )
    return [
        MemberRow(one.id, one.name, one.account_id, username or "", one.account_id in runners)
        for one, username in db.session.execute(found)
    ]


def sizes_of(team_ids: list[int]) -> dict[int, tuple[int, int]]:
    """Team → how many members, and how many of them with an account. One statement."""
    found = (
        select(TeamMember.team_id, func.count(), func.count(TeamMember.account_id))
        .where(TeamMember.team_id.in_(team_ids))
        .group_by(TeamMember.team_id)
    )
    return {team: (people, linked) for team, people, linked in db.session.execute(found)}


def runner_accounts(subdistrict_id: int) -> list[tuple[int, str]]:
    """(id, name and user name) of the accounts that are runners anywhere in a subdistrict now. One statement."""
    now = clock.now()
    found = (
        select(Account.id, Account.display_name, Account.username)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(Account.is_active, RoleGrant.role == Role.RUNNER, RoleGrant.starts_at <= now)
        .where(or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now), _held_in(subdistrict_id))
        .distinct()
        .order_by(Account.display_name, Account.id)
    )
    return [(account_id, f"{name}（{username}）") for account_id, name, username in db.session.execute(found)]


def _held_in(subdistrict_id: int) -> ColumnElement[bool]:
    communities = select(Community.id).where(Community.subdistrict_id == subdistrict_id)
    points = select(ServicePoint.id).where(ServicePoint.community_id.in_(communities))
    return or_(
        RoleGrant.subdistrict_id == subdistrict_id,
        RoleGrant.community_id.in_(communities),
        RoleGrant.service_point_id.in_(points),
    )


@command
def add_member(by: Staff, team_id: int, wanted: NewMember) -> TeamMember:
    """A person joins a team.

    Ensures: with an account, its rounds are open to it from the next request on. Raises: NotFound, Invalid (neither a
    name nor an account; no runner of this subdistrict; in the team already).
    """
    team = require_team(by, team_id)
    if not wanted.name and wanted.account is None:
        raise Invalid({"account": [_l("请选账号，或者至少写称呼。")]})
    account = _runner(team, wanted.account)
    member = TeamMember(team_id=team.id, name=wanted.name or (account.display_name if account else ""))
    member.account_id = account.id if account else None
    db.session.add(member)
    db.session.flush()
    record(by, "add_member", team, member_id=member.id, account_id=member.account_id)
    return member


@command
def link_member(by: Staff, member_id: int, wanted: Link) -> TeamMember:
    """Say which account a member signs in with, or that it has none. Raises NotFound, Invalid."""
    member = _member(by, member_id)
    if wanted.account != member.account_id:
        account = _runner(db.session.get_one(Team, member.team_id), wanted.account)
        member.account_id = account.id if account else None
        record(by, "link_member", ("team", member.team_id), member_id=member.id, account_id=member.account_id)
    return member


@command
def remove_member(by: Staff, member_id: int) -> Team:
    """A person leaves a team; its account sees the team's rounds no more. Raises NotFound."""
    member = _member(by, member_id)
    team = db.session.get_one(Team, member.team_id)
    db.session.delete(member)
    record(by, "remove_member", team, member_id=member_id, account_id=member.account_id)
    return team


def _member(by: Staff, member_id: int) -> TeamMember:
    member = row_or_not_found(TeamMember, member_id)
    require_team(by, member.team_id)
    return member


def _runner(team: Team, account_id: int | None) -> Account | None:
    if account_id is None:
        return None
    if account_id not in {found for found, _label in runner_accounts(team.subdistrict_id)}:
        raise Invalid({"account": [_l("请从列出的账号里选。")]})
    taken = select(TeamMember.id).filter_by(team_id=team.id, account_id=account_id)
    if db.session.scalar(taken) is not None:
        raise Invalid({"account": [_l("这个账号已经在这支队伍里。")]})
    return db.session.get_one(Account, account_id)
