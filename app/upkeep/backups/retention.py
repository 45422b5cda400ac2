"""Which backups may go. No backup goes because of its age alone: a clock that is wrong would take them all.

The order of the backups among themselves decides what is thinned out; their age counts only while the date is known to
be right, and only where newer sound ones are there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.core import clock
from app.settings import Settings
from app.upkeep.backups.date_trust import DateTrust, date_trust_of

NAME_FORMAT = "%Y%m%dT%H%M%SZ"
PARTIAL = ".partial-"
SET_ASIDE = ".before-"
KEEP_NEWEST = 97  # every quarter of an hour of a day
KEEP_DAYS = 30
KEEP_DAYS_AT_MOST = 30
NEWER_SOUND_ONES = 3
AHEAD = timedelta(minutes=10)  # of the clock; what is named later than that comes from a clock that was wrong


def existing(parent: Path) -> list[Path]:
    """The backups under `parent`, oldest first."""
    return sorted(path for path in parent.glob("????????T??????Z") if taken_at(path) is not None)


def taken_at(folder: Path) -> datetime | None:
    """The instant in the folder's name, None if it is not the name of a backup."""
    try:
        return datetime.strptime(folder.name, NAME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None


def from_the_future(parent: Path) -> list[Path]:
    """Backups named by an instant that has not come yet: the clock was wrong then, or is wrong now."""
    limit = clock.now() + AHEAD
    return [path for path in existing(parent) if (taken_at(path) or limit) > limit]


def newest(parent: Path) -> Path | None:
    """The newest backup; one from the future only where there is no other."""
    future = set(from_the_future(parent))
    ordered = sorted(existing(parent), key=lambda path: (path not in future, path.name))
    return ordered[-1] if ordered else None


def thinning_candidates(instants: Sequence[datetime], _now: datetime | None = None) -> list[datetime]:
    """Which backups may be thinned out, by their own order: the newest 97 stay, and the newest of each of the newest
    30 days that have one.

    | place in the order            | newest of its day | other |
    |-------------------------------|-------------------|-------|
    | among the newest 97           | keep              | keep  |
    | on one of the newest 30 days  | keep              | go    |
    | before                        | go                | go    |
    """
    ordered = sorted(instants)
    newest_of_day = {instant.date(): instant for instant in ordered}
    kept = {*ordered[-KEEP_NEWEST:], *list(newest_of_day.values())[-KEEP_DAYS:]}
    return [instant for instant in ordered if instant not in kept]


def expired(folders: Sequence[Path], now: datetime, is_sound: Callable[[Path], bool]) -> list[Path]:
    """Backups over 30 days old by a clock that is right, of which at least three newer ones are sound."""
    oldest_kept = now - timedelta(days=KEEP_DAYS_AT_MOST)
    old = [path for path in folders if (taken_at(path) or now) < oldest_kept]
    if not old:
        return []
    sound = 0
    for path in sorted(folders, key=lambda path: path.name, reverse=True):
        if path in old:
            break
        sound += is_sound(path)
        if sound >= NEWER_SOUND_ONES:
            return old
    return []


def prune(settings: Settings, parent: Path | None, is_sound: Callable[[Path], bool]) -> list[Path]:
    """Delete what may go under `parent` (default: the backups folder); nothing while the date is in doubt.

    Also what a killed backup left behind, and databases set aside by a restore 30 days ago. Returns what went.
    """
    parent = parent or settings.backups_dir
    date = date_trust_of(settings)
    if date is DateTrust.DOUBTED:
        return []
    future = set(from_the_future(parent))  # they count for nothing, and a person looks at them
    folders = [path for path in existing(parent) if path not in future]
    by_instant = {instant: path for path in folders if (instant := taken_at(path)) is not None}
    gone = [by_instant[instant] for instant in thinning_candidates(list(by_instant))]
    gone += [path for path in parent.glob(f"{PARTIAL}*") if _age(path) > timedelta(hours=1)]
    set_aside: list[Path] = []
    if date is DateTrust.TRUSTED:
        gone += [path for path in expired(folders, clock.now(), is_sound) if path not in gone]
        set_aside = [path for path in settings.data_dir.glob(f"*{SET_ASIDE}*") if _age(path).days >= KEEP_DAYS_AT_MOST]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    for path in set_aside:
        path.unlink(missing_ok=True)
    return gone + set_aside


def _age(path: Path) -> timedelta:
    return clock.now() - datetime.fromtimestamp(path.stat().st_mtime, UTC)
