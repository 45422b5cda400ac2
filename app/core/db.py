"""The database: column types that mean the same on both engines, and `@command`, the only place that commits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar, overload

from flask_babel import lazy_gettext as _l
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Boolean as SqlBoolean
from sqlalchemy import (
    CheckConstraint,
    Date,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    Text,
    event,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, declared_attr, mapped_column
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.core import clock, wal
from app.core.database import turns
from app.core.database.turns import Turn, TurnKind, writers
from app.core.errors import Busy, Conflict, StaleEdit
from app.core.labels import Labelled
from app.core.log import figures

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
PATIENCE_S = 600  # of a worker or a command line for its turn; a page says that it did not come
RETRYABLE_SQLSTATES = {"40001", "40P01"}  # serialization failure, deadlock
LOCK_NOT_AVAILABLE = "55P03"


@overload
def command(fn: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def command(
    *, turn: TurnKind | None = None, of: str | turns.FindRow | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def command(
    fn: Callable[P, R] | None = None, /, *, turn: TurnKind | None = None, of: str | turns.FindRow | None = None
) -> Any:
    """One command = one transaction, begun when its turn has come (core/database/turns): body, flush, commit.

    It has the turn of the subdistrict to which its first `<name>_id` belongs to itself; `of` names the table of that id
    where its name does not tell, or finds (table, id) in the arguments; `turn` says it otherwise. A command about
    nothing that belongs to a subdistrict has the turn of the installation.

    A serialization failure or a unique key met in a race runs the body again, three times at most, on a clean session.
    Anything else rolls back and goes up. Commands are never nested. Raises Busy where the turn did not come in time.
    """

    def decorate(fn: Callable[P, R]) -> Callable[P, R]:
        return _transaction(fn, turns.turn_of(fn, turn, of), has_claims=True)

    return decorate if fn is None else decorate(fn)


def background_transaction(fn: Callable[P, R]) -> Callable[P, R]:
    """A transaction like `command` that waits for nobody on PostgreSQL: heartbeats, leases, progress.

    For rows that no command reads to decide, and that write no event. On SQLite there is one writer at a time anyway.
    """
    return _transaction(fn, Turn(TurnKind.NOBODY), has_claims=False)


def _transaction(fn: Callable[P, R], turn: Turn, *, has_claims: bool) -> Callable[P, R]:
    @wraps(fn)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _inside.get():
            raise RuntimeError(f"{fn.__qualname__} was called inside another command")
        row = turn.row_of(args, kwargs)
        token = _inside.set(True)
        try:
            return _with_retries(lambda: run_in_transaction(lambda: fn(*args, **kwargs), turn.kind, row, has_claims))
        finally:
            _inside.reset(token)

    run.turn = turn  # type: ignore[attr-defined]
    return run


def _with_retries(once: Callable[[], R]) -> R:
    tries, started = 0, turns.monotonic()
    while True:
        try:
            return once()
        except StaleDataError as error:
            raise StaleEdit() from error
        except IntegrityError as error:
            tries += 1
            if tries == TRIES:
                raise Conflict(_l("刚才的操作和现有记录冲突，没有写入。请刷新后再看。")) from error
        except Busy:
            if writers.most is not None or turns.monotonic() - started > PATIENCE_S:
                raise
        except (OperationalError, DBAPIError) as error:
            tries += 1
            if tries == TRIES or getattr(error.orig, "sqlstate", None) not in RETRYABLE_SQLSTATES:
                raise


def run_in_transaction(
    body: Callable[[], R], kind: TurnKind, row: turns.RowKey | None = None, has_claims: bool = True
) -> R:
    """One try of a command: committed with its claims (of the form, the job) or rolled back. Raises Busy."""
    session = db.session
    session.rollback()  # what was read before the command belongs to an older snapshot
    postgres = session.get_bind().dialect.name == "postgresql"
    claims = [claim for claim in (pending_claim.get(), job_claim.get()) if claim is not None and has_claims]
    with figures.turn_watched(kind.value) as turn, _place(turn, one_at_a_time=not postgres):
        try:
            token = turns.current_subdistrict.set(_begin(kind, row))
            turn.begin()
            try:
                for claim in claims:
                    claim.begin()
                result = body()
                session.flush()
                for claim in claims:
                    claim.finish(result)
            finally:
                turns.current_subdistrict.reset(token)
            session.commit()
        except BaseException:
            session.rollback()
            raise
    if not postgres and (database := session.get_bind().engine.url.database):
        wal.checkpoint_if_large(Path(database))
    return result


@contextmanager
def _place(turn: figures.TurnWatch, *, one_at_a_time: bool) -> Iterator[None]:
    """A place among the writers of this process; a turn that does not come is counted."""
    try:
        with writers.place(one_at_a_time=one_at_a_time):
            yield
    except Busy:
        turn.refuse()
        raise


def _begin(kind: TurnKind, row: turns.RowKey | None) -> int | None:
    """Begin the transaction and wait for the turn. Returns the subdistrict whose turn it is."""
    session = db.session
    tables = Base.metadata.tables
    if session.get_bind().dialect.name != "postgresql":
        connection = session.connection(execution_options={"immediate": True})
        return None if row is None else turns.subdistrict_of(connection, tables, row)
    for attempt in range(1, turns.ALL_TRIES + 1):
        connection = session.connection(execution_options={"isolation_level": "READ COMMITTED"})
        subdistrict = None if row is None else turns.subdistrict_of(connection, tables, row)
        try:
            connection.exec_driver_sql(turns.lock_statement(kind, subdistrict))
            return subdistrict
        except DBAPIError as error:
            session.rollback()
            is_for_all = kind is TurnKind.ALL or (subdistrict is None and kind is not TurnKind.NOBODY)
            if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            if not is_for_all or attempt == turns.ALL_TRIES:
                raise Busy from error
            turns.rest_between_tries()
    raise AssertionError("unreachable: the last try returns or raises")


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
