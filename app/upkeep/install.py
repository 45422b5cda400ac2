"""Before any dependency exists: virtual environment, pinned packages, system libraries, secret; then the command.

Standard library only; `louda` starts it with the system's Python as `python3 -m app.upkeep.install COMMAND …`.
Every step looks first whether it is done, so that a second start costs a few milliseconds.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from app.settings import ROOT, Settings, SettingsError
from app.upkeep.catalogue import COMMANDS, help_text
from app.upkeep.setup import packages
from app.upkeep.setup.secrets import ensure_secret, prepare_private_folders

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "louda.installed"
LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / "requirements-test.lock"


class SetUpError(Exception):
    """Set-up cannot go on; the message says what to do, in Chinese and English."""


def main(arguments: Sequence[str]) -> int:
    """Dispatch one command line; returns the exit status or becomes the command (exec)."""
    command, *rest = arguments or ["help"]
    if command in {"help", "--help", "-h"}:
        print(help_text())
        return 0
    if command not in {*COMMANDS, "test"}:
        print(f"没有这个命令 No such command: {command}\n\n{help_text()}", file=sys.stderr)
        return 2
    try:
        if command == "doctor" and not PYTHON.exists():
            raise SetUpError("还没有安装：请先运行 ./louda run。\nNot set up yet: run ./louda run first.")
        if command != "doctor":
            prepare(for_tests=command in ("test", "drill", "docs"), with_browser=command != "docs")
        return exec_command(command, rest)
    except (SetUpError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1


def exec_command(command: str, rest: Sequence[str]) -> int:
    """Replace this process by the command, run by the virtual environment's Python."""
    module = ["tests.checks"] if command == "test" else ["app.cli", command]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling every slice at each start would double its time
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), "-m", *module, *rest])


def prepare(for_tests: bool, with_browser: bool = True) -> None:
    """Bring the installation to the state its lock files describe; does nothing where that is so already.

    `for_tests` adds what requirements-test.lock names; with `with_browser` also the programs that browser tests need.
    """
    try:
        settings = Settings.from_env()
        prepare_private_folders(settings)
        ensure_secret(settings.data_dir)
    except OSError as error:
        raise SetUpError(f"不能写入数据目录。 The data folder cannot be written: {error}") from error
    for_venv = () if PYTHON.exists() else packages.venv_package()
    packages.ensure((*for_venv, *packages.PRINTING, *(packages.TESTING if for_tests and with_browser else ())))
    wanted = [LOCK, TEST_LOCK] if for_tests else [LOCK]
    if not PYTHON.exists() or not _fingerprints(wanted) <= _stamped():
        _make_venv()
        _install_lock(wanted[-1])
        STAMP.write_text("\n".join(sorted(_fingerprints(wanted))) + "\n", encoding="ascii")


def _fingerprints(locks: Sequence[Path]) -> set[str]:
    """SHA-256 of each lock file: a changed lock is a changed word in the stamp."""
    return {hashlib.sha256(lock.read_bytes()).hexdigest() for lock in locks}


def _stamped() -> set[str]:
    try:
        return set(STAMP.read_text(encoding="ascii").split())
    except OSError:
        return set()


def _make_venv() -> None:
    """Create the virtual environment unless a working one with pip is there."""
    if _succeeds([str(PYTHON), "-m", "pip", "--version"]):
        return
    print("创建虚拟环境 Creating the virtual environment: .venv", flush=True)
    if not _succeeds([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        name = " ".join(packages.venv_package()) or "python3-venv"
        raise SetUpError(
            f"Python 不能创建虚拟环境。请以管理员身份运行 apt-get install {name}，然后重试。\n"
            f"Python cannot make a virtual environment. As root run apt-get install {name}, then try again."
        )


def _install_lock(lock: Path) -> None:
    """Install exactly what the lock names; a file whose hash differs is refused by pip."""
    print(f"安装固定版本的依赖 Installing the pinned packages of {lock.name}", flush=True)
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    done = subprocess.run(
        [*command, "--require-hashes", "--requirement", str(lock)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        print("\n".join(done.stdout.splitlines()[-12:]), file=sys.stderr)
        raise SetUpError(
            f"安装 {lock.name} 失败，原因见上。联网后重试即可继续。\n"
            f"Installing {lock.name} failed for the reason above. Try again when the network works."
        )


def _succeeds(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
