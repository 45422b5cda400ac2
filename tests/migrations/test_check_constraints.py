"""A CHECK of a table with rows, indexes, guards and references to it is replaced on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError

from app.core.db import db
from app.upkeep.database import schema_text
from migrations.frozen.check_constraints import replace_check
from tests import world

NAME = "ck_household_order_state"


@pytest.fixture
def connection(app: Flask) -> Iterator[Connection]:
    """A database with an order in it, its connection bound to the operations of a migration."""
    here = world.build()
    here.order(here.households[0], {0: 2})
    db.session.commit()
    with closing(db.engine.connect()) as connection:
        _enforce_foreign_keys(connection, False)
        with Operations.context(MigrationContext.configure(connection)):
            yield connection
        connection.rollback()
        _enforce_foreign_keys(connection, True)


def _enforce_foreign_keys(connection: Connection, enforced: bool) -> None:
    """As the migrator does for SQLite, which hears it only outside a transaction."""
    driver = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" and driver is not None:
        driver.execute(f"PRAGMA foreign_keys={'ON' if enforced else 'OFF'}")


def condition_of(connection: Connection) -> str:
    found = inspect(connection).get_check_constraints("household_order")
    return next(str(check["sqltext"]) for check in found if check["name"] == NAME)


def names(connection: Connection) -> set[str]:
    there = inspect(connection)
    keys = {str(key["name"]) for key in there.get_foreign_keys("household_order")}
    return keys | {str(index["name"]) for index in there.get_indexes("household_order")}


def test_a_check_is_replaced_and_everything_else_stays(connection: Connection) -> None:
    before, orders = names(connection), connection.scalar(text("SELECT count(*) FROM household_order"))
    states = "state IN ('placed', 'withdrawn', 'locked', 'void', 'a state (with a bracket')"
    replace_check("household_order", NAME, states)
    assert "with a bracket" in condition_of(connection)
    assert names(connection) == before
    assert connection.scalar(text("SELECT count(*) FROM household_order")) == orders == 1
    assert schema_text.changed(connection) == [f"alter check {NAME}"]
    connection.execute(text("UPDATE household_order SET state = 'locked'"))
    with pytest.raises(Exception, match="a locked order keeps its lines"):
        connection.execute(text("DELETE FROM order_line"))


def test_rows_that_break_the_new_check_stop_the_migration(connection: Connection) -> None:
    with pytest.raises(IntegrityError):
        replace_check("household_order", NAME, "state IN ('withdrawn')")


def test_a_check_that_is_not_there_is_refused(connection: Connection) -> None:
    with pytest.raises(LookupError, match="ck_household_order_colour"):
        replace_check("household_order", "ck_household_order_colour", "1 = 1")
