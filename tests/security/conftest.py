"""The day that is attacked: built once for a file of tests, put back as it was whenever a request has changed it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.db import db
from app.factory import create_app
from tests.conftest import POSTGRES, settings_for
from tests.security.day import Day, make


@pytest.fixture(scope="module")
def day(template_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """A running day of the small world; each request has an application context of its own, as in production."""
    if POSTGRES:
        pytest.skip("the day is put back by copying its SQLite file")
    folder = tmp_path_factory.mktemp("day")
    shutil.copy(template_database, folder / "louda.db")
    app = create_app(settings_for(folder, f"sqlite:///{folder / 'louda.db'}"))
    with app.app_context():
        made = make(app, folder / "louda.db")
    made.restore()
    yield made
    with app.app_context():
        db.engine.dispose()
