"""What happens before anything is installed: dispatch, secret, stamp, and what is said when something is missing."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from app.settings import ROOT, SettingsError
from app.upkeep import install
from app.upkeep.catalogue import COMMANDS
from app.upkeep.setup import packages
from app.upkeep.setup.secrets import ensure_secret


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation folder of its own, with the system packages taken as present."""
    folder = tmp_path / ".venv"
    monkeypatch.setattr(install, "VENV", folder)
    monkeypatch.setattr(install, "PYTHON", folder / "bin" / "python")
    monkeypatch.setattr(install, "STAMP", folder / "louda.installed")
    monkeypatch.setattr(packages, "ensure", lambda _names: True)
    monkeypatch.setenv("LOUDA_DATA_DIR", str(tmp_path / "var"))
    return folder


def stamp_of(folder: Path, *locks: Path) -> None:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "louda.installed").write_text("\n".join(hashlib.sha256(lock.read_bytes()).hexdigest() for lock in locks))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lock files that pip was told to install, by hash; nothing is installed."""
    locks: list[str] = []

    def run(command: list[str], **_more: object) -> subprocess.CompletedProcess[str]:
        if "install" in command:
            assert "--require-hashes" in command
            locks.append(command[-1])
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return locks


def test_set_up_runs_on_a_python_without_any_package() -> None:
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import app.upkeep.install",
    ]
    assert subprocess.run(command, check=False).returncode == 0


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert install.main([]) == 0
    shown = capsys.readouterr().out
    assert all(re.search(rf"^  {name} ", shown, re.MULTILINE) for name in [*COMMANDS, "test"])


def test_an_unknown_command_is_refused_with_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert install.main(["fly"]) == 2
    assert "fly" in capsys.readouterr().err


def test_every_catalogued_command_can_be_imported() -> None:
    modules = {entry.target.partition(":")[0] for entry in COMMANDS.values()}
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []


def test_a_stamped_installation_installs_nothing_again(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp_of(venv, install.LOCK)
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_more: pytest.fail("installed again"))
    install.prepare(for_tests=False)


def test_a_changed_lock_is_installed_and_stamped(
    venv: Path, installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp_of(venv, install.LOCK)
    changed = venv.parent / "requirements.lock"
    changed.write_text("flask==9 --hash=sha256:0\n")
    monkeypatch.setattr(install, "LOCK", changed)
    install.prepare(for_tests=False)
    install.prepare(for_tests=False)
    assert installed == [str(changed)]


def test_the_test_tools_are_installed_on_top_of_the_same_pins(venv: Path, installed: list[str]) -> None:
    stamp_of(venv, install.LOCK)
    install.prepare(for_tests=True)
    install.prepare(for_tests=False)
    assert installed == [str(install.TEST_LOCK)]


def test_reading_the_documentation_needs_the_test_tools_and_no_browser(
    venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp_of(venv, install.TEST_LOCK, install.LOCK)
    wanted: list[tuple[str, ...]] = []

    def ensure(names: Iterable[str]) -> bool:
        wanted.append(tuple(names))
        return True

    monkeypatch.setattr(packages, "ensure", ensure)
    monkeypatch.setattr(install, "exec_command", lambda command, _rest: 0)
    assert [install.main([command]) for command in ("docs", "test")] == [0, 0]
    assert [set(packages.TESTING) & set(names) for names in wanted] == [set(), set(packages.TESTING)]


def test_doctor_before_set_up_says_what_to_run(venv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert install.main(["doctor"]) == 1
    assert "./louda run" in capsys.readouterr().err


def test_a_wrong_variable_is_a_sentence_and_not_a_traceback(
    venv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "many")
    assert install.main(["run"]) == 1
    assert capsys.readouterr().err.startswith("PORT='many'")
    with pytest.raises(SettingsError):
        install.prepare(for_tests=False)


def test_the_secret_is_long_private_and_never_replaced(tmp_path: Path) -> None:
    path = ensure_secret(tmp_path)
    first = path.read_text()
    assert len(first.strip()) == 64
    assert path.stat().st_mode & 0o777 == 0o600
    assert ensure_secret(tmp_path).read_text() == first
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret.key"]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock", "requirements-bench.lock"])
def test_locks_pin_every_package_by_hash_and_name_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert len(entries) > 50
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_all_locks_pin_the_same_versions() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9][^ ]*==[^ ]+", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-test.lock")
    assert pins("requirements.lock") <= pins("requirements-bench.lock")


def test_without_root_or_sudo_the_exact_command_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    which = shutil.which
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "sudo" else which(name))
    assert packages.ensure(["no-such-package-of-debian"]) is False
    assert "apt-get install no-such-package-of-debian" in capsys.readouterr().err


def test_one_unknown_package_does_not_keep_the_others_away(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **_more: object) -> subprocess.CompletedProcess[str]:
        names = [word for word in command if word.startswith("fonts-")]
        if "install" in command:
            asked.append(names)
        is_known = len(names) == 1 and "install" in command
        return subprocess.CompletedProcess(command, 0 if is_known else 100, "", "")

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name else None)
    monkeypatch.setattr(subprocess, "run", run)
    assert packages.ensure(["fonts-a", "fonts-b"]) is False, "dpkg still knows neither"
    assert asked == [["fonts-a", "fonts-b"], ["fonts-a"], ["fonts-b"]]


def test_the_entry_script_is_posix_shell_and_only_dispatches() -> None:
    script = (ROOT / "louda").read_text(encoding="utf-8")
    assert script.startswith("#!/bin/sh\n")
    assert len(script.splitlines()) <= 25
    assert subprocess.run(["sh", "-n", str(ROOT / "louda")], check=False).returncode == 0
