"""What the pages of intake show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from app.core.db import db
from app.intake.models import ChainLine, ChainPaste, LineOutcome, PasteState
from app.intake.reasons import sentence
from app.ordering.models import CyclePoint
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


@dataclass(frozen=True)
class LineRow:
    """One line with its household and goods as words."""

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
    """The pastes of a cycle within reach, newest first. Two statements."""
    waiting = select(ChainLine.paste_id, func.count()).where(
        ChainLine.outcome == LineOutcome.REVIEW, ChainLine.settled_at.is_(None)
    )
    reviews = {paste: n for paste, n in db.session.execute(waiting.group_by(ChainLine.paste_id))}  # noqa: C416
    found = db.session.execute(
        select(ChainPaste, ServicePoint.name, func.count(ChainLine.id))
        .join(ServicePoint, ServicePoint.id == ChainPaste.service_point_id)
        .outerjoin(ChainLine, ChainLine.paste_id == ChainPaste.id)
        .where(ChainPaste.cycle_id == cycle_id, in_scope)
        .group_by(ChainPaste.id, ServicePoint.name)
        .order_by(ChainPaste.id.desc())
    )
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
        )
        for paste, point, lines in found
    ]


def line_rows(paste: ChainPaste) -> list[LineRow]:
    """All lines of a paste: doubtful ones first, then in order. Two statements."""
    lines = db.session.scalars(
        select(ChainLine).where(ChainLine.paste_id == paste.id).order_by(ChainLine.line_no, ChainLine.part)
    ).all()
    ids = {line.household_id for line in lines if line.household_id}
    ids |= {home for line in lines for home in (line.candidates or [])}
    names = home_names(ids)
    rows = [
        LineRow(
            line.id,
            line.line_no,
            line.raw,
            LineOutcome(line.outcome),
            names.get(line.household_id or 0, ""),
            "、".join(f"{goods['item']} × {goods['qty'] or '?'}" for goods in line.items or []),
            sentence(line.reason),
            line.note,
            [(home, names[home]) for home in line.candidates or [] if home in names],
            line.outcome == LineOutcome.REVIEW and line.settled_at is None,
        )
        for line in lines
    ]
    return sorted(rows, key=lambda row: not row.waits)


def home_names(ids: set[int]) -> dict[int, str]:
    """Household id → "compound building stairwell room"."""
    if not ids:
        return {}
    found = db.session.execute(_homes().where(Household.id.in_(list(ids))))
    return {row.id: _home(row) for row in found}


def homes_like(point_id: int, typed: str) -> list[tuple[int, str]]:
    """Households of a point whose room number is the last part of what was typed, at most 50, to choose from."""
    room = typed.replace("-", " ").split()[-1] if typed.strip() else ""
    found = _homes().where(Building.service_point_id == point_id, Household.room_no == room, Household.is_active)
    return [(row.id, _home(row)) for row in db.session.execute(found.limit(50))]


def _homes() -> Any:
    return (
        select(
            Household.id,
            Compound.name.label("compound"),
            Building.label.label("building"),
            Stairwell.label.label("stairwell"),
            Household.room_no.label("room"),
        )
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .order_by(Compound.name, Building.sort_key, Stairwell.label, Household.sort_key)
    )


def _home(row: Row[Any]) -> str:
    return " ".join(part for part in (row.compound, row.building, row.stairwell, row.room) if part)


def item_totals(paste: ChainPaste) -> list[tuple[str, int]]:
    """Units by item of the lines that count, largest first."""
    sums: dict[str, int] = {}
    for line in paste.lines:
        if line.outcome == LineOutcome.ROW:
            for goods in line.items or []:
                sums[goods["item"]] = sums.get(goods["item"], 0) + int(goods["qty"] or 0)
    return sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
