"""The doctor names each thing that is wrong, in both languages, with the way out."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from app.printing.pdf import release
from app.settings import Settings
from app.upkeep import commands, doctor, first_start
from app.upkeep.database import schema
from app.upkeep.setup import fonts
from app.upkeep.setup.secrets import ensure_secret, prepare_private_folders


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A healthy installation whose database says that it is current."""
    environ = {"LOUDA_DATA_DIR": str(tmp_path / "var")}
    prepare_private_folders(Settings.from_env(environ))
    ensure_secret(tmp_path / "var")
    monkeypatch.setattr(schema, "state_of", lambda _settings: schema.SchemaState("0001", "0001"))
    monkeypatch.setattr(fonts, "has_library", lambda *_names: True)
    monkeypatch.setattr(fonts, "missing_glyphs", lambda: "")
    return Settings.from_env(environ)


def wrong(settings: Settings) -> list[str]:
    return [finding.zh for finding in doctor.examine(settings) if not finding.is_right]


def test_a_healthy_installation_has_nothing_wrong(settings: Settings) -> None:
    assert wrong(settings) == []
    assert "一切正常" in doctor.report(doctor.examine(settings))


def test_a_missing_subsetting_library_is_named_with_its_package(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "has_library", lambda *names: "libharfbuzz-subset.so.0" not in names)
    (finding,) = wrong(settings)
    assert "libharfbuzz-subset0" in finding


def test_another_release_of_the_print_engine_is_named_with_the_one_that_is_fast(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "installed_release", lambda: "69.0")
    (finding,) = wrong(settings)
    assert "69.0" in finding
    assert f"weasyprint=={release.TESTED_RELEASE}" in finding


def test_printing_that_was_slowed_down_on_purpose_is_said_and_is_not_wrong(settings: Settings) -> None:
    slow = replace(settings, is_print_fast=False)
    assert wrong(slow) == []
    assert any("LOUDA_PRINT_FAST=0" in finding.zh for finding in doctor.examine(slow))


def test_characters_without_a_glyph_are_listed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "missing_glyphs", lambda: "𲈎")
    (finding,) = wrong(settings)
    assert "𲈎" in finding
    assert "fonts-babelstone-han" in finding


def test_a_missing_font_is_said_at_the_start_and_nothing_is_said_where_all_is_there(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(first_start, "sign_ins", lambda *_args: [])
    commands.announce(settings, "http://127.0.0.1:8000")
    assert "注意" not in capsys.readouterr().out
    monkeypatch.setattr(fonts, "missing_glyphs", lambda: "𬭊")
    commands.announce(settings, "http://127.0.0.1:8000")
    said = capsys.readouterr().out
    assert "打印会有问题" in said
    assert "𬭊" in said
    assert "fonts-babelstone-han" in said


def test_a_secret_that_others_can_read_is_wrong(settings: Settings) -> None:
    (settings.data_dir / "secret.key").chmod(0o640)
    assert any("chmod 600" in finding for finding in wrong(settings))


def test_a_short_secret_is_wrong(tmp_path: Path, settings: Settings) -> None:
    short = Settings.from_env({"LOUDA_DATA_DIR": str(settings.data_dir), "LOUDA_SECRET_KEY": "short"})
    assert any("密钥不足" in finding for finding in wrong(short))


def test_a_data_folder_open_to_everyone_is_wrong(settings: Settings) -> None:
    settings.documents_dir.chmod(0o755)
    (finding,) = wrong(settings)
    assert str(settings.documents_dir) in finding


def test_a_missing_folder_is_wrong(settings: Settings) -> None:
    shutil.rmtree(settings.documents_dir)
    (finding,) = wrong(settings)
    assert str(settings.documents_dir) in finding


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (schema.SchemaState("", "0001"), "./louda migrate"),
        (schema.SchemaState("0001", "0002"), "0002"),
        (schema.SchemaState("", "0001", "unable to open"), "unable to open"),
    ],
)
def test_a_database_that_is_not_current_is_wrong(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, state: schema.SchemaState, word: str
) -> None:
    monkeypatch.setattr(schema, "state_of", lambda _settings: state)
    (finding,) = wrong(settings)
    assert word in finding


def test_a_full_disk_is_wrong(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10**12, 10**12, 2**20))
    (finding,) = wrong(settings)
    assert "1 MiB" in finding


def test_looking_at_a_database_that_is_not_there_does_not_create_it(tmp_path: Path) -> None:
    settings = Settings.from_env({"LOUDA_DATA_DIR": str(tmp_path)})
    assert schema.state_of(settings).error != ""
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_server_is_an_error_and_not_an_exception() -> None:
    settings = Settings.from_env({"LOUDA_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none"})
    assert schema.state_of(settings).error != ""


def test_this_machine_prints_rare_names_and_notices_what_no_font_has() -> None:
    assert fonts.missing_glyphs("䶮㛃㼆𬱖𣲗𰻝龘𫘦𬭊") == ""
    assert fonts.missing_glyphs("户\U0010fffd") == "\U0010fffd"


def test_the_head_read_from_the_text_of_the_migrations_is_the_head_alembic_finds(tmp_path: Path) -> None:
    settings = Settings.from_env({"LOUDA_DATA_DIR": str(tmp_path)})
    with schema.migrator(settings) as alembic:
        assert schema.heads() == [script.revision for script in alembic.heads()]


def test_migrating_makes_a_private_database_that_is_current(tmp_path: Path) -> None:
    settings = Settings.from_env({"LOUDA_DATA_DIR": str(tmp_path / "var")})
    assert schema.upgrade(settings)
    assert schema.state_of(settings).is_current
    assert not schema.upgrade(settings)
    assert (tmp_path / "var" / "louda.db").stat().st_mode & 0o077 == 0
