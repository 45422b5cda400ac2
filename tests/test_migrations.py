"""The migrations and the models say the same, on both engines, and can be walked down and up with data inside."""

from __future__ import annotations

import time
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

from app.core.db import db
from app.core.events import SYSTEM, record
from app.places.models import Community, Subdistrict
from app.upkeep.database.schema import MIGRATIONS, migrator
from tests import world


def test_the_database_at_head_equals_the_models(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = compare_metadata(context, db.metadata)
    assert differences == []


def checks(connection: Any) -> dict[str, set[str]]:
    inspector = inspect(connection)
    return {
        table.name: {str(check["name"]) for check in inspector.get_check_constraints(table.name)}
        for table in db.metadata.sorted_tables
    }


def test_every_check_of_the_models_is_in_the_database(app: Flask) -> None:
    from sqlalchemy import CheckConstraint

    with db.engine.connect() as connection:
        present = checks(connection)
    for table in db.metadata.sorted_tables:
        wanted = {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}
        assert wanted <= present[table.name], table.name


def test_revisions_are_numbered_in_one_line() -> None:
    script = ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS)])
    revisions = [revision.revision for revision in script.walk_revisions()][::-1]
    assert [int(name[:4]) for name in revisions] == list(range(1, len(revisions) + 1))
    assert len(script.get_heads()) == 1


def test_each_migration_goes_down_and_up_again_with_data_in_the_tables_below(app: Flask) -> None:
    subdistrict = Subdistrict(code="S", name="演示街道")
    db.session.add(subdistrict)
    db.session.flush()
    db.session.add(Community(subdistrict_id=subdistrict.id, code="C", name="一社区"))
    record(SYSTEM, "import", subdistrict)
    db.session.commit()
    db.session.remove()
    script = ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS)])
    names = [revision.revision for revision in script.walk_revisions()]
    settings, engine = app.extensions["louda_settings"], db.engine
    engine.dispose()
    with migrator(settings) as walker:
        for below in names[1:-1]:
            walker.downgrade(below)
            if below >= "0002":
                with engine.connect() as connection:
                    assert connection.execute(text("SELECT name FROM community")).scalar_one() == "一社区"
        walker.upgrade()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT verb FROM event")).scalar_one() == "import"
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, db.metadata) == []


def test_a_locked_order_keeps_its_lines_while_their_table_is_rebuilt(app: Flask) -> None:
    here = world.build()
    here.order(here.households[0], {0: 3, 1: 1})
    here.lock()
    db.session.remove()
    settings, engine = app.extensions["louda_settings"], db.engine
    rows = text("SELECT id, order_id, cycle_id, item_id, qty_ordered, qty_open, qty_short FROM order_line ORDER BY id")
    with engine.connect() as connection:
        before = connection.execute(rows).all()
    engine.dispose()
    with migrator(settings) as walker:
        walker.downgrade("0013_guards")
        with engine.connect() as connection:
            assert connection.execute(rows).all() == before
        engine.dispose()
        walker.upgrade()
    with engine.connect() as connection:
        assert connection.execute(rows).all() == before
        assert len(before) == 2
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    with pytest.raises(DatabaseError, match="a locked order keeps its lines"), engine.begin() as connection:
        connection.execute(text("DELETE FROM order_line"))


def test_a_phone_keeps_after_the_upgrade_only_what_nobody_else_can_have_made(app: Flask) -> None:
    """0022: phones that knew a code keep everything; of the others one that was alone keeps its order and errand."""
    here = world.build()
    for household in here.households[:4]:
        here.order(household, {0: 1})
    alone, watched, coded, office = (household.id for household in here.households[:4])
    db.session.execute(
        text("UPDATE household_order SET placed_by_kind = 'staff' WHERE household_id = :i"), {"i": office}
    )
    db.session.commit()
    before = str(db.session.execute(text("SELECT min(placed_at) FROM household_order")).scalar_one())
    db.session.remove()
    settings, engine = app.extensions["louda_settings"], db.engine
    engine.dispose()
    token = text(
        "INSERT INTO household_token (household_id, token_sha256, expires_at, knows_since, created_at)"
        " VALUES (:home, :sha, :at, :since, :at)"
    )
    errand = text(
        "INSERT INTO errand (household_id, kind, place, what, is_sensitive, state, asked_by_kind, answer, created_at,"
        " version) VALUES (:home, 'parcel', 'x', '', :no, 'asked', 'household', '', :at, 1)"
    )
    with migrator(settings) as walker:
        walker.downgrade("0021_building_moves")
        with engine.begin() as connection:
            no = False if connection.dialect.name == "postgresql" else 0
            phones = [(alone, "a", before), (watched, "b", before), (watched, "c", before), (coded, "d", None)]
            for home, sha, since in [*phones, (office, "e", before)]:
                connection.execute(token, {"home": home, "sha": sha, "at": before, "since": since})
            for home in (alone, watched):
                connection.execute(errand, {"home": home, "at": before, "no": no})
        engine.dispose()
        walker.upgrade()
    with engine.connect() as connection:
        hands = dict(connection.execute(text("SELECT token_sha256, hand FROM household_token")).all())
        orders = dict(connection.execute(text("SELECT household_id, hand FROM household_order")).all())
        errands = dict(connection.execute(text("SELECT household_id, hand FROM errand")).all())
    assert hands["d"] == ""
    assert all(hands[phone] for phone in "abce")
    assert orders[alone] == errands[alone] == hands["a"]
    assert orders[watched] not in ("", hands["b"], hands["c"])
    assert errands[watched] == ""
    assert orders[coded]
    assert orders[office] == ""


def test_marking_the_orders_of_a_large_place_takes_seconds_and_not_minutes(app: Flask) -> None:
    """0022 looks at each order once, not at every order for each phone: it holds the database while it does."""
    settings, engine = app.extensions["louda_settings"], db.engine
    if not settings.is_sqlite:
        pytest.skip("what is measured runs in this process on either engine")
    here = world.build()
    here.order(here.households[0], {0: 1})
    db.session.commit()
    db.session.remove()
    engine.dispose()
    numbers = "WITH RECURSIVE n (i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n WHERE i < :last) INSERT INTO"
    at = "'2022-04-12T04:00:00.000000Z'"
    with migrator(settings) as walker:
        walker.downgrade("0021_building_moves")
        with engine.connect() as connection:
            connection.execute(text("COMMIT"))
            connection.execute(text("PRAGMA foreign_keys=OFF"))
            columns = [row[1] for row in connection.execute(text("PRAGMA table_info(household_order)"))]
            own = {"id": "i", "code": "'o' || i", "household_id": "i"}
            values = ", ".join(own.get(name, f"o.{name}") for name in columns)
            orders = f"{numbers} household_order ({', '.join(columns)}) SELECT {values} FROM n, household_order AS o"
            connection.execute(text(orders), {"last": 5000})
            tokens = (
                f"{numbers} household_token (household_id, token_sha256, expires_at, knows_since, created_at)"
                f" SELECT i, 't' || i, {at}, {at}, {at} FROM n"
            )
            connection.execute(text(tokens), {"last": 2000})
        engine.dispose()
        began = time.process_time()
        walker.upgrade()
        took = time.process_time() - began
    with engine.connect() as connection:
        marked = "SELECT count(*), count(DISTINCT hand) FROM household_order WHERE hand <> ''"
        assert connection.execute(text(marked)).one() == (4001, 4001)
    assert took < 3, took
