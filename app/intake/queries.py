"""What the pages of intake show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, func, select

from app.core.db import db
from app.intake import rules
from app.intake.booking.booking import ACTS, standing_bookings, wanted_goods
from app.intake.models import ChainPaste, LineOutcome, PasteLine, PasteState
from app.intake.paste import versions
from app.intake.reasons import sentence
from app.ordering.models import CyclePoint, HouseholdOrder, Offer, OrderChoice, OrderState, Source
from app.places.finder.queries import find_households
from app.places.labels import address_label, with_address
from app.places.models import Building, Compound, Household, ServicePoint, Stairwell


@dataclass(frozen=True)
class PasteRow:
    """One paste on the list."""

    id: int
    point: str
    seq: int
    kind: str
    state: PasteState
    at: Any
    lines: int
    reviews: int
    routed_from: str = ""


@dataclass(frozen=True)
class PasteLineRow:
    """One line with its household and goods as words.

    candidates: households to choose from. is_whole: its goods need nothing but a household. choices: keep, replace and
    add with what each would make of an order that stands already. settled: a person decided it. other_point: the
    service point (id, name) that covers the line, where that is another one.
    """

    id: int
    line_no: int
    raw: str
    outcome: LineOutcome
    home: str
    goods: str
    reason: str
    note: str
    candidates: list[tuple[int, str]]
    waits: bool
    difference: str = ""
    settled: bool = False
    is_whole: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    household_id: int | None = None
    other_point: tuple[int, str] | None = None


def points(cycle_id: int, in_scope: ColumnElement[bool]) -> list[tuple[int, str]]:
    """(id, name) of the cycle's points within reach."""
    found = (
        select(ServicePoint.id, ServicePoint.name)
        .join(CyclePoint, CyclePoint.service_point_id == ServicePoint.id)
        .where(CyclePoint.cycle_id == cycle_id, in_scope)
        .order_by(ServicePoint.name)
    )
    return [(point, name) for point, name in db.session.execute(found)]


def paste_rows(cycle_id: int, in_scope: ColumnElement[bool]) -> list[PasteRow]:
    """The pastes of a cycle within reach, newest first. Three statements."""
    waiting = select(PasteLine.paste_id, func.count()).where(
        PasteLine.outcome == LineOutcome.REVIEW, PasteLine.settled_at.is_(None)
    )
    reviews = {paste: n for paste, n in db.session.execute(waiting.group_by(PasteLine.paste_id))}  # noqa: C416
    found = db.session.execute(
        select(ChainPaste, ServicePoint.name, func.count(PasteLine.id))
        .join(ServicePoint, ServicePoint.id == ChainPaste.service_point_id)
        .outerjoin(PasteLine, PasteLine.paste_id == ChainPaste.id)
        .where(ChainPaste.cycle_id == cycle_id, in_scope)
        .group_by(ChainPaste.id, ServicePoint.name)
        .order_by(ChainPaste.id.desc())
    )
    rows = found.all()
    senders = _senders([paste for paste, _point, _lines in rows if paste.routed_from_id is not None])
    return [
        PasteRow(
            paste.id,
            point,
            paste.seq,
            paste.kind,
            PasteState(paste.state),
            paste.created_at,
            lines,
            reviews.get(paste.id, 0),
            senders.get(paste.routed_from_id, ""),
        )
        for paste, point, lines in rows
    ]


def _senders(pastes: Sequence[ChainPaste]) -> dict[int | None, str]:
    """Paste id → name of its point, of the pastes that handed lines over."""
    if not pastes:
        return {}
    found = select(ChainPaste.id, ServicePoint.name).join(ServicePoint, ServicePoint.id == ChainPaste.service_point_id)
    wanted = {paste.routed_from_id for paste in pastes}
    return {paste: name for paste, name in db.session.execute(found.where(ChainPaste.id.in_(wanted)))}  # noqa: C416


def line_rows(paste: ChainPaste) -> list[PasteLineRow]:
    """All lines of a paste: doubtful ones first, then in order. Four statements."""
    lines = db.session.scalars(
        select(PasteLine).where(PasteLine.paste_id == paste.id).order_by(PasteLine.line_no, PasteLine.part)
    ).all()
    ids = {line.household_id for line in lines if line.household_id}
    ids |= {home for line in lines for home in (line.candidates or [])}
    names = home_names(ids)
    clashing = [line for line in lines if line.outcome == LineOutcome.REVIEW and line.reason == "existing_order"]
    held = held_orders(paste.cycle_id, [line.household_id for line in clashing if line.household_id])
    points = _points_of(lines)
    rows = [
        replace(_line_row(line, names, held.get(line.household_id or 0)), **_elsewhere(line, points)) for line in lines
    ]
    return sorted(rows, key=lambda row: not row.waits)


def _points_of(lines: Sequence[PasteLine]) -> dict[int, str]:
    """The names of the points that cover lines which are not of the paste's own."""
    ids = {line.elsewhere["point"] for line in lines if line.elsewhere}
    return point_names(ids)


def point_names(ids: set[int]) -> dict[int, str]:
    """Service point id → name."""
    if not ids:
        return {}
    found = select(ServicePoint.id, ServicePoint.name).where(ServicePoint.id.in_(ids))
    return {point: name for point, name in db.session.execute(found)}  # noqa: C416


def _elsewhere(line: PasteLine, points: dict[int, str]) -> dict[str, Any]:
    """What a line row says about a line of another point: which one, and that it was handed over."""
    if not line.elsewhere or line.elsewhere["point"] not in points:
        return {}
    point = line.elsewhere["point"]
    if line.routed_to_id is not None:
        return {"reason": _("已交给%(point)s", point=points[point])}
    return {"other_point": (point, points[point])}


def for_other_points(rows: Sequence[PasteLineRow]) -> list[tuple[int, str, list[PasteLineRow]]]:
    """(id, name, lines that wait) of each other point that covers lines of a paste."""
    found: dict[tuple[int, str], list[PasteLineRow]] = {}
    for row in rows:
        if row.waits and row.other_point is not None:
            found.setdefault(row.other_point, []).append(row)
    return [(point, name, lines) for (point, name), lines in found.items()]


def routed_from(paste: ChainPaste) -> str:
    """The name of the point that handed these lines over, "" for a list of the point's own."""
    if paste.routed_from_id is None:
        return ""
    found = select(ServicePoint.name).join(ChainPaste, ChainPaste.service_point_id == ServicePoint.id)
    return db.session.scalar(found.where(ChainPaste.id == paste.routed_from_id)) or ""


def _line_row(line: PasteLine, names: dict[int, str], held: OrderedElsewhere | None) -> PasteLineRow:
    waits = line.outcome == LineOutcome.REVIEW and line.settled_at is None
    return PasteLineRow(
        line.id,
        line.line_no,
        line.raw,
        LineOutcome(line.outcome),
        names.get(line.household_id or 0, ""),
        goods_text((goods["item"], goods["qty"]) for goods in line.items or []),
        sentence(line.reason),
        line.note,
        [(home, names[home]) for home in line.candidates or [] if home in names],
        waits,
        line.difference,
        line.settled_at is not None,
        bool(line.items) and all(goods["qty"] for goods in line.items),
        _choices(line, held) if waits and held else (),
        line.household_id,
    )


def ordered_elsewhere(paste: ChainPaste) -> int:
    """Households on the clear lines of a preview whose order of another kind a commit will ask about.

    Those that a version before has booked already are left out: their order was asked about then.
    """
    if paste.state != PasteState.PREVIEW:
        return 0
    homes = select(PasteLine.household_id).where(PasteLine.paste_id == paste.id, PasteLine.outcome.in_(ACTS))
    found = select(HouseholdOrder.household_id).where(
        HouseholdOrder.cycle_id == paste.cycle_id,
        HouseholdOrder.state == OrderState.PLACED,
        HouseholdOrder.source.not_in((Source.CHAIN, Source.SHEET)),
        HouseholdOrder.household_id.in_(homes),
    )
    return len(set(db.session.scalars(found)) - set(standing_bookings(paste)))


def goods_text(goods: Iterable[tuple[str, int | None]]) -> str:
    """`青菜 × 2、鸡蛋 × ?`."""
    return "、".join(f"{item} × {qty or '?'}" for item, qty in goods)


@dataclass(frozen=True)
class OrderedElsewhere:
    """What a household has ordered elsewhere: the label of the source, and units by offer."""

    source: str
    goods: dict[str, int]


def held_orders(cycle_id: int, households: Sequence[int]) -> dict[int, OrderedElsewhere]:
    """Household → its order that stands. One statement."""
    if not households:
        return {}
    found = (
        select(HouseholdOrder.household_id, HouseholdOrder.source, Offer.name, OrderChoice.qty)
        .join(OrderChoice, OrderChoice.order_id == HouseholdOrder.id)
        .join(Offer, Offer.id == OrderChoice.offer_id)
        .where(HouseholdOrder.cycle_id == cycle_id, HouseholdOrder.household_id.in_(households))
        .where(HouseholdOrder.state == OrderState.PLACED)
        .order_by(HouseholdOrder.household_id, Offer.id)
    )
    held: dict[int, OrderedElsewhere] = {}
    for home, source, name, qty in db.session.execute(found):
        held.setdefault(home or 0, OrderedElsewhere(str(Source(source).label), {})).goods[name] = qty
    return held


def _choices(line: PasteLine, held: OrderedElsewhere) -> tuple[tuple[str, str], ...]:
    """(choice, what the order would be) of a household that ordered elsewhere too."""
    mine = {goods["item"]: int(goods["qty"] or 0) for goods in line.items or []}
    items = list(dict.fromkeys([*held.goods, *mine]))
    both = [
        rules.DuplicateSource(
            rules.SourceQuantity(0, item, held.goods.get(item, 0), "before"),
            rules.SourceQuantity(0, item, mine.get(item, 0), "chain"),
        )
        for item in items
    ]
    made = {
        choice: goods_text(
            (str(clash.earlier.item), qty) for clash in both if (qty := rules.settled_qty(clash, choice))
        )
        for choice in rules.DuplicateDecision
    }
    source = held.source
    return (
        ("keep", _("保留原来的（%(source)s）：%(goods)s", source=source, goods=made[rules.DuplicateDecision.KEEP])),
        ("replace", _("换成这一行的：%(goods)s", goods=made[rules.DuplicateDecision.REPLACE])),
        ("add", _("两边相加：%(goods)s", goods=made[rules.DuplicateDecision.ADD])),
    )


def home_names(ids: set[int]) -> dict[int, str]:
    """Household id → "compound building stairwell room"."""
    if not ids:
        return {}
    found = db.session.execute(_homes().where(Household.id.in_(list(ids))))
    return {row.id: _home(row) for row in found}


def homes_like(point_id: int, typed: str) -> list[tuple[int, str]]:
    """Households of a point that what was typed means, else those whose room number ends it; at most 50."""
    meant = find_households(typed, Building.service_point_id == point_id)
    if meant:
        return [(home.household_id, home.address) for home in meant]
    room = typed.replace("-", " ").split()[-1] if typed.strip() else ""
    found = _homes().where(Building.service_point_id == point_id, Household.room_no == room, Household.is_active)
    return [(row.id, _home(row)) for row in db.session.execute(found.limit(50))]


def _homes() -> Any:
    return with_address(
        select(
            Household.id,
            Compound.name.label("compound"),
            Building.label.label("building"),
            Stairwell.label.label("stairwell"),
            Household.room_no.label("room"),
        )
    ).order_by(Compound.name, Building.sort_key, Stairwell.label, Household.sort_key)


def _home(row: Row[Any]) -> str:
    return address_label(row.compound, row.building, row.stairwell, row.room)


def item_totals(paste: ChainPaste) -> list[tuple[str, int]]:
    """Units by item of the lines that count, amendments and cancellations applied, largest first."""
    by_home: dict[int, list[PasteLine]] = {}
    for line in paste.lines:
        if line.outcome in ACTS and line.household_id is not None:
            by_home.setdefault(line.household_id, []).append(line)
    sums: dict[str, int] = {}
    for lines in by_home.values():
        for item, qty in wanted_goods(lines).items():
            sums[item] = sums.get(item, 0) + qty
    return sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))


def next_waiting(line: PasteLine) -> int | None:
    """The doubtful line that comes after this one, else the first of the paste; None when none is left."""
    waiting = select(PasteLine.id).where(
        PasteLine.paste_id == line.paste_id,
        PasteLine.outcome == LineOutcome.REVIEW,
        PasteLine.settled_at.is_(None),
        PasteLine.id != line.id,
    )
    later = waiting.where(PasteLine.line_no >= line.line_no).order_by(PasteLine.line_no, PasteLine.part).limit(1)
    first = waiting.order_by(PasteLine.line_no, PasteLine.part).limit(1)
    return db.session.scalar(later) or db.session.scalar(first)


def line_row(paste: ChainPaste, line_id: int) -> PasteLineRow:
    """One line of a paste."""
    return next(row for row in line_rows(paste) if row.id == line_id)


def removed_rows(paste: ChainPaste) -> list[PasteLineRow]:
    """Entries of the version before that this one no longer has."""
    gone = versions.removed_entries(paste)
    names = home_names({line.household_id for line in gone if line.household_id})
    return [_line_row(line, names, None) for line in gone]


def offer_names(cycle_id: int) -> list[str]:
    """Names of what a cycle offers, in the order of the list."""
    found = select(Offer.name).where(Offer.cycle_id == cycle_id, Offer.is_listed).order_by(Offer.id)
    return list(db.session.scalars(found))
