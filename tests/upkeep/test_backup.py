"""Backup and restore of an SQLite installation: whole or not at all, checked, thinned out, never while serving."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.core import clock
from app.settings import Settings
from app.upkeep import doctor
from app.upkeep.backups import backup, retention
from app.upkeep.backups.date_trust import DateTrust
from app.upkeep.serving import server
from app.upkeep.setup.secrets import prepare_private_folders

NOON = datetime(2022, 4, 12, 4, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A small installation: a WAL database with one household and one printed document."""
    settings = Settings.from_env({"LOUDA_DATA_DIR": str(tmp_path / "var"), "LOUDA_ENV": "testing"})
    prepare_private_folders(settings)
    with closing(sqlite3.connect(settings.data_dir / "louda.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE household (room_no TEXT)")
        database.execute("INSERT INTO household VALUES ('3-1202')")
        database.commit()
    (settings.documents_dir / "ab").mkdir()
    (settings.documents_dir / "ab" / "route.pdf").write_bytes(b"%PDF-1.7 one")
    return settings


def rooms(settings: Settings) -> list[str]:
    with closing(sqlite3.connect(settings.data_dir / "louda.db")) as database:
        return [row[0] for row in database.execute("SELECT room_no FROM household ORDER BY room_no")]


def add_room(settings: Settings, room_no: str) -> None:
    with closing(sqlite3.connect(settings.data_dir / "louda.db")) as database:
        database.execute("INSERT INTO household VALUES (?)", (room_no,))
        database.commit()


def test_a_restored_backup_brings_back_rows_and_documents(settings: Settings) -> None:
    folder = backup.create(settings)
    add_room(settings, "9-101")
    shutil.rmtree(settings.documents_dir)

    kept = backup.restore(settings, folder)

    assert rooms(settings) == ["3-1202"]
    assert (settings.documents_dir / "ab" / "route.pdf").read_bytes() == b"%PDF-1.7 one"
    assert kept is not None
    with closing(sqlite3.connect(kept)) as former:
        assert former.execute("SELECT count(*) FROM household").fetchone() == (2,)


def test_the_former_database_is_kept_with_commits_that_were_still_in_its_log(settings: Settings) -> None:
    folder = backup.create(settings)
    with closing(sqlite3.connect(settings.data_dir / "louda.db")) as open_elsewhere:
        open_elsewhere.execute("SELECT 1 FROM household").fetchall()
        add_room(settings, "9-101")
        kept = backup.restore(settings, folder)
    assert kept is not None
    with closing(sqlite3.connect(kept)) as former:
        assert former.execute("SELECT count(*) FROM household").fetchone() == (2,)
    assert rooms(settings) == ["3-1202"]


def test_backing_up_while_people_write_gives_a_sound_copy(settings: Settings) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            add_room(settings, f"w-{number}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        folder = backup.create(settings)
    finally:
        stop.set()
        writer.join()
    assert backup.verify(folder) == ()


def test_a_changed_byte_in_the_copy_is_noticed_and_not_restored(settings: Settings) -> None:
    folder = backup.create(settings)
    content = bytearray((folder / "louda.db").read_bytes())
    content[-10] ^= 1
    (folder / "louda.db").write_bytes(content)
    assert backup.verify(folder) != ()
    with pytest.raises(backup.BackupError):
        backup.restore(settings, folder)
    assert rooms(settings) == ["3-1202"]


def test_a_lost_document_is_noticed(settings: Settings) -> None:
    folder = backup.create(settings)
    (folder / "documents" / "ab" / "route.pdf").unlink()
    (problem,) = backup.verify(folder)
    assert "route.pdf" in problem


def test_a_folder_without_manifest_is_not_a_backup(tmp_path: Path) -> None:
    (problem,) = backup.verify(tmp_path)
    assert str(tmp_path) in problem


def test_a_full_disk_leaves_no_half_backup_and_the_old_ones_intact(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.frozen_at(NOON):
        first = backup.create(settings)

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "sync", no_space)  # called when all is written
    with clock.frozen_at(NOON + timedelta(minutes=15)), pytest.raises(backup.BackupError, match="No space left"):
        backup.create(settings)
    assert list(settings.backups_dir.iterdir()) == [first]
    assert backup.verify(first) == ()


def test_a_missing_database_is_a_sentence(settings: Settings) -> None:
    (settings.data_dir / "louda.db").unlink()
    with pytest.raises(backup.BackupError, match="没有数据库"):
        backup.create(settings)
    assert list(settings.backups_dir.iterdir()) == []


def test_nothing_is_restored_over_a_running_server(settings: Settings) -> None:
    folder = backup.create(settings)
    add_room(settings, "9-101")
    with backup.serving(settings), pytest.raises(backup.BackupError, match="正在运行"):
        backup.restore(settings, folder)
    assert rooms(settings) == ["3-1202", "9-101"]


def test_a_backup_of_another_engine_is_refused(settings: Settings, tmp_path: Path) -> None:
    folder = backup.create(settings)
    other = Settings.from_env(
        {"LOUDA_DATA_DIR": str(settings.data_dir), "LOUDA_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none"}
    )
    with pytest.raises(backup.BackupError, match="另一种数据库"):
        backup.restore(other, folder)


def test_backups_are_readable_by_their_owner_alone(settings: Settings) -> None:
    folder = backup.create(settings)
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "louda.db").stat().st_mode & 0o077 == 0


def test_documents_on_the_same_disk_are_linked_and_cost_nothing(settings: Settings) -> None:
    folder = backup.create(settings)
    original, copy = settings.documents_dir / "ab" / "route.pdf", folder / "documents" / "ab" / "route.pdf"
    assert os.path.samefile(original, copy)


def test_all_backups_of_a_day_stay_then_one_a_day_for_thirty_days() -> None:
    every_quarter = [NOON - timedelta(minutes=15 * step) for step in range(4 * 24 * 40)]
    gone = set(backup.thinning_candidates(every_quarter, NOON))
    stay = [instant for instant in every_quarter if instant not in gone]
    assert all(instant in stay for instant in every_quarter if NOON - instant <= timedelta(hours=24))
    older = [instant for instant in stay if NOON - instant > timedelta(hours=24)]
    assert len(older) == len({instant.date() for instant in older})
    assert max(NOON - instant for instant in stay) <= timedelta(days=30)


def back_up_at(settings: Settings, *instants: datetime) -> list[Path]:
    """One backup at each instant."""
    made = []
    for instant in instants:
        with clock.frozen_at(instant):
            made.append(backup.create(settings))
    return made


@pytest.fixture
def known_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's ticks agree with the clock."""
    monkeypatch.setattr(retention, "date_trust_of", lambda _settings: DateTrust.TRUSTED)


@pytest.mark.usefixtures("known_date")
def test_a_backup_of_more_than_thirty_days_goes_once_three_newer_ones_are_sound(settings: Settings) -> None:
    (old,) = back_up_at(settings, NOON - timedelta(days=31))
    newer = back_up_at(settings, *(NOON - timedelta(hours=n) for n in (3, 2)))
    (settings.backups_dir / "notes").mkdir()
    with clock.frozen_at(NOON):
        assert backup.prune(settings) == []
    (third,) = back_up_at(settings, NOON)
    damaged = third / "louda.db"
    content = damaged.read_bytes()
    damaged.write_bytes(content[:-10])
    with clock.frozen_at(NOON):
        assert backup.prune(settings) == []  # one that cannot be restored does not count
        damaged.write_bytes(content)
        assert backup.prune(settings) == [old]
    kept = {path.name for path in [*newer, third]} | {"notes"}
    assert {path.name for path in settings.backups_dir.iterdir()} == kept


def test_a_clock_forty_days_ahead_takes_no_backup(settings: Settings) -> None:
    """Nobody has ticked, so nothing says that the date is right: by age alone nothing goes."""
    good = back_up_at(settings, *(NOON - timedelta(days=n) for n in (3, 2, 1, 0)))
    ahead = NOON + timedelta(days=40)
    later = back_up_at(settings, *(ahead + timedelta(minutes=15 * n) for n in range(4)))
    with clock.frozen_at(ahead + timedelta(hours=1)):
        assert backup.prune(settings) == []
    with clock.frozen_at(NOON):  # the clock is right again
        assert retention.from_the_future(settings.backups_dir) == later
        assert retention.newest(settings.backups_dir) == good[-1]
        assert not server.is_backup_due(settings)
        named = [finding.zh for finding in doctor.examine(settings) if not finding.is_right]
        assert all(any(path.name in sentence for sentence in named) for path in later)
    with clock.frozen_at(NOON + timedelta(minutes=15)):
        assert server.is_backup_due(settings)  # and not only in forty days
    assert all(path.exists() for path in good)


def test_nothing_is_pruned_while_the_date_is_in_doubt(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    back_up_at(
        settings, *(NOON - timedelta(days=40 + n) for n in range(5)), *(NOON - timedelta(hours=n) for n in range(4))
    )
    monkeypatch.setattr(retention, "date_trust_of", lambda _settings: DateTrust.DOUBTED)
    with clock.frozen_at(NOON):
        assert backup.prune(settings) == []


def test_after_the_start_a_backup_is_due_by_time_that_nobody_can_set(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monotonic = [1000.0]
    monkeypatch.setattr(server.time, "monotonic", lambda: monotonic[0])
    timer = server.BackupTimer(settings)
    assert timer.is_due()
    with clock.frozen_at(NOON + timedelta(days=40)):
        assert not timer.is_due()
    with clock.frozen_at(NOON - timedelta(days=40)):
        monotonic[0] += 901
        assert timer.is_due()
        assert not timer.is_due()


@pytest.mark.usefixtures("known_date")
def test_a_database_set_aside_by_a_restore_goes_after_thirty_days(settings: Settings) -> None:
    kept = backup.restore(settings, backup.create(settings))
    assert kept is not None
    assert backup.prune(settings) == []
    with clock.shifted_by(timedelta(days=31)):
        assert kept in backup.prune(settings)
    assert not kept.exists()
    assert rooms(settings) == ["3-1202"]
