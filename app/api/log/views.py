"""The endpoint of the log."""

from __future__ import annotations

from typing import Any

from app.access.guard import staff
from app.access.permissions import Permission, ids_of
from app.api.cursor import read_cursor
from app.api.framework import ApiBlueprint
from app.api.log.queries import entries_since
from app.api.log.schemas import EventList
from app.api.schemas import CursorQuery
from app.core.events import Event

bp = ApiBlueprint("api_log", __name__, description="The log")


@bp.read("/events", Permission.AUDIT, EventList, takes=CursorQuery)
def list_events(asked: CursorQuery) -> dict[str, Any]:
    """What happened in the own subdistricts since the cursor, in order. Poll it with its own `next`."""
    own = ids_of(staff().scopes(Permission.AUDIT), "subdistrict")
    after = read_cursor(asked.cursor)
    rows = entries_since(after, asked.limit, Event.subdistrict_id.in_(own))
    return {"items": rows, "next": str(rows[-1].id if rows else after)}
