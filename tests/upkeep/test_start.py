"""What keeps a start fast and the web process small."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.settings import ROOT, Settings
from app.upkeep import first_start
from app.upkeep.database import schema

HEAVY = ("ortools", "numba", "numpy", "pandas", "weasyprint", "pypinyin")


def test_pages_are_served_without_loading_planner_or_pdf_engine(tmp_path: Path) -> None:
    script = f"import wsgi, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    environment = {**os.environ, "LOUDA_ENV": "testing", "LOUDA_DATA_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_making_the_application_does_not_touch_the_database(tmp_path: Path) -> None:
    """It is made before gunicorn forks, and a connection must not be shared between processes."""
    environment = {**os.environ, "LOUDA_ENV": "testing", "LOUDA_DATA_DIR": str(tmp_path / "var")}
    done = subprocess.run([sys.executable, "-c", "import wsgi"], cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize(("env", "loads"), [("development", 1), ("production", 0), ("testing", 0)])
def test_only_an_empty_development_database_gets_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, env: str, loads: int
) -> None:
    loaded: list[Settings] = []

    class Demo:
        load = staticmethod(loaded.append)

        @staticmethod
        def sign_ins(settings: Settings) -> list[str]:
            return ["wuzi 物资组", f"{settings.public_url}/enter/ABC"]

    monkeypatch.setattr(first_start, "import_module", lambda _name: Demo)
    settings = Settings.from_env({"LOUDA_DATA_DIR": str(tmp_path), "LOUDA_ENV": env})
    if env == "production":
        schema.upgrade(settings)  # as `louda migrate`: nothing else makes a database there
    first_start.prepare(settings)
    assert len(loaded) == loads
    shown = first_start.sign_ins(settings, "http://192.168.1.20:8100")
    assert shown == ["wuzi 物资组", "http://192.168.1.20:8100/enter/ABC"][: 2 * loads]
    assert schema.state_of(settings).is_current


def test_production_never_makes_an_empty_database_unasked(tmp_path: Path) -> None:
    settings = Settings.from_env({"LOUDA_DATA_DIR": str(tmp_path), "LOUDA_ENV": "production"})
    with pytest.raises(first_start.NoDatabase, match="louda restore"):
        first_start.prepare(settings)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("left_there", ["", "CREATE TABLE alembic_version (version_num TEXT)"])
def test_production_takes_a_file_without_a_schema_for_a_lost_database(tmp_path: Path, left_there: str) -> None:
    settings = Settings.from_env({"LOUDA_DATA_DIR": str(tmp_path), "LOUDA_ENV": "production"})
    with closing(sqlite3.connect(tmp_path / "louda.db")) as database:
        database.execute(left_there)
    (tmp_path / "louda.db").touch()
    with pytest.raises(first_start.NoDatabase, match="louda restore"):
        first_start.prepare(settings)
    assert schema.state_of(settings).present == ""


def test_a_page_on_a_lost_database_is_503_and_makes_no_file(tmp_path: Path) -> None:
    from app.factory import create_app

    settings = Settings.from_env({"LOUDA_DATA_DIR": str(tmp_path), "LOUDA_ENV": "testing"})
    answer = create_app(settings).test_client().get("/enter/ABCDEF")
    assert answer.status_code == 503
    assert list(tmp_path.iterdir()) == []


def test_a_subdistrict_that_is_there_is_never_overwritten_by_the_demo(tmp_path: Path) -> None:
    settings = Settings.from_env({"LOUDA_DATA_DIR": str(tmp_path)})
    schema.upgrade(settings)
    assert first_start.is_empty(settings)
    with closing(sqlite3.connect(tmp_path / "louda.db")) as database:
        columns = {row[1]: "text" for row in database.execute("PRAGMA table_info(subdistrict)") if row[3]}
        columns.pop("id", None)
        values = ", ".join("'2022-04-12T04:00:00.000000Z'" if name.endswith("_at") else "1" for name in columns)
        database.execute(f"INSERT INTO subdistrict ({', '.join(columns)}) VALUES ({values})")
        database.commit()
    assert not first_start.is_empty(settings)
