"""The command line as an operator meets it: a sentence and a status, never a traceback."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from app import cli
from app.core import clock
from app.settings import ROOT, Settings
from app.upkeep.backups import backup
from app.upkeep.catalogue import COMMANDS
from app.upkeep.database import schema
from app.upkeep.setup.secrets import ensure_secret, prepare_private_folders


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A migrated installation that the commands find through the environment."""
    for name in ("LOUDA_DATABASE_URL", "LOUDA_SECRET_KEY", "LOUDA_ENV", "PORT", "HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LOUDA_DATA_DIR", str(tmp_path / "var"))
    settings = Settings.from_env()
    prepare_private_folders(settings)
    ensure_secret(settings.data_dir)
    schema.upgrade(settings)
    return settings


def louda(*words: str, answer: str = "") -> Result:
    command = cli.load(words[0])
    assert command is not None
    return CliRunner().invoke(command, list(words[1:]), input=answer)


def test_a_backup_can_be_taken_checked_and_restored(settings: Settings) -> None:
    assert louda("backup").exit_code == 0
    (folder,) = backup.existing(settings.backups_dir)
    assert "完好" in louda("backup", "--verify", str(folder)).output
    with closing(sqlite3.connect(settings.data_dir / "louda.db")) as database:
        database.execute("DELETE FROM alembic_version")
        database.commit()
    restored = louda("restore", "--yes", "--today", clock.today().isoformat())
    assert (restored.exit_code, "已恢复" in restored.output) == (0, True)
    assert schema.state_of(settings).is_current


def test_restoring_asks_first_and_takes_no_for_an_answer(settings: Settings) -> None:
    louda("backup")
    asked = louda("restore", "--today", clock.today().isoformat(), answer="n\n")
    assert (asked.exit_code, "替换现有数据" in asked.output) == (1, True)
    assert [path.name for path in settings.data_dir.glob("*.before-*")] == []


def test_restoring_without_a_backup_is_a_sentence(settings: Settings) -> None:
    result = louda("restore", "--yes")
    assert (result.exit_code, "没有备份" in result.output) == (1, True)


def test_a_damaged_backup_is_reported_with_status_1(settings: Settings) -> None:
    louda("backup")
    (folder,) = backup.existing(settings.backups_dir)
    (folder / "manifest.json").unlink()
    result = louda("backup", "--verify", str(folder))
    assert (result.exit_code, "Error" in result.output) == (1, True)


def test_a_backup_goes_where_it_is_told(settings: Settings, tmp_path: Path) -> None:
    assert louda("backup", "--quiet", "--out", str(tmp_path / "stick")).output == ""
    assert len(backup.existing(tmp_path / "stick")) == 1
    assert backup.existing(settings.backups_dir) == []


def test_the_doctor_exits_1_if_anything_is_wrong_and_0_otherwise(settings: Settings) -> None:
    assert louda("doctor").exit_code == 0
    settings.documents_dir.chmod(0o755)
    assert louda("doctor").exit_code == 1


def test_an_unsafe_installation_is_not_started(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUDA_ENV", "production")
    result = louda("run")
    assert result.exit_code == 1
    assert all(word in result.output for word in ("LOUDA_TRUSTED_HOSTS", "https://"))


def test_a_variable_that_cannot_be_read_is_a_sentence(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "many")
    command = [sys.executable, "-m", "app.cli", "doctor"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "PORT='many'" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


def test_the_doctor_runs_without_loading_any_slice(settings: Settings) -> None:
    script = (
        "import sys\n"
        "from app import cli\n"
        "try: cli.main(['doctor'])\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name.startswith(('app.ordering', 'app.dispatch', 'ortools'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.endswith("[]\n")


def test_flask_offers_the_same_commands() -> None:
    app = Flask("bare")
    cli.attach(app)
    names = app.cli.list_commands(app.cli.make_context("flask", [], resilient_parsing=True))
    assert names[: len(COMMANDS)] == list(COMMANDS)
    assert cli.load("doctor") is not None
    assert cli.load("no-such-command") is None
