"""The register of printed versions: which is current, which a new one replaces."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from app.core.db import db
from app.printing import files
from app.printing.contexts.ground import Subject
from app.printing.kinds import wave_of
from app.printing.models import Document, DocumentState
from app.printing.numbers import SheetNumber
from app.printing.sheet import Totals

Key = tuple[str, str, int]  # kind, subject type, subject id


@dataclass(frozen=True)
class NewVersion:
    """A sheet that gets a new version, before it is rendered."""

    kind: str
    subject: Subject
    number: SheetNumber
    context_sha256: str
    row_hashes: list[str]
    totals: Totals
    row_names: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What it is a version of."""
        return self.kind, self.subject.type, self.subject.id


def latest_versions(cycle_id: int, wave: int, kinds: Iterable[str]) -> dict[Key, Document]:
    """The newest version of each sheet of a cycle and wave."""
    wanted = list(kinds)
    rows = db.session.scalars(
        select(Document)
        .where(Document.cycle_id == cycle_id, Document.kind.in_(wanted), Document.wave.in_((0, wave)))
        .order_by(Document.revision)
    )
    return {(row.kind, row.subject_type, row.subject_id): row for row in rows if row.wave == wave_of(row.kind, wave)}


def is_ready(document: Document | None, context_sha256: str) -> bool:
    """Whether this very content is printed already and its file is there."""
    return (
        document is not None
        and document.context_sha256 == context_sha256
        and document.state != DocumentState.SUPERSEDED
        and files.is_there(document.sha256)
    )
