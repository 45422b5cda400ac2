"""A long list whose job stops in the middle: no line of it is lost, and somebody can go on."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import jobs
from app.core.db import db
from app.core.errors import Conflict
from app.core.queue import worker
from app.intake.booking import jobs as intake_jobs
from app.intake.booking import service as booking_service
from app.intake.booking.schemas import Settle
from app.intake.models import ChainPaste, PasteLine, PasteState
from app.ordering.cycles.schemas import Lock
from app.ordering.cycles.service import lock_cycle
from app.tally import service as tally_service
from app.tally.queries import open_review_count
from app.tally.schemas import SignTally
from tests import messages, world
from tests.intake.test_versions import bring, ordered
from tests.world import World

LIST = "#接龙 青菜\n1. 桂花苑2号楼1单元101 1份\n2. 桂花苑2号楼1单元201 2份\n3. 桂花苑2号楼1单元301 1份\n"


@pytest.fixture
def here(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which each household of a list is placed by a job of its own part."""
    monkeypatch.setattr(booking_service, "AT_ONCE", 1)
    monkeypatch.setattr(intake_jobs, "PART", 1)
    return world.build()


def again(paste: ChainPaste) -> ChainPaste:
    return db.session.get_one(ChainPaste, paste.id, populate_existing=True)


def lock(here: World) -> None:
    lock_cycle(here.actor("supplies"), here.cycle.id, Lock(is_early=True, is_override=True))


def test_a_tally_is_not_signed_over_the_lines_of_a_list_that_is_still_being_entered(here: World) -> None:
    paste = bring(here, LIST)
    assert (again(paste).state, open_review_count(here.cycle.id, here.points[0].id)) == (PasteState.COMMITTING, 3)
    lock(here)
    with pytest.raises(Conflict, match="还有 3 行接龙待确认或还没入单"):
        tally_service.sign(here.actor("leader"), here.cycle.id, here.points[0].id, SignTally(0))


def test_what_the_cut_off_overtook_waits_for_a_person_and_the_page_says_so(app: Flask, here: World) -> None:
    paste = bring(here, LIST)
    booking_service.book_part(here.actor("leader"), paste.id, [here.households[0].id])
    lock(here)
    worker.drain()
    assert db.session.get_one(jobs.Job, paste.job_id, populate_existing=True).state == jobs.JobState.FAILED
    assert again(paste).state == PasteState.COMMITTED
    lines = select(PasteLine).where(PasteLine.paste_id == paste.id, PasteLine.outcome == "review")
    left = list(db.session.scalars(lines))
    assert [line.household_id for line in left] == [home.id for home in here.households[1:3]]
    client, page = world.sign_in(app, here, "leader"), f"/pastes/{paste.id}"
    shown = client.get(page).get_data(as_text=True)
    assert "截单时还有 2 行没有入单" in shown
    assert messages.NOT_REACHED_BY_CUT_OFF in shown
    for line in left:
        assert world.post(client, page, f"/paste-lines/{line.id}", {"pick": ":0"}).status_code == 303
    assert open_review_count(here.cycle.id, here.points[0].id) == 0


def test_a_list_whose_job_failed_is_gone_on_with_from_its_page(
    app: Flask, here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> int:
        raise ZeroDivisionError

    paste = bring(here, LIST)
    with monkeypatch.context() as patch:
        patch.setattr(intake_jobs, "book_part", broken)
        worker.drain()
    client, page = world.sign_in(app, here, "leader"), f"/pastes/{paste.id}"
    assert f"{page}/commit" in client.get(page).get_data(as_text=True)
    assert world.post(client, page, f"{page}/commit", {}).status_code == 303
    worker.drain()
    assert (again(paste).state, len(ordered(here))) == (PasteState.COMMITTED, 3)


def test_a_list_at_work_is_not_entered_a_second_time(here: World) -> None:
    paste = bring(here, LIST)
    with pytest.raises(Conflict, match="已经入单"):
        booking_service.commit(here.actor("leader"), paste.id)


def test_a_line_that_was_not_reached_may_be_settled_while_orders_are_taken(here: World) -> None:
    paste = bring(here, LIST)
    booking_service.stop_at_cut_off(here.actor("leader"), paste.id)
    assert again(paste).state == PasteState.COMMITTING  # it may go on: nothing is taken from it
    with pytest.raises(Conflict):
        booking_service.settle(here.actor("leader"), paste.lines[1].id, Settle(0))
