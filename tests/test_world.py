"""The ground works: a command commits once, an event chain holds, units move only as the table allows."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.core.db import command, db
from app.core.errors import Conflict
from app.core.events import SYSTEM, Event, record
from app.core.log import seals
from app.ordering.models import LineMove, OrderLine, Stage
from app.ordering.stages import Cause, move
from tests import world
from tests.journal import replay


def test_moving_units_keeps_their_sum_and_writes_the_journal(app: Flask) -> None:
    here = world.build()
    line = here.order(here.households[0], {0: 3}).lines[0]

    @command
    def allocate() -> None:
        move({line.id: 2}, Stage.OPEN, Stage.ALLOCATED, Cause("run", 1))

    allocate()
    line = db.session.get_one(OrderLine, line.id)
    assert (line.qty_open, line.qty_allocated) == (1, 2)
    assert replay(line.id)["allocated"] == 2
    with pytest.raises(Conflict):
        allocate()
    assert db.session.scalar(select(OrderLine.qty_allocated).where(OrderLine.id == line.id)) == 2


def test_an_illegal_step_or_too_many_units_write_nothing(app: Flask) -> None:
    here = world.build()
    line = here.order(here.households[0], {0: 1}).lines[0]

    @command
    def jump(qty: int, to: Stage) -> None:
        move({line.id: qty}, Stage.OPEN, to, Cause("run", 1))

    with pytest.raises(Conflict):
        jump(1, Stage.ACCEPTED)
    with pytest.raises(Conflict):
        jump(2, Stage.ALLOCATED)
    db.session.rollback()
    assert db.session.scalars(select(LineMove)).all() == []


def test_the_event_log_refuses_changes_and_its_seals_hold(app: Flask) -> None:
    @command
    def twice() -> None:
        record(SYSTEM, "open", ("cycle", 1), qty=1)
        record(SYSTEM, "lock", ("cycle", 1), qty=2)

    twice()
    seals.seal_waiting()
    assert list(seals.faults()) == []
    db.session.rollback()
    with pytest.raises(IntegrityError):
        db.session.execute(update(Event).values(verb="close"))
    db.session.rollback()


def test_a_locked_order_keeps_its_lines(app: Flask) -> None:
    here = world.build()
    order = here.order(here.households[0], {0: 1})
    here.lock()
    db.session.delete(order.lines[0])
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()
    with pytest.raises(IntegrityError):
        db.session.execute(update(OrderLine).values(qty_ordered=5, qty_open=5))
    db.session.rollback()
