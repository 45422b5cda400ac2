"""Backups: a folder each, with the database, the documents and a manifest; checked when written and before restoring.

SQLite is copied by its online backup API while people work; PostgreSQL by pg_dump (`postgres.py`). Documents never
change once written, so a backup on the same disk links them and costs nothing. A backup folder appears whole or not at
all: it is written under another name and renamed last.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.core import clock
from app.settings import Settings
from app.upkeep import postgres
from app.upkeep.secrets import PRIVATE_FOLDER

MANIFEST = "manifest.json"
DOCUMENTS = "documents"
NAME_FORMAT = "%Y%m%dT%H%M%SZ"
PARTIAL = ".partial-"
SET_ASIDE = ".before-"
LOCK_FILE = "running.lock"
KEEP_ALL = timedelta(hours=24)
KEEP_DAYS_AT_MOST = 30


class BackupError(Exception):
    """A backup could not be written, trusted or restored; the message says why, and nothing was half done."""


def create(settings: Settings, into: Path | None = None) -> Path:
    """Write one backup under `into` (default: the backups folder) and check it.

    Returns its folder, named by the UTC second. Raises BackupError: full disk, unreadable database, failed check.
    """
    parent = into or settings.backups_dir
    name = clock.now().astimezone(UTC).strftime(NAME_FORMAT)
    draft, folder = parent / f"{PARTIAL}{name}", parent / name
    if folder.exists() or draft.exists():
        raise BackupError(f"{folder} 已存在：请稍后再备份。 A backup of this second exists already.")
    try:
        draft.mkdir(mode=PRIVATE_FOLDER, parents=True)
        database = _dump(settings, draft)
        sizes = _link_tree(settings.documents_dir, draft / DOCUMENTS)
        _write_manifest(draft, name, database, sizes)
        problems = verify(draft)
        if problems:
            raise BackupError("\n".join(problems))
        draft.rename(folder)
    except (OSError, sqlite3.Error, postgres.PostgresToolError) as error:
        raise BackupError(f"备份没有完成，原有数据不受影响：{error}。 The backup failed; data is untouched.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def verify(folder: Path) -> tuple[str, ...]:
    """What is wrong with a backup: missing or changed files, a damaged database. Empty when it can be trusted."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        database = folder / str(manifest["database"])
        digest, sizes = str(manifest["sha256"]), dict(manifest["documents"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return (f"{folder} 不是完整的备份（{error}）。 Not a complete backup.",)
    if not database.is_file() or _sha256(database) != digest:
        return (f"{database} 缺失或被改动。 The database file is missing or was changed.",)
    wrong = [name for name, size in sizes.items() if _size(folder / DOCUMENTS / name) != size]
    problems = [f"单据 {name} 缺失或被改动。 A document is missing or was changed." for name in wrong]
    return (*problems, *_database_problems(database))


def restore(settings: Settings, folder: Path) -> Path | None:
    """Put the database and the documents of a backup in place of the present ones.

    The present SQLite file is kept beside it under a dated name, which is returned (None for PostgreSQL or if there was
    none). Raises BackupError, before anything is changed, if the backup is not sound or the server is running.
    """
    problems = verify(folder)
    if problems:
        raise BackupError("\n".join(problems))
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    database = folder / str(manifest["database"])
    if (database.suffix == ".db") != settings.is_sqlite:
        raise BackupError("备份来自另一种数据库，不能恢复到这里。 The backup is of another kind of database.")
    with nobody_serving(settings):
        try:
            kept = _restore_database(settings, database)
            _link_tree(folder / DOCUMENTS, settings.documents_dir)
        except (OSError, postgres.PostgresToolError) as error:
            raise BackupError(f"恢复没有完成：{error}。 The restore failed.") from error
    return kept


def existing(parent: Path) -> list[Path]:
    """The backups under `parent`, oldest first."""
    return sorted(path for path in parent.glob("????????T??????Z") if taken_at(path) is not None)


def taken_at(folder: Path) -> datetime | None:
    """The instant in the folder's name, None if it is not the name of a backup."""
    try:
        return datetime.strptime(folder.name, NAME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None


def superfluous(instants: Sequence[datetime], now: datetime) -> list[datetime]:
    """Which backups may go: all of the last 24 hours stay, then the newest of each day, nothing beyond 30 days.

    | age            | newest of its day | other |
    |----------------|-------------------|-------|
    | up to 24 h     | keep              | keep  |
    | up to 30 days  | keep              | go    |
    | more           | go                | go    |
    """
    newest_of_day = {instant.date(): instant for instant in sorted(instants)}
    oldest_kept = now - timedelta(days=KEEP_DAYS_AT_MOST)
    return [
        instant
        for instant in sorted(instants)
        if instant < oldest_kept or (instant < now - KEEP_ALL and newest_of_day[instant.date()] != instant)
    ]


def prune(settings: Settings, parent: Path | None = None) -> list[Path]:
    """Delete superfluous backups under `parent` (default: the backups folder), what a killed backup left behind, and
    databases set aside by a restore 30 days ago: nothing outlives the purge. Returns what went."""
    parent = parent or settings.backups_dir
    by_instant = {instant: path for path in existing(parent) if (instant := taken_at(path)) is not None}
    gone = [by_instant[instant] for instant in superfluous(list(by_instant), clock.now())]
    gone += [path for path in parent.glob(f"{PARTIAL}*") if _age(path) > timedelta(hours=1)]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    set_aside = [*settings.data_dir.glob(f"*{SET_ASIDE}*")] if settings.data_dir.is_dir() else []
    expired = [path for path in set_aside if _age(path) > timedelta(days=KEEP_DAYS_AT_MOST)]
    for path in expired:
        path.unlink(missing_ok=True)
    return gone + expired


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """Within the block this process uses the database, so nobody restores over it."""
    with open(settings.data_dir / LOCK_FILE, "a", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextmanager
def nobody_serving(settings: Settings) -> Iterator[None]:
    """Within the block no server or worker of this installation starts. Raises BackupError if one is running."""
    with open(settings.data_dir / LOCK_FILE, "a", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError("楼达正在运行：请先停下再恢复。 Louda is running: stop it before restoring.") from error
        yield


def _dump(settings: Settings, folder: Path) -> Path:
    source = settings.sqlite_path
    if source is None:
        return postgres.dump(settings.database_url, folder / "louda.pgdump")
    if not source.is_file():
        raise BackupError(f"没有数据库 {source}。 There is no database.")
    target = folder / "louda.db"
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(
            copy, pages=-1
        )  # one step: in WAL mode it blocks nobody, and other writers cannot make it start over
        copy.execute("PRAGMA journal_mode=DELETE")
    target.chmod(0o600)
    return target


def _database_problems(database: Path) -> tuple[str, ...]:
    try:
        if database.suffix != ".db":
            postgres.check(database)
            return ()
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as copy:
            damaged = copy.execute("PRAGMA integrity_check(5)").fetchall() != [("ok",)]
            orphans = copy.execute("PRAGMA foreign_key_check").fetchmany(5)
    except (sqlite3.Error, postgres.PostgresToolError) as error:
        return (f"{database} 打不开：{error}。 The database cannot be read.",)
    if damaged or orphans:
        return (f"{database} 已损坏。 The database is damaged.",)
    return ()


def _restore_database(settings: Settings, database: Path) -> Path | None:
    target = settings.sqlite_path
    if target is None:
        postgres.load(settings.database_url, database)
        return None
    draft = target.with_name(f".{target.name}.restoring")
    shutil.copyfile(database, draft)
    draft.chmod(0o600)
    _sync(draft)
    kept = _set_aside(target)
    draft.rename(target)
    _sync(target.parent)
    return kept


def _set_aside(target: Path) -> Path | None:
    """Give the present database another name. Its WAL is folded in first, or its last commits would be left behind."""
    if not target.exists():
        return None
    try:
        with closing(sqlite3.connect(target)) as present:
            present.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error:
        pass  # a damaged database is just what people restore over; it is kept as it is
    kept = target.with_name(f"{target.name}{SET_ASIDE}{clock.now().strftime(NAME_FORMAT)}")
    for suffix in ("-wal", "-shm"):
        side = target.with_name(target.name + suffix)
        if side.exists():
            side.rename(kept.with_name(kept.name + suffix))
    kept = target.rename(kept)
    os.utime(kept)  # its thirty days begin now
    return kept


def _link_tree(source: Path, target: Path) -> dict[str, int]:
    """Link (or copy, on another disk) every file below `source` that `target` lacks; returns sizes by relative name."""
    sizes: dict[str, int] = {}
    target.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        if not path.is_file() or path.name.startswith("."):
            continue
        name = path.relative_to(source).as_posix()
        place = target / name
        sizes[name] = path.stat().st_size
        if place.exists():
            continue
        place.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        try:
            os.link(path, place)
        except OSError:
            shutil.copy2(path, place)
    return sizes


def _write_manifest(folder: Path, name: str, database: Path, sizes: dict[str, int]) -> None:
    content = {"taken_at": name, "database": database.name, "sha256": _sha256(database), "documents": sizes}
    path = folder / MANIFEST
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    for written in (path, database, folder):
        _sync(written)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _age(path: Path) -> timedelta:
    return clock.now() - datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _sync(path: Path) -> None:
    """Have the disk really hold a file or a folder entry."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
