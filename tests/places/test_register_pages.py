"""Pages and edits of the register."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.access.models import RoleGrant
from app.access.permissions import Permission
from app.core import clock
from app.core.db import db
from app.places.address.rules import resolve
from app.places.labels import household_label
from app.places.models import Building, Captaincy, Compound, Gate, Household, ServicePoint, ZoneDesignation, ZoneLevel
from app.places.queries import captains_of, current_zones, register_for
from tests import messages
from tests.world import World, build, post, sign_in


@pytest.fixture
def world(app: Flask) -> World:
    made = build()
    db.session.commit()
    return made


@pytest.fixture
def admin(app: Flask, world: World) -> FlaskClient:
    return sign_in(app, world, "admin")


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def building_page(world: World) -> str:
    return f"/places/buildings/{world.buildings[0].id}"


def edit(world: World, **typed: Any) -> dict[str, Any]:
    shown = world.buildings[0]
    data = {
        "label": shown.label,
        "service_point_id": shown.service_point_id,
        "floors": 6,
        "drop_spot": "门卫室",
        "version": shown.version,
    }
    return {**data, **typed}


# --- lists and scope --------------------------------------------------------------------------------------------------
def test_a_leader_sees_the_compounds_of_the_own_point_only(app: Flask, world: World) -> None:
    theirs = {name: sign_in(app, world, name).get("/places/").get_data(as_text=True) for name in ("leader", "leader2")}
    for name, other in (("leader", "leader2"), ("leader2", "leader")):
        own = world.buildings[0 if name == "leader" else -1].compound.name
        assert own in theirs[name]
        assert own not in theirs[other]


def test_a_place_out_of_scope_looks_like_one_that_does_not_exist(app: Flask, world: World) -> None:
    leader = sign_in(app, world, "leader")
    far = world.buildings[-1]
    for path, missing in (
        (f"/places/buildings/{far.id}", "/places/buildings/99999"),
        (f"/places/compounds/{far.compound_id}", "/places/compounds/99999"),
    ):
        hidden, none = leader.get(path), leader.get(missing)
        assert hidden.status_code == none.status_code == 404
        assert len(hidden.data) == len(none.data)


def test_nobody_but_the_administrator_edits(app: Flask, world: World) -> None:
    for name in ("supplies", "leader", "captain"):
        client = sign_in(app, world, name)
        assert post(client, "/account", building_page(world) + "/edit", edit(world)).status_code == 403


def test_compounds_are_found_by_initials_name_and_alias(admin: FlaskClient, world: World) -> None:
    compound = world.buildings[0].compound
    compound.pinyin = "xhy"
    db.session.commit()
    post(admin, f"/places/compounds/{compound.id}", f"/places/compounds/{compound.id}/aliases", {"alias": "老院子"})
    for text in ("xhy", "XHY", compound.name, "老院子"):
        shown = admin.get("/places/", query_string={"q": text}).get_data(as_text=True)
        assert f'/places/compounds/{compound.id}"' in shown, text
    assert "没有符合条件" in admin.get("/places/?q=%25").get_data(as_text=True)


def test_the_list_and_a_building_take_few_statements(admin: FlaskClient, world: World, count_queries: Any) -> None:
    for path in ("/places/", building_page(world), f"/places/compounds/{world.buildings[0].compound_id}"):
        with count_queries() as sent:
            assert admin.get(path).status_code == 200
        assert len(sent) <= 25, path


# --- edits ------------------------------------------------------------------------------------------------------------
def test_an_edit_is_saved_once_however_often_it_is_sent(admin: FlaskClient, world: World) -> None:
    key, version = "1" * 32, world.buildings[0].version
    for _ in range(2):
        answer = post(admin, building_page(world), building_page(world) + "/edit", edit(world, version=version), key)
        assert answer.status_code == 303
    db.session.expire_all()
    assert (world.buildings[0].drop_spot, world.buildings[0].version) == ("门卫室", version + 1)


def test_a_stale_edit_shows_both_and_writes_nothing(admin: FlaskClient, world: World) -> None:
    old = world.buildings[0].version
    post(admin, building_page(world), building_page(world) + "/edit", edit(world))
    answer = post(
        admin, building_page(world), building_page(world) + "/edit", edit(world, version=old, drop_spot="货架")
    )
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "门卫室" in text
    assert 'value="货架"' in text
    db.session.expire_all()
    assert world.buildings[0].drop_spot == "门卫室"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"label": ""}, "label"),
        ({"label": "x" * 31}, "label"),
        ({"floors": "六"}, "floors"),
        ({"floors": "0"}, "floors"),
        ({"position": "120.19, 30.26"}, "position"),
        ({"position": "这里"}, "position"),
        ({"service_point_id": "99999"}, "service_point_id"),
        ({"state": "1"}, "state"),
        ({"public_code": "AAAA"}, "public_code"),
    ],
)
def test_bad_input_is_named_beside_its_field_and_changes_nothing(
    admin: FlaskClient, world: World, typed: dict[str, str], field: str
) -> None:
    version = world.buildings[0].version
    answer = post(admin, building_page(world), building_page(world) + "/edit", edit(world, **typed))
    assert answer.status_code == 422
    assert f"#f-{field}" in answer.get_data(as_text=True)
    db.session.expire_all()
    assert world.buildings[0].version == version


def test_markup_in_a_name_is_shown_literally(admin: FlaskClient, world: World) -> None:
    post(
        admin, building_page(world), building_page(world) + "/edit", edit(world, drop_spot="<script>alert(1)</script>")
    )
    text = admin.get(building_page(world)).get_data(as_text=True)
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text


def test_a_gate_is_added_at_the_compound_and_closed_again(admin: FlaskClient, world: World) -> None:
    compound = world.buildings[0].compound
    compound.lat_e6, compound.lon_e6 = 30_266_000, 120_195_000
    db.session.commit()
    page = f"/places/compounds/{compound.id}"
    typed = {"name": "南门", "opens_s": "06:00", "closes_s": "22:00", "is_open": "1"}
    assert post(admin, page, page + "/gates", typed).status_code == 303
    gate = db.session.scalars(select(Gate)).one()
    assert (gate.lat_e6, gate.opens_s, gate.is_open) == (30_266_000, 21_600, True)
    wrong = post(admin, page, page + "/gates", {**typed, "name": "北门", "closes_s": "05:00"})
    assert wrong.status_code == 422
    closing = {"name": "南门", "opens_s": "06:00", "closes_s": "22:00", "version": gate.version}
    post(admin, f"/places/gates/{gate.id}", f"/places/gates/{gate.id}", closing)
    db.session.expire_all()
    assert not db.session.scalars(select(Gate)).one().is_open


def test_a_whole_compound_changes_level_and_history_has_no_gap(admin: FlaskClient, world: World) -> None:
    compound = world.buildings[0].compound
    page = f"/places/compounds/{compound.id}"
    sealed, clean = (
        db.session.scalars(select(ZoneLevel).where(ZoneLevel.code == code)).one() for code in ("sealed", "clean")
    )
    for level in (sealed, sealed, clean):
        assert post(admin, page, page + "/zone", {"zone_level_id": level.id}).status_code == 303
    ids = list(db.session.scalars(select(Building.id).where(Building.compound_id == compound.id)))
    assert {level.code for level in current_zones(ids, clock.now()).values()} == {"clean"}
    rows = db.session.scalars(
        select(ZoneDesignation).where(ZoneDesignation.building_id == ids[0]).order_by(ZoneDesignation.starts_at)
    ).all()
    assert len(rows) == 2
    assert rows[0].ends_at == rows[1].starts_at
    assert rows[1].ends_at is None
    assert current_zones(ids, rows[0].starts_at)[ids[0]].code == "sealed"


def test_naming_a_captain_gives_the_role_and_ending_it_takes_both(admin: FlaskClient, world: World) -> None:
    building, runner = world.buildings[1], world.accounts["runner"]
    page = f"/places/buildings/{building.id}"
    assert post(admin, page, page + "/captain", {"account_id": runner.id}).status_code == 303
    today = clock.today()
    assert [captain.account_id for captain in captains_of([building.id], today)[building.id]] == [runner.id]
    assert any(grant.scope_id == building.id for grant in world.actor("runner").scopes(Permission.HAND_OUT))
    second = world.accounts["captain"]
    post(admin, page, page + "/captain", {"account_id": second.id})
    post(admin, page, page + "/captain", {"account_id": runner.id, "is_deputy": "1"})
    named = captains_of([building.id], today)[building.id]
    assert [(captain.account_id, captain.is_deputy) for captain in named] == [(second.id, False), (runner.id, True)]
    for row in db.session.scalars(select(Captaincy)).all():
        post(admin, page, f"/places/captaincies/{row.id}/end", {})
    assert captains_of([building.id], today) == {}
    assert not any(grant.scope_id == building.id for grant in world.actor("runner").scopes(Permission.HAND_OUT))


def test_somebody_of_elsewhere_cannot_be_named_captain(admin: FlaskClient, world: World) -> None:
    answer = post(admin, building_page(world), building_page(world) + "/captain", {"account_id": 99999})
    assert answer.status_code == 422
    assert count(Captaincy) == 0


def test_times_without_delivery_need_an_end_after_their_start(admin: FlaskClient, world: World) -> None:
    page = building_page(world)
    typed = {"starts_at": "2032-04-01T08:00", "ends_at": "2032-04-01T12:00", "reason": "核酸采样"}
    assert post(admin, page, page + "/blackouts", {**typed, "ends_at": "2032-04-01T08:00"}).status_code == 422
    assert post(admin, page, page + "/blackouts", typed).status_code == 303
    assert "2032-04-01 08:00" in admin.get(page).get_data(as_text=True)
    assert post(admin, page, "/places/blackouts/1/remove", {}).status_code == 303
    assert "2032-04-01 08:00" not in admin.get(page).get_data(as_text=True)


def test_rooms_are_added_once_and_in_runs(admin: FlaskClient, world: World) -> None:
    before, page = count(Household), building_page(world)
    for _ in range(2):
        post(admin, page, page + "/rooms", {"stairwell": "1单元", "rooms": "101、401-403 501室"})
    assert count(Household) == before + 4
    room = db.session.scalars(select(Household).where(Household.room_no == "403")).one()
    assert room.floor == 4
    assert post(admin, page, page + "/rooms", {"stairwell": "", "rooms": "601"}).status_code == 422


def test_points_are_added_and_changed_within_the_subdistrict(admin: FlaskClient, world: World) -> None:
    community = world.points[0].community_id
    typed = {"community_id": community, "name": "东门点位", "position": "30.2661,120.1951", "is_depot": "1"}
    assert post(admin, "/places/points/new", "/places/points/new", typed).status_code == 303
    assert post(admin, "/places/points/new", "/places/points/new", typed).status_code == 422
    point = db.session.scalars(select(ServicePoint).where(ServicePoint.name == "东门点位")).one()
    page = f"/places/points/{point.id}"
    assert (
        post(admin, page, page, {"community_id": community, "name": "东门", "version": point.version}).status_code
        == 303
    )
    assert post(admin, page, page, {"community_id": community, "name": "西门", "version": 1}).status_code == 409


def test_levels_are_data(admin: FlaskClient, world: World) -> None:
    typed = {"code": "high", "label_zh": "高风险", "delivery_mode": "to_building", "round_order": "2"}
    before = count(ZoneLevel)
    assert post(admin, "/places/zones/", "/places/zones/save", typed).status_code == 303
    post(admin, "/places/zones/", "/places/zones/save", {**typed, "label_zh": "高风险区"})
    assert count(ZoneLevel) == before + 1
    assert post(admin, "/places/zones/", "/places/zones/save", {**typed, "delivery_mode": "fly"}).status_code == 422


# --- import in the browser --------------------------------------------------------------------------------------------
def upload(client: FlaskClient, body: bytes, name: str = "t.csv", **chosen: str) -> Any:
    data = {"file": (io.BytesIO(body), name), "kind": "", "datum": "wgs84", "suffix": "幢", "makes_rooms": "1"}
    return post(client, "/places/import/", "/places/import/preview", {**data, **chosen})


def test_a_file_is_looked_at_first_and_then_brought_in_whole(admin: FlaskClient, world: World) -> None:
    name, before = world.buildings[0].compound.name, count(Building)
    shown = upload(admin, f"小区,楼栋,单元数,楼层数,每层户数\n{name},77,2,6,2\n".encode())
    text = shown.get_data(as_text=True)
    assert shown.status_code == 200
    assert messages.WRITE_ALL in text
    assert count(Building) == before
    digest = text.split('name="upload" value="')[1][:64]
    chosen = {"kind": "buildings", "datum": "wgs84", "suffix": "幢", "upload": digest, "makes_rooms": "1"}
    done = post(admin, "/places/import/", "/places/import/commit", chosen)
    assert done.status_code == 303
    assert count(Building) == before + 1
    assert "新增 1" in admin.get(done.headers["Location"]).get_data(as_text=True)


def test_a_file_with_a_wrong_row_offers_no_button_to_write(admin: FlaskClient, world: World) -> None:
    shown = upload(admin, "小区,楼栋\n没有的苑,1\n".encode())
    text = shown.get_data(as_text=True)
    assert shown.status_code == 422
    assert messages.NO_SUCH_COMPOUND in text
    assert messages.WRITE_ALL not in text


def test_no_file_a_wrong_file_and_a_forged_digest_are_refused(admin: FlaskClient, world: World) -> None:
    assert post(admin, "/places/import/", "/places/import/preview", {"kind": ""}).status_code == 422
    assert upload(admin, b"\x89PNG\r\n\x1a\n\x00\x00", "t.xlsx").status_code == 422
    for digest in ("", "../../secret.key", "0" * 64):
        answer = post(admin, "/places/import/", "/places/import/commit", {"kind": "buildings", "upload": digest})
        assert answer.status_code == 409


# --- what other stages ask --------------------------------------------------------------------------------------------
def test_the_register_of_a_point_resolves_addresses_of_that_point_only(world: World) -> None:
    register = register_for([world.points[0].id])
    home = world.households[0]
    building = home.stairwell.building
    found = resolve(f"{building.compound.name}{building.label}1单元{home.room_no}室", register)
    assert found.household is not None
    assert found.household.household_id == home.id
    served = {h.id for h in world.households if h.stairwell.building.service_point_id == world.points[0].id}
    assert set(register.households) == served


def test_households_are_written_short() -> None:
    assert household_label("12幢", "", "302") == "12-302"
    assert household_label("3号楼", "1单元", "502室") == "3-1-502"


def test_a_captain_of_tomorrow_is_not_one_of_today(world: World) -> None:
    building, account = world.buildings[0], world.accounts["captain"]
    tomorrow = clock.today() + timedelta(days=1)
    db.session.add(Captaincy(building_id=building.id, account_id=account.id, starts_on=tomorrow))
    db.session.commit()
    assert captains_of([building.id], clock.today()) == {}
    assert captains_of([building.id], tomorrow)[building.id][0].name == "captain"


def test_a_level_without_a_designation_is_absent(world: World) -> None:
    assert current_zones([world.buildings[0].id], datetime(2022, 4, 1, tzinfo=UTC)) == {}


def test_roles_for_a_building_are_not_given_twice(admin: FlaskClient, world: World) -> None:
    page, runner = building_page(world), world.accounts["runner"].id
    for deputy in ("1", ""):
        post(admin, page, page + "/captain", {"account_id": runner, **({"is_deputy": "1"} if deputy else {})})
    building = world.buildings[0].id
    held = (
        select(func.count())
        .select_from(RoleGrant)
        .where(RoleGrant.account_id == runner, RoleGrant.building_id == building, RoleGrant.ends_at.is_(None))
    )
    assert db.session.scalar(held) == 1
    assert count(Compound) == 2
