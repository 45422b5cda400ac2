"""The left rail: the stages of the loop in order, with what waits in each, for the cycle that the page is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, g, request, url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, or_, select

from app.access.permissions import Permission, Staff, ids_of
from app.core.db import db
from app.core.sentences import N_
from app.handover.models import Dispute, DisputeState
from app.ordering.models import Cycle, CycleState, OrderLine
from app.oversight.setup import missing
from app.picking.models import Bag, BagState
from app.places.models import Building, Community, ServicePoint
from app.places.scope import buildings_in_scope, is_subdistrict_in_scope, points_in_scope
from app.purchasing.models import PurchaseOrder, PurchaseState
from app.tally.claims.queries import waiting_count
from app.tally.desk.queries import waiting_lines
from app.tally.models import Tally, TallyState
from app.tally.queries import open_review_count

CYCLES_SHOWN = 8


@dataclass(frozen=True)
class Entry:
    """One line of the rail. tone: ok, todo, alarm or idle."""

    label: str
    url: str
    count: int | None
    tone: str
    active: bool


@dataclass(frozen=True)
class CycleChoice:
    """The cycle that the page is about, and the others to switch to."""

    label: str
    state: str
    tone: str
    options: list[Entry]


@dataclass(frozen=True)
class Person:
    """The signed-in account, as the frame shows it."""

    label: str
    kind: str
    role_label: str
    account_url: str
    sign_out_url: str


def for_template() -> dict[str, Any]:
    """What the frame of every page needs: rail, rail_more, actor, cycle_choice. Six statements at most."""
    staff: Staff | None = g.get("staff")
    if staff is None or request.endpoint is None:
        return {}
    cycles = _cycles(staff)
    cycle = _present(staff, cycles)
    return {
        "rail": _rail(staff, cycle),
        "rail_more": _more(staff),
        "cycle_choice": _choice(cycles, cycle) if cycle else None,
        "actor": Person(
            staff.label, staff.kind, staff.role_label, url_for("access.account"), url_for("access.sign_out")
        ),
        "setup_missing": lambda: missing(staff),
        "home_url": url_for("access.home"),
        "privacy_url": url_for("access.privacy"),
    }


def _cycles(staff: Staff) -> list[Cycle]:
    found = select(Cycle).where(Cycle.state != CycleState.CANCELLED, _in_reach(staff))
    newest = found.order_by(Cycle.id.desc()).limit(CYCLES_SHOWN)
    return list(db.session.scalars(newest)) if staff.may(Permission.CYCLE_READ) else []


def _in_reach(staff: Staff) -> ColumnElement[bool]:
    """A condition on Cycle: the frame, too, shows nothing of a subdistrict in which the actor holds nothing."""
    grants = staff.scopes(Permission.CYCLE_READ)
    whole = Cycle.subdistrict_id.in_(ids_of(grants, "subdistrict"))
    if all(grant.scope_kind == "subdistrict" for grant in grants):
        return whole
    parts = select(Community.subdistrict_id).join(ServicePoint, ServicePoint.community_id == Community.id)
    parts = parts.join(Building, Building.service_point_id == ServicePoint.id)
    parts = parts.where(buildings_in_scope(staff, Permission.CYCLE_READ))
    return or_(whole, Cycle.subdistrict_id.in_(parts))


def _present(staff: Staff, cycles: list[Cycle]) -> Cycle | None:
    """The cycle in the address, else the newest that is not over."""
    wanted = (request.view_args or {}).get("cycle_id") or g.get("cycle_id")
    for cycle in cycles:
        if cycle.id == wanted:
            return cycle
    if wanted is not None:
        return db.session.scalar(select(Cycle).where(Cycle.id == wanted, _in_reach(staff)))
    active = [c for c in cycles if c.state in (CycleState.OPEN, CycleState.LOCKED, CycleState.RUNNING)]
    return active[0] if active else (cycles[0] if cycles else None)


def _choice(cycles: list[Cycle], present: Cycle) -> CycleChoice:
    endpoint = request.endpoint if set(request.view_args or {}) == {"cycle_id"} else "ordering.cycle"
    if endpoint not in current_app.view_functions or request.method != "GET":
        endpoint = "ordering.cycle"
    options = [
        Entry(cycle.name, url_for(endpoint, cycle_id=cycle.id), None, "idle", cycle.id == present.id)
        for cycle in cycles
    ]
    state = CycleState(present.state)
    tone = "ok" if state in (CycleState.OPEN, CycleState.RUNNING) else "idle"
    return CycleChoice(present.name, state.label, tone, options)


# label, endpoint, permission, key of the count, tone while something waits
STAGES = (
    (N_("批次"), "ordering.cycle", Permission.CYCLE_READ, None, "idle"),
    (N_("订单"), "ordering.orders", Permission.ORDER_READ, None, "idle"),
    (N_("点位台"), "point_desk.index", Permission.TALLY_SIGN, "doubles", "alarm"),
    (N_("电话下单"), "telephone.index", Permission.ORDER_PROXY, None, "idle"),
    (N_("要核对的住户"), "claims.index", Permission.HOUSEHOLD_KEY, "claims", "alarm"),
    (N_("接龙与表格"), "intake.index", Permission.INTAKE, "reviews", "alarm"),
    (N_("点位汇总"), "tally.index", Permission.TALLY_READ, "tallies", "todo"),
    (N_("采购"), "purchasing.index", Permission.PURCHASE, "purchases", "todo"),
    (N_("收货与库存"), "stock.index", Permission.RECEIVE, "awaited", "todo"),
    (N_("分配"), "allocation.index", Permission.ALLOCATE, "open", "todo"),
    (N_("拣货装袋"), "picking.index", Permission.PICK, "allocated", "todo"),
    (N_("路线"), "dispatch.index", Permission.PLAN_READ, "bags", "todo"),
    (N_("发放与确认"), "handover.index", Permission.HAND_OUT, "dropped_off", "todo"),
    (N_("异议"), "handover.disputes", Permission.DISPUTE, "disputes", "alarm"),
    (N_("结算"), "settlement.index", Permission.SETTLE, None, "idle"),
    (N_("打印"), "printing.index", Permission.PRINT, None, "idle"),
    (N_("群通知"), "texts.index", Permission.TEXTS, None, "idle"),
    (N_("闭环核对"), "oversight.loop", Permission.OVERSEE, None, "idle"),
)
MORE = (
    (N_("全部批次"), "ordering.cycles", Permission.CYCLE_READ),
    (N_("看板"), "oversight.dashboard", Permission.OVERSEE),
    (N_("各趟"), "dispatch.my_rounds", Permission.LOAD),
    (N_("地点"), "places.index", Permission.PLACES_READ),
    (N_("商品"), "catalog.index", Permission.CATALOG_READ),
    (N_("队伍与班次"), "roster.index", Permission.PLAN),
    (N_("代办"), "errands.index", Permission.ERRAND),
    (N_("长期订单"), "standing.index", Permission.CARE),
    (N_("关爱名单"), "care.index", Permission.CARE),
    (N_("送货提醒"), "care.door_notes", Permission.HAND_OUT),
    (N_("分派给我的代办"), "errands.to_do", Permission.HAND_OUT),
    (N_("替代清单"), "substitutions.index", Permission.ALLOCATE),
    (N_("静置时间"), "rests.index", Permission.CATALOG_EDIT),
    (N_("日志"), "oversight.events", Permission.AUDIT),
    (N_("账号"), "accounts.index", Permission.ACCOUNTS),
)

OF_POINTS = {"intake.index"}  # a chain or table is for a whole point; who holds one building has none
OF_THE_WHOLE = {"oversight.loop"}  # pages that answer only who holds the permission for a whole subdistrict

# Blueprints of a slice beside its first: their pages lie under the same entry.
HOUSE_OF = {
    **dict.fromkeys(("buildings", "points", "zones", "places_import"), "places"),
    **dict.fromkeys(("bundles", "suppliers", "catalog_import"), "catalog"),
    **dict.fromkeys(("paper", "print_files", "returns"), "printing"),
    **dict.fromkeys(("telephone", "desk"), "point_desk"),
}


def _reaches(staff: Staff, endpoint: str, permission: Permission) -> bool:
    if endpoint in OF_THE_WHOLE:
        return bool(ids_of(staff.scopes(permission), "subdistrict"))
    if endpoint in OF_POINTS:
        return any(grant.scope_kind != "building" for grant in staff.scopes(permission))
    return staff.may(permission)


def _rail(staff: Staff, cycle: Cycle | None) -> list[Entry]:
    if cycle is None:
        return []
    whole = is_subdistrict_in_scope(staff, Permission.CYCLE_READ, cycle.subdistrict_id)
    counts = _counts(cycle) if whole else _counts_of_point(staff, cycle)
    here = request.endpoint or ""
    entries = []
    for label, endpoint, permission, key, tone in STAGES:
        if endpoint not in current_app.view_functions or not _reaches(staff, endpoint, permission):
            continue
        count = counts.get(key or "")
        entries.append(
            Entry(
                str(_(label)),
                url_for(endpoint, cycle_id=cycle.id),
                count or None,
                tone if count else ("ok" if key and counts else "idle"),
                _is_here(here, endpoint),
            )
        )
    return entries


def _is_here(here: str, endpoint: str) -> bool:
    slice_, _dot, name = endpoint.partition(".")
    if here == endpoint:
        return True
    room = here.partition(".")[0]
    owner = HOUSE_OF.get(room, room) == slice_
    return owner and name == "index" and here not in {entry[1] for entry in (*STAGES, *MORE)}


def _more(staff: Staff) -> list[Entry]:
    here = request.endpoint or ""
    return [
        Entry(str(_(label)), url_for(endpoint), None, "idle", _is_here(here, endpoint))
        for label, endpoint, permission in MORE
        if endpoint in current_app.view_functions and _reaches(staff, endpoint, permission)
    ]


def _counts_of_point(staff: Staff, cycle: Cycle) -> dict[str, int]:
    """What waits at the reader's own points: households to call back, lines to settle, those that came in twice."""
    if not staff.may(Permission.ORDER_PROXY):
        return {}
    claims = waiting_count(cycle.id, buildings_in_scope(staff, Permission.HOUSEHOLD_KEY))
    if not staff.may(Permission.INTAKE):
        return {"claims": claims}
    reviews, doubles = waiting_lines(cycle.id, points_in_scope(staff, Permission.INTAKE))
    return {"claims": claims, "reviews": reviews, "doubles": doubles}


def _counts(cycle: Cycle) -> dict[str, int]:
    """What waits in each stage of a cycle. Before the day starts nothing can wait behind the tally."""
    counts = {"reviews": open_review_count(cycle.id)}
    if cycle.state in (CycleState.LOCKED, CycleState.RUNNING):
        tallies = select(func.count()).select_from(Tally)
        unsigned = tallies.where(Tally.cycle_id == cycle.id, Tally.state == TallyState.DRAFT)
        counts["tallies"] = db.session.scalar(unsigned) or 0
        waiting = select(PurchaseOrder.state, func.count()).where(PurchaseOrder.cycle_id == cycle.id)
        orders = {state: n for state, n in db.session.execute(waiting.group_by(PurchaseOrder.state))}  # noqa: C416
        counts["purchases"] = orders.get(PurchaseState.DRAFT, 0) + orders.get(PurchaseState.APPROVED, 0)
        counts["awaited"] = orders.get(PurchaseState.SENT, 0)
    if cycle.state == CycleState.RUNNING:
        row = db.session.execute(
            select(
                func.sum(OrderLine.qty_open), func.sum(OrderLine.qty_allocated), func.sum(OrderLine.qty_dropped_off)
            ).where(OrderLine.cycle_id == cycle.id)
        ).one()
        counts["open"], counts["allocated"], counts["dropped_off"] = (int(number or 0) for number in row)
        packed = select(func.count()).select_from(Bag).where(Bag.cycle_id == cycle.id, Bag.state == BagState.PACKED)
        counts["bags"] = db.session.scalar(packed) or 0
        disputes = select(func.count()).select_from(Dispute).join(OrderLine, OrderLine.id == Dispute.order_line_id)
        open_ones = disputes.where(OrderLine.cycle_id == cycle.id, Dispute.state == DisputeState.OPEN)
        counts["disputes"] = db.session.scalar(open_ones) or 0
    return counts
