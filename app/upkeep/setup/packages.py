"""System packages: libraries and Chinese fonts that printing needs, and what the tests need.

Standard library only. On Debian and Ubuntu missing packages are installed through apt as root or through sudo; anywhere
else, or without permission, the exact list is printed and set-up goes on with what works.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence

PRINTING = (
    "libpango-1.0-0",
    "libpangoft2-1.0-0",
    "libharfbuzz-subset0",
    "fonts-noto-cjk",
    "fonts-babelstone-han",
)
TESTING = ("poppler-utils", "chromium-headless-shell")
POSTGRESQL = ("postgresql",)
PROGRAMS = {name: name for name in ("chromium-headless-shell", "chromium")} | {"poppler-utils": "pdftotext"}


def venv_package() -> tuple[str, ...]:
    """The package that completes Debian's Python so that it can make virtual environments, if it is missing."""
    if all(importlib.util.find_spec(name) for name in ("ensurepip", "venv")):
        return ()
    return (f"python{sys.version_info.major}.{sys.version_info.minor}-venv",)


def missing(packages: Iterable[str]) -> tuple[str, ...]:
    """Those of `packages` that are not installed: dpkg does not know them and their program is not found either."""
    wanted = tuple(name for name in packages if shutil.which(PROGRAMS.get(name, "")) is None)
    if not wanted or shutil.which("dpkg-query") is None:
        return wanted
    answer = subprocess.run(
        ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    present = {line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")}
    return tuple(name for name in wanted if name not in present)


def ensure(packages: Iterable[str]) -> bool:
    """Install what is missing; True when nothing is missing afterwards. Never raises: what failed is printed."""
    lacking = missing(packages)
    if not lacking:
        return True
    prefix = _apt_prefix()
    if prefix is not None:
        print(f"安装系统软件包 Installing system packages: {' '.join(lacking)}", flush=True)
        _install(prefix, lacking)
        lacking = missing(lacking)
    if lacking:
        _tell_what_to_install(lacking)
    return not lacking


def _install(prefix: Sequence[str], packages: Sequence[str]) -> None:
    """All at once; one by one when that fails, since one unknown name makes apt refuse all the others."""
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    install = [*apt, "install", "--yes", "--quiet", "--no-install-recommends"]
    _run([*apt, "update", "--quiet"])
    if not _run([*install, *packages]):
        for name in packages:
            _run([*install, name])


def _apt_prefix() -> Sequence[str] | None:
    """The words before apt-get: none as root, sudo where it works without asking or at a terminal, None if neither."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return ()
    if shutil.which("sudo") is None:
        return None
    asks_nothing = (
        subprocess.run(["sudo", "--non-interactive", "true"], capture_output=True, check=False).returncode == 0
    )
    return ("sudo",) if asks_nothing or sys.stdin.isatty() else None


def _run(command: Sequence[str]) -> bool:
    """Run quietly; show the last lines only when the command failed."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        print("\n".join(done.stdout.splitlines()[-8:]), file=sys.stderr)
    return done.returncode == 0


def _tell_what_to_install(packages: Sequence[str]) -> None:
    names = " ".join(packages)
    print(
        f"还缺少这些系统软件包，请以管理员身份安装：apt-get install {names}\n"
        "没有它们其余功能照常可用，但打印会变慢或缺字。\n"
        f"These system packages are missing; install them as root: apt-get install {names}\n"
        "Everything else works without them, but printing is slow or lacks characters.",
        file=sys.stderr,
    )
