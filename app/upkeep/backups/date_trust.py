"""What the worker's ticks say about the date, asked without the application: backups are pruned from the command line.

`app.core.clock_trust` is the same judgement inside the application.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum

from app.core import clock
from app.settings import Settings
from app.upkeep.database import schema

TOLERANCE = timedelta(days=1)
OPEN_DOUBTS = "SELECT count(*) FROM clock_doubt WHERE confirmed_at IS NULL"
TICKS = "SELECT boot_id, wall_at, anchor_wall_at, anchor_uptime_s FROM worker_tick"


class DateTrust(Enum):
    """TRUSTED: a tick within a day agrees. DOUBTED: a tick disagrees, or nobody confirmed yet. UNKNOWN: no tick."""

    TRUSTED = "trusted"
    DOUBTED = "doubted"
    UNKNOWN = "unknown"


def date_trust_of(settings: Settings) -> DateTrust:
    """How the wall clock of this instant stands to the ticks in the database. Never raises."""
    try:
        doubts = schema.rows_of(settings, OPEN_DOUBTS)
        ticks = schema.rows_of(settings, TICKS)
    except schema.DatabaseUnreadable:
        return DateTrust.UNKNOWN
    if doubts and doubts[0][0]:
        return DateTrust.DOUBTED
    if not ticks:
        return DateTrust.UNKNOWN
    now = clock.now()
    own = [row for row in ticks if row[0] == clock.boot_id() and clock.uptime() >= row[3] - 1]
    for _boot, _wall, anchor, anchor_uptime in own:
        if abs(now - (_instant(anchor) + timedelta(seconds=clock.uptime() - anchor_uptime))) > TOLERANCE:
            return DateTrust.DOUBTED
    newest = max(_instant(row[1]) for row in ticks)
    return DateTrust.TRUSTED if abs(now - newest) <= TOLERANCE else DateTrust.DOUBTED


def _instant(value: object) -> datetime:
    return value.astimezone(UTC) if isinstance(value, datetime) else datetime.fromisoformat(str(value))
