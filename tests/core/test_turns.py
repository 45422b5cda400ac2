"""Whose turn it is to write: a subdistrict waits for itself only, orders share, and who waits too long is told so."""

from __future__ import annotations

import inspect
import pkgutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import pytest
from flask import Flask
from sqlalchemy import select

import app as application
from app import models
from app.core.database import turns
from app.core.database.turns import TurnKind, WriterQueue, lock_statement, turn_of, writers
from app.core.db import command, db
from app.core.errors import Busy
from app.core.events import SYSTEM, Event, record
from app.places.models import Subdistrict
from tests import world

ON_POSTGRES = "the file of SQLite has one writer at a time whoever it is"


@command
def write(cycle_id: int) -> int | None:
    """An entry in the log of the subdistrict of a cycle; returns whose turn it was."""
    record(SYSTEM, "import", ("cycle", cycle_id), cycle_id=cycle_id)
    return turns.current_subdistrict.get()


@command(turn=TurnKind.SHARED)
def share(cycle_id: int) -> int | None:
    """As `write`, beside others."""
    return turns.current_subdistrict.get()


@command
def write_everywhere() -> int | None:
    return turns.current_subdistrict.get()


@command(turn=TurnKind.NOBODY)
def wait_for_nobody() -> None:
    pass


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A web process: who waits longer than an instant is told so."""
    monkeypatch.setattr(turns, "WAIT_MS", 100)
    monkeypatch.setattr(turns, "ALL_WAIT_MS", 100)
    monkeypatch.setattr(turns, "ALL_TRIES", 2)
    monkeypatch.setattr(writers, "most", 8)


@contextmanager
def taken(kind: TurnKind, subdistrict_id: int | None) -> Iterator[None]:
    """Another process has the turn."""
    if db.engine.dialect.name == "sqlite":
        pytest.skip(ON_POSTGRES)
    with db.engine.connect() as connection:
        connection.exec_driver_sql(lock_statement(kind, subdistrict_id))
        yield
        connection.rollback()


def test_a_command_has_the_turn_of_the_subdistrict_of_what_it_is_about(app: Flask) -> None:
    here = world.build()
    assert write(here.cycle.id) == here.cycle.subdistrict_id
    assert (
        db.session.scalar(select(Event.subdistrict_id).order_by(Event.id.desc()).limit(1)) == here.cycle.subdistrict_id
    )
    assert write_everywhere() is None
    assert write(987_654) == 0  # what is not there stops nobody: the command itself says that it is not there


def test_the_way_from_a_row_to_its_subdistrict_is_found_in_the_keys() -> None:
    tables = models.metadata.tables
    assert turns.way_to_subdistrict(tables["bag"]) == ("cycle_id", "subdistrict_id")
    assert turns.way_to_subdistrict(tables["errand"]) == (
        "household_id",
        "stairwell_id",
        "building_id",
        "subdistrict_id",
    )
    assert turns.way_to_subdistrict(tables["item"]) == ("subdistrict_id",)
    assert turns.way_to_subdistrict(tables["account"]) is None


def test_goods_of_one_subdistrict_take_its_turn_and_those_that_all_share_the_turn_of_all(app: Flask) -> None:
    here = world.build()
    own, shared = here.items[:2]
    own.subdistrict_id, shared.subdistrict_id = here.subdistrict.id, None
    db.session.flush()
    tables = models.metadata.tables

    def whose(item_id: int | None) -> int | None:
        return turns.subdistrict_of(db.session.connection(), tables, ("item", item_id))

    assert [whose(own.id), whose(shared.id), whose(None), whose(999_999)] == [here.subdistrict.id, None, None, 0]


def test_a_parameter_that_is_no_id_of_a_table_leaves_the_turn_to_the_installation() -> None:
    def rename(by: object, wanted: object) -> None: ...

    assert turn_of(rename, None, None).kind is TurnKind.ALL


@pytest.mark.usefixtures("impatient")
def test_one_subdistrict_never_waits_for_another(app: Flask) -> None:
    here = world.build()
    other = here.cycle.subdistrict_id + 1
    with taken(TurnKind.EXCLUSIVE, other):
        assert write(here.cycle.id)
        with pytest.raises(Busy):
            write_everywhere()
        wait_for_nobody()
    with taken(TurnKind.EXCLUSIVE, here.cycle.subdistrict_id), pytest.raises(Busy):
        write(here.cycle.id)
    with taken(TurnKind.ALL, None), pytest.raises(Busy):
        write(here.cycle.id)


@pytest.mark.usefixtures("impatient")
def test_orders_share_their_turn_and_a_cut_off_waits_for_all_of_them(app: Flask) -> None:
    here = world.build()
    mine = here.cycle.subdistrict_id
    with taken(TurnKind.SHARED, mine):
        assert share(here.cycle.id) == mine
        with pytest.raises(Busy):
            write(here.cycle.id)
    with taken(TurnKind.EXCLUSIVE, mine), pytest.raises(Busy):
        share(here.cycle.id)


def test_who_has_waited_reads_what_was_committed_meanwhile(app: Flask) -> None:
    """A snapshot from before the wait would show the old name."""
    here = world.build()
    mine = here.cycle.subdistrict_id
    if db.engine.dialect.name == "sqlite":
        pytest.skip(ON_POSTGRES)

    @command
    def name_of(subdistrict_id: int) -> str:
        return db.session.get_one(Subdistrict, subdistrict_id).name

    with db.engine.connect() as other:
        other.exec_driver_sql(lock_statement(TurnKind.EXCLUSIVE, mine))
        found: list[str] = []

        def wait_and_read() -> None:
            with app.app_context():
                found.append(name_of(mine))
                db.session.remove()

        thread = threading.Thread(target=wait_and_read)
        thread.start()
        time.sleep(0.3)  # until it stands in the queue; sooner, the test proves less but does not fail
        other.exec_driver_sql(f"UPDATE subdistrict SET name = 'renamed meanwhile' WHERE id = {mine}")
        other.commit()
        thread.join()
    assert found == ["renamed meanwhile"]


def test_the_threads_of_a_process_write_in_the_order_in_which_they_came() -> None:
    queue, order, entered = WriterQueue(), [], threading.Event()
    threads = []

    def write_as(number: int) -> None:
        with queue.place(one_at_a_time=True):
            order.append(number)

    with queue.place(one_at_a_time=True):
        for number in range(8):
            thread = threading.Thread(target=write_as, args=(number,))
            thread.start()
            threads.append(thread)
            while queue.waiting() < number + 1:
                entered.wait(0.001)
        assert order == []
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_a_full_queue_turns_away_and_has_room_again_afterwards() -> None:
    queue = WriterQueue()
    queue.most = 1
    with queue.place(one_at_a_time=False), pytest.raises(Busy), queue.place(one_at_a_time=False):
        pass
    with queue.place(one_at_a_time=True):
        pass


def test_who_waits_too_long_leaves_the_queue_to_the_next() -> None:
    queue = WriterQueue()
    with queue.place(one_at_a_time=True):
        with pytest.raises(Busy), queue.place(one_at_a_time=True, wait_s=0.01):
            pass
        assert queue.waiting() == 0
    with queue.place(one_at_a_time=True, wait_s=0.01):
        pass


# Whoever writes these stops the whole installation, or nobody: each is looked at when it comes here.
OF_ALL = """
    access.change_password allocation.drop allocation.put catalog.drop_supply catalog.import_table core.confirm
    core.reset_ticks handover.confirm_batch oversight.forget_contacts places.add_usual_levels places.found_subdistrict
    places.give_password places.grant_role places.open_account places.remove_blackout places.revoke_role
    places.save_level places.set_active places.set_zone stock.remove stock.save_of_category stock.save_usual
    upkeep.create_account upkeep.disable_account upkeep.reset_account
""".split()
OF_NOBODY = """
    access.create_token access.end_all_sessions access.end_session access.open_session access.refund_attempt
    access.revoke_token
    access.take_attempt core.cancel
    core.tick handover.ask_confirm_overdue oversight.ask_check oversight.ask_purge
    api.forget_old_messages oversight.forget_keys
""".split()


def test_few_commands_stop_everybody_or_wait_for_nobody(app: Flask) -> None:
    found: dict[str, list[str]] = {"all": [], "nobody": []}
    for module in pkgutil.walk_packages(application.__path__, "app."):
        if module.name.startswith("app.demo"):
            continue
        for name, fn in vars(import_module(module.name)).items():
            turn = vars(fn).get("turn") if inspect.isfunction(fn) else None
            if not isinstance(turn, turns.Turn) or fn.__module__ != module.name or name.startswith("_"):
                continue
            kind = turn.kind
            if kind is TurnKind.EXCLUSIVE and not _belongs(fn, turn):
                kind = TurnKind.ALL
            if kind in found:
                found[kind].append(f"{module.name.split('.')[1]}.{name}")
    jobs_own = {"core.lead", "core.finish", "access.count_request"}
    assert sorted(found["all"]) == sorted(OF_ALL)
    assert sorted(set(found["nobody"]) - jobs_own) == sorted(OF_NOBODY)


def _belongs(fn: object, turn: turns.Turn) -> bool:
    """Whether the row of a turn leads to a subdistrict, for those that are found by the name of a parameter."""
    try:
        row = turn.row_of([None] * len(inspect.signature(inspect.unwrap(fn)).parameters), {})  # type: ignore[arg-type]
    except (AttributeError, TypeError):  # found in what the command is given
        return True
    assert row is not None
    tables = models.metadata.tables
    return row[0] == "subdistrict" or (row[0] in tables and turns.way_to_subdistrict(tables[row[0]]) is not None)
