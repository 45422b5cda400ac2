"""What `louda run` does before serving: a current database and, on a laptop with an empty one, the demo subdistrict."""

from __future__ import annotations

from importlib import import_module

from app.settings import Settings
from app.upkeep import schema

DEMO = "app.demo.first_day"


def prepare(settings: Settings) -> None:
    """Migrate; where a development database is empty, load the demo subdistrict with a day in progress.

    Raises DatabaseUnreadable if the database cannot be reached. Production never gets demo people or demo passwords.
    """
    schema.upgrade(settings)
    if settings.env == "development" and is_empty(settings):
        print("装入演示街道 Loading the demo subdistrict …", flush=True)
        import_module(DEMO).load(settings)


def is_empty(settings: Settings) -> bool:
    """Whether nobody has set up a subdistrict yet."""
    return not schema.rows_of(settings, "SELECT id FROM subdistrict LIMIT 1")


def sign_ins(settings: Settings) -> list[str]:
    """The lines that say how to sign in to the demo; none where this is no demo."""
    if settings.env != "development":
        return []
    lines: list[str] = import_module(DEMO).sign_ins(settings)
    return lines
