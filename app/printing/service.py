"""Commands on the register of printed versions."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select, update

from app.core.db import command, db
from app.core.events import Event
from app.core.states import advance
from app.printing.layout.geometry import Box, to_json
from app.printing.models import Document, DocumentGeometry, DocumentState
from app.printing.register import NewVersion
from app.printing.renderer.engine import PageSpan


@command
def watermark(cycle_id: int) -> int:
    """The newest entry of the event log, taken when nobody writes in the subdistrict: whatever is read after it has
    everything up to it. While others write, an entry with a smaller number may be committed after a greater one.
    """
    concerned = or_(Event.cycle_id == cycle_id, Event.cycle_id.is_(None))
    return db.session.scalar(select(func.max(Event.id)).where(concerned)) or 0


@command(of=lambda document_ids, *_rest: ("document", next(iter(document_ids), None)))
def confirm_checked(document_ids: Sequence[int], event_id: int) -> None:
    """Note that documents were compared with the database as of an event and still hold."""
    db.session.execute(
        update(Document)
        .where(Document.id.in_(document_ids), Document.as_of_event_id < event_id)
        .values(as_of_event_id=event_id)
    )


@command(of=lambda document_ids, *_rest: ("document", next(iter(document_ids), None)))
def retire(document_ids: Sequence[int]) -> None:
    """Void sheets whose subject is gone, for example the rounds of a plan that was replaced."""
    rows = db.session.scalars(
        select(Document).where(Document.id.in_(document_ids), Document.state != DocumentState.SUPERSEDED)
    )
    for row in rows:
        advance(row, DocumentState.SUPERSEDED)


@dataclass(frozen=True)
class Entered:
    """A rendered sheet on its way into the register: where it lies in the file, and where its boxes are."""

    version: NewVersion
    span: PageSpan
    boxes: tuple[Box, ...] = ()


@command
def record_versions(cycle_id: int, sha256: str, entered: Sequence[Entered], event_id: int) -> None:
    """Enter rendered sheets.

    Requires: the file lies under its hash. Ensures: each number is entered once, and older versions of the same
    sheet are superseded by it; running it again changes nothing. Raises: Conflict when an older one cannot step.
    """
    numbers = [str(one.version.number) for one in entered]
    known = set(db.session.scalars(select(Document.number).where(Document.number.in_(numbers))))
    older = _valid_versions(cycle_id, entered)
    for one in entered:
        if str(one.version.number) not in known:
            _enter(cycle_id, one, older, _file_fields(sha256, one.span, event_id))


def _valid_versions(cycle_id: int, entered: Sequence[Entered]) -> dict[tuple[Any, ...], list[Document]]:
    """The versions that still hold, by what they are about."""
    kinds = {one.version.kind for one in entered}
    rows = db.session.scalars(
        select(Document).where(
            Document.cycle_id == cycle_id, Document.kind.in_(kinds), Document.state != DocumentState.SUPERSEDED
        )
    )
    found: dict[tuple[Any, ...], list[Document]] = defaultdict(list)
    for row in rows:
        found[row.kind, row.wave, row.subject_type, row.subject_id].append(row)
    return found


def _file_fields(sha256: str, span: PageSpan, event_id: int) -> dict[str, Any]:
    return {"sha256": sha256, "first_page": span.first, "pages": span.pages, "as_of_event_id": event_id}


def _enter(
    cycle_id: int, one: Entered, older: Mapping[tuple[Any, ...], list[Document]], file_fields: dict[str, Any]
) -> None:
    version, number, subject = one.version, one.version.number, one.version.subject
    document = Document(
        kind=version.kind,
        subject_type=subject.type,
        subject_id=subject.id,
        label=subject.label,
        cycle_id=cycle_id,
        wave=number.wave,
        service_point_id=subject.service_point_id,
        revision=number.revision,
        number=str(number),
        context_sha256=version.context_sha256,
        totals=dataclasses.asdict(version.totals),
        row_hashes=version.row_hashes,
        row_names=version.row_names,
        **file_fields,
    )
    db.session.add(document)
    db.session.flush()
    if one.boxes:
        place = DocumentGeometry(document_id=document.id, context_sha256=version.context_sha256)
        place.boxes = to_json(one.boxes)
        db.session.add(place)
    for row in older.get((version.kind, number.wave, subject.type, subject.id), ()):
        advance(row, DocumentState.SUPERSEDED)
        row.superseded_by_id = document.id
