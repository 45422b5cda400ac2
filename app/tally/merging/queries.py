"""Two households of a building that are one family: what the one has that the other takes over, and what stands in
the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func, or_, select

from app.access.models import DoorPin, HouseholdToken, MovedIn
from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.codes import grouped
from app.core.db import db
from app.core.errors import NotFound
from app.core.idempotency import fingerprint
from app.core.lookup import or_not_found
from app.errands.models import Errand
from app.errands.service import WAITING
from app.intake.models import ChainBooking, ChainPaste, LineOutcome, PasteLine, PasteState
from app.ordering.claims.models import ClaimState, RoomClaim
from app.ordering.models import (
    CYCLES_UNDER_WAY,
    ORDERS_KEPT,
    Cycle,
    CycleState,
    HouseholdOrder,
    OrderLine,
    OrderState,
    OtherDoor,
    RollCall,
)
from app.ordering.packs.models import FreePackShare
from app.ordering.standing.models import StandingBooking, StandingOrder, StandingState
from app.places.buildings.rules import bare_key, is_room
from app.places.models import Building, CareNeed, Household, HouseholdContact, Stairwell
from app.places.scope import require_building

KEY = Permission.HOUSEHOLD_KEY
MOST_FOUND = 60


@dataclass(frozen=True)
class Home:
    """One door of the register."""

    id: int
    stairwell: str
    room_no: str

    @property
    def label(self) -> str:
        return f"{self.stairwell} {self.room_no}".strip()


def home_at(by: Staff, household_id: int) -> tuple[Building, Home]:
    """A household that is in the register, and its building, where the reader holds HOUSEHOLD_KEY. Raises NotFound."""
    found = select(Stairwell.building_id, Household.id, Stairwell.label, Household.room_no)
    found = found.join(Household, Household.stairwell_id == Stairwell.id)
    row = or_not_found(db.session.execute(found.where(Household.id == household_id, Household.is_active)).first())
    return require_building(by, KEY, row[0]), Home(*row[1:])


def require_pair(by: Staff, gone_id: int, kept_id: int) -> tuple[Building, Home, Home]:
    """Two households of one building: the one that goes, the one that stays. Raises NotFound."""
    building, gone = home_at(by, gone_id)
    other, kept = home_at(by, kept_id)
    if other.id != building.id or gone.id == kept.id:
        raise NotFound
    return building, gone, kept


# --- which one --------------------------------------------------------------------------------------------------------
def homes(building_id: int) -> list[Home]:
    """The doors of a building as the register has them. One statement."""
    found = (
        select(Household.id, Stairwell.label, Household.room_no)
        .join(Stairwell, Household.stairwell_id == Stairwell.id)
        .where(Stairwell.building_id == building_id, Household.is_active)
        .order_by(Stairwell.label, Household.sort_key, Household.id)
    )
    return [Home(*row) for row in db.session.execute(found)]


def search_homes(every: list[Home], typed: str, building: str) -> list[Home]:
    """Those whose room was typed, else those in which what was typed stands."""
    meant = [home for home in every if is_room(home.room_no, home.stairwell, typed, building)]
    part = typed.upper()
    return (meant or [home for home in every if part in home.label.upper()])[:MOST_FOUND]


def likely_pairs(every: list[Home], building: str) -> list[tuple[Home, Home]]:
    """Doors that may be one: the room of the one, read at the place of the other, is the other's."""
    alike: dict[str, list[Home]] = {}
    for home in every:
        alike.setdefault(bare_key(home.room_no), []).append(home)
    groups = [group for group in alike.values() if len(group) > 1]
    both = ((a, b) for group in groups for n, a in enumerate(group) for b in group[n + 1 :])
    return [_in_order(a, b) for a, b in both if _reads(a, b, building) or _reads(b, a, building)][:MOST_FOUND]


def _reads(home: Home, other: Home, building: str) -> bool:
    """Whether the other's room, said with its stairwell where that is another one, means this door."""
    typed = other.room_no if other.stairwell == home.stairwell else other.label
    return is_room(home.room_no, home.stairwell, typed, building)


def _in_order(a: Home, b: Home) -> tuple[Home, Home]:
    """The plainer number stays."""
    return (a, b) if len(a.room_no) > len(b.room_no) else (b, a)


# --- what there is ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Meeting:
    """The orders of both in a cycle that is not over."""

    cycle: Cycle
    gone: HouseholdOrder | None
    kept: HouseholdOrder | None

    @property
    def goes_over(self) -> HouseholdOrder | None:
        """The order that the other takes over; one that was withdrawn or voided stays where it is."""
        return self.gone if _stands(self.gone) else None

    @property
    def makes_room(self) -> HouseholdOrder | None:
        """What the other has there and counts no more: one household has one order in a cycle, whatever its state."""
        return self.kept if self.goes_over is not None else None

    @property
    def is_clash(self) -> bool:
        return _stands(self.gone) and _stands(self.kept)


def _stands(order: HouseholdOrder | None) -> bool:
    return order is not None and order.state in ORDERS_KEPT


def meetings(gone_id: int, kept_id: int) -> list[Meeting]:
    """The cycles that are not over in which either has an order. One statement."""
    found = (
        select(Cycle, HouseholdOrder)
        .join(HouseholdOrder, HouseholdOrder.cycle_id == Cycle.id)
        .where(Cycle.state.in_(CYCLES_UNDER_WAY), HouseholdOrder.household_id.in_([gone_id, kept_id]))
        .order_by(Cycle.id)
    )
    held: dict[int, tuple[Cycle, dict[int | None, HouseholdOrder]]] = {}
    for cycle, order in db.session.execute(found):
        held.setdefault(cycle.id, (cycle, {}))[1][order.household_id] = order
    return [Meeting(cycle, orders.get(gone_id), orders.get(kept_id)) for cycle, orders in held.values()]


@dataclass(frozen=True)
class Holdings:
    """What the household that goes has. counts: by name, see `rows`; `seen`: changes whenever any of it does."""

    gone: Home
    kept: Home
    meetings: list[Meeting]
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def orders(self) -> list[HouseholdOrder]:
        """Those that go over."""
        return [meeting.goes_over for meeting in self.meetings if meeting.goes_over is not None]

    @property
    def seen(self) -> str:
        both = (order for meeting in self.meetings for order in (meeting.gone, meeting.kept) if order is not None)
        stood = [(f"order {order.id}", f"{order.household_id} {order.state}") for order in both]
        return fingerprint([*stood, *((name, str(count)) for name, count in self.counts.items())])


def holdings(building: Building, gone: Home, kept: Home) -> Holdings:
    """Everything that hangs on the household that goes, counted."""
    met = meetings(gone.id, kept.id)
    held = Holdings(gone, kept, met)
    ids = [order.id for order in held.orders]
    every = _count(HouseholdOrder.id, HouseholdOrder.household_id == gone.id)
    open_claims = select(RoomClaim.room).where(RoomClaim.building_id == building.id, RoomClaim.state == ClaimState.OPEN)
    standing = StandingOrder.household_id == gone.id
    bookings = select(func.count()).select_from(StandingBooking).join(StandingOrder).where(standing)
    held.counts.update(
        past=every - len(ids),
        packed=_count(OrderLine.id, OrderLine.order_id.in_(ids), OrderLine.qty_packed + OrderLine.qty_dropped_off > 0),
        packs=_count(FreePackShare.free_pack_id, FreePackShare.order_id.in_(ids)),
        claims=sum(_is_about(room, (gone, kept), building.label) for room in db.session.scalars(open_claims)),
        standing=_count(StandingOrder.id, standing),
        live=_count(StandingOrder.id, standing, StandingOrder.state != StandingState.ENDED),
        bookings=db.session.scalar(bookings) or 0,
        care=_count(CareNeed.id, CareNeed.household_id == gone.id, CareNeed.purge_on > clock.today()),
        contact=_count(HouseholdContact.household_id, HouseholdContact.household_id == gone.id),
        errands=_count(Errand.id, Errand.household_id == gone.id),
        waiting=_count(Errand.id, Errand.household_id == gone.id, Errand.state.in_(WAITING)),
        lines=_lines_of(gone.id),
        doors=_count(OtherDoor.order_id, OtherDoor.household_id == gone.id),
        roll_calls=len(roll_calls(gone.id)),
        phones=_count(HouseholdToken.id, HouseholdToken.household_id == gone.id, _is_good()),
        pin=_count(DoorPin.household_id, DoorPin.household_id == gone.id),
    )
    return held


def _count(what: object, *where: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count(what)).where(*where)) or 0  # type: ignore[arg-type]


def _is_good() -> ColumnElement[bool]:
    return HouseholdToken.revoked_at.is_(None) & (HouseholdToken.expires_at > clock.now())


def _is_about(typed: str, doors: tuple[Home, ...], building: str) -> bool:
    return any(is_room(home.room_no, home.stairwell, typed, building) for home in doors)


def roll_calls(household_id: int) -> list[RollCall]:
    """How its roll calls ended in cycles that are not over."""
    found = select(RollCall).join(Cycle, Cycle.id == RollCall.cycle_id)
    return list(
        db.session.scalars(found.where(RollCall.household_id == household_id, Cycle.state.in_(CYCLES_UNDER_WAY)))
    )


def lines_under_way() -> ColumnElement[bool]:
    """A condition on ChainLine: lists of cycles that are not over."""
    return PasteLine.paste_id.in_(_pastes())


def bookings_under_way() -> ColumnElement[bool]:
    """A condition on ChainBooking: the same of what they booked."""
    return ChainBooking.paste_id.in_(_pastes())


def _pastes() -> Select[int]:
    return select(ChainPaste.id).join(Cycle, Cycle.id == ChainPaste.cycle_id).where(Cycle.state.in_(CYCLES_UNDER_WAY))


def _lines_of(household_id: int) -> int:
    """Lines about it that somebody still has to settle or place."""
    open_ones = or_(PasteLine.outcome == LineOutcome.REVIEW.value, PasteLine.order_id.is_(None))
    found = select(PasteLine.household_id, PasteLine.candidates).where(lines_under_way(), open_ones)
    asked = or_(PasteLine.household_id == household_id, PasteLine.candidates != [])
    return sum(
        home == household_id or household_id in (may or []) for home, may in db.session.execute(found.where(asked))
    )


# --- what stands in the way -------------------------------------------------------------------------------------------
def hindrances(held: Holdings) -> list[str]:
    """Why the two cannot be made one yet and what to do first, a sentence each; none where they can."""
    said = [_clash(meeting, held) for meeting in held.meetings if meeting.is_clash]
    live = StandingOrder.state != StandingState.ENDED
    if held.counts["live"] and _count(StandingOrder.id, StandingOrder.household_id == held.kept.id, live):
        said.append(_("两户都有长期订单，一户只能有一份。请点位小组长先结束其中一份，再合并。"))
    room = _moved_out_of(held)
    if room is not None:
        said.append(_("%(room)s 登记过搬走，搬走前的订单或代办还没办完，不能给别人看到。请等办完再合并。", room=room))
    if _is_being_entered(held.gone.id):
        said.append(_("这个点位的接龙或表格正在入单，请等它完成再合并。"))
    return said


def _clash(meeting: Meeting, held: Holdings) -> str:
    first = {
        CycleState.OPEN: _("请先把要的商品改到一张里，撤回另一张，再合并。"),
        CycleState.LOCKED: _("已经截单：请街道管理员先作废其中一张，或者等这一批关闭后再合并。"),
        CycleState.RUNNING: _("正在配送：请等这一批关闭后再合并。"),
    }[CycleState(meeting.cycle.state)]
    rooms = {"kept": held.kept.label, "gone": held.gone.label}
    said = _(
        "“%(cycle)s”里两户都有订单（%(kept)s 和 %(gone)s），一户一批只能有一张。", cycle=meeting.cycle.name, **rooms
    )
    return f"{said}{first}"


def _moved_out_of(held: Holdings) -> str | None:
    """The room that people have moved out of since something under way was ordered or asked for.

    Whether it was theirs or that of those who live there now, nobody can tell: it is shown to nobody, and a code that
    the household is told would not open.
    """
    for home in (held.gone, held.kept):
        moved_in = db.session.get(MovedIn, home.id)
        if moved_in is None:
            continue
        asked = Errand.household_id == held.gone.id, Errand.state.in_(WAITING), Errand.created_at < moved_in.since
        if any(order.placed_at < moved_in.since for order in held.orders) or _count(Errand.id, *asked):
            return home.label
    return None


def _is_being_entered(household_id: int) -> bool:
    """Whether a list that may name it is at work: it has read already which households it will place."""
    of_its_point = ChainPaste.service_point_id == (
        select(Building.service_point_id)
        .join(Stairwell, Stairwell.building_id == Building.id)
        .join(Household, Household.stairwell_id == Stairwell.id)
        .where(Household.id == household_id)
        .scalar_subquery()
    )
    names_it = ChainPaste.id.in_(select(PasteLine.paste_id).where(PasteLine.household_id == household_id))
    at_work = ChainPaste.state == PasteState.COMMITTING
    return bool(_count(ChainPaste.id, at_work, ChainPaste.id.in_(_pastes()), of_its_point | names_it))


# --- in words ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class MergeConsequence:
    """One line of what will happen. `needs`: who has no business with it does not read it."""

    what: str
    there: str
    then: str
    needs: Permission | None = None


def rows(held: Holdings) -> list[MergeConsequence]:
    """What will happen, as a list to be read before anything is written."""
    return [*_order_rows(held), *_care_rows(held), *_key_rows(held)]


def _order_rows(held: Holdings) -> Iterator[MergeConsequence]:
    n, kept = held.counts, held.kept.label
    for meeting in held.meetings:
        if meeting.goes_over is not None:
            order = meeting.goes_over
            there = f"{meeting.cycle.name} {grouped(order.code)} {OrderState(order.state).label}"
            yield MergeConsequence(_("订单"), there, _("归到 %(kept)s，内容不变，换一个新的订单码。", kept=kept))
    if n["packed"]:
        yield MergeConsequence(_("袋子"), _("已装好"), _("照送；袋签上写的仍是 %(gone)s。", gone=held.gone.label))
    if n["packs"]:
        yield MergeConsequence(_("免费包"), str(n["packs"]), _("跟着订单归到 %(kept)s。", kept=kept))
    if n["past"]:
        then = _("留在 %(gone)s 名下，工作人员用订单码仍查得到；住户的手机看不到。", gone=held.gone.label)
        yield MergeConsequence(_("以前的和已撤回的订单"), str(n["past"]), then)
    if n["doors"]:
        yield MergeConsequence(
            _("别人家送到这一户门口的订单"), str(n["doors"]), _("以后装的袋改送 %(kept)s。", kept=kept)
        )
    if n["roll_calls"]:
        then = _("并成一户；%(kept)s 已有结果的，以它为准。", kept=kept)
        yield MergeConsequence(_("点名结果"), str(n["roll_calls"]), then)
    if n["claims"]:
        yield MergeConsequence(_("门口留的、还没核对的"), str(n["claims"]), _("不变，照旧等核对。"))
    if n["lines"]:
        then = _("改成 %(kept)s，照旧等处理或入单。", kept=kept)
        yield MergeConsequence(_("接龙和表格里没处理完的行"), str(n["lines"]), then, Permission.INTAKE)


def _care_rows(held: Holdings) -> Iterator[MergeConsequence]:
    n, kept = held.counts, held.kept.label
    if n["standing"]:
        there = _("%(n)s 份，已预订 %(booked)s 批", n=n["standing"], booked=n["bookings"])
        yield MergeConsequence(_("长期订单"), there, _("归到 %(kept)s，已预订的不重复。", kept=kept), Permission.CARE)
    if n["care"]:
        then = _("归到 %(kept)s；两户都有的一项，留 %(kept)s 的。", kept=kept)
        yield MergeConsequence(_("关爱名单"), _("%(n)s 项", n=n["care"]), then, Permission.CARE)
    if n["errands"]:
        there = _("%(n)s 件，%(waiting)s 件还在办", n=n["errands"], waiting=n["waiting"])
        yield MergeConsequence(_("代办"), there, _("归到 %(kept)s，住户在手机上看得到。", kept=kept), Permission.ERRAND)
    if n["contact"]:
        then = _("%(kept)s 没有的补上；已有的以 %(kept)s 为准。", kept=kept)
        yield MergeConsequence(_("登记的姓名、电话"), _("有"), then)


def _key_rows(held: Holdings) -> Iterator[MergeConsequence]:
    n, kept = held.counts, held.kept.label
    if n["pin"]:
        yield MergeConsequence(_("门口 6 位号"), _("有"), _("作废；%(kept)s 的 6 位号不变。", kept=kept))
    else:
        yield MergeConsequence(_("门口 6 位号"), _("没有"), _("%(kept)s 的 6 位号不变。", kept=kept))
    then = _("全部退出，以前的订单码也打不开了；%(kept)s 的手机不变。", kept=kept)
    yield MergeConsequence(_("记着这一户的手机"), _("%(n)s 台", n=n["phones"]), then)
