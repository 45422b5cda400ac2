"""Released migrations stay what they were, in their text and in what they make."""

from __future__ import annotations

import ast
import gzip
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.settings import ROOT, Settings
from app.upkeep.database import schema
from tests.migrations import released
from tests.migrations.test_released_databases import DATABASES


def test_no_released_migration_was_changed() -> None:
    changed = released.changed()
    assert changed == [], f"{changed}: a released migration is never edited; write a new one"


def test_every_migration_is_listed() -> None:
    unlisted = released.unlisted()
    assert unlisted == [], (
        f"{unlisted}: list new migrations with `python -m tests.migrations.released` and commit the list"
    )


@pytest.mark.parametrize("name", ["0005_ordering.py", "guards/triggers.py", "frozen/column_types.py"])
def test_a_changed_or_lost_migration_is_noticed(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", folder)
    assert released.changed(folder) == []
    (folder / name).write_text((folder / name).read_text() + "\n")
    assert released.changed(folder) == [name]
    (folder / name).unlink()
    assert released.changed(folder) == [name]


def test_listing_again_never_changes_the_line_of_a_released_migration(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", folder)
    (folder / "0005_ordering.py").write_text("revision = 'other'\n")
    (folder / "0999_new.py").write_text("revision = '0999_new'\n")
    released.main(folder)
    assert released.changed(folder) == ["0005_ordering.py"]
    assert "0999_new.py" in released.listed(folder)


def test_no_migration_imports_the_application() -> None:
    """What the application means by a type or a guard may change; what a migration made may not."""
    for path in sorted((ROOT / "migrations").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in ("app", "routing")], path.name


def test_the_migrations_make_the_tables_that_they_made_with_the_types_of_the_application(tmp_path: Path) -> None:
    """The dump was made when 0001 to 0024 took their column types from the application."""
    settings = Settings.from_env({"LOUDA_DATA_DIR": str(tmp_path), "LOUDA_ENV": "testing"})
    (tmp_path / "louda.db").touch()
    with schema.migrator(settings) as alembic:
        alembic.upgrade("0026_throttle_index")
    script = gzip.decompress((DATABASES / "d3f1497-sqlite.sql.gz").read_bytes()).decode()
    with closing(sqlite3.connect(tmp_path / "louda.db")) as made, closing(sqlite3.connect(":memory:")) as kept:
        kept.executescript(script)
        assert _tables(made) == _tables(kept)


def _tables(database: sqlite3.Connection) -> dict[str, list[str]]:
    """Each table, index and trigger with its parts; a table that was rebuilt has its checks in any order."""
    rows = database.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    return {name: sorted(re.split(r",?\s*\n\s*", sql)) for name, sql in rows}
