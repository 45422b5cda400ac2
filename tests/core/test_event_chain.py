"""The log shows when an entry was changed, taken out, put in, moved, cut off or sealed anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, text, update

from app.core import clock
from app.core.database.turns import current_subdistrict
from app.core.db import command, db
from app.core.events import SYSTEM, Event, record
from app.core.log import seals
from app.core.log.seals import EventSeal, Fault, Head


@command
def write(verb: str, subdistrict_id: int) -> None:
    """An entry of the chain of a subdistrict."""
    token = current_subdistrict.set(subdistrict_id or None)
    record(SYSTEM, verb, ("cycle", subdistrict_id))
    current_subdistrict.reset(token)


@pytest.fixture
def log(app: Flask) -> Iterator[list[int]]:
    """Six sealed entries, three of each of two subdistricts in turn, and a database whose guards were taken away."""
    for number in range(6):
        write("import", 1 + number % 2)
    seals.seal_waiting()
    ids = list(db.session.scalars(select(Event.id).order_by(Event.id)))
    guards = [(table, f"{table}_no_{what}") for table in ("event", "event_seal") for what in ("update", "delete")]
    is_sqlite = db.engine.dialect.name == "sqlite"
    for table, guard in guards:
        without = f"DROP TRIGGER {guard}" if is_sqlite else f"ALTER TABLE {table} DISABLE TRIGGER {guard}"
        db.session.execute(text(without))
    db.session.expunge_all()
    assert list(seals.faults()) == []
    yield ids
    db.session.rollback()
    if not is_sqlite:  # some tests commit, and the next one meets the same database
        for table, guard in guards:
            db.session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER {guard}"))
        db.session.commit()


def take_out(*event_ids: int) -> None:
    """Delete entries together with their seals."""
    db.session.execute(delete(EventSeal).where(EventSeal.event_id.in_(event_ids)))
    db.session.execute(delete(Event).where(Event.id.in_(event_ids)))
    db.session.expunge_all()


def test_each_subdistrict_has_a_chain_of_its_own_without_gaps(log: list[int]) -> None:
    found = db.session.execute(select(EventSeal.chain, EventSeal.number).order_by(EventSeal.event_id)).all()
    assert [tuple(row) for row in found] == [(1, 1), (2, 1), (1, 2), (2, 2), (1, 3), (2, 3)]
    assert len(set(db.session.scalars(select(EventSeal.sha256)))) == 6


def test_a_changed_entry_is_found(log: list[int]) -> None:
    db.session.execute(update(Event).where(Event.id == log[2]).values(verb="void"))
    db.session.expunge_all()
    assert list(seals.faults()) == [Fault("entry", 1, log[2])]


def test_an_entry_moved_to_another_subdistrict_is_found(log: list[int]) -> None:
    db.session.execute(update(Event).where(Event.id == log[2]).values(subdistrict_id=2))
    db.session.expunge_all()
    assert list(seals.faults()) == [Fault("entry", 1, log[2])]


def test_an_entry_that_was_cut_out_leaves_a_gap(log: list[int]) -> None:
    take_out(log[2])
    assert Fault("gap", 1, log[4]) in list(seals.faults())


def test_a_log_that_lost_its_beginning_is_found(log: list[int]) -> None:
    take_out(log[0])
    assert Fault("gap", 1, log[2]) in list(seals.faults())


def test_a_log_that_lost_its_end_is_found_by_the_link_kept_beside_the_key(log: list[int]) -> None:
    take_out(log[3], log[5])
    assert list(seals.faults()) == [Fault("cut", 2, 0)]


def test_a_log_that_was_emptied_and_sealed_anew_is_found(log: list[int]) -> None:
    kept = seals.kept_heads()
    db.session.execute(delete(EventSeal))
    db.session.execute(update(Event).where(Event.id == log[0]).values(verb="void"))
    db.session.commit()
    db.session.expunge_all()
    seals.seal_waiting()
    seals.keep_heads(kept)  # paper, or another machine, remembers what was there
    assert list(seals.faults()) == [Fault("cut", 1, 0)]


def test_who_does_not_have_the_key_cannot_make_a_change_fit(log: list[int], app: Flask) -> None:
    entry = db.session.get_one(Event, log[5])
    before = db.session.get_one(EventSeal, log[3]).sha256
    entry.verb = "void"
    forged = seals.link(b"a key that somebody guessed", before, 2, 3, entry)
    db.session.execute(update(EventSeal).where(EventSeal.event_id == log[5]).values(sha256=forged))
    db.session.flush()
    assert Fault("entry", 2, log[5]) in list(seals.faults())


def test_the_installations_secret_may_change_when_the_old_one_stays_the_key_of_the_seals(
    log: list[int], app: Flask
) -> None:
    settings = app.extensions["louda_settings"]
    app.extensions["louda_settings"] = replace(settings, secret_key="another " * 8)
    assert len(list(seals.faults())) == 6
    app.extensions["louda_settings"] = replace(settings, secret_key="another " * 8, seal_key=settings.secret_key)
    assert list(seals.faults()) == []


def test_an_entry_put_in_between_is_found_or_stands_at_the_end(log: list[int]) -> None:
    row = dict(db.session.execute(select(Event.__table__).where(Event.id == log[4])).one()._mapping)
    take_out(log[4])
    db.session.execute(insert(Event).values({**row, "verb": "void"}))
    db.session.expunge_all()
    seals_left = db.session.scalars(select(EventSeal.event_id).where(EventSeal.chain == 1)).all()
    assert log[4] not in seals_left
    assert Fault("cut", 1, 0) in list(seals.faults())


def test_an_entry_that_waits_for_its_seal_is_protected_and_told_when_it_waits_long(app: Flask) -> None:
    write("import", 1)
    assert db.session.scalar(seals.unsealed_since()) is not None
    with pytest.raises(Exception, match="append-only"):
        db.session.execute(update(Event).values(verb="void"))
    db.session.rollback()
    assert seals.seal_waiting() == 1
    assert db.session.scalar(seals.unsealed_since()) is None
    assert seals.seal_waiting() == 0


def test_an_entry_committed_late_is_sealed_after_later_ones(log: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry has its number when it is written and its seal when it is committed, so a long import comes last."""
    late = dict(db.session.execute(select(Event.__table__).where(Event.id == log[1])).one()._mapping)
    for event_id in (log[1], log[3], log[5]):
        take_out(event_id)
    db.session.commit()
    seals.heads_file().unlink()
    write("order", 2)
    seals.seal_waiting()
    db.session.execute(insert(Event).values(late))
    db.session.commit()
    assert seals.seal_waiting() == 1
    assert db.session.get_one(EventSeal, log[1]).number == 2
    assert list(seals.faults()) == []


def test_what_is_long_settled_is_not_looked_at_again(log: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=1))
    write("order", 1)
    assert seals.seal_waiting() == 1
    assert seals.kept_heads()[1] == Head(
        4, db.session.scalar(select(EventSeal.sha256).where(EventSeal.number == 4)) or ""
    )
