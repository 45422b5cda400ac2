"""Lines that another service point of the cycle covers: found when a list is read, so that they can be handed over.

A chat group is often larger than a service point. What its register does not know is read once more with the
registers of its neighbours (points that share a compound with it, or whose compound the text names) beside its own:
a line that is then clear, and theirs, is theirs. Nothing is ordered by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import select

from app.core.db import db
from app.intake.grammar.model import ChainResult, Goods, Outcome
from app.intake.models import ChainPaste, LineOutcome
from app.intake.workbooks import Workbook
from app.ordering.models import CyclePoint
from app.places.models import Building, Compound, CompoundAlias, Household, Stairwell
from app.places.queries import register_for
from app.places.rules import Household as Registered
from app.places.rules import Register

NOT_OURS = frozenset(
    {"lane_conflict", "out_of_scope", "place_ended", "unknown_area", "unknown_building", "unknown_place"}
)
"""Reasons for which a line may be another point's. A room missing in a building of ours is not among them."""

Place = tuple[int, int]
"""Line number and part."""
Reading = Mapping[Place, tuple[int, tuple[Goods, ...]]]
"""The household and the goods of each clear line."""


def find(paste: ChainPaste, rows: list[dict[str, Any]], read: Callable[[Register], Reading]) -> None:
    """Inside a command: note with each doubtful row which neighbour covers it; `read` reads the list once more."""
    doubtful = [row for row in rows if _may_be_elsewhere(row)]
    others = _neighbours(paste, "\n".join(row["raw"] for row in rows)) if doubtful else []
    if not others:
        return
    clear = read(register_for([paste.service_point_id, *others]))
    point_of = _points(home for home, _goods in clear.values())
    for row in doubtful:
        home, goods = clear.get((row["line_no"], row["part"]), (0, ()))
        if point_of.get(home) in others:
            items = [{"item": one.item, "qty": one.qty, "unit": one.unit} for one in goods]
            row["elsewhere"] = {"point": point_of[home], "household": home, "items": items}


def of_chain(result: ChainResult) -> Reading:
    """The clear lines of a chain."""
    return {
        (line.line_no, line.part): (_id(line.household), line.items)
        for line in result.lines
        if line.outcome is Outcome.ROW and line.household is not None
    }


def of_workbook(found: Workbook | None) -> Reading:
    """The clear rows of a workbook."""
    return {
        (row.row_no, part): (_id(row.household), row.goods)
        for part, row in enumerate(found.rows if found else (), start=1)
        if row.outcome is Outcome.ROW and row.household is not None
    }


def _id(home: Registered) -> int:
    return int(str(home.household_id))


def _may_be_elsewhere(row: dict[str, Any]) -> bool:
    return row["outcome"].lower() == LineOutcome.REVIEW and row["household_id"] is None and row["reason"] in NOT_OURS


def _neighbours(paste: ChainPaste, text: str) -> list[int]:
    """The other points of the cycle that cover part of a compound of ours, or of one that the text names."""
    pairs = db.session.execute(
        select(Building.service_point_id, Compound.id, Compound.name)
        .join(Compound, Compound.id == Building.compound_id)
        .join(CyclePoint, CyclePoint.service_point_id == Building.service_point_id)
        .where(CyclePoint.cycle_id == paste.cycle_id)
        .distinct()
    ).all()
    ours = {compound for point, compound, _name in pairs if point == paste.service_point_id}
    aliases = db.session.execute(select(CompoundAlias.compound_id, CompoundAlias.alias)).all()
    said = {compound for compound, alias in aliases if alias and alias in text}
    found = {
        point
        for point, compound, name in pairs
        if point != paste.service_point_id and (compound in ours or compound in said or name in text)
    }
    return sorted(found)


def _points(homes: Iterable[int]) -> dict[int, int]:
    found = db.session.execute(
        select(Household.id, Building.service_point_id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .where(Household.id.in_(sorted(set(homes))))
    )
    return {home: point for home, point in found}  # noqa: C416
