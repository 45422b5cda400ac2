"""A leader signs the tally of the own point: nothing open, nothing missing, totals equal to the locked orders."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.intake.models import ChainPaste, PasteLine
from app.ordering.models import RollCall
from app.tally import service
from app.tally.models import Tally, TallyLine
from app.tally.schemas import Reopen, SignTally
from tests import messages, world
from tests.world import World


@pytest.fixture
def locked(app: Flask) -> World:
    here = world.build()
    here.order(here.households[0], {0: 3, 1: 1})
    here.order(here.households[4], {0: 2})
    here.order(here.households[7], {2: 1})
    here.lock()
    return here


def test_signing_freezes_what_the_locked_orders_say(locked: World) -> None:
    tally = service.sign(locked.actor("leader"), locked.cycle.id, locked.points[0].id, SignTally(6))
    frozen = db.session.execute(select(func.sum(TallyLine.qty)).where(TallyLine.tally_id == tally.id)).scalar_one()
    assert (tally.state, tally.number, frozen) == ("confirmed", 1, 6)


def test_another_points_tally_looks_as_if_it_did_not_exist(locked: World) -> None:
    with pytest.raises(NotFound):
        service.sign(locked.actor("leader"), locked.cycle.id, locked.points[1].id, SignTally(1))


def test_a_total_that_changed_meanwhile_is_not_signed(locked: World) -> None:
    with pytest.raises(Conflict):
        service.sign(locked.actor("leader"), locked.cycle.id, locked.points[0].id, SignTally(5))
    assert db.session.scalar(select(func.count()).select_from(TallyLine)) == 0


def test_a_household_without_an_outcome_blocks_the_signature(locked: World) -> None:
    db.session.execute(delete(RollCall).where(RollCall.household_id == locked.households[1].id))
    db.session.commit()
    with pytest.raises(Conflict, match="1 户"):
        service.sign(locked.actor("leader"), locked.cycle.id, locked.points[0].id, SignTally(6))


def test_an_open_review_line_blocks_the_signature(locked: World) -> None:
    paste = ChainPaste(
        cycle_id=locked.cycle.id,
        service_point_id=locked.points[0].id,
        text_sha256="0",
        seq=1,
        state="committed",
        pasted_by_id=locked.accounts["leader"].id,
    )
    db.session.add(paste)
    db.session.flush()
    db.session.add(PasteLine(paste_id=paste.id, line_no=1, raw="?", outcome="review"))
    db.session.commit()
    with pytest.raises(Conflict, match="1 行"):
        service.sign(locked.actor("leader"), locked.cycle.id, locked.points[0].id, SignTally(6))


def test_reopening_needs_a_reason_and_makes_a_new_version(locked: World) -> None:
    leader, cycle, point = locked.actor("leader"), locked.cycle.id, locked.points[0].id
    service.sign(leader, cycle, point, SignTally(6))
    service.reopen(leader, cycle, point, Reopen("少算一户"))
    assert service.sign(leader, cycle, point, SignTally(6)).number == 2


def test_the_day_starts_only_when_every_point_has_signed(locked: World) -> None:
    service.sign(locked.actor("leader"), locked.cycle.id, locked.points[0].id, SignTally(6))
    with pytest.raises(Conflict):
        service.start_running(locked.actor("supplies"), locked.cycle.id)
    service.sign(locked.actor("leader2"), locked.cycle.id, locked.points[1].id, SignTally(1))
    assert service.start_running(locked.actor("supplies"), locked.cycle.id).state == "running"


def test_signing_twice_from_one_page_has_one_effect(app: Flask, locked: World) -> None:
    client = world.sign_in(app, locked, "leader")
    page = f"/cycles/{locked.cycle.id}/tally/{locked.points[0].id}"
    key = world.new_key()
    first = world.post(client, page, f"{page}/sign", {"total": "6"}, key)
    again = client.post(f"{page}/sign", data={"csrf_token": token(client, page), "_key": key, "total": "6"})
    assert (first.status_code, again.status_code) == (303, 303)
    assert db.session.scalar(select(Tally.number)) == 1


def token(client: Any, page: str) -> str:
    from re import search

    found = search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).get_data(as_text=True))
    assert found
    return found[1]


def test_a_captain_is_refused_and_a_supplies_member_only_looks(app: Flask, locked: World) -> None:
    page = f"/cycles/{locked.cycle.id}/tally"
    assert world.sign_in(app, locked, "captain").get(page).status_code == 403
    assert world.sign_in(app, locked, "supplies").get(page).status_code == 200
    assert world.sign_in(app, locked, "leader").get(f"{page}/{locked.points[1].id}").status_code == 404


def test_a_missing_total_or_reason_is_said_beside_the_form(app: Flask, locked: World) -> None:
    client = world.sign_in(app, locked, "leader")
    page = f"/cycles/{locked.cycle.id}/tally/{locked.points[0].id}"
    assert world.post(client, page, f"{page}/sign", {"total": "x"}).status_code == 422
    assert world.post(client, page, f"{page}/sign", {"total": "6"}).status_code == 303
    refused = world.post(client, page, f"{page}/reopen", {"reason": ""})
    assert refused.status_code == 422
    assert messages.FILL_THIS_IN in refused.get_data(as_text=True)


def test_the_pages_send_few_statements(app: Flask, locked: World, count_queries: Any) -> None:
    client = world.sign_in(app, locked, "supplies")
    for page in (f"/cycles/{locked.cycle.id}/tally", f"/cycles/{locked.cycle.id}/tally/{locked.points[0].id}"):
        with count_queries() as sent:
            assert client.get(page).status_code == 200
        assert len(sent) <= 25
