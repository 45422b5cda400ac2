"""Settings: what is read, what is refused, what makes an installation unsafe."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from app.settings import ROOT, Settings, SettingsError

SAFE = {
    "LOUDA_ENV": "production",
    "LOUDA_SECRET_KEY": "k" * 32,
    "LOUDA_TRUSTED_HOSTS": "louda.example.cn",
    "LOUDA_PUBLIC_URL": "https://louda.example.cn",
}


def production(tmp_path: Path, **changes: str) -> Settings:
    return Settings.from_env({**SAFE, "LOUDA_DATA_DIR": str(tmp_path), **changes})


def test_an_empty_environment_is_a_development_installation_below_var() -> None:
    settings = Settings.from_env({})
    assert (settings.env, settings.port) == ("development", 8000)
    assert settings.data_dir == ROOT / "var"
    assert settings.sqlite_path == ROOT / "var" / "louda.db"
    assert settings.documents_dir.parent == settings.backups_dir.parent == settings.data_dir


def test_printing_is_fast_unless_it_is_switched_off() -> None:
    assert Settings.from_env({}).is_print_fast
    assert not Settings.from_env({"LOUDA_PRINT_FAST": "0"}).is_print_fast
    with pytest.raises(SettingsError, match="LOUDA_PRINT_FAST"):
        Settings.from_env({"LOUDA_PRINT_FAST": "slow"})


def test_settings_cannot_be_changed_after_reading() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings.from_env({}).port = 1  # type: ignore[misc]


def test_a_safe_production_installation_has_no_problems(tmp_path: Path) -> None:
    assert production(tmp_path).problems() == ()


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("LOUDA_SECRET_KEY", "k" * 31, "LOUDA_SECRET_KEY"),
        ("FLASK_DEBUG", "1", "FLASK_DEBUG"),
        ("LOUDA_TRUSTED_HOSTS", " , ", "LOUDA_TRUSTED_HOSTS"),
        ("LOUDA_PUBLIC_URL", "http://louda.example.cn", "https://"),
        ("LOUDA_PURGE_AFTER_DAYS", "91", "LOUDA_PURGE_AFTER_DAYS"),
    ],
)
def test_production_refuses_each_unsafe_setting(tmp_path: Path, name: str, value: str, word: str) -> None:
    (problem,) = production(tmp_path, **{name: value}).problems()
    assert word in problem


@pytest.mark.parametrize("name", ["louda.db", "secret.key", "documents", "backups"])
def test_production_refuses_data_that_other_users_can_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch(mode=0o600) if "." in name else path.mkdir(mode=0o700)
    assert production(tmp_path).problems() == ()
    path.chmod(path.stat().st_mode | 0o004)
    (problem,) = production(tmp_path).problems()
    assert str(path) in problem


def test_a_missing_secret_is_a_problem_and_not_an_invented_one(tmp_path: Path) -> None:
    settings = Settings.from_env({"LOUDA_DATA_DIR": str(tmp_path)})
    assert settings.secret_key == ""
    assert len(settings.problems()) == 1


def test_the_secret_is_read_from_its_file_unless_the_environment_names_one(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("f" * 64 + "\n")
    assert Settings.from_env({"LOUDA_DATA_DIR": str(tmp_path)}).secret_key == "f" * 64
    given = {"LOUDA_DATA_DIR": str(tmp_path), "LOUDA_SECRET_KEY": "e" * 40}
    assert Settings.from_env(given).secret_key == "e" * 40


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "eighty"),
        ("PORT", "８０００"),
        ("LOUDA_ENV", "prod"),
        ("LOUDA_PUBLIC_URL", "louda.example.cn"),
        ("LOUDA_TRUSTED_PROXIES", "-1"),
        ("LOUDA_PURGE_AFTER_DAYS", "1.5"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({name: value})


def test_cookies_carry_the_host_prefix_only_where_https_lets_browsers_accept_it(tmp_path: Path) -> None:
    assert production(tmp_path).cookie_name("louda") == "__Host-louda"
    assert Settings.from_env({}).cookie_name("louda") == "louda"


def test_a_laptop_is_trusted_without_being_listed_but_production_trusts_nobody_by_default() -> None:
    assert "localhost" in Settings.from_env({}).trusted_hosts
    assert Settings.from_env({"LOUDA_ENV": "production"}).trusted_hosts == ()


def test_postgresql_has_no_database_file() -> None:
    settings = Settings.from_env({"LOUDA_DATABASE_URL": "postgresql+psycopg://louda@db/louda"})
    assert not settings.is_sqlite
    assert settings.sqlite_path is None


def test_the_secret_never_appears_when_settings_are_printed() -> None:
    assert "k" * 32 not in repr(Settings.from_env({"LOUDA_SECRET_KEY": "k" * 32}))
    url = "postgresql+psycopg://louda:hush@db/louda"
    assert "hush" not in repr(Settings.from_env({"LOUDA_DATABASE_URL": url}))
