"""The drill: a day's database is lost, restored from its backup, and every closing equation still holds."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.access.sessions import settings as settings_of_app
from app.core.db import db
from app.core.events import SYSTEM, record
from app.core.log import seals
from app.core.log.seals import EventSeal
from app.factory import create_app
from app.ordering.models import HouseholdOrder, LineMove
from app.oversight.reconcile.equations import equations
from app.settings import Settings
from app.upkeep.backups import backup
from app.upkeep.database import schema
from app.upkeep.setup.secrets import prepare_private_folders
from tests.world import World, build


@pytest.fixture
def world(app: Flask) -> World:
    """Orders of three households, locked, with an entry in the event log."""
    world = build()
    for household in world.households[:3]:
        world.order(household, {0: 2, 1: 1})
    world.lock()
    record(SYSTEM, "lock", world.cycle)
    db.session.commit()
    seals.seal_waiting()
    db.session.remove()
    return world


def fingerprint() -> tuple[int, int, str]:
    """How many orders and movements there are, and the newest seal of the log."""
    seal = db.session.scalar(select(EventSeal.sha256).order_by(EventSeal.event_id.desc()).limit(1)) or ""
    counts = [db.session.scalar(select(func.count()).select_from(table)) or 0 for table in (HouseholdOrder, LineMove)]
    return counts[0], counts[1], seal


@pytest.mark.usefixtures("world")
def test_a_lost_database_comes_back_whole_from_its_backup(app: Flask) -> None:
    settings: Settings = settings_of_app()
    if not settings.is_sqlite:
        pytest.skip("the drill on PostgreSQL is tests/upkeep/test_backup_postgres.py")
    prepare_private_folders(settings)
    before = fingerprint()
    assert (before[0], len(before[2])) == (3, 64)
    db.session.remove()
    folder = backup.create(settings)

    elsewhere = settings.data_dir / "new-machine"
    rebuilt = replace(
        settings,
        data_dir=elsewhere,
        database_url=f"sqlite:///{elsewhere / 'louda.db'}",
        documents_dir=elsewhere / "documents",
        backups_dir=elsewhere / "backups",
    )
    prepare_private_folders(rebuilt)
    shutil.copytree(folder, rebuilt.backups_dir / folder.name)
    assert backup.restore(rebuilt, backup.existing(rebuilt.backups_dir)[-1]) is None

    assert schema.state_of(rebuilt).is_current
    with create_app(rebuilt).app_context():
        assert fingerprint() == before
        assert [(equation.code, equation.violations) for equation in equations()] == [
            (f"E{number}", 0) for number in range(1, 12)
        ]
        seals.seal_waiting()
        assert list(seals.faults()) == []
        db.session.remove()
        db.engine.dispose()
