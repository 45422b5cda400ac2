"""The care list: agreed to, kept for a time, seen by the point; a captain learns what the door should know, not why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.events import Event
from app.places.care import queries as care_queries
from app.places.care import service as care_service
from app.places.care.service import SaveCare
from app.places.models import CareNeed
from tests import messages, world
from tests.world import post, sign_in


@pytest.fixture
def town(app: Flask) -> world.World:
    return world.build()


def listed(town: world.World, place: int, *kinds: str, **more: object) -> int:
    how: dict[str, object] = {"has_consent": True, "door_note": "敲门重一点"} | more
    wanted = SaveCare(kinds or ("elderly_alone",), **how)  # type: ignore[arg-type]
    return care_service.save(town.actor("leader"), town.households[place].id, wanted)


def test_a_household_is_listed_changed_and_taken_off(town: world.World) -> None:
    by = town.actor("leader")
    assert listed(town, 1, "elderly_alone", "needs_call", carer_id=town.accounts["captain"].id) == 2
    (row,) = care_queries.care_list(by)
    assert ([str(kind) for kind in row.kinds], row.carer, row.days_left) == (
        ["elderly_alone", "needs_call"],
        "captain",
        30,
    )
    listed(town, 1, "infant", keep_days=5)
    (row,) = care_queries.care_list(by)
    assert ([str(kind) for kind in row.kinds], row.carer, row.days_left) == (["infant"], "", 5)
    assert care_queries.care_list(by, without_carer=True) == [row]
    assert care_service.remove(by, town.households[1].id) == 1
    assert care_queries.care_list(by) == []


@pytest.mark.parametrize(
    "wrong", [{"has_consent": False}, {"keep_days": 31}, {"keep_days": 0}, {"carer_id": 4711}, {"kinds": ()}]
)
def test_without_consent_or_for_too_long_nobody_is_listed(town: world.World, wrong: dict[str, object]) -> None:
    how: dict[str, object] = {"kinds": ("infant",), "has_consent": True} | wrong
    with pytest.raises(Invalid):
        care_service.save(town.actor("leader"), town.households[1].id, SaveCare(**how))  # type: ignore[arg-type]
    assert db.session.query(CareNeed).count() == 0


def test_the_log_knows_how_many_needs_and_never_which(town: world.World) -> None:
    listed(town, 1, "pregnant")
    event = db.session.scalars(select(Event).where(Event.verb == "save_care")).one()
    assert event.data == {"needs": 1, "days": 30}


def test_another_point_sees_nothing_and_changes_nothing(app: Flask, town: world.World) -> None:
    listed(town, 1)
    assert care_queries.care_list(town.actor("leader2")) == []
    with pytest.raises(NotFound):
        care_service.remove(town.actor("leader2"), town.households[1].id)
    assert sign_in(app, town, "leader2").get(f"/households/{town.households[1].id}/care").status_code == 404
    assert sign_in(app, town, "supplies").get("/care").status_code == 403


def test_a_captain_sees_the_door_notes_of_the_own_building_and_no_reason(app: Flask, town: world.World) -> None:
    listed(town, 1)
    listed(town, 4, door_note="先打电话")
    captain = sign_in(app, town, "captain")
    text = captain.get("/care/door-notes").get_data(as_text=True)
    assert "敲门重一点" in text
    assert "先打电话" not in text
    assert "独居" not in text
    assert captain.get("/care").status_code == 403
    assert captain.get(f"/households/{town.households[1].id}/care").status_code == 403


def test_what_has_run_out_is_not_shown_even_before_the_purge(town: world.World) -> None:
    listed(town, 1, keep_days=2)
    with clock.frozen_at(clock.now() + timedelta(days=3)):
        assert care_queries.care_list(town.actor("leader")) == []
        assert care_queries.notes_for_doors(town.actor("captain")) == []


def test_a_leader_keeps_the_list_in_the_browser(app: Flask, town: world.World) -> None:
    desk, page = sign_in(app, town, "leader"), f"/households/{town.households[1].id}/care"
    assert page in desk.get("/care/new?home=2-201").get_data(as_text=True)
    refused = post(desk, page, page, {"kinds": ["infant"], "keep_days": "9"})
    assert (refused.status_code, messages.MUST_AGREE_FIRST in refused.get_data(as_text=True)) == (422, True)
    typed = {"kinds": ["infant", "needs_call"], "keep_days": "9", "has_consent": "1", "door_note": "放邻居家"}
    assert post(desk, page, page, typed).status_code == 303
    shown = desk.get("/care?kind=infant").get_data(as_text=True)
    assert "放邻居家" in shown
    assert messages.NO_SUCH_HOUSEHOLD in desk.get("/care?kind=disabled").get_data(as_text=True)
    assert desk.get("/care?kind=moon").status_code == 200
    assert post(desk, page, f"{page}/remove", {}).status_code == 303
