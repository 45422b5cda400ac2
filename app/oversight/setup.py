"""What an installation still lacks before its first day, in the order in which it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.sql.selectable import ScalarSelect

from app.access.models import Account, Role, RoleGrant
from app.access.permissions import Permission, Staff, ids_of
from app.catalog.models import Item, SupplierItem
from app.core import clock
from app.core.db import db
from app.core.sentences import N_
from app.dispatch.models import Team
from app.ordering.models import Cycle
from app.places.models import Building, Captaincy, Community, Compound, ServicePoint, Subdistrict, ZoneLevel
from app.stock.models import RestRule


@dataclass(frozen=True)
class Missing:
    """One thing that is missing. url: where this person does it; "" where somebody else does, whom `who` names."""

    label: str
    note: str
    url: str
    who: str = ""


@dataclass(frozen=True)
class _Step:
    """needed: who may do it; who: the role that does it where the reader may not; args: of the page's address."""

    key: str
    label: str
    note: str
    endpoint: str
    needed: Permission
    who: str = N_("街道管理员")
    args: Callable[[dict[str, Any]], dict[str, Any]] = field(default=lambda _seen: {})


_P = Permission


def _kind(kind: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda _seen: {"kind": kind}


STEPS = (
    _Step("community", N_("社区"), N_("点位和小区都归在社区下面。"), "places_import.start", _P.PLACES_EDIT,
          args=_kind("communities")),
    _Step("point", N_("点位"), N_("物资在点位汇总，再送到它负责的楼栋。"), "points.new", _P.PLACES_EDIT),
    _Step("depot", N_("可作仓库的点位"), N_("路线从仓库出发：勾上“可作仓库”，填好坐标。"), "points.index",
          _P.PLACES_EDIT),
    _Step("compound", N_("小区"), N_("导入小区的表格。"), "places_import.start", _P.PLACES_EDIT,
          args=_kind("compounds")),
    _Step("building", N_("楼栋和房号"), N_("导入楼栋的表格，可按层数生成房号。"), "places_import.start", _P.PLACES_EDIT,
          args=_kind("buildings")),
    _Step("item", N_("商品"), N_("导入商品表，或逐个添加。"), "catalog_import.start", _P.CATALOG_EDIT),
    _Step("supply", N_("供应商和报价"), N_("每样商品向谁买、一件多少、多少钱。"), "suppliers.index", _P.CATALOG_EDIT),
    _Step("rest", N_("静置时间"), N_("收货消毒以后放多久才能装车；看一遍，保存。"), "rests.index", _P.CATALOG_EDIT),
    _Step("zone", N_("管控级别"), N_("送到门口、单元门还是楼下。"), "zones.index", _P.PLACES_EDIT),
    _Step("phone", N_("求助电话"), N_("印在路线单上，路上遇到问题时打。"), "points.help_phone", _P.PLACES_EDIT,
          args=lambda seen: {"subdistrict_id": seen["office"]}),
    _Step("leader", N_("小组长"), N_("还有点位没有小组长：%(n)s 个。"), "accounts.new", _P.ACCOUNTS,
          args=lambda seen: {"role": str(Role.POINT_LEADER), "point": seen["first_point"]}),
    _Step("supplies", N_("物资组的账号"), N_("采购、收货、排路线的人；采购单要两个人，一人写一人批。"), "accounts.new",
          _P.ACCOUNTS, args=lambda _seen: {"role": str(Role.SUPPLIES_TEAM)}),
    _Step("captain", N_("楼长"), N_("还有楼栋没有楼长：%(n)s 栋。"), "buildings.show", _P.PLACES_EDIT,
          args=lambda seen: {"building_id": seen["first_building"]}),
    _Step("team", N_("配送队伍"), N_("谁来送、用什么工具、一次装多少。"), "roster.index", _P.PLAN, N_("物资组")),
    _Step("cycle", N_("第一个批次"), N_("选点位、定截单时间、加入商品。"), "ordering.new_cycle", _P.CYCLE_EDIT),
)  # fmt: skip


def missing_steps(staff: Staff) -> list[Missing]:
    """What the person's subdistrict lacks; nothing for those who set nothing up. One statement."""
    offices = ids_of(staff.scopes(Permission.CYCLE_EDIT), "subdistrict")
    if not offices:
        return []
    seen = _seen(offices[0])
    return [_missing(step, staff, seen) for step in STEPS if not seen[step.key]]


def _missing(step: _Step, staff: Staff, seen: dict[str, Any]) -> Missing:
    note = str(_(step.note)) % {"n": seen.get(f"{step.key}_count", 0)}
    if not staff.may(step.needed):
        return Missing(str(_(step.label)), note, "", str(_(step.who)))
    return Missing(str(_(step.label)), note, url_for(step.endpoint, **step.args(seen)))


def _seen(office: int) -> dict[str, Any]:
    """Step → whether it is done, with what its note and its address need."""
    row = db.session.execute(select(*(value.label(name) for name, value in _questions(office).items()))).one()
    seen: dict[str, Any] = dict(row._mapping)
    seen["leader"] = not seen["leader_count"] and seen["point"]
    seen["captain"] = not seen["captain_count"] and seen["building"]
    for key, before in (("depot", "point"), ("leader", "point"), ("captain", "building")):
        seen[key] = seen[key] or not seen[before]  # said once what it hangs on is there
    return seen | {"office": office}


def _questions(office: int) -> dict[str, ColumnElement[Any] | ScalarSelect[Any]]:
    communities = select(Community.id).where(Community.subdistrict_id == office)
    points = select(ServicePoint.id).where(ServicePoint.community_id.in_(communities))
    placed = and_(ServicePoint.is_depot, ServicePoint.lat_e6.is_not(None))
    compounds = select(Compound.id).where(Compound.community_id.in_(communities))
    led = exists().where(
        RoleGrant.role == str(Role.POINT_LEADER), _holds(), _of_active(),
        or_(RoleGrant.service_point_id == ServicePoint.id, RoleGrant.community_id == ServicePoint.community_id),
    )  # fmt: skip
    no_leader = ServicePoint.community_id.in_(communities) & ~led
    running = or_(Captaincy.ends_on.is_(None), Captaincy.ends_on >= clock.today())
    captained = exists().where(Captaincy.building_id == Building.id, running)
    no_captain = Building.compound_id.in_(compounds) & ~captained
    buyers = (RoleGrant.role == str(Role.SUPPLIES_TEAM)) & (RoleGrant.subdistrict_id == office)
    return {
        "community": exists(communities),
        "point": exists(points),
        "depot": exists(points.where(placed)),
        "compound": exists(compounds),
        "building": exists(select(Building.id).where(Building.compound_id.in_(compounds))),
        "item": exists(select(Item.id).where(Item.is_active)),
        "supply": exists(select(SupplierItem.id)),
        "rest": exists(select(RestRule.id)),
        "zone": exists(select(ZoneLevel.id)),
        "phone": exists(select(Subdistrict.id).where(Subdistrict.id == office, Subdistrict.help_phone != "")),
        "supplies": exists(select(RoleGrant.id).where(buyers, _holds(), _of_active())),
        "team": exists(select(Team.id).where(Team.subdistrict_id == office, Team.is_active)),
        "cycle": exists(select(Cycle.id).where(Cycle.subdistrict_id == office)),
        "leader_count": select(func.count(ServicePoint.id)).where(no_leader).scalar_subquery(),
        "first_point": select(func.min(ServicePoint.id)).where(no_leader).scalar_subquery(),
        "captain_count": select(func.count(Building.id)).where(no_captain).scalar_subquery(),
        "first_building": select(func.min(Building.id)).where(no_captain).scalar_subquery(),
    }


def _holds() -> ColumnElement[bool]:
    now = clock.now()
    return (RoleGrant.starts_at <= now) & or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now)


def _of_active() -> ColumnElement[bool]:
    return RoleGrant.account_id.in_(select(Account.id).where(Account.is_active))
