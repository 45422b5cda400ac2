"""Whether the wall clock can be believed before anything is deleted or decided because a date has come.

The worker writes a tick each minute: the wall clock beside the time since the machine started, which nobody can set.
When the two disagree by more than a day, or a worker starts and the last tick is more than a day old, the date is in
doubt; what cannot be undone (purge, acceptance by default, pruning) waits until a person has confirmed the date once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Integer, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import STRICT, Base, UtcDateTime, background_transaction, choice_column, command, db, plain_text
from app.core.errors import Conflict
from app.core.events import Actor, Event, record
from app.core.labels import Labelled

TOLERANCE = timedelta(days=1)


class DoubtCause(Labelled):
    MOVED = "moved", "时钟被拨动"
    STALE = "stale", "后台停了一天以上"


class WorkerTick(Base):
    """The newest tick of a machine's workers, by the boot they run under; `anchor_*` is what was last agreed on."""

    __tablename__ = "worker_tick"
    __table_args__ = STRICT

    boot_id: Mapped[str] = plain_text(primary_key=True)
    wall_at: Mapped[datetime] = mapped_column(UtcDateTime)
    uptime_s: Mapped[int] = mapped_column(Integer)
    anchor_wall_at: Mapped[datetime] = mapped_column(UtcDateTime)
    anchor_uptime_s: Mapped[int] = mapped_column(Integer)


class ClockDoubt(Base):
    """The date was in doubt from `seen_at` (what the clock showed) until somebody confirmed it."""

    __tablename__ = "clock_doubt"
    __table_args__ = STRICT

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reason: Mapped[str] = choice_column("reason", DoubtCause)
    last_known_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_by_kind: Mapped[str | None] = plain_text(nullable=True)
    confirmed_by_id: Mapped[int | None] = mapped_column(Integer)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the date is in doubt, the last instant that was known, and what the clock shows."""

    reason: DoubtCause
    last_known_at: datetime
    seen_at: datetime


@background_transaction
def tick(*, is_start: bool = False) -> Trouble | None:
    """Write the worker's tick; `is_start` at the first one of a process. Returns the doubt about the date, if any.

    Ensures: a doubt that is found is kept as a row until `confirm`; the anchor of this boot does not move meanwhile.
    """
    trouble = _open_doubt()
    if trouble is None:
        trouble = _disagreement() or (_unwatched_gap() if is_start else None)
        if trouble is not None:
            seen = {"last_known_at": trouble.last_known_at, "seen_at": trouble.seen_at}
            db.session.add(ClockDoubt(reason=trouble.reason, **seen))
    _write_tick(is_agreed=False)
    return trouble


def current_doubt() -> Trouble | None:
    """The doubt about the date at this instant: one that nobody confirmed yet, or one the next tick will find."""
    return _open_doubt() or _disagreement()


def require_trusted_date() -> None:
    """Raises Conflict while the date is in doubt: called before anything is deleted or decided because of a date."""
    if current_doubt() is not None:
        raise Conflict(_l("系统日期有疑问，等管理员确认日期以后再执行，没有删除任何内容。"))


@command
def confirm(by: Actor, day: str) -> None:
    """A person says that `day` (ISO, as the subdistrict's calendar has it) is the date. Raises Conflict if the clock
    shows another one.

    Ensures: no doubt is open, and the clock as it stands is what later ticks are measured against.
    """
    if day != clock.today().isoformat():
        raise Conflict(_l("系统时钟显示的不是这一天。请先把服务器的时钟拨准，再确认。"))
    open_ones = db.session.scalars(select(ClockDoubt).where(ClockDoubt.confirmed_at.is_(None))).all()
    for doubt in open_ones:
        doubt.confirmed_at, doubt.confirmed_by_kind, doubt.confirmed_by_id = clock.now(), by.kind, by.id
    db.session.execute(delete(WorkerTick))
    _write_tick(is_agreed=True)
    record(by, "confirm_date", ("clock", open_ones[0].id if open_ones else 0), doubts=len(open_ones))


@command
def reset_ticks() -> None:
    """After a restore: the ticks are from before the backup, and whoever restores has said what day it is.

    No entry in the log: a restored log ends where the backup ends.
    """
    still_open = update(ClockDoubt).where(ClockDoubt.confirmed_at.is_(None))
    db.session.execute(still_open.values(confirmed_at=clock.now(), confirmed_by_kind="restore"))
    db.session.execute(delete(WorkerTick))
    _write_tick(is_agreed=True)


def last_tick_at() -> datetime | None:
    """What the wall clock showed at the newest tick of any worker; None before the first one."""
    return db.session.scalar(select(func.max(WorkerTick.wall_at)))


def _open_doubt() -> Trouble | None:
    row = db.session.scalar(select(ClockDoubt).where(ClockDoubt.confirmed_at.is_(None)).order_by(ClockDoubt.id))
    return None if row is None else Trouble(DoubtCause(row.reason), row.last_known_at, row.seen_at)


def _disagreement() -> Trouble | None:
    """How the wall clock stands to the anchor of this boot; without one, to the newest tick of another."""
    now = clock.now()
    tick_here = _tick_of_this_boot()
    if tick_here is None:
        last = last_tick_at()
        is_off = last is not None and abs(now - last) > TOLERANCE
        return Trouble(DoubtCause.STALE, last, now) if last is not None and is_off else None
    # Measured from the anchor, not from the last tick: a clock that creeps a little at each tick is found out too.
    expected = tick_here.anchor_wall_at + timedelta(seconds=clock.uptime() - tick_here.anchor_uptime_s)
    return Trouble(DoubtCause.MOVED, tick_here.wall_at, now) if abs(now - expected) > TOLERANCE else None


def _unwatched_gap() -> Trouble | None:
    """At a start: nobody has watched the clock since the last tick (before the first one: since the last event)."""
    now = clock.now()
    last = last_tick_at() or db.session.scalar(select(Event.at).order_by(Event.id.desc()).limit(1))
    return Trouble(DoubtCause.STALE, last, now) if last is not None and abs(now - last) > TOLERANCE else None


def _write_tick(*, is_agreed: bool) -> None:
    now, uptime = clock.now(), int(clock.uptime())
    values: dict[str, Any] = {"wall_at": now, "uptime_s": uptime}
    if is_agreed or _tick_of_this_boot() is None:
        values |= {"anchor_wall_at": now, "anchor_uptime_s": uptime}
    row = db.session.get(WorkerTick, clock.boot_id())
    if row is None:
        db.session.add(WorkerTick(boot_id=clock.boot_id(), **values))
    else:
        for name, value in values.items():
            setattr(row, name, value)


def _tick_of_this_boot() -> WorkerTick | None:
    """The tick under which this machine runs; where the system names no boot, a shorter uptime is another one."""
    row = db.session.get(WorkerTick, clock.boot_id())
    return row if row is not None and clock.uptime() >= row.anchor_uptime_s - 1 else None
