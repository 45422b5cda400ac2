"""At which migration the database is and should be (asked without making the application), and the way there."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from flask import current_app
from flask_alembic import Alembic
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

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


def upgrade() -> None:
    """Run the migrations that are missing, inside an application context; without any, this changes nothing."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    current_app.config.setdefault("ALEMBIC", {"script_location": str(MIGRATIONS)})
    migrator = current_app.extensions.get("alembic")
    if migrator is None:
        migrator = Alembic(run_mkdir=False, command_name="")
        migrator.init_app(current_app)
    migrator.upgrade()
