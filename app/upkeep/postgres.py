"""PostgreSQL's own dump and restore programs. The password travels in the environment, never on a command line."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


class PostgresToolError(Exception):
    """pg_dump or pg_restore is missing or failed; the message is its own."""


def dump(database_url: str, target: Path) -> Path:
    """Write a compressed dump of the whole database, from one snapshot. Raises PostgresToolError."""
    _run(["pg_dump", "--format=custom", "--no-owner", f"--file={target}"], _environment(database_url))
    target.chmod(0o600)
    return target


def check(dumped: Path) -> None:
    """Read the dump to its end. Raises PostgresToolError if it is damaged."""
    _run(["pg_restore", "--file=/dev/null", str(dumped)], dict(os.environ))


def load(database_url: str, dumped: Path) -> None:
    """Replace the content of the database by the dump, in one transaction. Raises PostgresToolError."""
    environment = _environment(database_url)
    command = ["pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"]
    _run([*command, f"--dbname={environment['PGDATABASE']}", str(dumped)], environment)


def _environment(database_url: str) -> dict[str, str]:
    from sqlalchemy import make_url

    url = make_url(database_url)
    host = url.host or url.query.get("host")
    given = {
        "PGHOST": host if isinstance(host, str) else None,
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": str(url.password) if url.password else None,
        "PGDATABASE": url.database or "",
    }
    return {**os.environ, **{name: value for name, value in given.items() if value is not None}}


def _run(command: list[str], environment: dict[str, str]) -> None:
    if shutil.which(command[0]) is None:
        raise PostgresToolError(f"没有 {command[0]}：请运行 apt-get install postgresql-client")
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise PostgresToolError(f"{command[0]}: {done.stderr.strip()[-400:]}")
