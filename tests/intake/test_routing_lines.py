"""Lines of a list that another service point covers go there with one tap, and come back when it refuses them."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.intake import queries
from app.intake.booking import service as booking_service
from app.intake.handing_over.schemas import Route
from app.intake.handing_over.service import route
from app.intake.models import ChainPaste, PasteLine
from app.intake.paste import service
from app.ordering.models import CyclePoint
from app.places.models import Building, CompoundAlias, Household, Stairwell
from app.tally.queries import open_review_count
from tests import messages, world
from tests.intake.test_versions import bring, ordered
from tests.intake.test_whole_workbooks import book
from tests.world import World

MIXED = """#接龙 青菜
1. 桂花苑2号楼1单元101 1份
2. 银杏里1幢1单元301 2份
3. 银杏里3幢1单元201 3份
4. 桂花苑2号楼1单元999 1份
"""


@pytest.fixture
def here(app: Flask) -> World:
    return world.build()


def home(here: World, building: int, room: str) -> int:
    found = (
        select(Household.id)
        .join(Stairwell)
        .where(Stairwell.building_id == here.buildings[building].id, Household.room_no == room)
    )
    return db.session.scalars(found).one()


def lines(paste: ChainPaste) -> list[tuple[int, str, str]]:
    return [(line.line_no, line.outcome, line.reason) for line in paste.lines]


def there(here: World) -> ChainPaste:
    return db.session.scalars(select(ChainPaste).where(ChainPaste.service_point_id == here.points[1].id)).one()


def handed(here: World, text: str = MIXED) -> ChainPaste:
    paste = bring(here, text)
    return route(here.actor("leader"), paste.id, Route(here.points[1].id))


def test_lines_of_a_compound_of_another_point_are_offered_to_it_and_others_are_asked_as_before(here: World) -> None:
    paste = bring(here, MIXED)
    ((point, name, rows),) = queries.for_other_points(queries.line_rows(paste))
    assert (point, name, [row.line_no for row in rows]) == (here.points[1].id, "北门点位", [3, 4])
    assert list(ordered(here)) == [home(here, 0, "101")]


def test_handed_over_they_wait_at_the_other_point_and_count_nowhere_until_it_places_them(here: World) -> None:
    paste = handed(here)
    assert lines(paste)[2:4] == [(3, "skip", "routed"), (4, "skip", "routed")]
    assert [line.outcome for line in there(here).lines] == ["row", "row"]
    assert list(ordered(here)) == [home(here, 0, "101")]
    assert open_review_count(here.cycle.id, here.points[1].id) == 2
    booking_service.commit(here.actor("leader2"), there(here).id)
    now = ordered(here)
    assert now[home(here, 2, "301")] == {"青菜": 2}
    assert now[home(here, 3, "201")] == {"青菜": 3}
    assert open_review_count(here.cycle.id, here.points[1].id) == 0
    with pytest.raises(Conflict, match=messages.NOTHING_TO_HAND_OVER):
        route(here.actor("leader"), paste.id, Route(here.points[1].id))


def test_the_leader_who_handed_lines_over_reaches_nothing_of_the_other_point(here: World) -> None:
    handed(here)
    with pytest.raises(NotFound):
        booking_service.commit(here.actor("leader"), there(here).id)
    with pytest.raises(NotFound):
        route(here.actor("leader2"), db.session.scalars(select(ChainPaste)).first().id, Route(here.points[0].id))


def test_a_line_is_taken_back_until_the_other_point_has_placed_it(here: World) -> None:
    paste = handed(here)
    line = next(line for line in paste.lines if line.routed_to_id is not None)
    booking_service.unsettle(here.actor("leader"), line.id)
    assert (line.outcome, line.reason, len(there(here).lines)) == ("review", "unknown_place", 1)
    other = next(line for line in paste.lines if line.routed_to_id is not None)
    booking_service.commit(here.actor("leader2"), there(here).id)
    with pytest.raises(Conflict, match="北门点位已经处理"):
        booking_service.unsettle(here.actor("leader"), other.id)


def test_refused_by_the_other_point_they_are_asked_here_again(here: World) -> None:
    paste = handed(here)
    booking_service.undo(here.actor("leader2"), there(here).id)
    back = [line for line in paste.lines if line.reason == "sent_back"]
    assert [(line.outcome, line.settled_at, line.routed_to_id) for line in back] == [("review", None, None)] * 2
    ((point, _name, rows),) = queries.for_other_points(queries.line_rows(paste))
    assert (point, len(rows)) == (here.points[1].id, 2)
    assert open_review_count(here.cycle.id, here.points[0].id) == 3
    route(here.actor("leader"), paste.id, Route(point))
    again = db.session.scalars(select(ChainPaste).order_by(ChainPaste.id.desc())).first()
    assert [(line.outcome, line.household_id) for line in again.lines] == [
        ("row", home(here, 2, "301")), ("row", home(here, 3, "201")),
    ]  # fmt: skip


def test_taking_the_whole_list_back_takes_along_what_the_other_point_has_not_placed(here: World) -> None:
    paste = handed(here)
    booking_service.undo(here.actor("leader"), paste.id)
    assert there(here).state == "undone"


def test_what_the_other_point_has_placed_stays_there_and_is_said(here: World) -> None:
    paste = handed(here)
    booking_service.commit(here.actor("leader2"), there(here).id)
    booking_service.undo(here.actor("leader"), paste.id)
    assert len(ordered(here)) == 2
    assert any("2 行那边已经入单" in alarm for alarm in paste.alarms)


def test_a_later_version_does_not_hand_the_same_lines_over_twice_and_says_which_are_gone(here: World) -> None:
    handed(here)
    later = MIXED.replace("3. 银杏里3幢1单元201 3份\n", "").replace("4. 桂", "3. 桂")
    paste = bring(here, later)
    assert queries.for_other_points(queries.line_rows(paste)) == []
    assert any("1 行已交给别的点位" in alarm for alarm in paste.alarms)


def test_buildings_of_one_compound_shared_by_two_points_are_told_apart_without_its_name(here: World) -> None:
    building = db.session.get_one(Building, here.buildings[1].id)
    building.service_point_id = here.points[1].id
    db.session.commit()
    paste = bring(here, "#接龙 青菜\n1. 2-101 1份\n2. 10-301 2份\n")
    ((point, _name, rows),) = queries.for_other_points(queries.line_rows(paste))
    assert (point, [row.line_no for row in rows]) == (here.points[1].id, [3])


def test_rows_of_a_workbook_are_handed_over_as_lines_of_a_chain_are(here: World) -> None:
    head = ["小区", "楼号", "单元", "房号", "青菜"]
    rows = [["桂花苑", "2号楼", "1", "101", "1份"], ["银杏里", "1幢", "1", "301", "2份"]]
    paste = service.import_workbook(
        here.actor("leader"), here.cycle.id, here.points[0].id, book({"订单": [head, *rows]})
    )
    booking_service.commit(here.actor("leader"), paste.id)
    route(here.actor("leader"), paste.id, Route(here.points[1].id))
    booking_service.commit(here.actor("leader2"), there(here).id)
    assert ordered(here)[home(here, 2, "301")] == {"青菜": 2}


def test_a_household_gone_in_between_is_asked_there(here: World) -> None:
    paste = bring(here, MIXED)
    gone = db.session.get_one(Household, home(here, 2, "301"))
    gone.is_active = False
    db.session.commit()
    route(here.actor("leader"), paste.id, Route(here.points[1].id))
    assert [(line.outcome, line.reason) for line in there(here).lines] == [("review", "unknown_room"), ("row", "")]


def test_a_list_that_was_read_and_not_placed_keeps_the_tally_open(here: World) -> None:
    paste = bring(here, MIXED, commits=False)
    assert open_review_count(here.cycle.id, here.points[0].id) == len(
        [line for line in db.session.scalars(select(PasteLine)) if line.outcome in ("row", "review")]
    )
    booking_service.undo(here.actor("leader"), paste.id)
    assert open_review_count(here.cycle.id, here.points[0].id) == 0


@pytest.mark.parametrize(
    "text",
    [
        "#接龙 青菜\n1. 银杏里1幢1单元301 2份",
        "#接龙 青菜\n1. 银杏里1-301 2份",
        "#接龙 青菜\n1. 银杏1-1-301 2份",
        "#接龙 青菜\n1. 白果1幢301 2份",
        "#接龙 青菜\n【银杏里】\n1. 1-301 2份",
        "#接龙 青菜\n银杏里1幢：\n301 2份",
    ],
)
def test_a_neighbour_named_in_any_way_is_never_a_nickname_of_a_door_of_ours(here: World, text: str) -> None:
    """The point has a building and a room of the same numbers, so the register of the point alone finds a door."""
    db.session.add(CompoundAlias(compound_id=here.buildings[2].compound_id, alias="白果"))
    building = db.session.get_one(Building, here.buildings[0].id)
    building.label = "1幢"
    db.session.commit()
    paste = bring(here, text)
    assert ordered(here) == {}
    ((point, _name, rows),) = queries.for_other_points(queries.line_rows(paste))
    assert (point, [(row.home, row.candidates) for row in rows]) == (here.points[1].id, [("", [])])
    handed = route(here.actor("leader"), paste.id, Route(point))
    booking_service.commit(here.actor("leader2"), there(here).id)
    assert handed.id
    assert ordered(here) == {home(here, 2, "301"): {"青菜": 2}}


def test_a_compound_of_a_point_that_takes_no_part_in_the_cycle_is_asked_too(here: World) -> None:
    building = db.session.get_one(Building, here.buildings[0].id)
    building.label = "1幢"
    db.session.execute(delete(CyclePoint).where(CyclePoint.service_point_id == here.points[1].id))
    db.session.commit()
    paste = bring(here, "#接龙 青菜\n1. 银杏里1-301 2份")
    assert ordered(here) == {}
    assert queries.for_other_points(queries.line_rows(paste)) == []


def test_a_door_of_a_neighbour_that_is_not_in_the_register_is_asked_not_booked_at_ours(here: World) -> None:
    building = db.session.get_one(Building, here.buildings[0].id)
    building.label = "5幢"
    db.session.commit()
    bring(here, "#接龙 青菜\n1. 银杏里5-101 2份")
    assert ordered(here) == {}


def test_bare_numbers_stay_with_the_point_whose_list_it_is(here: World) -> None:
    """A name further down makes the neighbour be read too; what names nobody is not asked for that."""
    building = db.session.get_one(Building, here.buildings[0].id)
    building.label = "1幢"
    db.session.commit()
    bring(here, "#接龙 青菜\n1. 1-101 1份\n2. 桂花苑1-201 1份\n3. 银杏里1-301 2份")
    assert ordered(here) == {home(here, 0, "101"): {"青菜": 1}, home(here, 0, "201"): {"青菜": 1}}
