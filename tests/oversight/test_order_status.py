"""The way of an order as its household reads it: step by step, bag by bag, and the one thing to do next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.ordering.models import HouseholdOrder
from app.oversight.order_status import queries as order_status_queries
from app.oversight.order_status.rules import Around, BagFacts, OrderTimes, StepMark, bag_steps, next_step, order_steps
from tests import world
from tests.allocation.test_runs import running as running
from tests.dispatch.test_rounds import packed as packed
from tests.dispatch.test_rounds import published as published
from tests.e2e import day
from tests.handover.delivery import phone
from tests.world import World

NOON = datetime(2022, 4, 2, 4, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
AROUND = Around(is_taking=False, is_locked=True, deliver_on="2022-04-02")
PACKED = BagFacts("packed", NOON)


def marks(steps: list[object]) -> str:
    return "".join({StepMark.DONE: "x", StepMark.NOW: ">", StepMark.LATER: "."}[step.mark] for step in steps)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("times", "has_bags", "seen"),
    [
        (OrderTimes(NOON), False, "x>.."),
        (OrderTimes(NOON, LATER), False, "xx>."),
        (OrderTimes(NOON, LATER, LATER), False, "xxx>"),
        (OrderTimes(NOON, LATER, None, LATER), False, "xxxx"),
        (OrderTimes(NOON, LATER), True, "xxxx"),
    ],
)
def test_a_step_is_done_when_it_or_a_later_one_has_happened(times: OrderTimes, has_bags: bool, seen: str) -> None:
    assert marks(order_steps(times, has_bags)) == seen


@pytest.mark.parametrize(
    ("bag", "seen", "note"),
    [
        (PACKED, "x>...", ""),
        (replace(PACKED, expected_at=LATER), "x>...", "预计 13:00 前后"),
        (replace(PACKED, held="超出队伍运力"), "x>...", "暂缓：超出队伍运力"),
        (replace(PACKED, state="loaded", loaded_at=LATER, expected_at=LATER), "xx>..", "预计 13:00 前后"),
        (replace(PACKED, state="missing", loaded_at=LATER), "xx>..", "清点时没找到，正在找"),
        (replace(PACKED, state="dropped_off", arrived_at=LATER, failed="无人应答"), "xxx>.", "没有送成：无人应答"),
        (replace(PACKED, state="handed_out", left_at=LATER, answer_until=LATER), "xxxx>", "前没有回音，算默认签收"),
        (replace(PACKED, state="confirmed", confirmed_at=LATER, is_confirmed_by_default=True), "xxxxx", "默认签收"),
    ],
)
def test_a_bag_shows_where_it_is_and_what_is_beside_the_plan(bag: BagFacts, seen: str, note: str) -> None:
    steps = bag_steps(bag)
    assert marks(steps) == seen
    assert note in " ".join(step.note.zh for step in steps if step.note)


@pytest.mark.parametrize(
    ("around", "bags", "said"),
    [
        (replace(AROUND, is_taking=True, is_locked=False), [], "截单以前可以随时修改或撤回"),
        (replace(AROUND, is_locked=False), [], "点位正在汇总"),
        (AROUND, [], "2022-04-02 送货"),
        (AROUND, [PACKED], "等出发"),
        (AROUND, [replace(PACKED, held="超出队伍运力")], "下一波先送"),
        (AROUND, [replace(PACKED, state="loaded", expected_at=LATER)], "预计 13:00 前后到楼下"),
        (AROUND, [replace(PACKED, state="dropped_off")], "在家等敲门"),
        (replace(AROUND, mode="collect_by_slot"), [PACKED], "按领取单或群里通知的时段下楼取"),
        (replace(AROUND, mode="to_stairwell"), [replace(PACKED, state="loaded")], "放在单元门口"),
        (replace(AROUND, mode="to_building"), [replace(PACKED, state="loaded", expected_at=LATER)], "放在楼下"),
        (replace(AROUND, mode="to_stairwell"), [replace(PACKED, state="dropped_off")], "单元门口"),
        (replace(AROUND, mode="collect_by_slot"), [replace(PACKED, state="dropped_off")], "错开下楼取"),
        (AROUND, [replace(PACKED, state="dropped_off", failed="无人应答")], "没有送成（无人应答）"),
        (AROUND, [PACKED, replace(PACKED, state="handed_out", answer_until=LATER)], "4月2日 13:00 前说"),
        (AROUND, [replace(PACKED, state="missing")], "正在找"),
        (AROUND, [replace(PACKED, state="confirmed")], "都收到了"),
    ],
)
def test_the_household_is_told_the_one_thing_to_do_next(around: Around, bags: list[BagFacts], said: str) -> None:
    assert said in next_step(around, bags).zh


def test_the_way_is_read_from_every_stage_in_few_statements(app: Flask, count_queries: object) -> None:
    here, _lived = day.build()
    order = db.session.scalars(
        select(HouseholdOrder).where(
            HouseholdOrder.household_id == here.households[0].id, HouseholdOrder.cycle_id == here.cycle.id
        )
    ).one()
    times = order_status_queries.order_times(order)
    assert times.tallied_at is not None
    assert times.bought_at is not None
    assert times.allocated_at is not None
    with count_queries() as statements:  # type: ignore[operator]
        bags = order_status_queries.own_bags(order.id)
    assert len(statements) <= 8
    assert bags[0].facts.state == "confirmed"
    assert all(bag.facts.loaded_at and bag.facts.arrived_at for bag in bags)
    page = phone(app, here.households[0]).get(f"/my/cycles/{here.cycle.id}").get_data(as_text=True)
    for word in ("已装袋", "路上", "已到楼下", "已放门口", "已确认", bags[0].code):
        assert word in page


def test_who_gets_less_reads_why_on_the_own_page(app: Flask) -> None:
    here, _lived = day.build()
    short = db.session.scalars(select(HouseholdOrder).where(HouseholdOrder.cycle_id == here.cycle.id)).all()
    told = [(order, order_status_queries.share_sentences(order.id)) for order in short]
    order, sentences = next((order, said) for order, said in told if said)
    household = next(one for one in here.households if one.id == order.household_id)
    page = phone(app, household).get(f"/my/cycles/{here.cycle.id}").get_data(as_text=True)
    assert sentences[0] in page


def test_the_text_for_the_group_masks_the_room_as_wished(app: Flask) -> None:
    here = world.build()
    here.order(here.households[1], {0: 2})
    client = phone(app, here.households[1])
    page = f"/my/cycles/{here.cycle.id}"

    def text(rooms: str) -> str:
        shown = client.get(f"{page}?rooms={rooms}").get_data(as_text=True)
        return shown.split('id="group-text"')[1].split("</pre>")[0].split(">", 1)[1]

    assert text("shown").startswith("桂花苑 2号楼 1单元 201：青菜×2")
    assert text("masked").startswith("桂花苑 2号楼 1单元 2**：青菜×2")
    assert text("hidden").startswith("桂花苑 2号楼：青菜×2") or text("hidden").startswith("桂花苑 2号楼 1单元：青菜×2")
    assert text("nonsense") == text("shown")


def test_a_household_reads_nothing_of_another(app: Flask, published: World) -> None:
    order = db.session.scalars(select(HouseholdOrder)).first()
    assert order is not None
    stranger = next(one for one in published.households if one.id != order.household_id)
    assert phone(app, stranger).get("/my/cycles/4711").status_code == 404
