"""Texts for groups: what each occasion says, to whom, and never a name, a telephone or a room that nobody asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.access.permissions import Permission
from app.allocation.models import AllocationRun, ShareNote
from app.core import clock
from app.core.db import db
from app.ordering.models import Cycle, CyclePoint, CycleState, OrderLine
from app.oversight.texts.places import Occasion, TextRequest, Together, places
from app.oversight.texts.queries import texts
from app.oversight.texts.rules import Floor, Rooms, masked, slots
from app.places.models import ZoneDesignation, ZoneLevel
from app.places.scope import buildings_in_scope
from tests import messages, world
from tests.allocation.test_runs import running as running
from tests.dispatch.test_rounds import packed as packed
from tests.dispatch.test_rounds import published as published
from tests.world import World

NOON = datetime(2022, 4, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("room", "how", "read"),
    [
        ("302", Rooms.SHOWN, "302"),
        ("302", Rooms.MASKED, "3**"),
        ("1201", Rooms.MASKED, "12**"),
        ("401(2)", Rooms.MASKED, "4**"),
        ("甲", Rooms.MASKED, "*"),
        ("302", Rooms.HIDDEN, ""),
    ],
)
def test_a_room_is_masked_down_to_its_floor(room: str, how: Rooms, read: str) -> None:
    assert masked(room, how) == read


def test_floors_of_one_staircase_collect_one_after_the_other_and_are_never_split() -> None:
    floors = [Floor("1单元", 2, 2), Floor("1单元", 1, 2), Floor("1单元", 3, 1), Floor("2单元", 1, 9)]
    found = slots(floors, NOON, most=3)
    assert [(one.stairwell, one.floors, (one.starts_at - NOON).seconds // 60) for one in found] == [
        ("1单元", (1,), 0),
        ("1单元", (2, 3), 10),
        ("2单元", (1,), 0),
    ]


def told(
    here: World, occasion: Occasion, together: Together = Together.BUILDING, rooms: Rooms = Rooms.HIDDEN
) -> dict[str, str]:
    cycle = db.session.get_one(Cycle, here.cycle.id)
    near = places(cycle.id, buildings_in_scope(here.actor("admin"), Permission.TEXTS))
    return {one.group: one.text for one in texts(cycle, TextRequest(occasion, together, rooms), near)}


def test_the_opening_names_the_goods_the_price_and_the_cut_off(app: Flask) -> None:
    here = world.build()
    with app.test_request_context():
        found = told(here, Occasion.OPENING)
        assert len(found) == 4
        text = found["桂花苑 2号楼"]
        assert "青菜 3.50" in text
        assert f"{clock.to_local(here.cycle.cutoff_at):%H:%M} 截单" in text
        assert list(told(here, Occasion.OPENING, Together.POINT)) == ["南门点位", "北门点位"]


def test_the_last_call_counts_and_names_nobody(app: Flask) -> None:
    here = world.build()
    here.order(here.households[0], {0: 1})
    with app.test_request_context():
        found = told(here, Occasion.LAST_CALL)
        assert "还有 2 户没有下单" in found["桂花苑 2号楼"]
        assert "还有 3 户没有下单" in found["桂花苑 10号楼"]
        together = told(here, Occasion.LAST_CALL, Together.COMPOUND)["桂花苑"]
        assert "还有 5 户" in together
        assert "桂花苑 2号楼：2 户" in together
        for text in found.values():
            assert not any(room.room_no in text for room in here.households)


def test_a_building_where_everybody_ordered_and_a_cycle_past_its_cut_off_are_not_called(app: Flask) -> None:
    here = world.build()
    for household in here.households[:3]:
        here.order(household, {0: 1})
    with app.test_request_context():
        assert "桂花苑 2号楼" not in told(here, Occasion.LAST_CALL)
        here.lock()
        assert told(here, Occasion.LAST_CALL) == {}
        assert told(here, Occasion.OPENING) == {}


@pytest.mark.parametrize(
    ("rooms", "said"),
    [(Rooms.HIDDEN, "2 户"), (Rooms.MASKED, "1**、2**（2 户）"), (Rooms.SHOWN, "101、201（2 户）")],
)
def test_shortages_are_told_with_rooms_as_wished(app: Flask, rooms: Rooms, said: str) -> None:
    here = world.build()
    run = AllocationRun(cycle_id=here.cycle.id, policy="equal_floor", seed="s", input_sha256="x")
    db.session.add(run)
    db.session.flush()
    for household in here.households[:2]:
        order = here.order(household, {0: 2})
        line = db.session.query(OrderLine).filter_by(order_id=order.id).one()
        db.session.add(ShareNote(order_line_id=line.id, run_id=run.id, qty_share=1, sentence="您家登记2份，分到1份。"))
    db.session.commit()
    with app.test_request_context():
        found = told(here, Occasion.CHANGES, rooms=rooms)
        assert list(found) == ["桂花苑 2号楼"]
        assert f"· 青菜：{said}，共缺 2 份" in found["桂花苑 2号楼"]
        assert messages.ONE_EACH_FIRST in found["桂花苑 2号楼"]
        assert "您家" not in found["桂花苑 2号楼"]  # the household's own sentence stays with the household
        assert f"桂花苑 2号楼 {masked('101', rooms)}".strip() in told(here, Occasion.CHANGES, Together.POINT, rooms)[
            "南门点位"
        ] or (rooms == Rooms.HIDDEN)


def test_arrival_says_when_and_how_many_bags(app: Flask, published: World) -> None:
    with app.test_request_context():
        found = told(published, Occasion.ARRIVAL)
        assert found
        assert all(messages.EXPECTED_DOWNSTAIRS in text and "袋" in text for text in found.values())
        assert told(published, Occasion.SLOTS) == {}


def collect_at_the_first_building(here: World) -> None:
    """From yesterday on, the households of the first building come for their bags."""
    level = ZoneLevel(code="collect", label_zh="自取", delivery_mode="collect_by_slot", round_order=0)
    db.session.add(level)
    db.session.flush()
    since = here.cycle.opens_at - timedelta(days=1)
    db.session.add(ZoneDesignation(building_id=here.buildings[0].id, zone_level_id=level.id, starts_at=since))
    db.session.commit()


def test_where_goods_are_collected_nobody_is_told_that_they_come_to_the_door(app: Flask, published: World) -> None:
    collect_at_the_first_building(published)
    with app.test_request_context():
        found = told(published, Occasion.ARRIVAL)
        assert messages.LEFT_AT_EACH_DOOR not in found["桂花苑 2号楼"]
        assert messages.WAIT_FOR_TIME_SLOTS in found["桂花苑 2号楼"]
        assert any(messages.LEFT_AT_EACH_DOOR in text for text in found.values())
        assert messages.LEFT_AT_EACH_DOOR not in told(published, Occasion.ARRIVAL, Together.COMPOUND)["桂花苑"]


def test_the_opening_of_one_building_carries_its_own_address_and_that_of_several_none(app: Flask) -> None:
    here = world.build()
    with app.test_request_context():
        assert f"/enter/{here.buildings[0].public_code}" in told(here, Occasion.OPENING)["桂花苑 2号楼"]
        together = told(here, Occasion.OPENING, Together.COMPOUND)["桂花苑"]
        assert "/enter/" not in together
        assert messages.QR_ON_POSTER in together


def test_slots_are_told_only_where_goods_are_not_carried_to_the_doors(app: Flask, published: World) -> None:
    collect_at_the_first_building(published)
    with app.test_request_context():
        found = told(published, Occasion.SLOTS)
        assert list(found) == ["桂花苑 2号楼"]
        assert "1单元 1" in found["桂花苑 2号楼"]


@pytest.mark.parametrize(
    ("who", "seen", "hidden"),
    [
        ("leader", ["桂花苑 2号楼", "桂花苑 10号楼"], ["银杏里"]),
        ("leader2", ["银杏里 1幢"], ["桂花苑"]),
        ("captain", ["桂花苑 2号楼"], ["桂花苑 10号楼", "银杏里"]),
        ("admin", ["桂花苑 2号楼", "银杏里 1幢"], []),
    ],
)
def test_everybody_sees_the_texts_of_the_own_buildings(
    app: Flask, who: str, seen: list[str], hidden: list[str]
) -> None:
    here = world.build()
    for occasion in ("opening", "last_call"):
        page = world.sign_in(app, here, who).get(f"/cycles/{here.cycle.id}/texts?for={occasion}").get_data(as_text=True)
        assert all(f"【{name}】" in page for name in seen)
        assert not any(name in page for name in hidden)


@pytest.mark.parametrize("who", ["runner", "auditor"])
def test_who_writes_to_no_group_gets_no_texts(app: Flask, who: str) -> None:
    here = world.build()
    assert world.sign_in(app, here, who).get(f"/cycles/{here.cycle.id}/texts").status_code == 403


def test_filters_narrow_and_nonsense_is_ignored(app: Flask) -> None:
    here = world.build()
    client = world.sign_in(app, here, "admin")
    page = f"/cycles/{here.cycle.id}/texts"
    only = client.get(f"{page}?building={here.buildings[0].id}").get_data(as_text=True)
    assert "【桂花苑 2号楼】" in only
    assert "【桂花苑 10号楼】" not in only
    assert client.get(f"{page}?for=x&group=y&rooms=z&point=abc&page=-1&building={'9' * 30}").status_code == 200


def test_a_leader_sees_the_dashboard_of_the_own_point_only(app: Flask) -> None:
    here = world.build()
    here.order(here.households[0], {0: 1})
    here.order(here.households[-1], {0: 1})
    other = Cycle(
        subdistrict_id=here.subdistrict.id,
        name="北门那批",
        opens_at=here.cycle.opens_at,
        cutoff_at=here.cycle.cutoff_at,
        deliver_on=here.cycle.deliver_on,
        state=CycleState.OPEN,
    )
    db.session.add(other)
    db.session.flush()
    db.session.add(CyclePoint(cycle_id=other.id, service_point_id=here.points[1].id))
    db.session.commit()
    leader = world.sign_in(app, here, "leader").get("/dashboard").get_data(as_text=True).split("<main")[1]
    assert "1 个订单，1 份" in leader
    assert "北门那批" not in leader
    assert "/loop" not in leader  # the whole loop is for whole subdistricts
    admin = world.sign_in(app, here, "admin").get("/dashboard").get_data(as_text=True)
    assert "2 个订单，2 份" in admin
    assert "北门那批" in admin
