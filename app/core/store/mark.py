"""Whether this machine sees the store that the database's files lie in.

A mark stands in the database and, as a file, in the store. Two machines with one database and a folder each would send
people to sheets that the other one printed: the second is refused at its start.
"""

from __future__ import annotations

import secrets
import time

from sqlalchemy import Engine, Integer, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import STRICT, Base, plain_text
from app.core.store.store import Store

_ROW = 1
ANOTHER_WRITES_S = 2.0


class StoreMark(Base):
    """The mark of the store that holds the files; one row."""

    __tablename__ = "store_mark"
    __table_args__ = (STRICT,)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    mark: Mapped[str] = plain_text()


def is_ours(engine: Engine, store: Store) -> bool:
    """Whether the store carries the database's mark; a database without one takes a store that carries none.

    Raises StoreUnavailable, SQLAlchemyError.
    """
    fresh = secrets.token_hex(16)
    upsert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
    mark = _mark_of(engine)
    if mark is None and any(True for _entry in store.entries("marks")):
        time.sleep(ANOTHER_WRITES_S)  # the machine beside this one may be at the same step
        mark = _mark_of(engine)
        if mark is None:
            return False
    if mark is None:
        store.add(f"marks/{fresh}", b"louda")  # first, so that no database waits for a mark that was never written
        with engine.begin() as connection:
            connection.execute(upsert(StoreMark).values(id=_ROW, mark=fresh).on_conflict_do_nothing())
            mark = connection.execute(select(StoreMark.mark)).scalar_one()
        if mark != fresh:
            store.remove(f"marks/{fresh}")
    return store.has(f"marks/{mark}")


def adopt(engine: Engine, store: Store) -> None:
    """Take this store for the database's from now on: neither its former place nor another database of this place is
    accepted any more. Raises StoreUnavailable, SQLAlchemyError."""
    fresh = secrets.token_hex(16)
    store.add(f"marks/{fresh}", b"louda")
    with engine.begin() as connection:
        connection.execute(delete(StoreMark))
        connection.execute(insert(StoreMark).values(id=_ROW, mark=fresh))
    for entry in list(store.entries("marks")):
        if entry.key != f"marks/{fresh}":
            store.remove(entry.key)


def _mark_of(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return connection.execute(select(StoreMark.mark)).scalar()
