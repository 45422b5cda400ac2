"""How the dumps in `databases/` are made: run in a checkout of the head that is kept, once for each engine.

    python tests/migrations/make_dump.py HEAD-NAME OUTPUT-FOLDER [POSTGRESQL-URL]

Writes HEAD-NAME-sqlite.sql.gz or HEAD-NAME-postgresql.sql.gz: a subdistrict with an open cycle, three orders (one
telephone order) and, where that head knows them, goods that stand in for others and settled remarks. The PostgreSQL
database is emptied first.
"""

from __future__ import annotations

import gzip
import os
import sqlite3
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, os.getcwd())

NOON = datetime(2022, 4, 12, 4, 0, tzinfo=UTC)
DESK_ENTRY = {"account_id": 5, "cycle_id": 1, "order_id": 2, "source_before": None, "version_after": 1}
OPTIONAL = {"door_note_before": "挂在门把手上", "remark_before": "请放门口"}


def main(head: str, folder: Path, url: str) -> None:
    """Make the database of the checkout in the working directory and dump it."""
    from app.core import clock
    from app.core.db import db
    from app.factory import create_app
    from app.settings import Settings
    from app.upkeep.database.schema import upgrade

    with tempfile.TemporaryDirectory() as place:
        data = Path(place)
        settings = Settings(
            env="testing",
            secret_key="dump-" * 10,
            database_url=url or f"sqlite:///{data / 'louda.db'}",
            data_dir=data,
            documents_dir=data / "documents",
            backups_dir=data / "backups",
        )
        if url:
            _psql(url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        upgrade(settings)
        with create_app(settings).app_context(), clock.frozen_at(NOON):
            _fill()
            db.session.remove()
            db.engine.dispose()
        text = _dump_postgres(url) if url else _dump_sqlite(data / "louda.db")
    engine = "postgresql" if url else "sqlite"
    (folder / f"{head}-{engine}.sql.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def _fill() -> None:
    from sqlalchemy import insert

    from app.core.db import db
    from app.core.events import SYSTEM, record
    from tests import world

    here = world.build()
    orders = [here.order(household, {0: 2, 1: 1}) for household in here.households[:3]]
    record(SYSTEM, "import", here.subdistrict)
    tables = db.metadata.tables
    entry = {**DESK_ENTRY, "account_id": here.accounts["leader"].id, "created_at": NOON}
    entry |= {name: value for name, value in OPTIONAL.items() if name in tables["desk_entry"].c}
    db.session.execute(insert(tables["desk_entry"]).values(entry))
    if "settled_words" in tables:
        by = here.accounts["leader"].id
        row = {"order_id": orders[1].id, "words_sha256": "0" * 64, "settled_by_id": by, "settled_at": NOON}
        db.session.execute(insert(tables["settled_words"]).values(row))
    if "replacement" in tables:
        _put_in_place(here.cycle.id, orders[0].id, here.items[0].id)
    db.session.commit()


def _put_in_place(cycle_id: int, order_id: int, item_id: int) -> None:
    """One more line of the first order stands in for its first line."""
    from sqlalchemy import insert, select

    from app.core.db import db

    tables = db.metadata.tables
    lines, runs = tables["order_line"], tables["allocation_run"]
    first = db.session.scalar(select(lines.c.id).where(lines.c.order_id == order_id, lines.c.item_id == item_id))
    counters = {column.name: 0 for column in lines.c if column.name.startswith("qty_")}
    line = {**counters, "order_id": order_id, "cycle_id": cycle_id, "item_id": item_id + 2, "substitute_for_id": first}
    line |= {"is_substitutable": False, "qty_ordered": 1, "qty_open": 1}
    number = db.session.scalar(insert(lines).values(line).returning(lines.c.id))
    run = {"cycle_id": cycle_id, "policy": "equal_floor", "seed": "0", "input_sha256": "0" * 64, "by_id": 3}
    run |= {"created_at": NOON}
    run_id = db.session.scalar(insert(runs).values(run).returning(runs.c.id))
    db.session.execute(
        insert(tables["replacement"]).values({"order_line_id": number, "run_id": run_id, "qty_covered": 1})
    )


def _dump_sqlite(path: Path) -> str:
    database = sqlite3.connect(path)
    text = "\n".join(database.iterdump()) + "\n"
    database.close()
    return text


def _dump_postgres(url: str) -> str:
    command = ["pg_dump", "--inserts", "--no-owner", "--no-privileges", "--schema=public", _plain(url)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _psql(url: str, statements: str) -> None:
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", statements, _plain(url)], check=True)


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).absolute(), sys.argv[3] if len(sys.argv) > 3 else "")
