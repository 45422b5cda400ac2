"""A real, migrated database for every test: a fresh copy of a template file on SQLite, a cleaned one on PostgreSQL."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Dialect, Engine, create_engine, event, text

from app.access import service as access
from app.core.database.engines import prepare_engine
from app.core.db import db
from app.factory import create_app
from app.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
POSTGRES = os.environ.get("TEST_DATABASE_URL", "")

# A busy machine is slow, not wrong; and one checkout gives one verdict: new examples are for people at their desks.
hypothesis_settings.register_profile(
    "louda", deadline=None, derandomize=bool(os.environ.get("CI")), suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("louda")


def settings_for(data_dir: Path, database_url: str) -> Settings:
    """Settings of a test installation."""
    data_dir.mkdir(parents=True, exist_ok=True)
    return Settings(
        env="testing",
        secret_key="test-" * 10,
        database_url=database_url,
        data_dir=data_dir,
        documents_dir=data_dir / "documents",
        backups_dir=data_dir / "backups",
    )


@pytest.fixture(scope="session")
def template_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file at the head migration, copied for each test."""
    from app.upkeep.database.schema import upgrade

    folder = tmp_path_factory.mktemp("template")
    settings = settings_for(folder, f"sqlite:///{folder / 'louda.db'}")
    upgrade(settings)
    return folder / "louda.db"


def pytest_collection_finish() -> None:
    """What is loaded by now stays, so that no look for garbage goes over it again: a fifth of a print's time here."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres_database(worker_id: str) -> str:
    """The URL of a PostgreSQL database of this worker's own, at the head migration."""
    from sqlalchemy import create_engine

    from app.upkeep.database.schema import upgrade

    base, _, name = POSTGRES.rpartition("/")
    own = f"{name}_{worker_id}"
    engine = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{own}"'))
    engine.dispose()
    url = f"{base}/{own}"
    upgrade(settings_for(ROOT / "var" / "pytest", url))
    return url


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """The xdist worker's name, "main" without xdist."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


PRODUCTION_METHOD = access.METHOD  # tests/access/test_accounts.py looks at it
access.METHOD = "scrypt:1024:8:1"  # slow on purpose in production, and tests hash a password or check one all the time


class Translated(BytecodeCache):
    """Templates translated to Python once for all applications of a process, not once for each application.

    Jinja keeps what it has translated by the path and the text of the template, and translates a changed one anew.
    """

    kept: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Translated()}


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Flask:
    """One application for all tests of a process, as in production; each test gives it a folder and a database."""
    folder = tmp_path_factory.mktemp("installation")
    url = f"sqlite:///{folder / 'louda.db'}"
    return create_app(settings_for(folder, request.getfixturevalue("postgres_database") if POSTGRES else url))


STATEMENTS = 20_000  # kept compiled: the whole application has thousands, SQLAlchemy keeps 500 of an engine
_compiled: dict[str, Any] = {}


@cache
def _all_alike(kind: type[Dialect]) -> type[Dialect]:
    """The dialects of one kind, each equal to each other: statements are kept compiled by dialect."""

    def is_alike(self: Dialect, other: object) -> bool:
        return type(self) is type(other)

    alike = {"__eq__": is_alike, "__hash__": lambda self: hash(type(self)), "supports_statement_cache": True}
    return type(kind.__name__, (kind,), alike)


def engine_of(url: str) -> Engine:
    """An engine of a test's own that knows the statements compiled by those before it, as in a process that goes on.

    Compiling them anew for each test was a third of the time of a test that opens pages.
    """
    engine = create_engine(url, query_cache_size=STATEMENTS)
    engine.dialect.__class__ = _all_alike(type(engine.dialect))
    engine._compiled_cache = _compiled.setdefault(engine.dialect.name, engine._compiled_cache)
    prepare_engine(engine)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _without_waiting)
    return engine


def _without_waiting(connection: Any, _record: Any) -> None:
    """A test's file need not outlive a power cut, so no commit waits for the disk; all else is as in production."""
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture
def app(installation: Flask, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application on an empty, migrated database."""
    url = f"sqlite:///{tmp_path / 'louda.db'}"
    if POSTGRES:
        url = request.getfixturevalue("postgres_database")
    else:
        shutil.copy(request.getfixturevalue("template_database"), tmp_path / "louda.db")
    installation.extensions["louda_settings"] = settings_for(tmp_path, url)
    with installation.app_context():
        db.engines[None] = engine_of(url)
        if POSTGRES:
            empty_postgres()
        yield installation
        db.session.remove()
        db.engine.dispose()


def empty_postgres() -> None:
    """Empty every table of the PostgreSQL test database that holds something, and count its ids from one again.

    TRUNCATE takes a third of a second for all tables, whatever they hold. As a replica, neither row guards nor foreign
    keys stand in the way of deleting.
    """
    names = [table.name for table in db.metadata.sorted_tables]
    filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in names)
    used = text(
        "SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename) FROM pg_sequences "
        "WHERE schemaname = current_schema() AND last_value IS NOT NULL"
    )
    with db.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for name in connection.scalars(text(filled)).all():
            connection.execute(text(f'DELETE FROM "{name}"'))
        for sequence in connection.scalars(used).all():
            connection.execute(text(f"ALTER SEQUENCE {sequence} RESTART"))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a session. CSRF is checked as in production; tests/world.py knows how to post a form."""
    return app.test_client()


@pytest.fixture
def count_queries(app: Flask) -> Iterator[Any]:
    """`with count_queries() as statements:` collects the SQL sent within the block."""
    from contextlib import contextmanager

    @contextmanager
    def counting() -> Iterator[list[str]]:
        sent: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
            sent.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return counting


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of few long tests first: whoever starts them last keeps the other processes waiting."""
    longest = ("tests/security/", "tests/e2e/", "tests/demo/")
    items.sort(key=lambda item: not item.nodeid.startswith(longest))
