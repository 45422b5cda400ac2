"""Lines that another service point of the cycle covers: found when a list is read, so that they can be handed over.

A chat group is often larger than a service point. The register of the point knows nothing of its neighbours, and would
take their names for nicknames. So a list is read once more with the registers of neighbours (points that share a
compound with it, or whose compound the text names) beside its own:

    read with its own           read with both                     is
    any household, or asked     clear, a household of theirs       theirs: asked, to be handed over
    a household                 another one, or asked without it   asked: something else was named
    a household                 asked, and it may be meant         its own: a bare number says no compound
    no room, no stairwell       clear, a household of theirs       asked, and theirs only where the line names them

Nothing is ordered by it. ChainLine.elsewhere keeps what it found: {"point", "household", "items", "outcome", "change"}.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.core.db import db
from app.intake.grammar.model import ChainGoods, ChainLine, ChainResult, Change, EntryOutcome
from app.intake.models import ChainPaste, LineOutcome
from app.intake.workbook.reader import Workbook
from app.ordering.models import CyclePoint
from app.places.address.rules import Register
from app.places.address.rules import RegisteredHousehold as Registered
from app.places.models import Building, Compound, CompoundAlias, Household, Stairwell
from app.places.queries import register_for

OF_OUR_BUILDINGS = frozenset({"unknown_room", "unknown_stairwell"})
"""Reasons that speak of a building of ours: a neighbour's building of the same number is no better guess."""
ACTS = frozenset({LineOutcome.ROW.value, LineOutcome.AMEND.value, LineOutcome.CANCEL.value})
STEM = 2
"""So many characters of a longer name are often all of it that is written: 紫薇3-2-501 for 紫薇园."""

Place = tuple[int, int]
"""Line number and part."""


@dataclass(frozen=True)
class Read:
    """What a line is with both registers: its household if it is clear, its goods, and who else may be meant.

    A change or a cancellation goes to the other point with the entry that it is about."""

    home: int | None
    goods: tuple[ChainGoods, ...]
    outcome: str
    change: str
    may_be: frozenset[int]


Reading = Mapping[Place, Read]


def mark_covered_elsewhere(paste: ChainPaste, rows: list[dict[str, Any]], read: Callable[[Register], Reading]) -> None:
    """Inside a command: mark the rows that a neighbour covers, and ask about those that name something else; `read`
    reads the list once more."""
    named = _neighbours(paste, "\n".join(row["raw"] for row in rows))
    if not named:
        return
    both = read(register_for([paste.service_point_id, *named]))
    point_of = _points(found.home for found in both.values() if found.home is not None)
    here, with_both = (Counter(line_no for line_no, _part in places) for places in (_places(rows), both))
    takes_part = set(db.session.scalars(select(CyclePoint.service_point_id).filter_by(cycle_id=paste.cycle_id)))
    for row in rows:
        found = both.get((row["line_no"], row["part"]))
        if found is not None and row["outcome"].lower() in (*ACTS, LineOutcome.REVIEW):
            _compare(row, found, point_of.get(found.home or 0), named)
            is_divided_alike = here[row["line_no"]] == with_both[row["line_no"]]
            if row.get("elsewhere") and (row["elsewhere"]["point"] not in takes_part or not is_divided_alike):
                row["elsewhere"] = None  # it would go without the other households that stand on the same line
    handed = {row["elsewhere"]["household"]: row for row in rows if row.get("elsewhere")}
    for row in rows:
        found = both.get((row["line_no"], row["part"]))
        if found is not None and here[row["line_no"]] == with_both[row["line_no"]]:
            _go_along(row, found, handed)


def _go_along(row: dict[str, Any], found: Read, handed: Mapping[int, dict[str, Any]]) -> None:
    """A doubtful line about nobody but a household whose entry can be handed over goes with it, to be asked there."""
    home = next(iter(found.may_be)) if len(found.may_be) == 1 else 0
    is_asked = found.outcome == row["outcome"].lower() == LineOutcome.REVIEW
    if is_asked and home in handed and not row.get("elsewhere"):
        items = [{"item": one.item, "qty": one.qty, "unit": one.unit} for one in found.goods]
        kind = {"outcome": LineOutcome.REVIEW.value, "change": found.change}
        row["elsewhere"] = {"point": handed[home]["elsewhere"]["point"], "household": home, "items": items, **kind}


def _places(rows: list[dict[str, Any]]) -> list[Place]:
    """Where the rows stand that are about somebody."""
    asked = (*ACTS, LineOutcome.REVIEW)
    return [(row["line_no"], row["part"]) for row in rows if row["outcome"].lower() in asked]


def _compare(row: dict[str, Any], found: Read, point: int | None, named: Mapping[int, frozenset[str]]) -> None:
    """What the table at the head says of one row; `point` covers the household that both registers give."""
    acts = row["outcome"].lower() in ACTS
    if point is not None and point in named:
        says_it = any(name in row["raw"] for name in named[point])
        if row["reason"] in OF_OUR_BUILDINGS and not says_it:
            return
        row.update(outcome=LineOutcome.REVIEW.value, reason="unknown_place" if acts else row["reason"])
        row.update(household_id=None, candidates=[])
        if found.outcome in ACTS:
            items = [{"item": one.item, "qty": one.qty, "unit": one.unit} for one in found.goods]
            kind = {"outcome": found.outcome, "change": found.change}
            row["elsewhere"] = {"point": point, "household": found.home, "items": items, **kind}
    elif acts and row["household_id"] is not None and row["household_id"] not in {found.home, *found.may_be}:
        row.update(outcome=LineOutcome.REVIEW.value, reason="unknown_place", household_id=None, candidates=[])


def of_chain(result: ChainResult) -> Reading:
    """The lines of a chain that are about somebody."""
    return {
        (line.line_no, line.part): _as_read(
            _own_outcome(line), line.household, line.items, line.candidates, line.change
        )
        for line in result.lines
        if line.outcome not in (EntryOutcome.SKIP, EntryOutcome.HEAD)
    }


def _own_outcome(line: ChainLine) -> EntryOutcome:
    """A line that only carries an entry on says nothing of its own: it cancels nothing."""
    return EntryOutcome.ROW if line.continues is not None and line.outcome is not EntryOutcome.REVIEW else line.outcome


def of_workbook(found: Workbook | None) -> Reading:
    """The rows of a workbook that are about somebody."""
    return {
        (row.row_no, part): _as_read(row.outcome, row.household, row.goods, row.candidates)
        for part, row in enumerate(found.rows if found else (), start=1)
        if row.outcome not in (EntryOutcome.SKIP, EntryOutcome.HEAD)
    }


def _as_read(
    outcome: EntryOutcome,
    home: Registered | None,
    goods: tuple[ChainGoods, ...],
    candidates: tuple[Registered, ...],
    change: Change | None = None,
) -> Read:
    is_clear = outcome is not EntryOutcome.REVIEW and home is not None
    may_be = frozenset(_id(one) for one in (*candidates, *([home] if home else [])))
    said = outcome.value.lower()
    return Read(_id(home) if home and is_clear else None, goods, said, change.value if change else "", may_be)


def _id(home: Registered) -> int:
    return int(str(home.household_id))


def _neighbours(paste: ChainPaste, text: str) -> dict[int, frozenset[str]]:
    """The other points that cover part of a compound of ours, or of one that the text names; with each the names of
    compounds that it covers and we do not. Points outside of the cycle too: their doors are not ours either."""
    pairs = db.session.execute(
        select(Building.service_point_id, Compound.id, Compound.name)
        .join(Compound, Compound.id == Building.compound_id)
        .distinct()
    ).all()
    names: dict[int, set[str]] = {compound: {name, name[:STEM]} for _point, compound, name in pairs}
    for compound, alias in db.session.execute(select(CompoundAlias.compound_id, CompoundAlias.alias)):
        names.get(compound, set()).add(alias)
    ours = {compound for point, compound, _name in pairs if point == paste.service_point_id}
    found: dict[int, set[str]] = {}
    for point, compound, _name in pairs:
        said = {name for name in names[compound] if name and name in text}
        if point != paste.service_point_id and (compound in ours or said):
            found.setdefault(point, set()).update(said if compound not in ours else ())
    return {point: frozenset(said) for point, said in sorted(found.items())}


def _points(homes: Iterable[int]) -> dict[int, int]:
    found = db.session.execute(
        select(Household.id, Building.service_point_id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .where(Household.id.in_(sorted(set(homes))))
    )
    return {home: point for home, point in found}  # noqa: C416
