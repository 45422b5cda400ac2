"""Bringing a table in: first a plan that says what would change, row by row; then all of it or nothing.

A plan is made twice from the same bytes, once to be looked at and once inside the command that writes, so that what
happened in between cannot be overwritten unseen. What is already so is not written again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from flask_babel import gettext as _

from app.core import clock
from app.core.errors import Conflict, Invalid
from app.core.input.records import Record, RowProblem
from app.core.store.store import Store

KEEP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """What one row of the file does: its number, what it is about, and (field, old, new) for each value."""

    row: int
    label: str
    values: tuple[tuple[str, str, str], ...] = ()


@dataclass
class ImportPlan:
    """What an import would do. `write` does it; call it only inside a command, and only without problems."""

    kind: str
    added: list[ImportedRow] = field(default_factory=list)
    changed: list[ImportedRow] = field(default_factory=list)
    unchanged: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    write: Callable[[], None] = lambda: None

    @property
    def does_nothing(self) -> bool:
        """Whether everything in the file is so already."""
        return not self.added and not self.changed

    def take_problems(self, records: Iterable[Record]) -> None:
        """Gather what the readers of rows noted, in the order of the file."""
        for record in records:
            self.problems.extend(record.problems)
        self.problems.sort(key=lambda problem: problem.row)

    def compare(self, row: int, label: str, values: Iterable[tuple[str, str, str]]) -> bool:
        """Note a row that exists already as changed or unchanged; returns whether anything differs."""
        different = tuple((name, old, new) for name, old, new in values if old != new)
        if different:
            self.changed.append(ImportedRow(row, label, different))
        else:
            self.unchanged += 1
        return bool(different)

    def require_no_problems(self) -> None:
        """Raises Invalid with the first sentences where a row has a problem."""
        if self.problems:
            sentences = [_("第 %(row)s 行：%(what)s", row=p.row, what=p.sentence) for p in self.problems[:20]]
            raise Invalid({"file": sentences})

    def carry_out(self) -> None:
        """Write all of it. Raises Invalid, writing nothing, where a row has a problem."""
        self.require_no_problems()
        if not self.does_nothing:
            self.write()


def store_upload(store: Store, body: bytes) -> str:
    """Keep an upload between preview and commit, readable by this system only; returns its SHA-256 as hex.

    Raises StoreUnavailable.
    """
    digest = hashlib.sha256(body).hexdigest()
    store.add(f"uploads/{digest}", body)
    oldest = clock.now() - KEEP
    for entry in list(store.entries("uploads")):
        if entry.written_at < oldest:
            store.remove(entry.key)
    return digest


def stored_upload(store: Store, digest: str) -> bytes:
    """An upload that was kept. Raises Conflict where it is gone."""
    body = store.read(f"uploads/{digest}") if re.fullmatch(r"[0-9a-f]{64}", digest) else None
    if body is None:
        raise Conflict(_("上传的文件已过期，请重新上传。"))
    return body
