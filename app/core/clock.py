"""The only place that reads the wall clock, so that tests and replays can set it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")

_fixed: ContextVar[datetime | None] = ContextVar("fixed_now", default=None)
_fixed_uptime: ContextVar[float | None] = ContextVar("fixed_uptime", default=None)
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def now() -> datetime:
    """The present instant, aware, UTC."""
    return _fixed.get() or datetime.now(UTC)


def today() -> date:
    """The present calendar day where the subdistrict is."""
    return now().astimezone(LOCAL).date()


def uptime() -> float:
    """Seconds since the machine started, sleep included. Nobody can set it, so it says how far the wall clock moved."""
    fixed = _fixed_uptime.get()
    if fixed is not None:
        return fixed
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def boot_id() -> str:
    """Which start of which machine `uptime` counts from; "unknown" where the system does not tell."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


def to_local(instant: datetime) -> datetime:
    """An aware instant as the subdistrict's wall clock shows it."""
    return instant.astimezone(LOCAL)


def from_local(wall: datetime) -> datetime:
    """A naive wall-clock reading of the subdistrict as an aware UTC instant."""
    return wall.replace(tzinfo=LOCAL).astimezone(UTC)


def local_instant(day: date, hour: int, minute: int = 0) -> datetime:
    """The UTC instant of `hour:minute` on `day` where the subdistrict is."""
    return from_local(datetime(day.year, day.month, day.day, hour, minute))


@contextmanager
def frozen_at(instant: datetime) -> Iterator[None]:
    """Within the block the present is `instant` (aware)."""
    if instant.tzinfo is None:
        raise ValueError("an instant without a time zone is not an instant")
    token = _fixed.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.reset(token)


@contextmanager
def shifted_by(delta: timedelta) -> Iterator[None]:
    """Within the block the present is fixed at now + `delta`, so that a demo day can be lived through in a minute."""
    with frozen_at(now() + delta):
        yield


@contextmanager
def uptime_fixed_at(seconds: float) -> Iterator[None]:
    """Within the block the machine has been up for `seconds`, whatever the wall clock shows."""
    token = _fixed_uptime.set(seconds)
    try:
        yield
    finally:
        _fixed_uptime.reset(token)
