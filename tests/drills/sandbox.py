"""A place of its own for a drill: a temporary installation on SQLite, or on an empty PostgreSQL database."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from flask import Flask

from app.settings import Settings
from app.upkeep.database import schema
from app.upkeep.setup.secrets import prepare_private_folders


@contextmanager
def installation(database_url: str = "") -> Iterator[tuple[Flask, Settings]]:
    """A migrated, empty installation in a temporary folder, gone afterwards; the application's context is entered."""
    with tempfile.TemporaryDirectory(prefix="louda-drill-") as folder:
        environ = {"LOUDA_ENV": "testing", "LOUDA_DATA_DIR": folder, "LOUDA_SECRET_KEY": secrets.token_hex(32)}
        if database_url:
            environ["LOUDA_DATABASE_URL"] = database_url
        settings = Settings.from_env(environ)
        prepare_private_folders(settings)
        schema.upgrade(settings)
        app: Flask = import_module("app.factory").create_app(settings)
        with app.app_context():
            yield app, settings


def environment(settings: Settings) -> dict[str, str]:
    """The variables by which another process finds the same installation."""
    return {
        "LOUDA_ENV": settings.env,
        "LOUDA_DATA_DIR": str(Path(settings.data_dir)),
        "LOUDA_SECRET_KEY": settings.secret_key,
        "LOUDA_DATABASE_URL": settings.database_url,
    }
