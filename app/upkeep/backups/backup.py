"""Backups: a folder each, with the database, the documents and a manifest; checked when written and before restoring.

SQLite is copied by its online backup API while people work; PostgreSQL by pg_dump (`postgres.py`). Documents never
change once written, so a backup on the same disk links them and costs nothing. A backup folder appears whole or not at
all: it is written under another name and renamed last.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.core import clock
from app.settings import Settings
from app.upkeep.backups import restoring, retention
from app.upkeep.backups.documents import link_tree
from app.upkeep.backups.restoring import sync
from app.upkeep.backups.retention import NAME_FORMAT, PARTIAL, existing, taken_at, thinning_candidates
from app.upkeep.database import postgres
from app.upkeep.setup.secrets import PRIVATE_FOLDER

MANIFEST = "manifest.json"
DOCUMENTS = "documents"
LOCK_FILE = "running.lock"


__all__ = [
    "BackupError",
    "create",
    "existing",
    "instant_of",
    "prune",
    "restore",
    "serving",
    "taken_at",
    "thinning_candidates",
    "verify",
]


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
        sizes = link_tree(settings.documents_dir, draft / DOCUMENTS)
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
    """What is wrong with a backup: missing or changed files, a damaged database. Empty when it can be trusted.

    Documents are compared by size: as a rule they are links to the present files, so their bytes are the same bytes.
    """
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


def instant_of(folder: Path) -> datetime | None:
    """When a backup was taken, by its name or, where a person renamed it, by its manifest; None if neither says it."""
    instant = taken_at(folder)
    if instant is not None:
        return instant
    try:
        return taken_at(Path(str(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["taken_at"])))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def restore(settings: Settings, folder: Path) -> Path | None:
    """Put the database and the documents of a backup in place of the present ones, up to date and purged of what was
    due since.

    The present SQLite file is kept beside it under a dated name, which is returned (None for PostgreSQL or if there was
    none). Raises BackupError, before anything is changed, if the backup is not sound or the server is running. Killed
    at any step, it leaves a database that starts, or a start that is refused and says how to go on.
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
            return restoring.replace(settings, folder, database, folder / DOCUMENTS)
        except (OSError, sqlite3.Error, postgres.PostgresToolError, restoring.CannotRestore) as error:
            raise BackupError(f"恢复没有完成，现有数据没有改动：{error}。 The restore failed.") from error


def prune(settings: Settings, parent: Path | None = None) -> list[Path]:
    """Delete backups that may go; see `retention`. Returns what went."""
    return retention.prune(settings, parent, lambda folder: not verify(folder))


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """Within the block this process uses the database, so nobody restores over it; what a killed restore left goes."""
    with open(settings.data_dir / LOCK_FILE, "a", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        restoring.drop_draft(settings)
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
        copy.execute("PRAGMA journal_mode=DELETE")  # one file without a log beside it, which can be opened immutable
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


def _write_manifest(folder: Path, name: str, database: Path, sizes: dict[str, int]) -> None:
    content = {"taken_at": name, "database": database.name, "sha256": _sha256(database), "documents": sizes}
    path = folder / MANIFEST
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    for written in (path, database, folder):
        sync(written)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1
