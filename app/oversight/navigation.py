"""The frame of a staff page: the stages of the loop with what waits in each, the pages beside it, and breadcrumbs.

Which pages there are, each slice says in its `pages.py`; here they meet the cycle that the page is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, g, request, url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Integer, Label, Select, bindparam, func, or_, select
from werkzeug.exceptions import HTTPException

from app.access.forms.kept_page import page_address
from app.access.page_registry import NavigationSection, StaffPage, ids_of_page, names_above, registry
from app.access.permissions import Permission, Staff, ids_of
from app.core.db import db
from app.handover.models import Dispute, DisputeState
from app.ordering.models import Cycle, CycleState, OrderLine
from app.oversight.setup import missing_steps
from app.picking.models import Bag, BagState
from app.places.models import Building, Community, ServicePoint
from app.places.scope import buildings_in_scope, is_subdistrict_in_scope, points_in_scope
from app.purchasing.models import PurchaseOrder, PurchaseState
from app.tally.claims.queries import waiting_count
from app.tally.desk.queries import waiting_lines
from app.tally.models import Tally, TallyState
from app.tally.queries import counting_open_reviews

CYCLES_SHOWN = 8


@dataclass(frozen=True)
class NavigationEntry:
    """One line of the navigation. tone: ok, todo, alarm or idle."""

    label: str
    url: str
    count: int | None
    tone: str
    active: bool


@dataclass(frozen=True)
class Crumb:
    """A page above the present one with its address, or the present one without."""

    label: str
    url: str | None


@dataclass(frozen=True)
class Here:
    """Where the present page stands: the endpoint that is lit in the navigation ("" for none), and its breadcrumbs."""

    lit: str
    crumbs: list[Crumb]


@dataclass(frozen=True)
class CycleChoice:
    """The cycle that the page is about, and the others to switch to."""

    label: str
    state: str
    tone: str
    options: list[NavigationEntry]


@dataclass(frozen=True)
class SignedInPerson:
    """The signed-in account, as the frame shows it."""

    label: str
    kind: str
    role_label: str
    account_url: str
    sign_out_url: str
    active: bool


def for_template() -> dict[str, Any]:
    """What the frame of every page needs: navigation, navigation_more, breadcrumbs, actor, cycle_choice. Six
    statements at most."""
    staff: Staff | None = g.get("staff")
    if staff is None or request.endpoint is None:
        return {}
    cycles = _cycles(staff)
    cycle = _present(staff, cycles)
    here = _here(staff, cycle)
    own = url_for("access.account")
    return {
        "navigation": _stages(staff, cycle, here),
        "navigation_more": _more(staff, here),
        "breadcrumbs": here.crumbs,
        "cycle_choice": _choice(cycles, cycle) if cycle else None,
        "actor": SignedInPerson(
            staff.label, staff.kind, staff.role_label, own, url_for("access.sign_out"), here.lit == "access.account"
        ),
        "setup_missing": lambda: missing_steps(staff),
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
    wanted = (request.view_args or {}).get("cycle_id") or ids_of_page().get("cycle_id")
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
        NavigationEntry(cycle.name, url_for(endpoint, cycle_id=cycle.id), None, "idle", cycle.id == present.id)
        for cycle in cycles
    ]
    state = CycleState(present.state)
    tone = "ok" if state in (CycleState.OPEN, CycleState.RUNNING) else "idle"
    return CycleChoice(present.name, state.label, tone, options)


def _stages(staff: Staff, cycle: Cycle | None, here: Here) -> list[NavigationEntry]:
    """The stations of the loop that the account may open. `here` is where the page stands."""
    if cycle is None:
        return []
    whole = is_subdistrict_in_scope(staff, Permission.CYCLE_READ, cycle.subdistrict_id)
    counts = _counts(cycle) if whole else _counts_of_point(staff, cycle)
    entries = []
    for page in registry().in_section(NavigationSection.STAGES):
        if page.position is None or not page.is_open_to(staff):
            continue
        key, count = page.position.count, counts.get(page.position.count)
        tone = page.position.tone if count else ("ok" if key and counts else "idle")
        url = url_for(page.endpoint, cycle_id=cycle.id)
        entries.append(NavigationEntry(str(_(page.label)), url, count or None, tone, page.endpoint == here.lit))
    return entries


def _more(staff: Staff, here: Here) -> list[NavigationEntry]:
    return [
        NavigationEntry(str(_(page.label)), url_for(page.endpoint), None, "idle", page.endpoint == here.lit)
        for page in registry().in_section(NavigationSection.MORE)
        if page.is_open_to(staff)
    ]


def _here(staff: Staff, cycle: Cycle | None) -> Here:
    """Find the page of this request, the pages above it and its place in the navigation.

    A form that was refused shows the page it was made on, unless its action is registered as a page of its own.
    """
    endpoint, named = request.endpoint or "", request.view_args or {}
    if request.method == "POST" and endpoint not in registry().pages:
        endpoint, named = _matched(page_address())
    ids = {"cycle_id": cycle.id} if cycle else {}
    ids |= {**ids_of_page(), **named}
    path = registry().path_to(endpoint, staff)
    open_ones = [page for page in path if page.is_open_to(staff) and (cycle or not _needs_cycle(page))]
    lit = [page.endpoint for page in open_ones if page.position is not None]
    names = {"ordering.cycle": cycle.name if cycle else "", **names_above()}
    crumbs: list[Crumb] = []
    for page in open_ones:
        label = names.get(page.endpoint) or str(_(page.label))
        if page.endpoint == endpoint:
            crumbs.append(Crumb(label, None))
        elif _arguments(page.endpoint) <= set(ids):
            crumbs.append(Crumb(label, url_for(page.endpoint, **_only(ids, page.endpoint))))
    if path and len(crumbs) < 2:  # nothing above it
        crumbs.insert(0, Crumb(str(_("首页")), url_for("access.home")))
    return Here(lit[-1] if lit else "", crumbs)


def _matched(address: str) -> tuple[str, dict[str, Any]]:
    """The endpoint and arguments of an address of ours; nothing for an address that is none."""
    try:
        endpoint, named = current_app.create_url_adapter(request).match(urlsplit(address).path, method="GET")  # type: ignore[union-attr]
    except HTTPException:
        return "", {}
    return endpoint, dict(named)


def _needs_cycle(page: StaffPage) -> bool:
    return page.position is not None and page.position.section == NavigationSection.STAGES


def _arguments(endpoint: str) -> set[str]:
    return set(next(current_app.url_map.iter_rules(endpoint)).arguments)


def _only(ids: Mapping[str, Any], endpoint: str) -> dict[str, Any]:
    return {name: ids[name] for name in _arguments(endpoint)}


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
    """What waits in each stage of a cycle. One statement."""
    row = db.session.execute(_counting(CycleState(cycle.state)), {"cycle": cycle.id}).one()
    return {name: int(number or 0) for name, number in row._mapping.items()}


@cache
def _counting(state: CycleState) -> Select[Any]:
    """The statement that counts for a :cycle in this state, made once. Before the day starts nothing can wait behind
    the tally."""
    cycle = bindparam("cycle", type_=Integer)
    counts = [counting_open_reviews(cycle).scalar_subquery().label("reviews")]
    if state in (CycleState.LOCKED, CycleState.RUNNING):
        counts.append(_number_of("tallies", Tally.cycle_id == cycle, Tally.state == TallyState.DRAFT))
        unsent = PurchaseOrder.state.in_((PurchaseState.DRAFT, PurchaseState.APPROVED))
        counts.append(_number_of("purchases", PurchaseOrder.cycle_id == cycle, unsent))
        counts.append(_number_of("awaited", PurchaseOrder.cycle_id == cycle, PurchaseOrder.state == PurchaseState.SENT))
    if state != CycleState.RUNNING:
        return select(*counts)
    counts.append(_number_of("bags", Bag.cycle_id == cycle, Bag.state == BagState.PACKED))
    disputed = select(func.count()).select_from(Dispute).join(OrderLine, OrderLine.id == Dispute.order_line_id)
    disputed = disputed.where(OrderLine.cycle_id == cycle, Dispute.state == DisputeState.OPEN).correlate(None)
    counts.append(disputed.scalar_subquery().label("disputes"))
    units = (
        func.sum(OrderLine.qty_open).label("open"),
        func.sum(OrderLine.qty_allocated).label("allocated"),
        func.sum(OrderLine.qty_dropped_off).label("dropped_off"),
    )
    return select(*units, *counts).where(OrderLine.cycle_id == cycle)


def _number_of(name: str, *conditions: ColumnElement[bool]) -> Label[int]:
    return select(func.count()).where(*conditions).scalar_subquery().label(name)
