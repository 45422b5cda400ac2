"""A later paste of the same list against the version before: what is new, what a person settled already.

The version before is read again from its kept text with today's register, so both sides are read by the same rules;
its stored lines are found by line number and part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.db import db
from app.core.errors import Conflict
from app.intake import rules
from app.intake.grammar import model
from app.intake.grammar.chain import parse_chain
from app.intake.grammar.goods.lexicon import Lexicon
from app.intake.grammar.lines import lines
from app.intake.models import ChainPaste, LineOutcome, PasteLine, PasteState, VersionChange
from app.places.address.rules import Register, RegisteredHousehold

_KINDS = {
    rules.EntryChange.ADDED: VersionChange.ADDED,
    rules.EntryChange.CHANGED: VersionChange.CHANGED,
    rules.EntryChange.UNCHANGED: VersionChange.UNCHANGED,
}
_DECISION = (
    "outcome", "household_id", "items", "change", "reason", "settled_by_id", "settled_at", "read_as",
    "routed_to_id", "routed_line_id",
)  # fmt: skip
_UNCLEAR = rules.Relation.UNCLEAR
_ALIVE = (PasteState.PREVIEW.value, PasteState.COMMITTING.value, PasteState.COMMITTED.value)


@dataclass(frozen=True)
class Before:
    """The version before: the paste, and its text read again."""

    paste: ChainPaste
    lines: Sequence[model.ChainLine]


def text_of(paste: ChainPaste) -> str:
    """The pasted text, from the lines that were kept; blank lines where blank lines stood."""
    first: dict[int, str] = {}
    for line in paste.lines:
        first.setdefault(line.line_no, line.raw)
    return "\n".join(first.get(number, "") for number in range(1, max(first, default=0) + 1))


@dataclass(frozen=True)
class Where:
    """Which list a paste may be a later version of; `read`: register and lexicon that chains are read again with."""

    cycle_id: int
    point_id: int
    kind: str
    read: tuple[Register, Lexicon] | None = None


def find_earlier_version(where: Where, later: Sequence[model.ChainLine], accepts_older: bool = False) -> Before | None:
    """The version that a paste replaces, None for a new list.

    Raises Conflict for the same list again, and for an older version of it unless that is wanted.
    """
    for head in _heads(where):
        history = _history(head, where.read)
        how = rules.relation([read for _paste, read in history], later)
        if how is rules.Relation.SAME:
            raise Conflict(_("这份接龙和第 %(seq)d 次粘贴一样，没有变化，不用再贴。", seq=head.seq))
        if how is rules.Relation.OLDER and not accepts_older:
            raise Older(
                _("这是旧版：第 %(seq)d 次粘贴的接龙比它新。确实要退回旧版时，请勾选“按旧版处理”。", seq=head.seq)
            )
        if how in (rules.Relation.NEWER, rules.Relation.OLDER):
            return Before(head, history[-1][1])
    return None


class Older(Conflict):
    """An older version of a list that was pasted before."""


def possible_earlier_version(paste: ChainPaste) -> ChainPaste | None:
    """The list that a preview may be a later version of, where only a person can say; from what was kept of both."""
    if paste.state != PasteState.PREVIEW or paste.replaces_id is not None or paste.routed_from_id is not None:
        return None
    mine = [_as_kept(line) for line in paste.lines]
    where = Where(paste.cycle_id, paste.service_point_id, paste.kind)
    for head in _heads(where):
        if head.seq < paste.seq and rules.relation([[_as_kept(line) for line in head.lines]], mine) is _UNCLEAR:
            return head
    return None


def adopt_as_later_version(paste: ChainPaste, head: ChainPaste, read: tuple[Register, Lexicon]) -> None:
    """Inside a command: a person said that the preview is a later version of `head`."""
    later = _read_again(paste, read)
    before = Before(head, _read_again(head, read))
    rows = [{"outcome": line.outcome, "candidates": list(line.candidates or [])} for line in paste.lines]
    carry_over(rows, later, before)
    for line, row in zip(paste.lines, rows, strict=True):
        for name, value in row.items():
            setattr(line, name, value)
    paste.replaces_id = head.id
    db.session.flush()


def own_words(paste: ChainPaste, read: tuple[Register, Lexicon]) -> dict[tuple[int, int], str]:
    """(line number, part) → the words of that entry alone, of physical lines that hold several; those whose words
    cannot be told apart (today's register divides the line otherwise, or two parts share their words) are left out."""
    places = Counter(line.line_no for line in paste.lines)
    again = parse_chain(text_of(paste), *read).lines
    parts = Counter(line.line_no for line in again)
    said = Counter((line.line_no, line.text) for line in again)
    return {
        (line.line_no, line.part): line.text
        for line in again
        if 1 < places[line.line_no] == parts[line.line_no] and said[line.line_no, line.text] == 1
    }


def _read_again(paste: ChainPaste, read: tuple[Register, Lexicon]) -> Sequence[model.ChainLine]:
    if paste.kind != "chain":
        return [_as_read(line) for line in paste.lines]
    return parse_chain(text_of(paste), *read).lines


def _as_kept(line: PasteLine) -> model.ChainLine:
    """A line as it is kept, as far as telling lists apart needs."""
    goods = tuple(model.ChainGoods(entry["item"], entry["qty"]) for entry in line.items or [])
    home = RegisteredHousehold(line.household_id, "", "", "", "") if line.household_id else None
    mark = lines.entry_marker(line.raw.strip())
    continues = line.line_no if line.reason == "continuation" else None
    return model.ChainLine(
        line.line_no,
        line.raw,
        model.EntryOutcome(line.outcome.upper()),
        household=home,
        items=goods,
        continues=continues,
        text=line.raw.strip()[mark.end if mark else 0 :],
    )


def _heads(where: Where) -> list[ChainPaste]:
    """The latest version of every list of this kind, newest first. Lines that another point handed over are none: no
    list of the point's own replaces them, or taking it back would bring to life what the other point withdrew."""
    found = select(ChainPaste).filter_by(cycle_id=where.cycle_id, service_point_id=where.point_id, kind=where.kind)
    found = found.where(ChainPaste.routed_from_id.is_(None))
    return list(db.session.scalars(found.where(ChainPaste.state.in_(_ALIVE)).order_by(ChainPaste.seq.desc()).limit(8)))


def _history(
    head: ChainPaste, read: tuple[Register, Lexicon] | None
) -> list[tuple[ChainPaste, Sequence[model.ChainLine]]]:
    """The last versions of a list, oldest first."""
    versions: list[ChainPaste] = []
    version: ChainPaste | None = head
    while version is not None and len(versions) < 4:
        versions.append(version)
        version = db.session.get(ChainPaste, version.replaces_id) if version.replaces_id else None
    if read is None:
        return [(each, [_as_read(line) for line in each.lines]) for each in reversed(versions)]
    return [(each, _read_again(each, read)) for each in reversed(versions)]


def _as_read(line: PasteLine) -> model.ChainLine:
    """A stored row of a workbook, as far as comparing it with another version needs."""
    goods = tuple(model.ChainGoods(entry["item"], entry["qty"]) for entry in line.items or [])
    home = RegisteredHousehold(line.household_id, "", "", "", "") if line.household_id else None
    return sheet_line(line.line_no, line.raw, goods, home)


def sheet_line(
    row_no: int, raw: str, goods: tuple[model.ChainGoods, ...], home: RegisteredHousehold | None
) -> model.ChainLine:
    """A row of a workbook as an entry of a list. Rows are known by buyer, item and quantity, not by their number."""
    return model.ChainLine(row_no, raw, model.EntryOutcome.ROW, household=home, items=goods, text=raw)


def carry_over(rows: list[dict[str, Any]], later: Sequence[model.ChainLine], before: Before) -> None:
    """Mark each row of the later version, and give it what a person decided about the same entry before.

    An unchanged entry keeps its decision whole; a changed one offers the household chosen before first.
    """
    stored = _stored(before)
    by_place = {id(line): row for line, row in zip(later, rows, strict=True)}
    for found in rules.diff(before.lines, later).rows:
        if found.later is None:
            continue
        row = by_place[id(found.later)]
        row["difference"] = _KINDS[found.kind].value
        if found.earlier is None:
            continue
        old = stored.get(id(found.earlier))
        if old is None:
            continue
        row["earlier_id"] = old.id
        if found.kind is rules.EntryChange.UNCHANGED and old.settled_at is not None:
            _take(row, old)
        elif old.settled_at is not None and old.household_id is not None:
            row["candidates"] = list(dict.fromkeys([old.household_id, *row["candidates"]]))


def _stored(before: Before) -> dict[int, PasteLine]:
    """The stored line of each entry that was read; both are in the order of the text."""
    if before.paste.kind != "chain":
        return {id(read): line for read, line in zip(before.lines, before.paste.lines, strict=True)}
    by_place = {(line.line_no, line.part): line for line in before.paste.lines}
    return {id(read): by_place[place] for read in before.lines if (place := (read.line_no, read.part)) in by_place}


def _take(row: dict[str, Any], old: PasteLine) -> None:
    for name in _DECISION:
        row[name] = getattr(old, name)


def take_late_decisions(paste: ChainPaste) -> None:
    """Inside a command: what a person decided about an unchanged entry in the version before, after this one was read.

    Without it the decision would be lost, and the order that came of it taken back.
    """
    for line in paste.lines:
        if line.difference != VersionChange.UNCHANGED or line.outcome != LineOutcome.REVIEW or line.earlier_id is None:
            continue
        old = db.session.get(PasteLine, line.earlier_id)
        if old is not None and old.settled_at is not None:
            for name in _DECISION:
                setattr(line, name, getattr(old, name))
    db.session.flush()


def removed_entries(paste: ChainPaste) -> list[PasteLine]:
    """Entries of the version before that this one no longer has."""
    if paste.replaces_id is None:
        return []
    kept = {line.earlier_id for line in paste.lines if line.earlier_id is not None}
    acting = (
        select(PasteLine).where(PasteLine.paste_id == paste.replaces_id).order_by(PasteLine.line_no, PasteLine.part)
    )
    return [
        line
        for line in db.session.scalars(acting)
        if line.id not in kept
        and line.outcome in ("row", "amend", "cancel", "review")
        and line.reason != "continuation"
    ]
