"""PostgreSQL's own dump and restore programs. The password travels in the environment, never on a command line."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ASIDE = "louda_present"


class PostgresToolError(Exception):
    """pg_dump or pg_restore is missing or failed; the message is its own."""


def dump(database_url: str, target: Path) -> Path:
    """Write a compressed dump of the whole database, from one snapshot. Raises PostgresToolError."""
    command = ["pg_dump", "--format=custom", "--no-owner", "--schema=public", f"--file={target}"]
    _run(command, connection_environment(database_url))
    target.chmod(0o600)
    return target


def check(dumped: Path) -> None:
    """Read the dump to its end. Raises PostgresToolError if it is damaged."""
    _run(["pg_restore", "--file=/dev/null", str(dumped)], dict(os.environ))


def load(database_url: str, dumped: Path, schema: str) -> None:
    """Load the dump into a fresh schema beside the present one, which stays as it is. Raises PostgresToolError.

    A dump names the schema `public`; within one transaction the present one steps aside while it is loaded.
    """
    environment = connection_environment(database_url)
    script = dumped.with_name(f"{dumped.name}.{os.getpid()}.sql")
    wrapped = script.with_name(f"{script.name}.all")
    try:
        restore = ["pg_restore", "--schema=public", "--no-owner", "--no-privileges", f"--file={script}", str(dumped)]
        _run(restore, environment)
        before = f"DROP SCHEMA IF EXISTS {schema} CASCADE; ALTER SCHEMA public RENAME TO {ASIDE}; CREATE SCHEMA public;"
        after = f"ALTER SCHEMA public RENAME TO {schema}; ALTER SCHEMA {ASIDE} RENAME TO public;"
        with open(wrapped, "wb") as whole:
            whole.write(before.encode() + b"\n")
            with open(script, "rb") as part:
                shutil.copyfileobj(part, whole)
            whole.write(b"\n" + after.encode() + b"\n")
        _psql(environment, f"--file={wrapped}")
    finally:
        script.unlink(missing_ok=True)
        wrapped.unlink(missing_ok=True)


def swap(database_url: str, schema: str) -> None:
    """Put `schema` in the place of the present one, in one transaction; the present one is dropped with it."""
    statements = f"DROP SCHEMA public CASCADE; ALTER SCHEMA {schema} RENAME TO public;"
    _psql(connection_environment(database_url), f"--command={statements}")


def drop(database_url: str, schema: str) -> None:
    """Drop a schema beside the present one, if it is there. Raises PostgresToolError."""
    _psql(connection_environment(database_url), f"--command=DROP SCHEMA IF EXISTS {schema} CASCADE;")


def within(database_url: str, schema: str) -> str:
    """The URL whose connections see only `schema`."""
    from sqlalchemy import make_url

    url = make_url(database_url).update_query_dict({"options": f"-csearch_path={schema}"})
    return url.render_as_string(hide_password=False)


def _psql(environment: dict[str, str], what: str) -> None:
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    _run(["psql", *options, what], environment)


def connection_environment(database_url: str) -> dict[str, str]:
    """The environment of a PostgreSQL program that shall use this database: the password is in it and nowhere else."""
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
