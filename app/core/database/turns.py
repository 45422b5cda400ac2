"""Whose turn it is to write: a command waits for its subdistrict, for nobody, or for all.

One subdistrict never waits for another. Within one, orders share the turn; what must see every order, or must not be
overtaken by one (cut-off, import, allocation and the like), has it alone.

PostgreSQL: transaction-level advisory locks, taken before anything is read, shared on the installation and shared or
exclusive on the subdistrict. At READ COMMITTED each statement sees what was committed when it begins, so that a command
reads what is there when its turn has come; a snapshot from before the wait would be old. Source: PostgreSQL manual,
"Advisory Locks" and "Read Committed Isolation Level".
SQLite: one writer at a time anyway; the threads of a process stand in a queue in order of coming, because the file lock
itself is given to whoever happens to ask at the right instant.

How many of a process may wait is bounded in both: whoever comes after them is asked to try again, and the threads that
are left go on answering readers.
"""

from __future__ import annotations

import inspect
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Select, Table, select, text
from sqlalchemy.engine import Connection

from app.core.errors import Busy


class TurnKind(StrEnum):
    """How a command stands to the others that write.

    SHARED: with others that share the turn of the same subdistrict. Whatever its writes depend on is guarded by a
    conditional UPDATE, a unique key or a row lock. EXCLUSIVE: alone in its subdistrict. ALL: alone in the installation,
    for what belongs to no subdistrict (catalogue, accounts). NOBODY: waits for none; for rows that no other command
    reads to decide, or that are guarded by themselves (sign-ins, counted tries).
    """

    SHARED = "shared"
    EXCLUSIVE = "exclusive"
    ALL = "all"
    NOBODY = "nobody"


RowKey = tuple[str, int | None]  # table and id of a row that belongs to one subdistrict
FindRow = Callable[..., RowKey]

# What a parameter `<name>_id` of a command is the id of, where the table is not called like it.
TABLE_OF = {
    "alias": "compound_alias",
    "claim": "room_claim",
    "entry": "desk_entry",
    "member": "team_member",
    "order": "household_order",
    "pack": "free_pack",
    "paste": "chain_paste",
    "point": "service_point",
    "standing": "standing_order",
}
WAIT_MS = 15_000  # for the turn of a subdistrict: an order that waits longer is asked to come again
ALL_WAIT_MS = 1_000  # for the turn of all, a try: meanwhile nobody else gets one
ALL_TRIES = 30
GRACE_S = 0.3  # for a place in a queue that is full: most writers are done sooner
COMMAND_STATEMENT_MS = 600_000
COMMAND_IDLE_MS = 120_000
# First numbers of the advisory locks; the second one is the subdistrict, or 0.
INSTALLATION, SUBDISTRICT, NAMED = 0x10DA, 0x10DB, 0x10DC

# Whose turn the present command has: the entries that it writes belong to this subdistrict. None: the installation's.
current_subdistrict: ContextVar[int | None] = ContextVar("current_subdistrict", default=None)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a command waits for; `row` finds a row of the subdistrict in its arguments."""

    kind: TurnKind
    row: FindRow | None = None

    def row_of(self, args: Sequence[Any], kwargs: dict[str, Any]) -> RowKey | None:
        """The row whose subdistrict it is about, or None for the installation."""
        return None if self.row is None else self.row(*args, **kwargs)


def turn_of(fn: Callable[..., Any], kind: TurnKind | None, of: str | FindRow | None) -> Turn:
    """The turn of a command. Without a kind: alone in the subdistrict of the first parameter that is the id of a row
    of one, else alone in the installation. `of` names the table of that first id, or finds the row."""
    if kind in (TurnKind.ALL, TurnKind.NOBODY) and of is None:
        return Turn(kind)
    row = of if callable(of) else _row_finder(fn, of)
    return Turn(TurnKind.ALL) if row is None else Turn(kind or TurnKind.EXCLUSIVE, row)


def _row_finder(fn: Callable[..., Any], table: str | None) -> FindRow | None:
    names = list(inspect.signature(fn).parameters)
    for index, name in enumerate(names):
        if name.endswith("_id"):
            stem = name.removesuffix("_id")
            return _by_parameter(index, name, table or TABLE_OF.get(stem, stem))
    return None


def _by_parameter(index: int, name: str, table: str) -> FindRow:
    def find(*args: Any, **kwargs: Any) -> RowKey:
        return table, args[index] if len(args) > index else kwargs.get(name)

    return find


# --- which subdistrict a row belongs to -------------------------------------------------------------------------------
# Ways that lead out of a subdistrict, or may change: who did it, what is sold.
_NO_WAY = frozenset({"account", "job", "item", "bundle", "offer", "supplier"})


@cache
def way_to_subdistrict(table: Table) -> tuple[str, ...] | None:
    """The foreign keys from a table up to the one that names the subdistrict, shortest first; None where none leads
    there. Such a way never changes for a row: a building stays in its compound, an order in its cycle."""
    if "subdistrict_id" in table.c:
        return ("subdistrict_id",)
    if "cycle_id" in table.c and not table.c.cycle_id.nullable:
        return ("cycle_id", "subdistrict_id")
    waiting: deque[tuple[Table, tuple[str, ...]]] = deque([(table, ())])
    seen = {table.name}
    while waiting:
        here, way = waiting.popleft()
        if "subdistrict_id" in here.c:
            return (*way, "subdistrict_id")
        for column in here.c:
            for key in column.foreign_keys:
                there = key.column.table
                if not column.nullable and key.column.name == "id" and there.name not in seen | _NO_WAY:
                    seen.add(there.name)
                    waiting.append((there, (*way, column.name)))
    return None


@cache
def _subdistrict_query(table: Table) -> Select[Any] | None:
    """SELECT of the subdistrict of the row with the id `:row`, or None for a table that belongs to none."""
    if table.name == "subdistrict":
        return None
    way = way_to_subdistrict(table)
    if way is None:
        return None
    here: Any = table.alias()
    joined, first = here, here
    for name in way[:-1]:
        target = _target(here, name)
        there = target.alias()
        joined = joined.join(there, here.c[name] == there.c.id)
        here = there
    return select(here.c[way[-1]]).select_from(joined).where(first.c.id == text(":row"))


def _target(here: Any, name: str) -> Table:
    if name == "cycle_id":  # in many tables part of a key of two columns
        cycle: Table = here.element.metadata.tables["cycle"]
        return cycle
    (key,) = here.element.c[name].foreign_keys
    found: Table = key.column.table
    return found


def subdistrict_of(connection: Connection, tables: Any, row: RowKey) -> int | None:
    """The subdistrict of a row: None where it or its table belongs to none (goods that all share) or no id was given, 0
    where there is no such row.

    `tables`: name → Table. One statement.
    """
    name, row_id = row
    if row_id is None or name not in tables:
        return None
    if name == "subdistrict":
        return row_id
    query = _subdistrict_query(tables[name])
    if query is None:
        return None
    found = connection.execute(query, {"row": row_id}).first()
    return 0 if found is None else found[0]


# --- waiting ----------------------------------------------------------------------------------------------------------
def lock_statement(kind: TurnKind, subdistrict: int | None) -> str:
    """What takes a turn on PostgreSQL: one round trip, limits first."""
    limits = (
        f"SET LOCAL idle_in_transaction_session_timeout = {COMMAND_IDLE_MS};"
        f" SET LOCAL statement_timeout = {COMMAND_STATEMENT_MS};"
    )
    if kind is TurnKind.NOBODY:
        return f"{limits} SET LOCAL lock_timeout = {WAIT_MS}"
    if kind is TurnKind.ALL or subdistrict is None:
        return f"{limits} SET LOCAL lock_timeout = {ALL_WAIT_MS}; SELECT pg_advisory_xact_lock({INSTALLATION}, 0)"
    shared = "_shared" if kind is TurnKind.SHARED else ""
    return (
        f"{limits} SET LOCAL lock_timeout = {WAIT_MS}; SELECT pg_advisory_xact_lock_shared({INSTALLATION}, 0);"
        f" SELECT pg_advisory_xact_lock{shared}({SUBDISTRICT}, {int(subdistrict)})"
    )


def lock_names(connection: Connection, names: Sequence[str]) -> None:
    """Inside a command that waits for nobody: have these names to oneself until it ends, whoever else wants them.

    Taken in one order, so that two that want the same names never wait for each other. Nothing on SQLite, where one
    writes at a time.
    """
    if connection.dialect.name == "postgresql":
        for name in sorted(names):
            connection.execute(
                text("SELECT pg_advisory_xact_lock(:kind, hashtext(:name))"), {"kind": NAMED, "name": name}
            )


class WriterQueue:
    """The writers of one process: how many may wait, and, where one writes at a time, in which order.

    `most` counts those that wait or write, None for any number. A worker and a command line have no bound.
    """

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._line: deque[threading.Event] = deque()
        self._inside = 0
        self.most: int | None = None

    def waiting(self) -> int:
        """How many wait for their turn."""
        return max(0, len(self._line) - 1)

    def is_full(self) -> bool:
        return self.most is not None and self._inside >= self.most

    @contextmanager
    def place(self, *, one_at_a_time: bool, wait_s: float | None = None) -> Iterator[None]:
        """Stand in the queue. Raises Busy where it is too long, or the turn has not come within `wait_s`."""
        wait_s = WAIT_MS / 1000 if wait_s is None else wait_s
        with self._lock:
            if not self._lock.wait_for(lambda: not self.is_full(), GRACE_S):
                raise Busy
            self._inside += 1
        try:
            if one_at_a_time:
                with self._turn(wait_s):
                    yield
            else:
                yield
        finally:
            with self._lock:
                self._inside -= 1
                self._lock.notify()

    @contextmanager
    def _turn(self, wait_s: float) -> Iterator[None]:
        mine = threading.Event()
        with self._lock:
            self._line.append(mine)
            if self._line[0] is mine:
                mine.set()
        try:
            if not mine.wait(wait_s):
                raise Busy
            yield
        finally:
            with self._lock:
                was_first = self._line[0] is mine
                self._line.remove(mine)
                if was_first and self._line:
                    self._line[0].set()


writers = WriterQueue()


monotonic = time.monotonic


def rest_between_tries() -> None:
    """Let those pass who waited behind a try for the turn of all."""
    time.sleep(random.uniform(0.1, 0.4))  # noqa: S311 - two that try must not do so in step
