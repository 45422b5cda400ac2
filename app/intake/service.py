"""From a paste to orders: read, keep every line, settle the doubtful ones, commit once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields
from sqlalchemy import func, insert, select

from app.access.permissions import Permission, Staff
from app.catalog.models import Item, ItemAlias
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import record
from app.core.schemas import CommandSchema, Line, Whole
from app.core.tables import read_sheets
from app.intake.booking import book
from app.intake.grammar.chain import parse_chain
from app.intake.grammar.lexicon import DEFAULT_LIMIT, Lexicon
from app.intake.grammar.lexicon import Item as Word
from app.intake.models import ChainLine, ChainPaste, LineOutcome, PasteState
from app.intake.workbooks import Workbook, read_workbook
from app.ordering.models import Cycle, CyclePoint, Offer
from app.places.models import Building, Household, Stairwell
from app.places.queries import register_for
from app.places.scope import require_point

LONGEST = 60_000


@dataclass(frozen=True)
class Paste:
    """The text of a chain, whole."""

    text: str


class PasteSchema(CommandSchema):
    makes = Paste
    text = Line(required=True, longest=LONGEST, many_lines=True)


@dataclass(frozen=True)
class Settle:
    """What a person decides about a line: the household (0: the line does not count) and the goods, "名称 数量" each.

    `existing`: what to do where the household has an order of another source: keep, replace or add.
    """

    household: int
    goods: str = ""
    existing: str = ""


class SettleSchema(CommandSchema):
    makes = Settle
    household = Whole(required=True, least=0, most=2**31 - 1)
    goods = Line(longest=500, blank=True)
    existing = fields.String(load_default="", validate=lambda value: value in ("", "keep", "replace", "add"))


@command
def paste_chain(by: Staff, cycle_id: int, point_id: int, paste: Paste) -> ChainPaste:
    """Read a chain and keep every line of it for preview; nothing is ordered yet.

    Requires: INTAKE over the point, the cycle takes its part. Ensures: each physical line is kept with an outcome.
    Raises: NotFound, Conflict (the same text is there already).
    """
    _cycle, point = in_reach(by, cycle_id, point_id)
    digest = hashlib.sha256(paste.text.encode()).hexdigest()
    _refuse_twin(cycle_id, point, digest)
    result = parse_chain(paste.text, register_for([point]), lexicon_of(cycle_id))
    kept = _keep(by, cycle_id, point, "chain", digest)
    rows = [
        {
            "line_no": line.line_no,
            "part": line.part,
            "raw": line.raw[:2000],
            "outcome": line.outcome.value.lower(),
            "household_id": line.household.household_id if line.household else None,
            "items": [{"item": goods.item, "qty": goods.qty, "unit": goods.unit} for goods in line.items],
            "change": line.change.value if line.change else "",
            "candidates": [one.household_id for one in line.candidates],
            "reason": line.reason,
            "note": line.note[:500],
            "restricted_note": line.restricted_note[:500],
        }
        for line in result.lines
    ]
    _write_lines(kept, rows)
    record(by, "paste", kept, cycle_id=cycle_id, lines=len(rows), review=_reviews(rows))
    return kept


@command
def import_workbook(by: Staff, cycle_id: int, point_id: int, body: bytes) -> ChainPaste:
    """Read an order workbook and keep every row for preview; alarms say where its own summary differs.

    Raises: NotFound, Conflict (the same file is there already), Invalid (no order table in it, or refused).
    """
    _cycle, point = in_reach(by, cycle_id, point_id)
    digest = hashlib.sha256(body).hexdigest()
    _refuse_twin(cycle_id, point, digest)
    found = read_workbook(read_sheets(body), register_for([point]), lexicon_of(cycle_id))
    if found is None:
        raise Invalid({"file": [_l("这个文件里没有找到订单表。需要有商品、数量和地址（或楼号、房号）的列。")]})
    kept = _keep(by, cycle_id, point, "workbook", digest)
    kept.alarms = [str(alarm.said) for alarm in found.alarms]
    rows = _workbook_rows(found)
    _write_lines(kept, rows)
    record(by, "import", kept, cycle_id=cycle_id, lines=len(rows), review=_reviews(rows))
    return kept


def _workbook_rows(found: Workbook) -> list[dict[str, Any]]:
    return [
        {
            "line_no": row.row_no,
            "part": part,
            "raw": f"{row.buyer} " + "、".join(f"{goods.item} {goods.qty or '?'}" for goods in row.goods),
            "outcome": row.outcome.value.lower(),
            "household_id": row.household.household_id if row.household else None,
            "items": [{"item": goods.item, "qty": goods.qty, "unit": goods.unit} for goods in row.goods],
            "change": "",
            "candidates": [one.household_id for one in row.candidates],
            "reason": row.reason,
            "note": row.note[:500],
            "restricted_note": row.restricted_note[:500],
        }
        for part, row in enumerate(found.rows, start=1)
    ]


def in_reach(by: Staff, cycle_id: int, point_id: int) -> tuple[Cycle, int]:
    """The cycle and the point, where the actor takes orders in. Raises NotFound."""
    cycle, point = db.session.get(Cycle, cycle_id), require_point(by, Permission.INTAKE, point_id)
    if cycle is None or db.session.get(CyclePoint, (cycle_id, point.id)) is None:
        raise NotFound
    return cycle, point.id


def lexicon_of(cycle_id: int) -> Lexicon:
    """The goods that a cycle offers, with the words people use for them."""
    aliases: dict[int, list[str]] = {}
    for item_id, alias in db.session.execute(select(ItemAlias.item_id, ItemAlias.alias)):
        aliases.setdefault(item_id, []).append(alias)
    offers = db.session.scalars(select(Offer).where(Offer.cycle_id == cycle_id, Offer.is_listed).order_by(Offer.id))
    units = dict(db.session.execute(select(Item.id, Item.sale_unit)).tuples().all())
    return Lexicon(
        Word(
            offer.name,
            units.get(offer.item_id or 0, ""),
            tuple(aliases.get(offer.item_id or 0, ())),
            offer.limit_per_household or DEFAULT_LIMIT,
        )
        for offer in offers
    )


def _refuse_twin(cycle_id: int, point_id: int, digest: str) -> None:
    twin = select(ChainPaste.seq).filter_by(cycle_id=cycle_id, service_point_id=point_id, text_sha256=digest)
    seq = db.session.scalar(twin.where(ChainPaste.state != PasteState.UNDONE).limit(1))
    if seq is not None:
        raise Conflict(_("同样的内容已经是第 %(seq)d 次粘贴，没有重复导入。", seq=seq))


def _keep(by: Staff, cycle_id: int, point_id: int, kind: str, digest: str) -> ChainPaste:
    last = select(func.max(ChainPaste.seq)).filter_by(cycle_id=cycle_id, service_point_id=point_id)
    paste = ChainPaste(
        cycle_id=cycle_id,
        service_point_id=point_id,
        kind=kind,
        text_sha256=digest,
        seq=(db.session.scalar(last) or 0) + 1,
        pasted_by_id=by.id,
    )
    db.session.add(paste)
    db.session.flush()
    return paste


def _write_lines(paste: ChainPaste, rows: Sequence[dict[str, Any]]) -> None:
    acts = {LineOutcome.ROW, LineOutcome.AMEND, LineOutcome.CANCEL}
    for row in rows:
        if row["outcome"] in acts and row["household_id"] is None:
            row["outcome"], row["reason"] = LineOutcome.REVIEW.value, row["reason"] or "nickname"
    if rows:
        db.session.execute(insert(ChainLine), [{"paste_id": paste.id, **row} for row in rows])


def _reviews(rows: Iterable[dict[str, Any]]) -> int:
    return sum(row["outcome"] == LineOutcome.REVIEW for row in rows)


def require_paste(by: Staff, paste_id: int) -> ChainPaste:
    """A paste of a point within reach. Raises NotFound."""
    paste = db.session.get(ChainPaste, paste_id)
    if paste is None:
        raise NotFound
    require_point(by, Permission.INTAKE, paste.service_point_id)
    return paste


@command
def commit(by: Staff, paste_id: int) -> ChainPaste:
    """Turn the clear lines of a paste into orders; doubtful ones wait to be settled.

    Requires: the paste is in preview and the cycle takes orders. Ensures: each household named by clear lines has one
    order with what they say; a household with an order from elsewhere goes to review, nothing is overwritten.
    Raises: NotFound, Conflict.
    """
    paste = require_paste(by, paste_id)
    if paste.state != PasteState.PREVIEW:
        raise Conflict(_l("这次粘贴已经入单或撤销。"))
    acts = (LineOutcome.ROW, LineOutcome.AMEND, LineOutcome.CANCEL)
    lines = [line for line in paste.lines if line.outcome in acts and line.household_id is not None]
    by_home: dict[int, list[ChainLine]] = {}
    for line in lines:
        by_home.setdefault(line.household_id or 0, []).append(line)
    placed = sum(book(by, paste, home, group) for home, group in by_home.items())
    paste.state = PasteState.COMMITTED.value
    record(by, "commit", paste, cycle_id=paste.cycle_id, orders=placed)
    return paste


@command
def settle(by: Staff, line_id: int, decided: Settle) -> ChainLine:
    """Decide a doubtful line: it belongs to a household with these goods, or does not count.

    Requires: the line waits for a decision. Ensures: in a committed paste the order is placed at once.
    Raises: NotFound, Invalid, Conflict.
    """
    line = require_line(by, line_id)
    paste = db.session.get_one(ChainPaste, line.paste_id)
    if line.outcome != LineOutcome.REVIEW or line.settled_at is not None:
        raise Conflict(_l("这一行不用确认，或已经处理过。"))
    line.settled_by_id, line.settled_at = by.id, clock.now()
    if decided.household == 0:
        line.outcome = LineOutcome.SKIP.value
    else:
        _assign(line, paste, decided)
        if paste.state == PasteState.COMMITTED:
            book(by, paste, decided.household, [line], decided.existing or "refuse")
    record(by, "settle", ("chain_line", line.id), cycle_id=paste.cycle_id, outcome=str(line.outcome))
    return line


def require_line(by: Staff, line_id: int) -> ChainLine:
    """A line of a paste within reach. Raises NotFound."""
    line = db.session.get(ChainLine, line_id)
    if line is None:
        raise NotFound
    require_paste(by, line.paste_id)
    return line


def _assign(line: ChainLine, paste: ChainPaste, decided: Settle) -> None:
    home = db.session.scalar(
        select(Household.id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .where(
            Household.id == decided.household,
            Household.is_active,
            Building.service_point_id == paste.service_point_id,
        )
    )
    if home is None:
        raise Invalid({"household": [_l("这个点位没有这一户。")]})
    if decided.goods:
        line.items = _typed_goods(paste.cycle_id, decided.goods)
    if not line.items or any(not goods["qty"] for goods in line.items):
        raise Invalid({"goods": [_l("请写清商品和数量，例如：青菜 2 鸡蛋 1。")]})
    line.household_id, line.outcome = home, LineOutcome.ROW.value


def _typed_goods(cycle_id: int, typed: str) -> list[dict[str, Any]]:
    known = set(db.session.scalars(select(Offer.name).where(Offer.cycle_id == cycle_id, Offer.is_listed)))
    words = typed.replace("，", " ").replace("、", " ").replace(",", " ").split()
    goods: list[dict[str, Any]] = []
    for word in words:
        if word.isascii() and word.isdigit() and goods and goods[-1]["qty"] is None and 0 < int(word[:6]) < 1000:
            goods[-1]["qty"] = int(word)
        elif word in known:
            goods.append({"item": word, "qty": None, "unit": ""})
        else:
            raise Invalid({"goods": [_("看不懂“%(word)s”。请写可选清单里的商品名，再写数量。", word=word[:20])]})
    return goods
