"""At which migration the database is and should be (asked without loading the application), and the way there."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.settings import ROOT, Settings
from app.upkeep.database import earlier_heads

if TYPE_CHECKING:
    from flask_alembic import Alembic

MIGRATIONS = ROOT / "migrations"
REVISION = re.compile(r'^revision = "([^"]+)"$', re.MULTILINE)
DOWN_REVISION = re.compile(r'^down_revision = "([^"]+)"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SchemaState:
    """`present` and `wanted` are revision names ("" for none); `error` says why they could not be read."""

    present: str
    wanted: str
    error: str = ""

    @property
    def is_current(self) -> bool:
        return not self.error and self.present == self.wanted


def state_of(settings: Settings) -> SchemaState:
    """Compare the database with the migrations folder. Never raises and never creates a database."""
    wanted = ", ".join(heads())
    path = settings.sqlite_path
    if path is not None and not path.exists():
        return SchemaState("", wanted, f"{path} 还不存在，请运行 ./louda migrate")
    try:
        rows = rows_of(settings, "SELECT version_num FROM alembic_version ORDER BY version_num")
    except DatabaseUnreadable as error:
        nothing_yet = "alembic_version" in str(error)
        return SchemaState("", wanted, "" if nothing_yet else str(error))
    return SchemaState(", ".join(str(row[0]) for row in rows), wanted)


def heads() -> list[str]:
    """The revisions nothing builds on, read from the text of the migrations: a start must not import each of them."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(MIGRATIONS.glob("[0-9]*.py"))]
    built_on = {name for text in texts for name in DOWN_REVISION.findall(text)}
    return [name for text in texts for name in REVISION.findall(text) if name not in built_on]


class DatabaseUnreadable(Exception):
    """The database cannot be reached or does not have what was asked for; the message is its own first line."""


def rows_of(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """Rows of a fixed query, asked with as little machinery as the engine allows. Raises DatabaseUnreadable."""
    path = settings.sqlite_path
    if path is not None:
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                return list(connection.execute(query))
        except sqlite3.Error as error:
            raise DatabaseUnreadable(str(error)) from error
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    engine = create_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]
    except SQLAlchemyError as error:
        raise DatabaseUnreadable(str(error.__cause__ or error).splitlines()[0]) from error
    finally:
        engine.dispose()


def revisions() -> set[str]:
    """Every revision that the migrations folder leads on from, read from the text of the migrations."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(MIGRATIONS.glob("[0-9]*.py"))]
    return {name for text in texts for name in REVISION.findall(text)}


def upgrade(settings: Settings) -> bool:
    """Run the migrations that are missing, all or none; returns whether there were any. Needs no application.

    Raises UnknownRevision, with the way out, for a database that no migration leads on from.
    """
    state = state_of(settings)
    if state.is_current:
        return False
    earlier_heads.refuse_unknown(state.present, revisions())
    path = settings.sqlite_path
    if path is not None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    earlier_heads.recognise(settings)
    with migrator(settings) as alembic:
        alembic.upgrade()
    return True


@contextmanager
def migrator(settings: Settings) -> Iterator[Alembic]:
    """Alembic on the project's migrations and the database of `settings`, for upgrade, downgrade and comparison.

    On SQLite a migration is one transaction, as on PostgreSQL, and foreign keys are not enforced meanwhile: a changed
    table is rebuilt under another name, and dropping the old one must not count as deleting its rows.
    """
    from flask import Flask  # loaded only where a migration really runs, and with it every slice
    from flask_alembic import Alembic
    from sqlalchemy import create_engine, event

    from app.core.database.engines import prepare_engine
    from app.models import metadata

    engine = create_engine(settings.database_url, execution_options={"immediate": True})
    prepare_engine(engine)
    if settings.is_sqlite:
        event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA foreign_keys=OFF"))
    carrier = Flask("louda.migrations", static_folder=None)
    carrier.config["ALEMBIC"] = {"script_location": str(MIGRATIONS)}
    carrier.config["ALEMBIC_CONTEXT"] = {"transactional_ddl": True, "render_as_batch": True, "compare_type": True}
    alembic = Alembic(run_mkdir=False, command_name="", metadatas=metadata, engines=engine)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    alembic.init_app(carrier)
    try:
        with carrier.app_context():
            yield alembic
    finally:
        engine.dispose()
