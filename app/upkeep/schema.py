"""At which migration the database is and should be (asked without making the application), and the way there."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from flask import Flask
from flask_alembic import Alembic
from sqlalchemy import create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import prepare_engine
from app.settings import ROOT, Settings

MIGRATIONS = ROOT / "migrations"


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
    try:
        wanted = ", ".join(ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS)]).get_heads())
    except (CommandError, OSError) as error:
        return SchemaState("", "", f"migrations: {error}")
    path = settings.sqlite_path
    if path is not None and not path.exists():
        return SchemaState("", wanted, f"{path} 还不存在，请运行 ./louda migrate")
    engine = create_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            present = ", ".join(MigrationContext.configure(connection).get_current_heads())
    except SQLAlchemyError as error:
        return SchemaState("", wanted, str(error.__cause__ or error).splitlines()[0])
    finally:
        engine.dispose()
    return SchemaState(present, wanted)


def upgrade(settings: Settings) -> bool:
    """Run the migrations that are missing, all or none; returns whether there were any. Needs no application."""
    if state_of(settings).is_current:
        return False
    path = settings.sqlite_path
    if path is not None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    with migrator(settings) as alembic:
        alembic.upgrade()
    return True


@contextmanager
def migrator(settings: Settings) -> Iterator[Alembic]:
    """Alembic on the project's migrations and the database of `settings`, for upgrade, downgrade and comparison.

    On SQLite a migration is one transaction, as on PostgreSQL, and foreign keys are not enforced meanwhile: a changed
    table is rebuilt under another name, and dropping the old one must not count as deleting its rows.
    """
    from app.models import metadata  # every slice: loaded only where a migration really runs

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
