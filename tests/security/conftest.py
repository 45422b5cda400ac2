"""The day that is attacked: built once for a process, put back as it was whenever a request has changed it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.db import db
from app.factory import create_app
from tests.conftest import POSTGRES, engine_of, settings_for
from tests.security.day import Day, make


@pytest.fixture(scope="session")
def made(template_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """A running day of the small world; each request has an application context of its own, as in production."""
    folder = tmp_path_factory.mktemp("day")
    url = f"sqlite:///{folder / 'louda.db'}"
    shutil.copy(template_database, folder / "louda.db")
    app = create_app(settings_for(folder, url))
    with app.app_context():
        db.engine.dispose()
        db.engines[None] = engine_of(url)
        day = make(app, folder / "louda.db")
    yield day
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def day(request: pytest.FixtureRequest) -> Day:
    """The day as it was made, for a file of tests."""
    if POSTGRES:
        pytest.skip("the day is put back by copying its SQLite file")
    made: Day = request.getfixturevalue("made")
    made.restore()
    made.app.config["WTF_CSRF_ENABLED"] = True
    return made
