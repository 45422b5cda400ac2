"""The log shows when an entry was changed, taken out, put in or moved: each is tied to the one before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, text, update

from app.core.db import db
from app.core.events import SYSTEM, Event, broken_links, record, seal


@pytest.fixture
def log(app: Flask) -> Iterator[list[int]]:
    """Six entries, and a database whose guards somebody has taken away."""
    for number in range(6):
        record(SYSTEM, "import", ("subdistrict", number))
    db.session.commit()
    ids = list(db.session.scalars(select(Event.id).order_by(Event.id)))
    for what in ("update", "delete"):
        if db.engine.dialect.name == "sqlite":
            db.session.execute(text(f"DROP TRIGGER event_no_{what}"))
        else:
            db.session.execute(text(f"ALTER TABLE event DISABLE TRIGGER event_no_{what}"))
    db.session.expunge_all()
    assert list(broken_links()) == []
    yield ids
    db.session.rollback()


def test_an_entry_that_was_cut_out_breaks_the_link_of_the_next(log: list[int]) -> None:
    db.session.execute(delete(Event).where(Event.id == log[2]))
    assert list(broken_links()) == [log[3]]


def test_a_log_that_lost_its_beginning_is_found(log: list[int]) -> None:
    db.session.execute(delete(Event).where(Event.id <= log[1]))
    assert list(broken_links()) == [log[2]]


def test_an_entry_with_a_right_seal_of_its_own_cannot_take_the_place_of_another(log: list[int]) -> None:
    entry = db.session.get_one(Event, log[2])
    entry.verb = "void"
    forged = seal(entry)
    db.session.expunge_all()
    db.session.execute(update(Event).where(Event.id == log[2]).values(verb="void", sha256=forged))
    assert list(broken_links()) == [log[3]]


def test_an_entry_put_in_between_breaks_the_link_behind_it(log: list[int]) -> None:
    row = dict(db.session.execute(select(Event.__table__).where(Event.id == log[5])).one()._mapping)
    db.session.execute(delete(Event).where(Event.id == log[5]))
    entry = Event(**{**row, "prev_sha256": db.session.get_one(Event, log[1]).sha256})
    db.session.execute(delete(Event).where(Event.id == log[2]))
    values = {**row, "id": log[2], "prev_sha256": entry.prev_sha256, "sha256": seal(entry)}
    db.session.execute(insert(Event).values(values))
    db.session.expunge_all()
    assert list(broken_links()) == [log[3]]
