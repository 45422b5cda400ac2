"""The database: column types that mean the same on both engines, and `@command`, the only place that commits."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

from flask_babel import lazy_gettext as _l
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Boolean as SqlBoolean
from sqlalchemy import (
    CheckConstraint,
    Date,
    Dialect,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    Text,
    Update,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, declared_attr, mapped_column
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.core import clock, wal
from app.core.errors import Conflict, StaleEdit
from app.core.labels import Labelled

P = ParamSpec("P")
R = TypeVar("R")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


# --- column types -----------------------------------------------------------------------------------------------------
class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Aware UTC in Python; ISO text of fixed width on SQLite (sorts as time), timestamptz on PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(TIMESTAMP(timezone=True) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone cannot be stored")
        instant = value.astimezone(UTC)
        return instant if dialect.name == "postgresql" else instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return datetime.fromisoformat(value)


class LocalDate(TypeDecorator[date]):
    """A calendar day: ISO text on SQLite, date on PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Date() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else value.isoformat()

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return date.fromisoformat(value) if isinstance(value, str) else value


class BooleanFlag(TypeDecorator[bool]):
    """Yes or no: 0/1 on SQLite (STRICT tables know no boolean), boolean on PostgreSQL."""

    impl = Integer
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(SqlBoolean() if dialect.name == "postgresql" else Integer())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else int(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)


class Json(TypeDecorator[Any]):
    """Canonical JSON text: sorted keys, no spaces, so equal values are equal bytes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces; Chinese stays readable."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


# --- columns ----------------------------------------------------------------------------------------------------------
def plain_text(**options: Any) -> MappedColumn[Any]:
    """A text column that says nothing about a person."""
    return mapped_column(Text, info={"privacy": "none"}, **options)


def personal_text(**options: Any) -> MappedColumn[Any]:
    """A text column about a person; purged after the cycle."""
    return mapped_column(Text, info={"privacy": "personal"}, **options)


def sensitive_text(**options: Any) -> MappedColumn[Any]:
    """A text column that may reveal health or special need; restricted readers, purged after the cycle."""
    return mapped_column(Text, info={"privacy": "sensitive"}, **options)


def json_column(privacy: str = "none", **options: Any) -> MappedColumn[Any]:
    """A canonical JSON column; `privacy` is none, personal or sensitive."""
    return mapped_column(Json, info={"privacy": privacy}, **options)


def fk(target: str, **options: Any) -> MappedColumn[Any]:
    """A foreign key that refuses to let its target vanish."""
    return mapped_column(ForeignKey(target, ondelete="RESTRICT"), **options)


def choice_column(name: str, values: type[Labelled], privacy: str = "none", **options: Any) -> MappedColumn[Any]:
    """A text column `name` that may hold only the values of a closed vocabulary; the database checks it."""
    return mapped_column(Text, info={"privacy": privacy, "choices": (name, values)}, **options)


@event.listens_for(Base, "instrument_class", propagate=True)
def _check_choices(_mapper: Any, model: Any) -> None:
    """Put the CHECK of each `choice_column` on the table, where migrations see it (a column's own is not seen)."""
    for column in model.__table__.columns:
        if "choices" in column.info:
            name, values = column.info["choices"]
            allowed = ", ".join(f"'{value}'" for value in values)
            model.__table__.append_constraint(CheckConstraint(f"{name} IN ({allowed})", name=name))


def check_at_least(name: str, least: int) -> CheckConstraint:
    """CHECK name >= least."""
    return CheckConstraint(f"{name} >= {least}", name=f"{name}_least")


class Created:
    """Mix-in: the instant at which the row was written."""

    @declared_attr
    def created_at(cls) -> Mapped[datetime]:
        return mapped_column(UtcDateTime, default=clock.now)


class Versioned:
    """Mix-in for roots that people edit: every UPDATE checks and raises `version` (optimistic locking)."""

    version: Mapped[int] = mapped_column(Integer, default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.__table__.c.version} if hasattr(cls, "__table__") else {}


STRICT: dict[str, Any] = {"sqlite_strict": True}


def check_version(row: Any, seen: int, theirs: dict[str, str] | None = None) -> None:
    """Refuse an edit made against an older version of `row`. Raises StaleEdit (409)."""
    if row.version != seen:
        raise StaleEdit(theirs)


READ_IDLE_MS = 5_000
COMMAND_IDLE_MS = 120_000


# --- engines ----------------------------------------------------------------------------------------------------------
BUSY_MS = 15_000


def prepare_engine(engine: Engine) -> None:
    """SQLite: WAL, full sync, foreign keys, secure delete, and BEGIN sent by ourselves."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "do_connect")
    def refuse_missing(_dialect: Dialect, _record: Any, args: list[Any], _parameters: dict[str, Any]) -> None:
        """SQLite makes a file that is missing, and people would be served an empty database."""
        name = str(args[0]) if args else ":memory:"
        if name not in ("", ":memory:") and not name.startswith("file:") and not Path(name).exists():
            raise sqlite3.OperationalError(f"there is no database {name}")

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # sqlite3 begins at the first write only: what was read before may be old
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # NORMAL may lose the last commits at a power cut: orders that were answered
            "foreign_keys=ON",
            f"busy_timeout={BUSY_MS}",
            "secure_delete=ON",  # what a purge deletes is overwritten, not only unlinked
            "cache_size=-32000",
            "temp_store=MEMORY",
            f"wal_autocheckpoint={wal.CHECKPOINT_PAGES}",
            f"journal_size_limit={wal.CHECKPOINT_BYTES}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def update_if_idle(statement: Update) -> bool:
    """Run one small UPDATE if the database is free this instant: for what is good to know and may be lost.

    A page must never wait behind a writer for such a note, nor fail for it. Returns whether it was written.
    """
    try:
        with db.engine.connect().execution_options(immediate=True) as connection:
            raw = connection.connection.driver_connection
            if isinstance(raw, sqlite3.Connection):
                raw.execute("PRAGMA busy_timeout=0")
            try:
                with connection.begin():
                    if connection.dialect.name == "postgresql":
                        connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
                    connection.execute(statement)
            finally:
                if isinstance(raw, sqlite3.Connection):
                    raw.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    except DBAPIError:
        return False
    return True


def limit_idle(engine: Engine) -> None:
    """PostgreSQL ends a connection that sits in a transaction for five seconds: a forgotten snapshot keeps dead rows.

    A command, which may think between two statements while it holds its turn, has longer.
    """
    if engine.dialect.name != "postgresql":
        return

    @event.listens_for(engine, "do_connect")
    def configure(_dialect: Dialect, _record: Any, _args: Any, parameters: dict[str, Any]) -> None:
        limit = f"-c idle_in_transaction_session_timeout={READ_IDLE_MS}"
        parameters["options"] = f"{parameters.get('options', '')} {limit}".strip()


# --- commands ---------------------------------------------------------------------------------------------------------
class SubmissionKey(Protocol):
    """What a submitted form brings along so that it takes effect once; see core/idempotency."""

    def begin(self) -> None: ...

    def finish(self, result: Any) -> None: ...


pending_claim: ContextVar[SubmissionKey | None] = ContextVar("pending_claim", default=None)
# Of the job that is being run: refuses commands of a worker whose lease went to another, and ends the job with its
# effect; see core/jobs.
job_claim: ContextVar[SubmissionKey | None] = ContextVar("job_claim", default=None)
_inside: ContextVar[bool] = ContextVar("inside_command", default=False)

TRIES = 3  # whoever met the key of another in a race finds that row at the second try, and is answered by it
# One writer at a time, as BEGIN IMMEDIATE has it on SQLite: a cut-off must see every order that was accepted before it,
# and each entry of the event log the one before. LOCK TABLE takes no snapshot, so the command reads what is there when
# its turn comes; a row lock or an advisory lock would wait with a snapshot from before. Reading goes on meanwhile.
ONE_AT_A_TIME = (
    f"SET LOCAL idle_in_transaction_session_timeout = {COMMAND_IDLE_MS}; LOCK TABLE event IN SHARE ROW EXCLUSIVE MODE"
)
RETRYABLE_SQLSTATES = {"40001", "40P01"}  # serialization failure, deadlock


def command(fn: Callable[P, R]) -> Callable[P, R]:
    """One command = one transaction: begin immediate (SQLite) or behind a table lock (PostgreSQL), body, flush, commit.

    A serialization failure or a unique key met in a race runs the body again, three times at most, on a clean session.
    Anything else rolls back and goes up. Commands are never nested.
    """
    return _transaction(fn, in_turn=True)


def background_transaction(fn: Callable[P, R]) -> Callable[P, R]:
    """A transaction like `command` that does not wait for its turn on PostgreSQL: heartbeats, leases, progress.

    For rows that no command reads to decide, and that write no event. On SQLite there is one writer at a time anyway.
    """
    return _transaction(fn, in_turn=False)


def _transaction(fn: Callable[P, R], *, in_turn: bool) -> Callable[P, R]:
    @wraps(fn)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _inside.get():
            raise RuntimeError(f"{fn.__qualname__} was called inside another command")
        token = _inside.set(True)
        try:
            return _with_retries(lambda: fn(*args, **kwargs), in_turn)
        finally:
            _inside.reset(token)

    return run


def _with_retries(body: Callable[[], R], in_turn: bool) -> R:
    for attempt in range(1, TRIES + 1):
        try:
            return run_in_transaction(body, in_turn)
        except StaleDataError as error:
            raise StaleEdit() from error
        except IntegrityError as error:
            if attempt == TRIES:
                raise Conflict(_l("刚才的操作和现有记录冲突，没有写入。请刷新后再看。")) from error
        except (OperationalError, DBAPIError) as error:
            if attempt == TRIES or not _retryable(error):
                raise
    raise AssertionError("unreachable: the last try returns or raises")


def run_in_transaction(body: Callable[[], R], in_turn: bool) -> R:
    """One try of a command: committed with its claims (of the form, the job) or rolled back; `in_turn`: see above."""
    session = db.session
    session.rollback()  # what was read before the command belongs to an older snapshot
    postgres = session.get_bind().dialect.name == "postgresql"
    options: dict[str, Any] = {"isolation_level": "REPEATABLE READ"} if postgres else {"immediate": True}
    claims = [claim for claim in (pending_claim.get(), job_claim.get()) if claim is not None and in_turn]
    try:
        session.connection(execution_options=options)
        if postgres and in_turn:
            session.connection().exec_driver_sql(ONE_AT_A_TIME)
        for claim in claims:
            claim.begin()
        result = body()
        session.flush()
        for claim in claims:
            claim.finish(result)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    if not postgres and (database := session.get_bind().engine.url.database):
        wal.checkpoint_if_large(Path(database))
    return result


def end_read() -> None:
    """Give back the snapshot of what was read, before work that takes long; loaded rows stay usable as they are.

    While a snapshot is held SQLite's log of writes cannot be reset and PostgreSQL keeps dead rows. Inside a command
    nothing is given back. Raises RuntimeError where something was changed outside a command.
    """
    session = db.session
    if _inside.get():
        return
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed outside a command")
    session.commit()


def _retryable(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in RETRYABLE_SQLSTATES or "database is locked" in str(error.orig)
