"""Paper says only what was printed on it: bags that came later, and other waves, are not touched by typing it in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict
from app.handover.models import HandOut
from app.oversight.reconcile.equations import equations
from app.picking.models import Bag
from app.printing.models import Document
from app.printing.returns import queries as returns_queries
from app.printing.returns import service as returns_service
from app.printing.returns.service import ReturnedList
from tests import messages, world
from tests.printing.day import day as day
from tests.printing.test_round_trip import _arrive, _list_of, _waiting
from tests.world import World


def _without(document: Document, code: str) -> None:
    """Make the printed version one that was printed before this bag was there."""
    rows = dict(document.row_names)
    document.row_names = {key: re.sub(rf"\b{re.escape(code)}\b", "", row) for key, row in rows.items()}
    db.session.commit()


def test_a_bag_that_came_after_the_print_is_not_taken_as_delivered(app: Flask, day: World) -> None:
    sheet = _list_of(day)
    bags = _arrive(sheet.subject_id)
    assert {bag.code for bag in bags} <= (returns_queries.codes_on(sheet) or set())
    _without(sheet, bags[-1].code)
    browser, page = world.sign_in(app, day, "leader"), f"/s/{sheet.number}"
    shown = browser.get(page).get_data(as_text=True)
    assert "另有 1 袋" in shown
    assert str(bags[-1].id) not in _waiting(shown)["bags"]
    with pytest.raises(Conflict, match=messages.NOT_ON_THIS_PAPER):
        returns_service.enter_doors(day.actor("leader"), sheet.id, ReturnedList([bag.id for bag in bags]))
    assert world.post(browser, page, f"{page}/doors", _waiting(shown)).status_code == 303
    db.session.expire_all()
    states = [db.session.get_one(Bag, bag.id).state for bag in bags]
    assert (set(states[:-1]), states[-1]) == ({"handed_out"}, "dropped_off")
    assert "另有 1 袋" in browser.get(page).get_data(as_text=True)


def test_a_sheet_whose_rows_were_purged_offers_every_bag(day: World) -> None:
    sheet = _list_of(day)
    bags = _arrive(sheet.subject_id)
    sheet.row_names = {}
    db.session.commit()
    doors = returns_queries.doors_of(sheet)
    assert doors is not None
    assert (len(doors.waiting), doors.unlisted) == (len(bags), 0)


def test_bags_of_the_next_wave_are_not_missing_on_this_paper(day: World) -> None:
    sheet = _list_of(day)
    order_id = _arrive(sheet.subject_id)[0].order_id
    before = returns_queries.doors_of(sheet)
    for code, wave in (("ZZZZZZZZ2", 1), ("ZZZZZZZZ3", 2)):
        later = Bag(code=code, cycle_id=day.cycle.id, order_id=order_id, wave=wave, seq=9, state="packed")
        later.building_id, later.weight_g, later.volume_ml = sheet.subject_id, 1, 1
        db.session.add(later)
        db.session.commit()
    doors = returns_queries.doors_of(sheet)
    assert before is not None
    assert doors is not None
    assert doors.coming == before.coming + 1


def test_taking_back_concerns_the_wave_of_the_sheet_only(day: World) -> None:
    sheet = _list_of(day)
    bags = _arrive(sheet.subject_id)
    leader = day.actor("leader")
    returns_service.enter_doors(leader, sheet.id, ReturnedList([bag.id for bag in bags]))
    sheet.wave = 2
    db.session.commit()
    assert not returns_queries.may_undo(sheet, leader.id)
    with pytest.raises(Conflict, match=messages.NOTHING_TO_TAKE_BACK):
        returns_service.undo_doors(leader, sheet.id)
    assert len(db.session.scalars(select(HandOut)).all()) == len(bags)


def test_after_ten_minutes_an_entry_stays(day: World) -> None:
    sheet = _list_of(day)
    bags = _arrive(sheet.subject_id)
    leader = day.actor("leader")
    returns_service.enter_doors(leader, sheet.id, ReturnedList([bag.id for bag in bags]))
    for attempt in db.session.scalars(select(HandOut)):
        attempt.at = clock.now() - timedelta(minutes=31)
    db.session.commit()
    assert not returns_queries.may_undo(sheet, leader.id)
    with pytest.raises(Conflict, match="10 分钟"):
        returns_service.undo_doors(leader, sheet.id)


def test_typing_in_and_taking_back_twice_leaves_the_books_as_they_were(day: World) -> None:
    sheet = _list_of(day)
    bags = _arrive(sheet.subject_id)
    leader, before = day.actor("leader"), equations()
    entry = ReturnedList([bag.id for bag in bags], f"{bags[0].code} 1")
    for _time in range(2):
        returns_service.enter_doors(leader, sheet.id, entry)
        with pytest.raises(Conflict):
            returns_service.enter_doors(leader, sheet.id, entry)
        assert returns_service.undo_doors(leader, sheet.id) == len(bags)
    assert equations() == before
