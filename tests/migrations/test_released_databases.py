"""A database of each head that was ever in use is brought up to date, equals the models, and takes an order."""

from __future__ import annotations

import gzip
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import create_engine, select, text

from app.access.models import Account
from app.access.permissions import Resident
from app.access.service import open_session
from app.access.sessions import staff_account, staff_actor
from app.core import clock
from app.core.database.engines import prepare_engine
from app.core.db import db
from app.core.log import seals
from app.factory import create_app
from app.ordering import service as ordering_service
from app.ordering.models import HouseholdOrder, Offer, OrderLine
from app.ordering.orders import OfferPick, PlaceOrder
from app.settings import Settings
from app.upkeep import commands, doctor
from app.upkeep.database import schema, schema_check, schema_text
from app.upkeep.database.earlier_heads import UnknownRevision
from app.upkeep.serving import keeper, server
from tests.conftest import POSTGRES, settings_for

DATABASES = Path(__file__).parent / "databases"
HEADS = ("ac22e60", "eac9bbb", "24f6f76", "3b37da5", "0410679", "0d7eaf1", "d3f1497")
AHEAD = ("eac9bbb", "24f6f76", "3b37da5", "0410679", "0d7eaf1", "d3f1497")  # these knew goods that stand in for others
NOON = datetime(2022, 4, 12, 4, 0, tzinfo=UTC)


def load(url: str, head: str) -> None:
    """Make the database at `url` from the dump of a head."""
    engine = "postgresql" if POSTGRES else "sqlite"
    script = gzip.decompress((DATABASES / f"{head}-{engine}.sql.gz").read_bytes()).decode()
    if not POSTGRES:
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
            database.executescript(script)
        return
    import psycopg

    lines = [line for line in script.splitlines() if not line.startswith("\\") and line != "CREATE SCHEMA public;"]
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("\n".join(lines).encode())


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """An installation with an empty database of this test's own."""
    if not POSTGRES:
        yield settings_for(tmp_path, f"sqlite:///{tmp_path / 'louda.db'}")
        return
    name = f"released_{os.getpid()}"
    server = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield settings_for(tmp_path, f"{POSTGRES.rpartition('/')[0]}/{name}")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def served(installation: Flask, settings: Settings) -> Iterator[Flask]:
    """The application on that database."""
    installation.extensions["louda_settings"] = settings
    with installation.app_context():
        db.engines[None] = create_engine(settings.database_url)
        prepare_engine(db.engine)
        yield installation
        db.session.remove()
        db.engine.dispose()


def substitutes() -> list[tuple[int | None, int]]:
    rows = text("SELECT substitute_for_id, qty_covered FROM order_line JOIN replacement ON order_line_id = id")
    return [(row[0], row[1]) for row in db.session.execute(rows)]


@pytest.mark.parametrize("head", HEADS)
def test_a_database_of_an_earlier_head_is_migrated_equals_the_models_and_takes_an_order(
    settings: Settings, served: Flask, head: str
) -> None:
    load(settings.database_url, head)
    schema.upgrade(settings)
    assert schema.state_of(settings).is_current
    with db.engine.connect() as connection:
        assert schema_check.compare(connection) == []
    with clock.frozen_at(NOON + timedelta(minutes=5)):
        offers = db.session.scalars(select(Offer).order_by(Offer.id)).all()
        before = db.session.scalars(select(HouseholdOrder.id)).all()
        picks = (OfferPick(offers[0].id, 2), OfferPick(offers[2].id, 1))
        wanted = PlaceOrder(cycle_id=1, household_id=4, picks=picks)
        order = ordering_service.place(Resident("household", 4), wanted)
        lines = db.session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).all()
        assert sorted(line.qty_open for line in lines) == [1, 2]
        assert len(before) == 3
        leader = db.session.scalar(select(Account.id).where(Account.username == "leader"))
        account = staff_account(leader or 0)
        assert account is not None
        client = served.test_client()
        token = open_session(staff_actor(account), "", is_sign_in=False)
        with client.session_transaction() as session:
            seen = clock.now().timestamp()
            session.update(account=account.id, epoch=account.session_epoch, sid=token, seen=seen)
        for page in ("/cycles/1/desk", "/cycles/1/orders", "/cycles/1/point"):
            assert client.get(page).status_code == 200, page
        assert staff_actor(account).grants
    assert substitutes() == ([(1, 1)] if head in AHEAD else [])
    seals.seal_waiting()
    assert list(seals.faults()) == []


@pytest.mark.parametrize("head", ["ac22e60", "3b37da5"])
def test_an_order_that_was_locked_keeps_its_lines_in_a_migrated_database(settings: Settings, head: str) -> None:
    load(settings.database_url, head)
    schema.upgrade(settings)
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE household_order SET state = 'locked'"))
    with engine.connect() as connection, pytest.raises(Exception, match="a locked order keeps its lines"):
        connection.execute(text("DELETE FROM order_line"))
    with engine.connect() as connection, pytest.raises(Exception, match="event is append-only"):
        connection.execute(text("UPDATE event SET verb = 'x'"))
    engine.dispose()


@pytest.mark.parametrize(
    ("revision", "way_out"),
    [("0012_guards", "louda import"), ("0009_stock", "louda import"), ("0999_later", "升级时的那个程序版本")],
)
def test_a_revision_that_nothing_leads_on_from_is_refused_with_the_way_out_and_left_as_it_is(
    settings: Settings, revision: str, way_out: str
) -> None:
    load(settings.database_url, "ac22e60")
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))
    engine.dispose()
    with pytest.raises(UnknownRevision, match=way_out):
        schema.upgrade(settings)
    assert schema.state_of(settings).present == revision


DAMAGE = {
    "DROP TABLE settled_words": "settled_words",
    "DROP INDEX uq_order_line_ordered": "uq_order_line_ordered",
    "ALTER TABLE desk_entry DROP COLUMN remark_before": "desk_entry.remark_before",
    "DROP TRIGGER order_line_kept": "order_line_kept",
}


def test_doctor_and_start_refuse_a_schema_that_differs_and_name_what_is_missing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema.upgrade(settings)
    assert schema_check.differences(settings) == ()
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        for statement in DAMAGE:
            connection.execute(text(statement + (" ON order_line" if POSTGRES and "TRIGGER" in statement else "")))
    engine.dispose()
    missing = schema_check.differences(settings)
    assert {named for named in DAMAGE.values() if any(named in name for name in missing)} == set(DAMAGE.values())
    monkeypatch.setattr(schema_check, "differences", lambda _settings: missing)  # once is enough
    (wrong,) = [one.zh for one in doctor.examine(settings) if not one.is_right and "settled_words" in one.zh]
    monkeypatch.setattr(Settings, "from_env", lambda: settings)
    monkeypatch.setattr(server, "serve", lambda *_args: pytest.fail("served"))
    refused = CliRunner().invoke(commands.run, [])
    monkeypatch.setattr(keeper, "keeper_running", lambda *_args: pytest.fail("worked"))
    worker = CliRunner().invoke(commands.work, [], obj=ScriptInfo(create_app=lambda: create_app(settings)))
    assert (refused.exit_code, worker.exit_code) == (1, 1)
    assert all(named in said for named in DAMAGE.values() for said in (wrong, refused.output, worker.output))


def test_a_schema_found_equal_is_not_compared_again_until_it_or_the_models_change(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema.upgrade(settings)
    assert schema_check.differences(settings) == ()
    monkeypatch.setattr(schema_check, "compare_apart", lambda _settings: ("compared again",))
    assert schema_check.differences(settings) == ()
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE strange (id integer)"))
    engine.dispose()
    assert schema_check.differences(settings) == ("compared again",)


def test_a_change_of_the_models_the_migrations_or_the_comparison_itself_has_it_compared_again() -> None:
    files = {path.relative_to(schema_check.ROOT).as_posix() for path in schema_check.describing_files()}
    own = {f"app/upkeep/database/{name}.py" for name in ("schema", "schema_check", "schema_text")}
    assert own | {"app/ordering/models.py", "app/core/db.py", "migrations/guards/triggers.py"} <= files


NARROWED = {
    "role_grant": ("ck_role_grant_role", "role IN ('runner', 'auditor')", ", 'order_desk'"),
    "plan_bag": ("ck_plan_bag_held_reason", "held_reason IN ('capacity', 'window')", "'team_time', "),
}


def _narrow(settings: Settings) -> None:
    """Give the database the older lists of values, another guard and another type, all under the right names."""
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        if POSTGRES:
            for table, (name, older, _gone) in NARROWED.items():
                connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
                connection.execute(text(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({older})"))
            body = "BEGIN RETURN NEW; END"
            connection.execute(
                text(f"CREATE OR REPLACE FUNCTION order_line_kept() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
            )
            connection.execute(text("ALTER TABLE item ALTER COLUMN list_price_fen TYPE bigint"))
            return
        connection.execute(text("PRAGMA writable_schema=ON"))
        edit = text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE name = :name")
        for table, (_name, _older, gone) in NARROWED.items():
            connection.execute(edit, {"name": table, "old": gone, "new": ""})
        connection.execute(edit, {"name": "order_line_kept", "old": "'withdrawn'", "new": "'locked'"})
        connection.execute(edit, {"name": "item", "old": "list_price_fen INTEGER", "new": "list_price_fen TEXT"})
    engine.dispose()


def test_a_check_a_guard_or_a_type_that_says_something_else_under_its_right_name_is_a_difference(
    settings: Settings,
) -> None:
    """Such a database would start and fail at the first row with a new value."""
    schema.upgrade(settings)
    assert schema_check.differences(settings) == ()
    _narrow(settings)
    guard = "function" if POSTGRES else "trigger"
    assert schema_check.differences(settings) == (
        "alter check ck_plan_bag_held_reason",
        "alter check ck_role_grant_role",
        "alter column item.list_price_fen",
        f"alter {guard} order_line_kept",
    )


def test_spaces_quotes_and_the_order_of_values_are_no_difference() -> None:
    assert schema_text.normalized("role  IN ('b', 'a')") == schema_text.normalized("\"role\" IN\n('a', 'b')")
    assert schema_text.normalized("x = 'a  b'") != schema_text.normalized("x = 'a b'")
