"""Errands: a resident asks, the point answers, the clocks are kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.access.permissions import Resident
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound
from app.errands import queries, service
from app.errands.models import Errand, ErrandState
from app.errands.rules import is_late
from app.errands.schemas import Ask, ErrandStep
from tests import messages, world
from tests.world import post, sign_in


@pytest.fixture
def town(app: Flask) -> world.World:
    return world.build()


def asked(town: world.World, kind: str = "medicine") -> Errand:
    home = town.households[0].id
    return service.ask(Resident("household", home), home, Ask(kind, "南门药房", "降压药两盒"))


@pytest.mark.parametrize(
    ("state", "waited_s", "late"),
    [
        ("asked", 60, False), ("asked", 61, True), ("seen", 61, False), ("seen", 301, True),
        ("started", 600, False), ("started", 601, True), ("done", 10**6, False), ("declined", 10**6, False),
    ],
)  # fmt: skip
def test_each_step_has_its_clock(state: str, waited_s: int, late: bool) -> None:
    assert is_late(state, waited_s) is late


def test_an_errand_goes_from_asked_to_done_with_the_instant_of_each_step(town: world.World) -> None:
    errand = asked(town)
    assert errand.is_sensitive
    by = town.actor("leader")
    start = errand.created_at
    for minutes, state in enumerate((ErrandState.SEEN, ErrandState.STARTED, ErrandState.DONE), start=1):
        with clock.frozen_at(start + timedelta(minutes=minutes)):
            service.step(by, errand.id, ErrandStep(state, "放在门口"))
    stored = db.session.get_one(Errand, errand.id)
    instants = (stored.seen_at, stored.started_at, stored.answered_at)
    assert [at - start for at in instants if at] == [timedelta(minutes=n) for n in (1, 2, 3)]
    assert (stored.answer, stored.handled_by_id) == (messages.LEAVE_AT_DOOR, by.id)


@pytest.mark.parametrize("to", [ErrandState.DONE, ErrandState.ASKED])
def test_steps_that_the_table_does_not_know_are_refused(town: world.World, to: ErrandState) -> None:
    errand = asked(town)
    with pytest.raises(Conflict):
        service.step(town.actor("leader"), errand.id, ErrandStep(to))
    assert db.session.get_one(Errand, errand.id).state == ErrandState.ASKED


def test_declining_needs_a_reason(town: world.World) -> None:
    errand = asked(town)
    with pytest.raises(Invalid):
        service.step(town.actor("leader"), errand.id, ErrandStep(ErrandState.DECLINED))
    service.step(town.actor("leader"), errand.id, ErrandStep(ErrandState.DECLINED, "药房今天关门"))


def test_errands_stay_within_the_point(town: world.World) -> None:
    errand = asked(town)
    with pytest.raises(NotFound):
        service.step(town.actor("leader2"), errand.id, ErrandStep(ErrandState.SEEN))


def test_a_household_has_at_most_ten_waiting(town: world.World) -> None:
    for _ in range(10):
        asked(town, "parcel")
    with pytest.raises(Conflict):
        asked(town, "parcel")


def resident(app: Flask, town: world.World) -> FlaskClient:
    client = app.test_client()
    page = f"/enter/{town.buildings[0].public_code}"
    data = {"stairwell_id": str(town.households[0].stairwell_id), "room": "101"}
    assert post(client, page, page, data).status_code == 303
    return client


def test_a_resident_asks_and_reads_the_answer(app: Flask, town: world.World) -> None:
    client = resident(app, town)
    data = {"kind": "parcel", "place": "南门快递柜", "what": "取件码 1234", "due_at": ""}
    assert post(client, "/my/errands", "/my/errands", data).status_code == 303
    desk = sign_in(app, town, "leader")
    assert "南门快递柜" in desk.get("/errands").get_data(as_text=True)
    errand = db.session.query(Errand).one()
    assert post(desk, "/errands", f"/errands/{errand.id}/step", {"to": "declined", "answer": ""}).status_code == 422
    answered = post(desk, "/errands", f"/errands/{errand.id}/step", {"to": "declined", "answer": "柜子坏了"})
    assert answered.status_code == 303
    assert "柜子坏了" in client.get("/my/errands").get_data(as_text=True)
    assert "南门快递柜" not in sign_in(app, town, "leader2").get("/errands").get_data(as_text=True)
    assert sign_in(app, town, "captain").get("/errands").status_code == 403


@pytest.mark.parametrize(
    "wrong", [{"kind": "x"}, {"place": ""}, {"place": "长" * 81}, {"due_at": "昨天"}, {"due_at": "2020-01-01T00:00"}]
)
def test_an_errand_that_cannot_be_comes_back_with_a_sentence(
    app: Flask, town: world.World, wrong: dict[str, str]
) -> None:
    client = resident(app, town)
    answer = post(client, "/my/errands", "/my/errands", {"kind": "bill", "place": "营业厅", **wrong})
    assert answer.status_code == 422
    assert db.session.query(Errand).count() == 0


def test_the_queue_takes_few_statements(app: Flask, town: world.World, count_queries: object) -> None:
    for _ in range(8):
        asked(town, "bill")
    desk = sign_in(app, town, "leader")
    with count_queries() as statements:  # type: ignore[operator]
        assert desk.get("/errands?state=nonsense&page=x").status_code == 200
    assert len(statements) <= 25


def test_overdue_errands_stand_first_then_the_oldest(app: Flask, town: world.World) -> None:
    by, now = town.actor("leader"), clock.now()
    ages = {"document": 30, "parcel": 240, "bill": 500}
    for kind, seconds in ages.items():
        with clock.frozen_at(now - timedelta(seconds=seconds)):
            errand = service.ask(by, town.households[0].id, Ask(kind, "门口"))
        if kind == "bill":
            service.step(by, errand.id, ErrandStep(ErrandState.STARTED))
    rows = [queries.errand_row(row) for row in db.session.execute(queries.queue(by, "waiting"))]
    assert [str(row.kind) for row in rows] == ["parcel", "bill", "document"]
    assert [row.is_late for row in rows] == [True, False, False]
    assert (queries.errand_counts(by)["late"], queries.errand_counts(by)["waiting"]) == (1, 3)


def test_the_clock_is_said_in_words(app: Flask, town: world.World) -> None:
    with clock.frozen_at(clock.now() - timedelta(seconds=200)):
        asked(town, "parcel")
    text = sign_in(app, town, "leader").get("/errands").get_data(as_text=True)
    assert "接收已超 2:2" in text
    assert 'data-left="-14' in text


def test_the_point_writes_down_what_is_asked_on_the_telephone(app: Flask, town: world.World) -> None:
    desk, page = sign_in(app, town, "leader"), f"/households/{town.households[1].id}/errands"
    assert f"/households/{town.households[1].id}/errands" in desk.get("/errands/new?home=2-201").get_data(as_text=True)
    assert "请填写" in post(desk, page, page, {"kind": "parcel", "place": ""}).get_data(as_text=True)
    there = post(desk, page, page, {"kind": "parcel", "place": "北门", "what": "88-1", "is_sensitive": "1"})
    errand = db.session.query(Errand).one()
    assert there.headers["Location"].endswith(f"/errands/{errand.id}")
    assert (errand.is_sensitive, errand.asked_by_kind) == (True, "staff")
    assert "88-1" not in desk.get("/errands").get_data(as_text=True)
    assert "88-1" in desk.get(f"/errands/{errand.id}").get_data(as_text=True)
    assert sign_in(app, town, "leader2").get(page).status_code == 404
    assert sign_in(app, town, "captain").get(page).status_code == 403


def test_an_errand_is_given_to_the_captain_who_sees_no_sensitive_content(app: Flask, town: world.World) -> None:
    errand, by = asked(town), town.actor("leader")
    captain = town.accounts["captain"].id
    service.assign(by, errand.id, captain)
    assert db.session.get_one(Errand, errand.id).state == ErrandState.SEEN
    hands = sign_in(app, town, "captain")
    shown = hands.get("/errands/to-do").get_data(as_text=True)
    assert "南门药房" in shown
    assert "降压药" not in shown
    assert post(hands, "/errands/to-do", f"/errands/{errand.id}/finish", {"answer": "放门口"}).status_code == 303
    stored = db.session.get_one(Errand, errand.id, populate_existing=True)
    assert (stored.state, stored.answer, stored.handled_by_id) == (ErrandState.DONE, "放门口", captain)


def test_only_who_it_was_given_to_finishes_it_and_only_people_of_the_building_get_it(town: world.World) -> None:
    errand, by = asked(town), town.actor("leader")
    with pytest.raises(Invalid):
        service.assign(by, errand.id, town.accounts["leader2"].id)
    with pytest.raises(NotFound):
        service.finish(town.actor("captain"), errand.id, "")
    service.assign(by, errand.id, town.accounts["leader"].id)
    service.finish(by, errand.id, "")
    with pytest.raises(Conflict):
        service.assign(by, errand.id, 0)


def test_the_history_tells_who_and_how_long(app: Flask, town: world.World) -> None:
    errand, by = asked(town), town.actor("leader")
    service.assign(by, errand.id, by.id)
    service.step(by, errand.id, ErrandStep(ErrandState.DECLINED, "药房关门"))
    text = sign_in(app, town, "leader").get(f"/errands/{errand.id}").get_data(as_text=True)
    assert "分派" in text
    assert "提出后 0 分钟" in text
    assert "药房关门" in text


def test_what_was_not_chosen_is_said_in_our_own_words(app: Flask, town: world.World) -> None:
    desk, page = sign_in(app, town, "leader"), f"/households/{town.households[0].id}/errands"
    said = post(desk, page, page, {"place": "南门", "is_sensitive": "perhaps"}).get_data(as_text=True)
    assert messages.FILL_THIS_IN in said
    assert messages.CHOOSE_FROM_OPTIONS in said
    assert "Missing data" not in said
    assert "Not a valid" not in said
