"""A restore: up to date and purged before it serves; wherever it is killed, a database that starts or a way on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, insert, text

from app.core import clock
from app.printing.models import Document
from app.settings import Settings
from app.upkeep import commands, doctor
from app.upkeep.backups import backup, restoring
from app.upkeep.backups.date_trust import DateTrust, date_trust_of
from app.upkeep.database import postgres, schema
from app.upkeep.setup.secrets import prepare_private_folders
from tests.conftest import POSTGRES, settings_for
from tests.migrations.test_released_databases import load

STEPS = ("copied", "linked", "settled", "announced", "kept", "bared", "replaced", "done")
REFUSED = ("announced", "kept", "bared", "replaced")


class Killed(BaseException):
    """kill -9, as far as the files are concerned."""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """An installation whose database an earlier head made, with a backup from before the upgrade."""
    if POSTGRES and shutil.which("pg_dump") is None:
        pytest.skip("needs pg_dump")
    url, name = f"sqlite:///{tmp_path / 'louda.db'}", f"restore_{os.getpid()}"
    if POSTGRES:
        url = f"{POSTGRES.rpartition('/')[0]}/{name}"
        _on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
    settings = settings_for(tmp_path, url)
    prepare_private_folders(settings)
    load(url, "ac22e60")
    if not POSTGRES:
        (tmp_path / "louda.db").chmod(0o600)
    yield settings
    if POSTGRES:
        _on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _on_server(*statements: str) -> None:
    server = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    server.dispose()


def ask(settings: Settings, statement: str) -> list[tuple[object, ...]]:
    """Run a statement on the present database; its rows, if it has any."""
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        answer = connection.execute(text(statement))
        rows = [tuple(row) for row in answer] if answer.returns_rows else []
    engine.dispose()
    return rows


def close_cycle(settings: Settings, days_ago: int) -> None:
    """The cycle of the dump was closed so long ago; its orders have remarks and households."""
    at = clock.now() - timedelta(days=days_ago)
    instant = f"'{at:%Y-%m-%dT%H:%M:%S.%fZ}'"
    ask(settings, "UPDATE order_line SET qty_cancelled = qty_ordered, qty_open = 0")
    ask(settings, "UPDATE household_order SET remark = '家里有病人', door_note = '放门口'")
    ask(settings, f"UPDATE cycle SET state = 'closed', closed_at = {instant}")


def left_beside(settings: Settings) -> list[str]:
    """What a restore keeps beside the present data while it works."""
    names = [path.name for path in settings.data_dir.glob(".*restoring*")]
    schemas = "SELECT nspname FROM pg_namespace WHERE nspname = 'louda_restoring'"
    return names + ([str(row[0]) for row in ask(settings, schemas)] if POSTGRES else [])


DUE, LOST = "a" * 64 + ".pdf", "b" * 64 + ".pdf"


def backup_with_documents(settings: Settings) -> Path:
    """A backup of two files: one of a cycle closed two weeks ago, which a purge deletes, and one lost since."""
    schema.upgrade(settings)
    close_cycle(settings, days_ago=15)
    what = {"kind": "pick", "subject_type": "cycle", "subject_id": 1, "label": "", "cycle_id": 1, "number": "P1"}
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        connection.execute(insert(Document).values(**what, context_sha256="", sha256=DUE.removesuffix(".pdf")))
    engine.dispose()
    for name in (DUE, LOST):
        (settings.documents_dir / name).write_bytes(b"%PDF")
    folder = backup.create(settings)
    (settings.documents_dir / LOST).unlink()
    return folder


def present_documents(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.documents_dir.iterdir())


def test_a_restore_brings_documents_back_without_those_that_were_due(settings: Settings) -> None:
    backup.restore(settings, backup_with_documents(settings))
    assert present_documents(settings) == [LOST]
    assert left_beside(settings) == []


def test_a_restore_that_fails_after_its_purge_changes_no_document_and_leaves_nothing_beside(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = backup_with_documents(settings)

    def fail(*_of: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(*((postgres, "swap") if POSTGRES else (restoring, "_keep_present")), fail)
    with pytest.raises(backup.BackupError, match="现有数据没有改动"):
        backup.restore(settings, folder)
    assert present_documents(settings) == [DUE]
    assert left_beside(settings) == []
    assert restoring.unfinished_restore(settings) == ""


def test_what_a_killed_restore_left_beside_the_data_goes_at_the_next_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = backup_with_documents(settings)

    def die(passed: str) -> None:
        if passed == "settled":
            raise Killed

    monkeypatch.setattr(restoring, "step_done", die)
    with pytest.raises(Killed):
        backup.restore(settings, folder)
    assert present_documents(settings) == [DUE]
    assert left_beside(settings) != []
    with backup.serving(settings):
        assert left_beside(settings) == []


def test_a_backup_from_before_an_upgrade_is_restored_brought_up_to_date_and_purged_before_it_serves(
    settings: Settings,
) -> None:
    close_cycle(settings, days_ago=31)
    folder = backup.create(settings)
    schema.upgrade(settings)
    ask(settings, "UPDATE household_order SET remark = 'later'")
    backup.restore(settings, folder)
    assert schema.state_of(settings).is_current
    assert ask(settings, "SELECT count(*) FROM household_order WHERE remark <> '' OR household_id IS NOT NULL") == [
        (0,)
    ]
    assert ask(settings, "SELECT state FROM cycle") == [("purged",)]
    assert date_trust_of(settings) is DateTrust.TRUSTED  # whoever restored said what day it is


def test_a_backup_of_an_unknown_revision_is_refused_and_nothing_is_changed(settings: Settings) -> None:
    ask(settings, "UPDATE alembic_version SET version_num = '0012_guards'")
    folder = backup.create(settings)
    ask(settings, "UPDATE alembic_version SET version_num = '0013_guards'")
    with pytest.raises(backup.BackupError, match="0012_guards"):
        backup.restore(settings, folder)
    assert schema.state_of(settings).present == "0013_guards"
    assert restoring.unfinished_restore(settings) == ""
    assert left_beside(settings) == []


@pytest.mark.parametrize("step", ["copied", "settled", "done"] if POSTGRES else STEPS)
def test_a_restore_killed_at_any_step_leaves_a_database_that_starts_or_says_how_to_go_on(
    settings: Settings, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema.upgrade(settings)
    folder = backup.create(settings)
    ask(settings, "UPDATE household_order SET remark = 'present'")
    monkeypatch.setattr(restoring, "bring_up_to_date", lambda _draft: None)  # the test above lives through it

    def die(passed: str) -> None:
        if passed == step:
            raise Killed

    monkeypatch.setattr(restoring, "step_done", die)
    with pytest.raises(Killed):
        backup.restore(settings, folder)
    monkeypatch.setattr(restoring, "step_done", lambda _step: None)
    is_restored = step in ("replaced", "done")
    assert schema.state_of(settings).is_current
    assert ask(settings, "SELECT DISTINCT remark FROM household_order") == [("" if is_restored else "present",)]
    if step in REFUSED:
        for_people = restoring.unfinished_restore(settings)
        assert f"./louda restore {folder}" in for_people
        monkeypatch.setattr(Settings, "from_env", lambda: settings)
        for command in (commands.run, commands.migrate):
            refused = CliRunner().invoke(command, [])
            assert (refused.exit_code, "./louda restore" in refused.output) == (1, True)
        assert any("./louda restore" in finding.zh for finding in doctor.examine(settings))
    else:
        assert restoring.unfinished_restore(settings) == ""
    backup.restore(settings, folder)  # what the sentence says
    assert restoring.unfinished_restore(settings) == ""
    assert ask(settings, "SELECT DISTINCT remark FROM household_order") == [("",)]


def test_a_doubtful_date_is_asked_for_before_a_restore_purges_by_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema.upgrade(settings)
    folder = backup.create(settings)
    monkeypatch.setattr(Settings, "from_env", lambda: settings)
    monkeypatch.setattr(commands, "date_trust_of", lambda _settings: DateTrust.DOUBTED)
    monkeypatch.setattr(restoring, "bring_up_to_date", lambda _draft: None)
    today = clock.today().isoformat()
    refused = CliRunner().invoke(commands.restore, [str(folder), "--yes"])
    assert (refused.exit_code, f"--today {today}" in refused.output) == (1, True)
    assert CliRunner().invoke(commands.restore, [str(folder), "--yes", "--today", "2022-04-12"]).exit_code == 1
    assert CliRunner().invoke(commands.restore, [str(folder), "--yes", "--today", today]).exit_code == 0


def _restoring(settings: Settings, monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> Result:
    monkeypatch.setattr(Settings, "from_env", lambda: settings)
    return CliRunner().invoke(commands.restore, [str(folder), "--yes", *words])


def test_a_clock_far_ahead_takes_no_backup_with_it_when_a_lost_database_is_restored(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in a lost database can doubt the date, so a person says it before the clock is believed."""
    schema.upgrade(settings)
    folder = backup.create(settings)
    ask(settings, "DROP TABLE worker_tick")
    with clock.shifted_by(timedelta(days=60)):
        ahead = clock.today().isoformat()
        refused = _restoring(settings, monkeypatch, folder)
        assert (refused.exit_code, "已恢复" in refused.output) == (1, False)
        then = clock.to_local(backup.instant_of(folder) or clock.now()).date().isoformat()
        assert f"系统时钟显示 {ahead}，所选备份是 {then} 的" in refused.output
        assert f"--today {ahead}" in refused.output
        assert date_trust_of(settings) is DateTrust.UNKNOWN
        for number in range(4):
            with clock.shifted_by(timedelta(minutes=15 * number)):
                backup.create(settings)
                backup.prune(settings)
    assert folder in backup.existing(settings.backups_dir)


def test_a_backup_of_another_day_is_restored_when_a_person_says_the_date(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema.upgrade(settings)
    folder = backup.create(settings)
    renamed = folder.rename(folder.with_name("stick"))  # its manifest still says when it was taken
    monkeypatch.setattr(commands, "date_trust_of", lambda _settings: DateTrust.TRUSTED)
    with clock.shifted_by(timedelta(days=2)):
        refused = _restoring(settings, monkeypatch, renamed)
        assert (refused.exit_code, "所选备份是" in refused.output) == (1, True)
        said = _restoring(settings, monkeypatch, renamed, "--today", clock.today().isoformat())
        assert (said.exit_code, "已恢复" in said.output) == (0, True)


def test_a_backup_of_today_needs_no_date_where_the_ticks_agree(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema.upgrade(settings)
    folder = backup.create(settings)
    monkeypatch.setattr(commands, "date_trust_of", lambda _settings: DateTrust.TRUSTED)
    assert _restoring(settings, monkeypatch, folder).exit_code == 0
