"""The steps of a restore. Everything that takes time is done beside the present database and its documents; the
exchange is one step. What a restore that failed or was killed left beside them goes, at the latest at the next start.

| killed after           | SQLite                                          | PostgreSQL                                |
|------------------------|-------------------------------------------------|-------------------------------------------|
| copied, linked, settled| the present database starts                     | the present database starts               |
| announced, kept, bared | a start is refused: run the restore again       | (no such step)                            |
| replaced               | a start is refused: run the restore again       | the restored database starts              |
| done                   | the restored database starts                    | the restored database starts              |
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace as changed
from importlib import import_module
from pathlib import Path

from app.core import clock
from app.settings import Settings
from app.upkeep.backups.documents import Staged
from app.upkeep.backups.retention import NAME_FORMAT, SET_ASIDE
from app.upkeep.database import earlier_heads, postgres, schema

ANNOUNCEMENT = "restore.json"
SCHEMA = "louda_restoring"
DRAFT_IS_THERE = f"SELECT 1 FROM pg_namespace WHERE nspname = '{SCHEMA}'"  # noqa: S608 - a name of ours
FACTORY = "app.factory"


class CannotRestore(Exception):
    """The backup cannot be brought up to date; the message says why and nothing was changed."""


def step_done(step: str) -> None:
    """Called after each step, by the name in the table above; tests stop a restore here."""


def replace(settings: Settings, folder: Path, database: Path, documents: Path) -> Path | None:
    """Put the database file and the documents of a sound backup in place of the present ones; returns where the present
    database is kept.

    Raises CannotRestore, OSError, sqlite3.Error, PostgresToolError; database and documents are then as they were, and
    nothing of the backup stays beside them.
    """
    staged, kept = Staged(settings), None
    try:
        if settings.sqlite_path is None:
            _replace_postgres(settings, database, documents, staged)
        else:
            kept = _replace_sqlite(settings, settings.sqlite_path, folder, database, documents, staged)
    except (Exception, KeyboardInterrupt):
        staged.take_back()
        drop_draft(settings)
        raise
    staged.drop()
    return kept


def drop_draft(settings: Settings) -> None:
    """Delete what a restore that was cut short left beside the present data: no purge would ever reach it. Never
    raises; whoever calls knows that no restore is going on."""
    with suppress(OSError, schema.DatabaseUnreadable, postgres.PostgresToolError):
        Staged(settings).drop()
        if settings.sqlite_path is not None:
            _remove(_draft_of(settings.sqlite_path))
        elif not settings.is_sqlite and schema.rows_of(settings, DRAFT_IS_THERE):
            postgres.drop(settings.database_url, SCHEMA)


def _draft_of(target: Path) -> Path:
    return target.with_name(f".{target.name}.restoring")


def _replace_sqlite(
    settings: Settings, target: Path, folder: Path, database: Path, documents: Path, staged: Staged
) -> Path | None:
    draft = _draft_of(target)
    _remove(draft)
    shutil.copyfile(database, draft)
    draft.chmod(0o600)
    step_done("copied")
    staged.fill(documents)
    step_done("linked")
    bring_up_to_date(changed(settings, database_url=f"sqlite:///{draft}", documents_dir=staged.folder, store_url=""))
    _fold_and_close(draft)
    sync(draft)
    step_done("settled")
    kept = _free_name(target.with_name(f"{target.name}{SET_ASIDE}{clock.now().strftime(NAME_FORMAT)}"))
    _announce(settings, folder, kept)
    step_done("announced")
    # Documents before the database: a row never names a file that is not there, wherever this is killed.
    try:
        staged.add_to_present()
        kept_now = _keep_present(target, kept)
    except OSError:
        (settings.data_dir / ANNOUNCEMENT).unlink(missing_ok=True)  # nothing was changed
        raise
    step_done("kept")
    # The log of the former database goes first: SQLite would replay it into the restored file.
    for suffix in ("-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    step_done("bared")
    draft.replace(target)
    sync(target.parent)
    staged.exchanged()
    step_done("replaced")
    (settings.data_dir / ANNOUNCEMENT).unlink(missing_ok=True)
    sync(settings.data_dir)
    step_done("done")
    return kept_now


def unfinished_restore(settings: Settings) -> str:
    """Why a start is refused because a restore was cut short, and how to go on; empty where none was."""
    try:
        said = json.loads((settings.data_dir / ANNOUNCEMENT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        said = {"backup": "", "kept": ""}
    again = f"./louda restore {said['backup']}".strip()
    return (
        f"上次恢复备份没有完成，没有启动。请再运行一次：{again}。原来的数据库保存在 {said['kept']}。\n"
        f"A restore was cut short; not started. Run it again: {again}. The former database is kept at {said['kept']}."
    )


def bring_up_to_date(draft: Settings) -> None:
    """Bring a restored database up to date and purge what was due since the backup, before anybody sees a page of it.

    Whoever restores says what day it is: the restored ticks are from before, so the date is confirmed with it. A
    database that holds no tables of ours is left as it is.
    """
    state = schema.state_of(draft)
    if not state.present:
        return
    try:
        schema.upgrade(draft)
        app = import_module(FACTORY).create_app(draft)
    except (earlier_heads.UnknownRevision, RuntimeError) as error:
        raise CannotRestore(str(error)) from error
    from app.core import clock_trust
    from app.core.db import db
    from app.core.jobs import Running
    from app.oversight.purge.service import run_purge

    with app.app_context():
        try:
            clock_trust.reset_ticks()
            run_purge(Running(0, 0, {}))
        finally:
            db.session.remove()
            db.engine.dispose()


def _replace_postgres(settings: Settings, database: Path, documents: Path, staged: Staged) -> None:
    postgres.load(settings.database_url, database, SCHEMA)
    step_done("copied")
    staged.fill(documents)
    step_done("linked")
    url = postgres.within(settings.database_url, SCHEMA)
    bring_up_to_date(changed(settings, database_url=url, documents_dir=staged.folder, store_url=""))
    step_done("settled")
    staged.add_to_present()
    postgres.swap(settings.database_url, SCHEMA)
    staged.exchanged()
    step_done("done")


def _announce(settings: Settings, folder: Path, kept: Path) -> None:
    path = settings.data_dir / ANNOUNCEMENT
    path.write_text(json.dumps({"backup": str(folder), "kept": str(kept)}, ensure_ascii=False), encoding="utf-8")
    sync(path)
    sync(settings.data_dir)


def _keep_present(target: Path, kept: Path) -> Path | None:
    """Give the present database a second name. Its log is folded in first, or goes with it where it cannot be."""
    if not target.exists():
        return None
    try:
        with closing(sqlite3.connect(target)) as present:
            is_busy = present.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.Error:
        is_busy = 1  # a damaged database is just what people restore over; it is kept as it is
    log = target.with_name(f"{target.name}-wal")
    if is_busy and log.exists():
        shutil.copyfile(log, kept.with_name(f"{kept.name}-wal"))
    try:
        os.link(target, kept)
    except OSError:
        shutil.copyfile(target, kept)
    os.utime(kept)  # its thirty days begin now
    sync(kept.parent)
    return kept


def _free_name(path: Path) -> Path:
    """`path`, or where a restore a second ago took it the same with a number."""
    names = [path, *(path.with_name(f"{path.name}-{number}") for number in range(2, 100))]
    return next(name for name in names if not name.exists())


def _fold_and_close(draft: Path) -> None:
    with closing(sqlite3.connect(draft)) as database:
        database.execute("PRAGMA journal_mode=DELETE")


def _remove(draft: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Have the disk really hold a file or a folder entry."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
