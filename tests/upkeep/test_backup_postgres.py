"""Backup and restore of a PostgreSQL installation, on the server the database part of the suite runs on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from app.settings import Settings
from app.upkeep.backups import backup
from app.upkeep.database.postgres import connection_environment
from app.upkeep.setup.secrets import prepare_private_folders

SERVER = os.environ.get("TEST_DATABASE_URL", "")
needs_server = pytest.mark.skipif(
    not SERVER or shutil.which("pg_dump") is None, reason="runs on PostgreSQL only (TEST_DATABASE_URL, pg_dump)"
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database of this test's own with one household."""
    name = f"backup_{os.getpid()}"
    server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    own = create_engine(f"{SERVER.rpartition('/')[0]}/{name}")
    with own.begin() as connection:
        connection.execute(text("CREATE TABLE household (room_no text)"))
        connection.execute(text("INSERT INTO household VALUES ('3-1202')"))
    yield own
    own.dispose()
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def settings(tmp_path: Path, engine: Engine) -> Settings:
    url = engine.url.render_as_string(hide_password=False)
    environ = {"LOUDA_DATA_DIR": str(tmp_path / "var"), "LOUDA_ENV": "testing", "LOUDA_DATABASE_URL": url}
    settings = Settings.from_env(environ)
    prepare_private_folders(settings)
    return settings


def rooms(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT room_no FROM household ORDER BY room_no")).scalars())


@needs_server
def test_a_restored_dump_brings_back_the_rows(settings: Settings, engine: Engine) -> None:
    folder = backup.create(settings)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO household VALUES ('9-101')"))
    backup.restore(settings, folder)
    assert rooms(engine) == ["3-1202"]


@needs_server
def test_a_truncated_dump_is_noticed_and_not_restored(settings: Settings, engine: Engine) -> None:
    folder = backup.create(settings)
    dumped = folder / "louda.pgdump"
    dumped.write_bytes(dumped.read_bytes()[:-200])
    with pytest.raises(backup.BackupError):
        backup.restore(settings, folder)
    assert rooms(engine) == ["3-1202"]


def test_the_password_travels_in_the_environment_and_not_on_the_command_line() -> None:
    environment = connection_environment("postgresql+psycopg://louda:hush@db.example:5433/day")
    wanted = {"PGHOST": "db.example", "PGPORT": "5433", "PGUSER": "louda", "PGPASSWORD": "hush", "PGDATABASE": "day"}
    assert {name: environment[name] for name in wanted} == wanted
