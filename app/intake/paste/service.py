"""Reading what came in: each line of a paste or workbook is kept with what it was read as; nothing is ordered yet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, insert, select

from app.access.permissions import Permission, Staff
from app.core.db import command, db
from app.core.errors import Conflict
from app.core.events import record
from app.core.input.tables import read_sheets
from app.core.lookup import row_or_not_found
from app.intake.grammar.chain import parse_chain
from app.intake.grammar.model import ChainGoods
from app.intake.models import ChainPaste, LineOutcome, PasteLine, PasteState
from app.intake.paste import elsewhere
from app.intake.paste.schemas import Paste
from app.intake.paste.versions import Older, Where, carry_over, find_earlier_version, sheet_line
from app.intake.workbook.queries import codes_of, lexicon_of
from app.intake.workbook.reader import Workbook, no_order_table, read_workbook
from app.ordering.gate import require_cycle_at_point
from app.places.queries import register_for
from app.places.scope import require_point


@command
def paste_chain(by: Staff, cycle_id: int, point_id: int, paste: Paste) -> ChainPaste:
    """Read a chain and keep every line of it for preview; nothing is ordered yet.

    Requires: INTAKE over the point, the cycle takes its part. Ensures: each physical line is kept with an outcome; a
    later version of a list that is there is compared with it, line by line, and will replace it when it is committed.
    Raises: NotFound, Conflict (the same text is there already), Older (an older version, unless that is accepted).
    """
    require_cycle_at_point(by, Permission.INTAKE, cycle_id, point_id)
    digest = hashlib.sha256(paste.text.encode()).hexdigest()
    read = register_for([point_id]), lexicon_of(cycle_id)
    result = parse_chain(paste.text, *read)
    if not paste.accepts_older:
        _refuse_twin(cycle_id, point_id, digest)
    before = find_earlier_version(Where(cycle_id, point_id, "chain", read), result.lines, paste.accepts_older)
    kept = keep(by, cycle_id, point_id, "chain", digest)
    kept.replaces_id = before.paste.id if before else None
    rows = [
        {
            "line_no": line.line_no,
            "part": line.part,
            "raw": line.raw if line.part == 1 else line.text,
            "outcome": line.outcome.value.lower(),
            "household_id": line.household.household_id if line.household else None,
            "items": [{"item": goods.item, "qty": goods.qty, "unit": goods.unit} for goods in line.items],
            "change": line.change.value if line.change else "",
            "candidates": [one.household_id for one in line.candidates],
            "reason": line.reason,
            "note": _notes(line.note, line.items),
            "restricted_note": line.restricted_note[:500],
        }
        for line in result.lines
    ]
    elsewhere.mark_covered_elsewhere(
        kept, rows, lambda register: elsewhere.of_chain(parse_chain(paste.text, register, read[1]))
    )
    if before is not None:
        carry_over(rows, result.lines, before)
    write_lines(kept, rows)
    record(by, "paste", kept, cycle_id=cycle_id, lines=len(rows), review=_reviews(rows))
    return kept


@command
def import_workbook(by: Staff, cycle_id: int, point_id: int, body: bytes) -> ChainPaste:
    """Read an order workbook and keep every row for preview; alarms say where its own summary differs.

    Raises: NotFound, Conflict (the same file is there already), Invalid (no order table in it, or refused).
    """
    require_cycle_at_point(by, Permission.INTAKE, cycle_id, point_id)
    digest = hashlib.sha256(body).hexdigest()
    _refuse_twin(cycle_id, point_id, digest)
    sheets, lexicon, codes = read_sheets(body), lexicon_of(cycle_id), codes_of(cycle_id)
    found = read_workbook(sheets, register_for([point_id]), lexicon, codes=codes)
    if found is None:
        raise no_order_table()
    rows = _workbook_rows(found)
    later = [
        sheet_line(row["line_no"], row["raw"], placed.goods, placed.household)
        for row, placed in zip(rows, found.rows, strict=True)
    ]
    before = find_earlier_version(Where(cycle_id, point_id, "workbook"), later)
    kept = keep(by, cycle_id, point_id, "workbook", digest)
    kept.alarms = [*_left_out(found), *(str(alarm.said) for alarm in found.alarms)]
    kept.replaces_id = before.paste.id if before else None
    elsewhere.mark_covered_elsewhere(
        kept, rows, lambda register: elsewhere.of_workbook(read_workbook(sheets, register, lexicon, codes=codes))
    )
    if before is not None:
        carry_over(rows, later, before)
    write_lines(kept, rows)
    record(by, "import", kept, cycle_id=cycle_id, lines=len(rows), review=_reviews(rows))
    return kept


def _left_out(found: Workbook) -> list[str]:
    """What of a workbook was not read, in sentences for the preview."""
    said = [_("工作表“%(name)s”没有读：里面没有房号和商品的列。", name=name) for name in found.unread]
    said += [
        _("隐藏的工作表“%(name)s”没有读。要读的话，请在表格里取消隐藏，再导入一次。", name=name)
        for name in found.hidden
    ]
    if found.unused_titles:
        said.append(_("这些列没有读：%(titles)s。", titles="、".join(found.unused_titles[:20])))
    return said


def _notes(note: str, goods: Sequence[ChainGoods]) -> str:
    """The remark of a line, with what was written in brackets behind its goods."""
    return " ".join(dict.fromkeys(filter(None, (note, *(one.note for one in goods)))))[:500]


def _workbook_rows(found: Workbook) -> list[dict[str, Any]]:
    names = {row.sheet for row in found.rows}
    return [
        {
            "line_no": row.row_no,
            "part": part,
            "raw": f"{row.sheet} {row.text}" if row.sheet and len(names) > 1 else row.text,
            "outcome": row.outcome.value.lower(),
            "household_id": row.household.household_id if row.household else None,
            "items": [{"item": goods.item, "qty": goods.qty, "unit": goods.unit} for goods in row.goods],
            "change": "",
            "candidates": [one.household_id for one in row.candidates],
            "reason": row.reason,
            "note": _notes(row.note, row.goods),
            "restricted_note": row.restricted_note[:500],
        }
        for part, row in enumerate(found.rows, start=1)
    ]


def _refuse_twin(cycle_id: int, point_id: int, digest: str) -> None:
    twin = select(ChainPaste.seq, ChainPaste.state).filter_by(
        cycle_id=cycle_id, service_point_id=point_id, text_sha256=digest
    )
    found = db.session.execute(twin.where(ChainPaste.state != PasteState.UNDONE).limit(1)).first()
    if found is not None and found.state == PasteState.SUPERSEDED:
        raise Older(_("这是旧版：后来又粘贴过更新的接龙。确实要退回旧版时，请勾选“按旧版处理”。"))
    if found is not None:
        seq = found.seq
        raise Conflict(_("同样的内容已经是第 %(seq)d 次粘贴，没有重复导入。", seq=seq))


def keep(by: Staff, cycle_id: int, point_id: int, kind: str, digest: str) -> ChainPaste:
    """Inside a command: a new paste of a point, without its lines."""
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


def write_lines(paste: ChainPaste, rows: Sequence[dict[str, Any]]) -> None:
    """Inside a command: keep the lines of a paste; one that would act without a household is asked."""
    acts = {LineOutcome.ROW, LineOutcome.AMEND, LineOutcome.CANCEL}
    for row in rows:
        if row["outcome"] in acts and row["household_id"] is None:
            row["outcome"], row["reason"] = LineOutcome.REVIEW.value, row["reason"] or "nickname"
    nothing = ("earlier_id", "read_as", "elsewhere", "routed_to_id", "routed_line_id", "settled_by_id", "settled_at")
    empty = {"difference": "", **dict.fromkeys(nothing)}
    if rows:
        db.session.execute(insert(PasteLine), [{"paste_id": paste.id, **empty, **row} for row in rows])


def _reviews(rows: Iterable[dict[str, Any]]) -> int:
    return sum(row["outcome"] == LineOutcome.REVIEW for row in rows)


def require_paste(by: Staff, paste_id: int) -> ChainPaste:
    """A paste of a point within reach. Raises NotFound."""
    paste = row_or_not_found(ChainPaste, paste_id)
    require_point(by, Permission.INTAKE, paste.service_point_id)
    return paste


def require_line(by: Staff, line_id: int) -> PasteLine:
    """A line of a paste within reach. Raises NotFound."""
    line = row_or_not_found(PasteLine, line_id)
    require_paste(by, line.paste_id)
    return line
