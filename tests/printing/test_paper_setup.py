"""Paper and labels are set up once and remembered; duty telephones reach the sheets that print them."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.db import db
from app.core.queue import worker
from app.handover.rules import DEFAULT_ACCEPTANCE
from app.places.models import ZoneDesignation, ZoneLevel
from app.printing.centre import service
from app.printing.centre.service import PrintRequest
from app.printing.layout.arrange import collection_slots
from app.printing.paper_setup.service import options_of
from app.printing.sheets.bags.hand_out_list import HandOutRow
from app.printing.sheets.residents.poster_context import COMPLAINT_HOURS
from tests import messages, world
from tests.printing.day import ask, documents, printed_text
from tests.printing.day import day as day
from tests.world import World


@pytest.fixture
def desk(app: Flask, day: World) -> FlaskClient:
    return world.sign_in(app, day, "supplies")


def page_of(day: World) -> str:
    return f"/cycles/{day.cycle.id}/print/paper"


def save(desk: FlaskClient, day: World, **typed: str) -> int:
    data = {"sheet_stock": "a4-3x8", "roll_stock": "roll-60x40", "has_grid": "1", **typed}
    return world.post(desk, page_of(day), page_of(day), data).status_code


def save_margins(desk: FlaskClient, day: World, **typed: str) -> tuple[int, str]:
    data = {"stock": "a4-2x7", "top": "15.1", "left": "4.6", "gap_x": "2.5", "gap_y": "0", **typed}
    answer = world.post(desk, page_of(day), f"{page_of(day)}/margins", data)
    return answer.status_code, answer.get_data(as_text=True)


def test_two_languages_are_one_switch_that_is_remembered(day: World, desk: FlaskClient) -> None:
    ask(day, "tally")
    chinese = printed_text(documents("tally")[0])
    assert save(desk, day, is_bilingual="1") == 303
    assert options_of(day.cycle.subdistrict_id).is_bilingual
    job = ask(day, "tally")
    assert job.result["printed"] == len(documents("tally")) // 2, "every tally has a new version"
    both = printed_text(documents("tally")[-1])
    assert messages.TALLY_SHEET in both
    assert "Households" in both
    assert "Households" not in chinese
    assert "checked" in desk.get(page_of(day)).get_data(as_text=True)


def test_margins_are_remembered_and_move_the_labels(day: World, desk: FlaskClient) -> None:
    assert save(desk, day, sheet_stock="a4-2x7") == 303
    ask(day, "bag_label")
    before = {row.context_sha256 for row in documents("bag_label")}
    assert save_margins(desk, day, top="16.5", left="-0.5")[0] == 303
    stock = options_of(day.cycle.subdistrict_id).sheet()
    assert (stock.key, stock.tops_dmm()[0], stock.lefts_dmm()[:2]) == ("a4-2x7", 165, (-5, 1011))
    ask(day, "bag_label")
    after = {row.context_sha256 for row in documents("bag_label") if row.state != "superseded"}
    assert not before & after


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"top": "abc"}, "请填毫米数"),
        ({"left": "99"}, "应在 -5 到 40 毫米之间"),
        ({"left": "30"}, "超出纸边"),
        ({"top": ""}, "请填"),
    ],
)
def test_margins_that_cannot_be_are_refused_in_chinese(
    day: World, desk: FlaskClient, typed: dict[str, str], said: str
) -> None:
    status, page = save_margins(desk, day, **typed)
    assert status == 422
    assert said in page


def test_the_alignment_page_is_printed_for_every_paper(day: World, desk: FlaskClient) -> None:
    assert world.post(desk, page_of(day), f"{page_of(day)}/test", {}).status_code == 303
    worker.drain()
    assert [row.subject_id for row in documents("label_test")] == [1, 2, 3, 4]
    assert "对位页" in printed_text(documents("label_test")[0])


def test_a_partly_used_sheet_of_labels_is_used_up(day: World) -> None:
    service.request_printing(
        day.actor("supplies"), day.cycle.id, PrintRequest(("bag_label",), stock="a4-3x8", start=23)
    )
    worker.drain()
    first, second = documents("bag_label")
    bags = first.totals["bags"]
    assert first.pages == 1 + -(-(bags - 1) // 24), "one label on the used sheet, the rest on new ones"
    assert second.pages == -(-second.totals["bags"] // 24), "only the paper in the printer is partly used"


def test_only_those_who_print_for_the_whole_subdistrict_set_up_paper(app: Flask, day: World) -> None:
    assert world.sign_in(app, day, "leader").get(page_of(day)).status_code == 404
    assert world.sign_in(app, day, "runner").get(page_of(day)).status_code == 403


def test_the_texts_beside_a_sheet_are_about_the_own_buildings_and_name_nobody(app: Flask, day: World) -> None:
    leader = world.sign_in(app, day, "leader")
    for kind in ("poster", "tally", "shortage_list", "drop_off_sheet", "collection_sheet"):
        text = leader.get(f"/cycles/{day.cycle.id}/print/{kind}/texts").get_data(as_text=True)
        assert "【桂花苑" in text, kind
        assert "银杏里" not in text, kind
        assert "199 0000" not in text, kind
        assert "龘" not in text, kind
    assert leader.get(f"/cycles/{day.cycle.id}/print/nonsense/texts").status_code == 404
    assert messages.NOTHING_TO_SAY in leader.get(f"/cycles/{day.cycle.id}/print/bag_list/texts").get_data(as_text=True)


def test_duty_telephones_are_on_what_hangs_travels_or_goes_to_doors_and_nowhere_else(app: Flask, day: World) -> None:
    admin = world.sign_in(app, day, "admin")
    point, office = day.points[0], day.cycle.subdistrict_id
    where = f"/places/points/{point.id}"
    typed = {"community_id": point.community_id, "name": point.name, "version": point.version, "phone": "0571-86000001"}
    assert world.post(admin, where, where, typed | {"is_depot": "1"}).status_code == 303
    help_page = f"/places/points/help/{office}"
    assert world.post(admin, help_page, help_page, {"phone": "call me"}).status_code == 422
    assert world.post(admin, help_page, help_page, {"phone": "0571-86000000"}).status_code == 303
    ask(day)
    with_leader = {row.kind for row in documents() if "0571-86000001" in printed_text(row)}
    with_office = {row.kind for row in documents() if "0571-86000000" in printed_text(row)}
    # On a route sheet the line of the point stands in for a captain; the captain calls it herself.
    assert with_leader == {"poster", "door_notice", "route_sheet", "drop_off_sheet", "hand_out_list"}
    assert with_office == {"route_sheet", "drop_off_sheet", "hand_out_list"}, "where a point has no line of its own"


def test_households_that_collect_get_slips_with_slots_and_no_names(day: World) -> None:
    level = ZoneLevel(code="slot", label_zh="分时", delivery_mode="collect_by_slot")
    db.session.add(level)
    db.session.flush()
    building = day.buildings[0].id
    designation = db.session.query(ZoneDesignation).filter_by(building_id=building, ends_at=None).first()
    if designation is None:
        start = day.cycle.created_at
        db.session.add(ZoneDesignation(building_id=building, zone_level_id=level.id, starts_at=start))
    else:
        designation.zone_level_id = level.id
    db.session.commit()
    ask(day, "collection_slip", "hand_out_list")
    (slips,) = documents("collection_slip")
    text = printed_text(slips)
    assert slips.subject_id == building
    assert "09:10–09:20" in text, "the stop is planned for nine o'clock"
    assert "龘" not in text
    own = next(row for row in documents("hand_out_list") if row.subject_id == building)
    assert "09:10–09:20" in printed_text(own), "the captain knows the same slots"


def test_a_floor_is_never_split_over_two_slots_and_staircases_collect_side_by_side() -> None:
    doors = [HandOutRow("1", floor, f"{floor}0{at}", "", ("K",)) for floor in (1, 2, 3) for at in range(1, 5)]
    doors.append(HandOutRow("2", 5, "501", "", ("K",)))
    slots = {(door.stairwell, door.room): slot for door, slot in collection_slots(doors, 9 * 60)}
    assert {slots["1", f"10{at}"] for at in range(1, 5)} == {"09:10–09:20"}
    assert {slots["1", f"20{at}"] for at in range(1, 5)} == {"09:20–09:30"}
    assert slots["2", "501"] == "09:10–09:20"
    assert {slot for _door, slot in collection_slots(doors, None)} == {""}


def test_the_notice_gives_as_long_for_complaints_as_the_program_does() -> None:
    assert DEFAULT_ACCEPTANCE.total_seconds() == COMPLAINT_HOURS * 3600
