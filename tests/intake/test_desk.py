"""A chain becomes orders: every line kept, doubtful ones settled by a person, nothing placed twice."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound
from app.intake.booking import service as booking_service
from app.intake.booking.schemas import Settle
from app.intake.models import PasteLine
from app.intake.paste import service
from app.intake.paste.schemas import Paste
from app.ordering.models import HouseholdOrder, OrderLine
from tests import messages, world
from tests.world import World

CHAIN = """#接龙
南门点位团购 青菜 土豆 鸡蛋
1. 桂花苑2号楼1单元101 青菜2 土豆1
2. 桂花苑10号楼1单元301 鸡蛋1板
3. 桂花苑2号楼1单元999 青菜1
谢谢群主
"""


@pytest.fixture
def here(app: Flask) -> World:
    return world.build()


def units() -> int:
    return int(db.session.scalar(select(func.coalesce(func.sum(OrderLine.qty_ordered), 0))) or 0)


def test_clear_lines_become_orders_and_the_doubtful_one_waits(here: World) -> None:
    leader = here.actor("leader")
    paste = service.paste_chain(leader, here.cycle.id, here.points[0].id, Paste(CHAIN))
    assert units() == 0
    booking_service.commit(leader, paste.id)
    assert units() == 4
    waiting = db.session.scalars(select(PasteLine).where(PasteLine.outcome == "review")).all()
    assert [line.line_no for line in waiting] == [5]
    booking_service.settle(leader, waiting[0].id, Settle(here.households[1].id))
    assert units() == 5


def test_every_physical_line_is_kept(here: World) -> None:
    paste = service.paste_chain(here.actor("leader"), here.cycle.id, here.points[0].id, Paste(CHAIN))
    assert {line.line_no for line in paste.lines} == set(range(1, 7))


def test_the_same_text_twice_and_a_second_commit_change_nothing(here: World) -> None:
    leader = here.actor("leader")
    paste = service.paste_chain(leader, here.cycle.id, here.points[0].id, Paste(CHAIN))
    booking_service.commit(leader, paste.id)
    with pytest.raises(Conflict):
        booking_service.commit(leader, paste.id)
    with pytest.raises(Conflict):
        service.paste_chain(leader, here.cycle.id, here.points[0].id, Paste(CHAIN))
    assert units() == 4


def test_an_order_from_the_form_is_never_overwritten_silently(here: World) -> None:
    here.order(here.households[0], {3: 1})
    leader = here.actor("leader")
    paste = service.paste_chain(leader, here.cycle.id, here.points[0].id, Paste(CHAIN))
    booking_service.commit(leader, paste.id)
    line = db.session.scalars(select(PasteLine).where(PasteLine.reason == "existing_order")).one()
    assert units() == 2
    booking_service.settle(leader, line.id, Settle(here.households[0].id, existing="add"))
    assert units() == 5
    assert db.session.scalar(select(func.count()).select_from(HouseholdOrder)) == 2


def test_the_preview_says_before_it_is_entered_who_has_ordered_elsewhere(app: Flask, here: World) -> None:
    leader = here.actor("leader")
    paste = service.paste_chain(leader, here.cycle.id, here.points[0].id, Paste(CHAIN))
    client = world.sign_in(app, here, "leader")
    assert messages.ORDERED_ELSEWHERE not in client.get(f"/pastes/{paste.id}").get_data(as_text=True)
    here.order(here.households[0], {3: 1})
    assert "清楚的行里有 1 户已有电话、自助等别处来的订单" in client.get(f"/pastes/{paste.id}").get_data(as_text=True)
    booking_service.commit(leader, paste.id)
    line = db.session.scalars(select(PasteLine).where(PasteLine.reason == "existing_order")).one()
    booking_service.settle(leader, line.id, Settle(here.households[0].id, existing="add"))
    later = service.paste_chain(
        leader, here.cycle.id, here.points[0].id, Paste(CHAIN + "4. 桂花苑2号楼1单元301 土豆3\n")
    )
    assert messages.ORDERED_ELSEWHERE not in client.get(f"/pastes/{later.id}").get_data(as_text=True)


def test_a_household_of_another_point_or_goods_nobody_offers_are_refused(here: World) -> None:
    leader = here.actor("leader")
    paste = service.paste_chain(leader, here.cycle.id, here.points[0].id, Paste(CHAIN))
    booking_service.commit(leader, paste.id)
    line = db.session.scalars(select(PasteLine).where(PasteLine.outcome == "review")).one()
    with pytest.raises(Invalid):
        booking_service.settle(leader, line.id, Settle(here.households[7].id))
    with pytest.raises(Invalid):
        booking_service.settle(leader, line.id, Settle(here.households[1].id, "月饼 2"))
    with pytest.raises(NotFound):
        booking_service.settle(here.actor("leader2"), line.id, Settle(here.households[1].id))
    assert booking_service.settle(leader, line.id, Settle(0)).outcome == "skip"


def test_the_pages_lead_from_text_to_order(app: Flask, here: World) -> None:
    client = world.sign_in(app, here, "leader")
    base = f"/cycles/{here.cycle.id}/intake"
    point = str(here.points[0].id)
    assert world.post(client, base, f"{base}/paste", {"point": point, "text": ""}).status_code == 422
    read = world.post(client, base, f"{base}/paste", {"point": point, "text": CHAIN})
    assert read.status_code == 303
    preview = read.headers["Location"]
    assert messages.NO_SUCH_ROOM in client.get(preview).get_data(as_text=True)
    assert world.post(client, preview, f"{preview}/commit", {}).status_code == 303
    line = db.session.scalars(select(PasteLine).where(PasteLine.outcome == "review")).one()
    page = f"/paste-lines/{line.id}"
    assert "桂花苑 2号楼" in client.get(f"{page}?q=101").get_data(as_text=True)
    bad = world.post(client, f"{page}?q=101", page, {"household": "x", "goods": ""})
    assert bad.status_code == 422
    good = {"household": str(here.households[1].id), "goods": "青菜 1"}
    assert world.post(client, f"{page}?q=101", page, good).status_code == 303
    assert world.sign_in(app, here, "leader2").get(preview).status_code == 404
    assert world.sign_in(app, here, "supplies").get(base).status_code == 403


def test_a_file_that_is_no_order_table_is_refused_beside_its_field(app: Flask, here: World) -> None:
    from io import BytesIO

    client = world.sign_in(app, here, "leader")
    base = f"/cycles/{here.cycle.id}/intake"
    data = {"point": str(here.points[0].id), "file": (BytesIO(b"a,b\n1,2\n"), "x.csv")}
    answer = world.post(client, base, f"{base}/workbook", data)
    assert answer.status_code == 422
    assert messages.NO_ORDER_TABLE in answer.get_data(as_text=True)
