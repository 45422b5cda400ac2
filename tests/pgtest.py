"""The database part of the suite on PostgreSQL: a cluster in a temporary folder, on a free port, gone afterwards.

PostgreSQL refuses to run as root, so as root the cluster belongs to the user `postgres` that the Debian package made.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.settings import ROOT
from app.upkeep.setup import packages
from tests.checks import SPREAD

OWNER = "postgres"
# What never touches the database or is about the browser; everything else runs here, new tests by themselves.
WITHOUT_DATABASE = (
    "tests/routing",
    "tests/printing/test_content.py",
    "tests/printing/test_on_paper.py",
    "tests/printing/test_safety.py",
    "tests/e2e",
    "tests/look",
    "tests/docs",
    "tests/test_translations.py",
    "tests/test_architecture.py",
    "tests/test_settings.py",
)


def main(arguments: Sequence[str]) -> int:
    """Run pytest with TEST_DATABASE_URL set; returns its exit status."""
    programs = find_programs()
    if programs is None:
        packages.ensure(packages.POSTGRESQL)
        programs = find_programs()
    if programs is None:
        print("没有 PostgreSQL：请运行 apt-get install postgresql。 PostgreSQL is not installed.", file=sys.stderr)
        return 1
    parts = arguments or ["tests", *(f"--ignore={part}" for part in WITHOUT_DATABASE)]
    with cluster(programs) as url:
        command = [sys.executable, "-m", "pytest", *SPREAD, *parts]
        print("$", *command[1:], flush=True)
        return subprocess.run(command, cwd=ROOT, env={**os.environ, "TEST_DATABASE_URL": url}, check=False).returncode


def find_programs() -> Path | None:
    """The folder of initdb and pg_ctl of the newest PostgreSQL, None if there is none."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    folders = sorted((path.parent for path in installed), key=lambda folder: int(folder.parent.name))
    on_path = shutil.which("initdb")
    return folders[-1] if folders else (Path(on_path).parent if on_path else None)


@contextmanager
def cluster(programs: Path) -> Iterator[str]:
    """A running PostgreSQL with an empty database; yields its URL. Durability is off: nothing here must survive."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="louda-pg-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        if os.geteuid() == 0:
            shutil.chown(folder, OWNER)
        _as_owner([str(programs / "initdb"), "--auth=trust", f"--username={OWNER}", "--encoding=UTF8", "-D", str(data)])
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        settings += " -c synchronous_commit=off -c full_page_writes=off -c max_connections=300"
        control = [str(programs / "pg_ctl"), "-D", str(data), "-w"]
        _as_owner([*control, "-l", f"{folder}/log", "-o", settings, "start"])
        try:
            address = ["-h", "127.0.0.1", "-p", str(port), "-U", OWNER]
            _as_owner([str(programs / "createdb"), *address, "louda_test"])
            yield f"postgresql+psycopg://{OWNER}@127.0.0.1:{port}/louda_test"
        finally:
            _as_owner([*control, "-m", "immediate", "stop"])


def _as_owner(command: Sequence[str]) -> None:
    prefix = ["runuser", "-u", OWNER, "--"] if os.geteuid() == 0 else []
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [*prefix, *command], cwd="/", env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} 失败 failed")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
