"""Compare the tables, columns, keys, checks and triggers of a database with the models, and what they say with a fresh
database (`schema_text`).

Run as a process of its own (`python -m app.upkeep.database.schema_check`): it loads every slice, which neither the
process that keeps the servers nor `doctor` should, and a slice that cannot be loaded is then a finding and not a
traceback. What was found equal is remembered by a fingerprint of the database's own description and of the code that
describes the models, so a start compares again only when one of the two changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.settings import ROOT, Settings
from app.upkeep.database import schema, schema_text

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

STAMP = "schema.checked"
SQLITE_DESCRIPTION = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY type, name"
POSTGRES_DESCRIPTION = """
SELECT 'column', table_name, column_name, data_type || is_nullable
  FROM information_schema.columns WHERE table_schema = current_schema()
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()
UNION ALL SELECT 'constraint', c.relname, k.conname, pg_get_constraintdef(k.oid)
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE c.relnamespace = current_schema()::regnamespace
UNION ALL SELECT 'trigger', c.relname, t.tgname, t.tgenabled::text || pg_get_triggerdef(t.oid)
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
  WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
UNION ALL SELECT 'function', '', proname, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
ORDER BY 1, 2, 3, 4
"""


class CannotCompare(Exception):
    """The models could not be loaded or the database not be read while they were compared; the message says why."""


# What a database may have beyond the models without harm: nothing writes to it, nothing depends on it.
HARMLESS = ("remove_table", "remove_index")


def differences(settings: Settings) -> tuple[str, ...]:
    """What the database lacks or has otherwise than the models, one name each ("table settled_words"); empty if equal.

    The database must be at the newest revision. Raises DatabaseUnreadable, CannotCompare.
    """
    fingerprint = _fingerprint(settings)
    stamp = settings.data_dir / STAMP
    if stamp.is_file() and stamp.read_text(encoding="ascii") == fingerprint:
        return ()
    found = compare_apart(settings)
    if not found and settings.data_dir.is_dir():
        stamp.write_text(fingerprint, encoding="ascii")
    return found


def refusal(missing: tuple[str, ...]) -> str:
    """The sentence of a start that is refused, with the names and the way out."""
    names = "、".join(missing)
    return (
        f"数据库的结构和程序不一致：{names}。没有启动，数据没有改动。请先备份（./louda backup），再用 ./louda restore"
        " 恢复完好的备份，或把上面的名称告诉维护人员。\n"
        f"The database differs from the program: {names}. Not started, nothing was changed. Back it up"
        " (./louda backup), then restore a sound backup with ./louda restore, or tell a maintainer these names."
    )


def compare_apart(settings: Settings) -> tuple[str, ...]:
    """The same as `differences`, compared in a process of its own whatever was found before. Raises CannotCompare."""
    environment = {**os.environ, "LOUDA_DATABASE_URL": settings.database_url, "LOUDA_ENV": "testing"}
    environment["LOUDA_DATA_DIR"] = str(settings.data_dir)
    command = [sys.executable, "-m", "app.upkeep.database.schema_check"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["?"])[-1]
        raise CannotCompare(f"不能比较数据库结构 the schema cannot be compared: {reason}")
    return tuple(json.loads(done.stdout))


def _fingerprint(settings: Settings) -> str:
    description = schema.rows_of(settings, SQLITE_DESCRIPTION if settings.is_sqlite else POSTGRES_DESCRIPTION)
    digest = hashlib.sha256(repr(description).encode())
    for path in describing_files():
        digest.update(path.read_bytes())
    return digest.hexdigest()


def describing_files() -> list[Path]:
    """The source files that say what a database should be like: when one changes, it is compared again."""
    models = [*(ROOT / "app").rglob("models*.py"), *(ROOT / "app" / "core").rglob("*.py")]
    return sorted([*models, *schema.MIGRATIONS.rglob("*.py"), *Path(__file__).parent.glob("schema*.py")])


def compare(connection: Connection) -> list[str]:
    """The differences, by name, between the database behind `connection` and the models or a fresh database."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from app.models import metadata

    context = MigrationContext.configure(connection, opts={"compare_type": False})
    found = [name for entry in compare_metadata(context, metadata) for name in _names(entry)]
    missing_tables = {name.split()[-1] for name in found if name.startswith("add table")}
    found += _missing_checks(connection, missing_tables)
    return [*found, *_missing_triggers(connection), *schema_text.changed(connection)]


def _names(entry: Any) -> Iterator[str]:
    if isinstance(entry, list):  # changes of one column
        for change in entry:
            yield f"{change[0].replace('_', ' ')} {change[2]}.{change[3]}"
        return
    verb = entry[0]
    if verb in HARMLESS and not getattr(entry[1], "unique", False):
        return
    what = f"{entry[2]}.{entry[3].name}" if verb.endswith("column") else str(getattr(entry[1], "name", entry[1]))
    yield f"{verb.replace('_', ' ')} {what}"


def _missing_checks(connection: Connection, missing_tables: set[str]) -> Iterator[str]:
    from sqlalchemy import CheckConstraint, inspect

    from app.models import metadata

    inspector = inspect(connection)
    for table in metadata.sorted_tables:
        if table.name not in missing_tables:
            present = {str(check["name"]) for check in inspector.get_check_constraints(table.name)}
            wanted = {str(rule.name) for rule in table.constraints if isinstance(rule, CheckConstraint)}
            yield from (f"add check {name}" for name in sorted(wanted - present))


def _missing_triggers(connection: Connection) -> Iterator[str]:
    from sqlalchemy import text

    on_sqlite = connection.dialect.name == "sqlite"
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if not on_sqlite:
        query = (
            "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal"
            " AND t.tgenabled = 'O' AND c.relnamespace = current_schema()::regnamespace"
        )
    present = set(connection.execute(text(query)).scalars())
    yield from (f"add trigger {name}" for name in sorted(expected_triggers() - present))


def expected_triggers() -> set[str]:
    """The triggers that the migrations leave behind: those of `guards` and what later ones name in TRIGGERS."""
    from importlib import import_module

    from migrations.guards.triggers import GUARDS

    names = {guard.name for guard in GUARDS}
    for path in sorted(schema.MIGRATIONS.glob("[0-9]*.py")):
        module = import_module(f"migrations.{path.stem}")
        names |= set(getattr(module, "TRIGGERS", ()))
        names -= set(getattr(module, "TRIGGERS_DROPPED", ()))
    return names


def main() -> None:
    """Print the differences of the database of the environment as a JSON list."""
    from sqlalchemy import create_engine

    engine = create_engine(Settings.from_env().database_url)
    with engine.connect() as connection:
        print(json.dumps(compare(connection), ensure_ascii=False))
    engine.dispose()


if __name__ == "__main__":
    main()
