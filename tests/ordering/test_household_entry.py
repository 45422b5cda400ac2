"""What a phone that came by its room alone may do, and what ends its key."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.access import pins
from app.access.models import DoorPin, HouseholdToken
from app.access.sessions import settings
from app.core import clock
from app.core.db import command, db
from app.core.idempotency import new_key
from app.errands.models import Errand
from app.ordering import entry
from app.ordering.models import CycleState, HouseholdOrder, OtherDoor
from app.ordering.resident import service as resident_service
from app.ordering.resident.schemas import Enter
from app.places.models import CareKind, CareNeed
from tests import messages, world
from tests.world import post


@pytest.fixture
def town(app: Flask) -> world.World:
    return world.build()


def poster(town: world.World) -> str:
    return f"/enter/{town.buildings[0].public_code}"


def enter(app: Flask, town: world.World, code: str = "", key: str | None = None) -> FlaskClient:
    client = app.test_client()
    data = {"stairwell_id": str(town.households[0].stairwell_id), "room": "101"} | (
        {"order_code": code} if code else {}
    )
    assert post(client, poster(town), poster(town), data, key).status_code == 303
    return client


def form_page(town: world.World) -> str:
    return f"/my/cycles/{town.cycle.id}/order"


def place(client: FlaskClient, town: world.World, offer: int = 0, **more: str) -> int:
    data = {f"qty_{town.offers[offer].id}": "1", "step": "place", **more}
    return post(client, form_page(town), form_page(town), data).status_code


def the_order() -> HouseholdOrder:
    db.session.expire_all()
    return db.session.scalars(select(HouseholdOrder)).one()


def seen_by(client: FlaskClient, town: world.World) -> str:
    pages = ("/my", f"/my/cycles/{town.cycle.id}", form_page(town), "/my/errands", "/my/deliveries")
    return "".join(client.get(page, follow_redirects=True).get_data(as_text=True) for page in pages)


def test_who_typed_the_room_first_neither_reads_nor_changes_what_another_phone_made(
    app: Flask, town: world.World
) -> None:
    neighbour, household = enter(app, town), enter(app, town)
    assert place(household, town, remark="家里有人透析", other_need="胰岛素针头") == 303
    errand = {"kind": "medicine", "place": "人民药店", "what": "降压药"}
    assert post(household, "/my/errands", "/my/errands", errand).status_code == 303
    code = the_order().code
    text = seen_by(neighbour, town)
    for secret in ("透析", "胰岛素", code, f"{code[:4]}-{code[4:8]}", "人民药店", "降压药", "手机退出"):
        assert secret not in text, secret
    version = str(the_order().version)
    withdraw = f"/my/cycles/{town.cycle.id}/withdraw"
    assert post(neighbour, "/my", withdraw, {"version": version}).status_code == 409
    for more in ({"version": version}, {}):
        assert place(neighbour, town, 1, **more) == 409
    assert post(neighbour, "/my", "/my/phones/forget", {}).status_code == 303
    assert (the_order().state, the_order().code, the_order().revision) == ("placed", code, 1)
    assert household.get("/my").status_code == 200
    assert "透析" in seen_by(household, town)


def test_what_comes_second_is_asked_for_a_telephone_and_never_told_of_another_order(
    app: Flask, town: world.World
) -> None:
    neighbour, household = enter(app, town), enter(app, town)
    assert place(neighbour, town) == 303
    data = {f"qty_{town.offers[1].id}": "2", "step": "place", "remark": "要硬的"}
    answer = post(household, form_page(town), form_page(town), data)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert messages.EXISTING_ORDER not in page
    assert "下过单" not in page
    assert 'name="phone"' in page
    assert re.search(rf'name="qty_{town.offers[1].id}" value="2"', page)
    assert "要硬的" in page


@pytest.mark.parametrize("proof", ["code", "pin"])
def test_a_phone_without_proof_loses_its_key_when_the_household_shows_a_code_or_the_pin(
    app: Flask, town: world.World, proof: str
) -> None:
    neighbour, household = enter(app, town), enter(app, town)
    assert place(household, town) == 303
    shown = the_order().code if proof == "code" else pins.pin_text(command(pins.issue)(town.households[0].id))
    second = enter(app, town, shown)
    assert neighbour.get("/my").status_code == 302
    assert place_is_refused(neighbour, town)
    assert second.get("/my").status_code == 200
    assert "青菜" in seen_by(second, town)
    assert household.get("/my").status_code == (200 if proof == "code" else 302)


def place_is_refused(client: FlaskClient, town: world.World) -> bool:
    data = {f"qty_{town.offers[0].id}": "1", "step": "place"}
    return post(client, poster(town), form_page(town), data).status_code == 401


def test_the_code_of_an_order_made_by_room_alone_opens_that_order_and_not_the_household(
    app: Flask, town: world.World
) -> None:
    """The neighbour orders first: its code is a key to its own order, not to the household's errands and later ones."""
    neighbour = enter(app, town)
    assert place(neighbour, town) == 303
    code = the_order().code
    household = enter(app, town, pins.pin_text(command(pins.issue)(town.households[0].id)))
    errand = {"kind": "medicine", "place": "人民药店"}
    assert post(household, "/my/errands", "/my/errands", errand).status_code == 303
    again = enter(app, town, code)
    assert "人民药店" not in seen_by(again, town)
    assert "青菜" in seen_by(again, town)
    assert household.get("/my").status_code == 200


def test_an_order_that_the_household_takes_over_leaves_the_phone_that_made_it(app: Flask, town: world.World) -> None:
    neighbour = enter(app, town)
    assert place(neighbour, town) == 303
    code, version = the_order().code, str(the_order().version)
    household = enter(app, town, pins.pin_text(command(pins.issue)(town.households[0].id)))
    assert messages.NOBODY_CHECKED in household.get(f"/my/cycles/{town.cycle.id}").get_data(as_text=True)
    assert place(household, town, 1, version=version, remark="家里有人透析") == 303
    assert the_order().code != code
    assert the_order().hand == ""
    data = {"stairwell_id": str(town.households[0].stairwell_id), "room": "101", "order_code": code}
    assert post(app.test_client(), poster(town), poster(town), data).status_code == 422


def test_an_order_that_staff_take_over_on_the_telephone_is_hidden_from_the_phone_that_made_it(
    app: Flask, town: world.World
) -> None:
    neighbour = enter(app, town)
    assert place(neighbour, town) == 303
    desk = world.sign_in(app, town, "leader")
    page = f"/cycles/{town.cycle.id}/households/{town.households[0].id}/order"
    data = {
        f"qty_{town.offers[1].id}": "2", "source": "telephone", "step": "place",
        "version": str(the_order().version), "remark": "家里有人透析",
    }  # fmt: skip
    code = the_order().code
    assert post(desk, page, page, data).status_code == 303
    assert the_order().code != code
    assert "透析" not in seen_by(neighbour, town)
    assert the_order().code not in seen_by(neighbour, town)


def test_another_hand_may_not_touch_bags_and_errands(app: Flask, town: world.World) -> None:
    neighbour, household = enter(app, town), enter(app, town)
    for number in range(10):
        data = {"kind": "parcel", "place": f"快递柜{number}"}
        assert post(neighbour, "/my/errands", "/my/errands", data).status_code == 303
    assert post(household, "/my/errands", "/my/errands", {"kind": "parcel", "place": "药店"}).status_code == 303
    assert len(db.session.scalars(select(Errand.hand).distinct()).all()) == 2


@pytest.mark.parametrize("typed", ["", "放门口"])
def test_the_note_of_the_care_list_is_on_paper_and_not_shown_to_who_typed_the_room(
    app: Flask, town: world.World, typed: str
) -> None:
    home = town.households[0].id
    day = clock.today() + timedelta(days=9)
    db.session.add(CareNeed(household_id=home, kind=CareKind.ELDERLY_ALONE, door_note="多按两下门铃", purge_on=day))
    db.session.commit()
    stranger = enter(app, town)
    assert place(stranger, town, door_note=typed) == 303
    assert "多按两下门铃" not in seen_by(stranger, town)
    assert place(stranger, town, 1, version=str(the_order().version), door_note=typed) == 303
    assert the_order().door_note == (typed or "多按两下门铃")
    assert "多按两下门铃" not in seen_by(stranger, town)
    assert typed in seen_by(stranger, town)
    household = enter(app, town, pins.pin_text(command(pins.issue)(home)))
    assert the_order().door_note in seen_by(household, town)


# --- who moved out ----------------------------------------------------------------------------------------------------
def moves_out(app: Flask, town: world.World) -> None:
    """A household that showed its PIN orders with private words and asks for medicine; ten minutes later it is gone."""
    before = enter(app, town, pins.pin_text(command(pins.issue)(town.households[0].id)))
    assert place(before, town, remark="家里有人透析") == 303
    errand = {"kind": "medicine", "place": "人民药店", "what": "降压药"}
    assert post(before, "/my/errands", "/my/errands", errand).status_code == 303
    with clock.frozen_at(clock.now() + timedelta(minutes=10)):
        desk = world.sign_in(app, town, "leader")
        page = f"/households/{town.households[0].id}"
        assert post(desk, f"{page}/pin", f"{page}/moved-out", {}).status_code == 303


def test_the_code_of_an_earlier_order_opens_nothing_after_a_move_out(app: Flask, town: world.World) -> None:
    moves_out(app, town)
    data = {"stairwell_id": str(town.households[0].stairwell_id), "room": "101", "order_code": the_order().code}
    client = app.test_client()
    assert post(client, poster(town), poster(town), data).status_code == 422
    assert post(client, "/enter", "/enter", {"order_code": the_order().code}).status_code == 422
    assert client.get("/my").status_code == 302


def test_who_moves_in_sees_nothing_of_those_before_and_orders_after_a_call(app: Flask, town: world.World) -> None:
    moves_out(app, town)
    with clock.frozen_at(clock.now() + timedelta(minutes=20)):
        after = enter(app, town, pins.pin_text(command(pins.issue)(town.households[0].id)))
        text = seen_by(after, town)
        for secret in ("透析", "人民药店", "降压药", the_order().code):
            assert secret not in text, secret
        assert after.get(f"/my/errands/{db.session.scalars(select(Errand.id)).one()}").status_code == 404
        assert place(after, town, 1) == 409
        code = the_order().code
        desk = world.sign_in(app, town, "leader")
        page = f"/cycles/{town.cycle.id}/households/{town.households[0].id}/order"
        data = {
            f"qty_{town.offers[1].id}": "2", "source": "telephone", "step": "place",
            "version": str(the_order().version), "remark": "要硬的",
        }  # fmt: skip
        assert post(desk, page, page, data).status_code == 303
        assert the_order().code != code
        assert "要硬的" in seen_by(after, town)
        assert "要硬的" in seen_by(enter(app, town, the_order().code), town)


@pytest.mark.parametrize("shown", ["code", "pin", "renewed pin"])
def test_what_ends_between_the_look_at_it_and_the_key_opens_nothing(
    app: Flask, town: world.World, monkeypatch: pytest.MonkeyPatch, shown: str
) -> None:
    home = town.households[0].id
    pin = pins.pin_text(command(pins.issue)(home))
    assert place(enter(app, town, pin), town) == 303
    opened = entry.authenticate_household

    def meanwhile(at: entry.BuildingDoor, typed: Enter) -> resident_service.OpenedDoor | None:
        found = opened(at, typed)
        run = resident_service.issue_pin if shown == "renewed pin" else resident_service.move_out
        with clock.frozen_at(clock.now() + timedelta(minutes=1)):
            run(town.actor("leader"), home)
        return found

    monkeypatch.setattr(entry, "authenticate_household", meanwhile)
    typed = the_order().code if shown == "code" else pin
    data = {"stairwell_id": str(town.households[0].stairwell_id), "room": "101", "order_code": typed}
    client = app.test_client()
    keys = len(db.session.scalars(select(HouseholdToken.id)).all())
    assert post(client, poster(town), poster(town), data).status_code == 422
    assert client.get("/my").status_code == 302
    assert len(db.session.scalars(select(HouseholdToken.id)).all()) == keys


# --- a lost answer ----------------------------------------------------------------------------------------------------
def test_a_door_form_whose_answer_was_lost_gets_its_key_when_it_is_sent_again(app: Flask, town: world.World) -> None:
    key = new_key()
    enter(app, town, key=key)
    for _ in range(3):  # the phone kept nothing of the first answer
        again = enter(app, town, key=key)
        assert again.get(form_page(town)).status_code == 200
    assert len(db.session.scalars(select(HouseholdToken)).all()) == 1
    keeps = enter(app, town, key=key)
    data = {"stairwell_id": str(town.households[0].stairwell_id), "room": "101"}
    assert post(keeps, poster(town), poster(town), data, key).status_code == 303  # sent twice, both answers arrived


def test_a_door_form_sent_again_brings_no_key_that_has_ended_or_grown_old(app: Flask, town: world.World) -> None:
    key = new_key()
    first = enter(app, town, key=key)
    assert post(first, "/my", "/my/leave", {}).status_code == 303
    assert enter(app, town, key=key).get("/my").status_code == 302
    later = new_key()
    enter(app, town, key=later)
    with clock.frozen_at(clock.now() + timedelta(hours=1, minutes=1)):
        assert enter(app, town, key=later).get("/my").status_code == 302


def test_of_two_taps_at_once_both_answers_carry_the_key(
    app: Flask, town: world.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second is looked at while the first has not taken effect yet; its answer is the one that the phone keeps."""
    key = new_key()
    enter(app, town, key=key)
    monkeypatch.setattr("app.ordering.resident.views.earlier_outcome", lambda **_asked: None)
    second = enter(app, town, key=key)
    assert second.get(form_page(town)).status_code == 200
    assert len(db.session.scalars(select(HouseholdToken)).all()) == 1


# --- after the cut-off ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", [CycleState.OPEN, CycleState.LOCKED, CycleState.RUNNING, CycleState.CANCELLED])
@pytest.mark.parametrize("step", ["place", "review", "search"])
def test_a_form_open_beyond_the_cut_off_says_so_with_the_telephone_and_keeps_what_was_chosen(
    app: Flask, town: world.World, state: CycleState, step: str
) -> None:
    client = enter(app, town)
    town.points[0].phone = "0571-8800 1234"
    town.cycle.state = state
    town.cycle.cutoff_at = clock.now()
    db.session.commit()
    data = {f"qty_{town.offers[2].id}": "3", "step": step}
    answer = post(client, "/my", form_page(town), data)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert ("取消" if state == CycleState.CANCELLED else "截单") in page
    assert 'href="tel:057188001234"' in page
    assert "鸡蛋" in page
    assert client.get(form_page(town)).status_code == 302
    assert client.get(f"/my/cycles/{town.cycle.id}").status_code == 200


# --- the slip in the first bag ----------------------------------------------------------------------------------------
def test_the_slips_of_a_building_name_a_pin_for_each_household_that_orders_and_the_same_when_printed_again(
    app: Flask, town: world.World
) -> None:
    town.order(town.households[0], {0: 1})
    town.order(town.households[1], {0: 1})
    desk = world.sign_in(app, town, "leader")
    page = f"/cycles/{town.cycle.id}/desk/{town.buildings[0].id}"
    printed = [post(desk, page, f"{page}/slips", {}) for _ in range(2)]
    found = [re.findall(r"<b>([2-9A-HJ-NP-Z]{6})</b>", one.get_data(as_text=True)) for one in printed]
    assert len(found[0]) == len(set(found[0])) == 2
    assert found[0] == found[1]
    assert "no-store" in printed[0].headers["Cache-Control"]
    assert "青菜" in seen_by(enter(app, town, found[0][0].lower()), town)
    stored = " ".join(str(tuple(row)) for row in db.session.execute(select(DoorPin.__table__)))
    assert not any(pin in stored for pin in found[0])


def test_the_slip_of_a_household_whose_bags_go_to_another_door_is_handed_over_by_hand(
    app: Flask, town: world.World
) -> None:
    sent_on = town.order(town.households[0], {0: 1})
    town.order(town.households[1], {0: 1})
    desk = world.sign_in(app, town, "leader")
    page = f"/cycles/{town.cycle.id}/desk/{town.buildings[0].id}"
    assert messages.NOT_INTO_A_BAG not in post(desk, page, f"{page}/slips", {}).get_data(as_text=True)
    db.session.add(OtherDoor(order_id=sent_on.id, household_id=town.households[2].id))
    db.session.commit()
    in_bags, by_hand = post(desk, page, f"{page}/slips", {}).get_data(as_text=True).split("不放进袋子")
    assert ("101</b>" in in_bags, "201</b>" in in_bags) == (False, True)  # a token or an address may hold "101" too
    assert "101</b><br>不随袋，当面交给本人" in by_hand
    assert "201</b>" not in by_hand


def test_after_a_change_of_the_key_nobody_is_told_a_pin_that_opens_nothing(app: Flask, town: world.World) -> None:
    """The characters would come out differently: the household has no PIN any more, and its next slip is a new one."""
    home = town.households[0].id
    town.order(town.households[0], {0: 1})
    old = pins.pin_text(command(pins.issue)(home, town.cycle.id))
    app.extensions["louda_settings"] = replace(settings(), secret_key="another key of the installation, long enough")
    desk = world.sign_in(app, town, "leader")
    page = f"/households/{home}/pin"
    assert messages.NO_PIN_YET in desk.get(page).get_data(as_text=True)
    assert post(desk, page, f"{page}/tell", {}).status_code == 404
    building = f"/cycles/{town.cycle.id}/desk/{town.buildings[0].id}"
    printed = post(desk, building, f"{building}/slips", {}).get_data(as_text=True)
    (pin,) = re.findall(r"<b>([2-9A-HJ-NP-Z]{6})</b>", printed)
    assert pin != old
    assert "青菜" in seen_by(enter(app, town, pin), town)
