"""What only one of several workers does, by turns: the hour's work. A lease with a name, taken by whoever comes first.

The holder extends it with each look; when it dies, another has it after HELD_FOR. Whatever a leader asks for is itself
asked for once (a job of the same kind and input is the same job), so that two leaders for a moment do no harm.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import STRICT, Base, UtcDateTime, background_transaction, db, plain_text

HELD_FOR = timedelta(seconds=90)


class Leader(Base):
    """Who does a thing of which there is one, and until when."""

    __tablename__ = "leader"
    __table_args__ = (STRICT,)

    name: Mapped[str] = plain_text(primary_key=True)
    holder: Mapped[str] = plain_text()
    until: Mapped[datetime] = mapped_column(UtcDateTime)


def new_holder() -> str:
    """A name for this process that no other has, whatever machine it runs on."""
    return secrets.token_hex(8)


@background_transaction
def lead(name: str, holder: str) -> bool:
    """Take or extend the lease of this name; returns whether `holder` has it now."""
    now = clock.now()
    free = (Leader.name == name) & ((Leader.holder == holder) | (Leader.until < now))
    taken = db.session.execute(update(Leader).where(free).values(holder=holder, until=now + HELD_FOR))
    if cast("CursorResult[Any]", taken).rowcount:
        return True
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    first = insert(Leader).values(name=name, holder=holder, until=now + HELD_FOR).on_conflict_do_nothing()
    return db.session.execute(first.returning(Leader.name)).first() is not None
