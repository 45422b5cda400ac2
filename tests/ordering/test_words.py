"""What households write beside their goods reaches the leader's queue, is dealt with once, and no other eyes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.access.models import Role, RoleGrant
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound
from app.ordering import service as ordering_service
from app.ordering.desk import service as desk_service
from app.ordering.models import HouseholdOrder
from app.ordering.orders import IfExists, OfferPick, PlaceOrder
from app.ordering.remarks import queries as remarks_queries
from app.ordering.remarks import service as remarks_service
from app.ordering.remarks.rules import HouseholdRemark, RemarkFlag
from app.ordering.remarks.schemas import SettleWords
from tests import messages, world
from tests.world import World


@pytest.fixture
def town(app: Flask) -> World:
    """Three rooms of the first point and one of the second, each with other words."""
    here = world.build()
    for household, words in (
        (0, {"remark": "帮忙送到87-105，敲门重一点"}),
        (1, {"remark": "谢谢，已付"}),
        (2, {"door_note": "放门口", "other_need": "感冒药两盒"}),
        (6, {"remark": "家里有产妇"}),
    ):
        wanted = (OfferPick(here.offers[0].id, 1),)
        by = here.actor("leader" if household < 6 else "leader2")
        ordering_service.place(by, PlaceOrder(here.cycle.id, here.households[household].id, wanted, **words))
    return here


def order_of(here: World, household: int) -> HouseholdOrder:
    wanted = here.households[household].id
    found = select(HouseholdOrder).where(HouseholdOrder.household_id == wanted)
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def waiting(here: World, who: str = "leader") -> list[str]:
    rows = remarks_queries.rows(here.actor(who), here.cycle.id)
    return [row.address.split()[-1] for row in rows if row.is_waiting]


def settle(here: World, household: int, paper: str = "", who: str = "leader", seen: str = "") -> HouseholdOrder:
    order = order_of(here, household)
    sha256 = seen or remarks_queries.words_of(order).sha256
    return remarks_service.settle(here.actor(who), order.id, SettleWords(sha256, paper))


def test_each_clause_has_its_flag_and_what_waits_comes_first() -> None:
    words = HouseholdRemark("放门口", "已付，高血压，帮忙送到87-105", "奶粉一罐，山药")
    assert [(clause.text, flag) for clause, flag in words.clauses] == [
        ("帮忙送到87-105", RemarkFlag.REDIRECT),
        ("奶粉一罐", RemarkFlag.SPECIAL_NEED),
        ("高血压", RemarkFlag.HEALTH),
        ("山药", RemarkFlag.OTHER_NEED),
        ("放门口", RemarkFlag.DOOR_NOTE),
        ("已付", RemarkFlag.PAYMENT),
    ]


def test_every_kind_of_clause_has_a_flag() -> None:
    from app.core.text.free_text import ClauseKind

    assert {kind.value for kind in ClauseKind} <= {flag.value for flag in RemarkFlag}


def test_the_queue_holds_what_somebody_has_to_do_and_only_of_the_own_point(town: World) -> None:
    assert waiting(town) == ["101", "301"]
    assert waiting(town, "leader2") == ["101"]
    assert len(remarks_queries.rows(town.actor("leader"), town.cycle.id)) == 3  # thanks and paid is read, not waiting


def test_a_redirect_that_was_settled_is_on_paper_and_waits_no_more(town: World) -> None:
    settle(town, 0, "改送 3号楼 201，敲门重一点")
    assert order_of(town, 0).door_note == "改送 3号楼 201，敲门重一点"
    assert waiting(town) == ["301"]


def test_new_words_wait_again_and_the_old_page_settles_nothing(town: World) -> None:
    old = remarks_queries.words_of(order_of(town, 0)).sha256
    settle(town, 0, "改送 3号楼 201")
    wanted = (OfferPick(town.offers[0].id, 1),)
    again = PlaceOrder(town.cycle.id, town.households[0].id, wanted, if_exists=IfExists.REPLACE, remark="转给5号楼101")
    ordering_service.place(town.actor("leader"), again)
    assert waiting(town) == ["101", "301"]
    with pytest.raises(Conflict):
        settle(town, 0, "改送 3号楼 201", seen=old)


def telephone(here: World, household: int, door_note: str, remark: str | None = None) -> None:
    """The desk sends the note that it was shown, and keeps the remark."""
    order = order_of(here, household)
    wanted = PlaceOrder(
        here.cycle.id,
        here.households[household].id,
        (OfferPick(here.offers[1].id, 1),),
        if_exists=IfExists.ADD,
        door_note=door_note,
        remark=order.remark if remark is None else remark,
        other_need=order.other_need,
    )
    desk_service.take_order(here.actor("leader"), wanted)


@pytest.mark.parametrize("paper", ["改送到3号楼201", "改送 3号楼 201", "转给3号楼201，敲门重一点"])
def test_a_telephone_order_with_the_same_words_leaves_them_settled_and_on_paper(town: World, paper: str) -> None:
    settle(town, 0, paper)
    telephone(town, 0, paper)
    assert (order_of(town, 0).door_note, order_of(town, 0).remark) == (paper, "帮忙送到87-105")
    assert waiting(town) == ["301"]
    telephone(town, 0, paper + "，狗会叫别怕放门口")
    assert waiting(town) == ["301"]
    assert order_of(town, 0).door_note.endswith("狗会叫别怕放门口")


def test_a_redirect_that_falls_off_the_paper_waits_again(town: World) -> None:
    settle(town, 0, "转给3号楼201，敲门重一点")
    telephone(town, 0, "敲门重一点")
    assert waiting(town) == ["101", "301"]


def test_words_without_a_redirect_stay_settled_when_the_note_on_paper_changes(town: World) -> None:
    settle(town, 2, "放门口，药放在袋里")
    telephone(town, 2, "放门口")
    assert order_of(town, 2).door_note == "放门口"
    assert waiting(town) == ["101"]


def test_a_redirect_that_no_leader_settled_never_reaches_paper(town: World) -> None:
    telephone(town, 2, "放门口，送到87-105")
    assert order_of(town, 2).door_note == "放门口"
    settle(town, 2, "放门口")
    telephone(town, 2, "放门口，送到88-105")
    assert order_of(town, 2).door_note == "放门口"
    assert waiting(town) == ["101", "301"]


def test_health_and_telephone_numbers_never_reach_paper(town: World) -> None:
    for paper in ("家里有高血压病人", "打 19900000001"):
        with pytest.raises(Invalid):
            settle(town, 2, paper)
    assert order_of(town, 2).door_note == "放门口"
    assert waiting(town) == ["101", "301"]


def test_what_was_settled_by_mistake_is_put_back(town: World) -> None:
    settle(town, 2)
    remarks_service.reopen(town.actor("leader"), order_of(town, 2).id)
    assert waiting(town) == ["101", "301"]


def test_packing_says_how_many_wait_without_their_words(app: Flask, town: World) -> None:
    assert (remarks_queries.waiting(town.cycle.id).orders, remarks_queries.waiting(town.cycle.id).redirects) == (3, 1)
    town.lock()
    page = world.sign_in(app, town, "supplies").get(f"/cycles/{town.cycle.id}/picking").get_data(as_text=True)
    assert "还有 3 户的留言没处理，其中改送 1 户" in page
    assert ("87-105" in page, "看留言" in page) == (False, False)
    settle(town, 0, "改送 3号楼 201")
    settle(town, 2)
    settle(town, 6, who="leader2")
    page = world.sign_in(app, town, "supplies").get(f"/cycles/{town.cycle.id}/picking").get_data(as_text=True)
    assert messages.WORDS_STILL_WAIT not in page


def test_another_points_words_do_not_exist(town: World) -> None:
    with pytest.raises(NotFound):
        settle(town, 6, who="leader")
    with pytest.raises(NotFound):
        settle(town, 0, who="supplies")


def test_the_order_page_shows_flags_to_the_leader_of_the_door_alone(app: Flask, town: World) -> None:
    page = f"/orders/{order_of(town, 0).id}"
    assert "改送" in world.sign_in(app, town, "leader").get(page).get_data(as_text=True)
    for name in ("supplies", "admin"):
        shown = world.sign_in(app, town, name).get(page).get_data(as_text=True)
        assert "87-105" not in shown
        assert "改送" not in shown
    db.session.add(
        RoleGrant(
            account_id=town.accounts["supplies"].id,
            role=Role.POINT_LEADER,
            service_point_id=town.points[1].id,
            starts_at=clock.now() - timedelta(days=1),
        )
    )
    db.session.commit()  # a leader of the other point, who reads every order as the supplies team
    db.session.expire_all()
    client = world.sign_in(app, town, "supplies")
    assert "87-105" not in client.get(page).get_data(as_text=True)
    assert client.get(f"{page}/words").status_code == 404


def test_the_queue_is_filtered_worked_through_and_linked_from_the_desk(app: Flask, town: World) -> None:
    client = world.sign_in(app, town, "leader")
    queue, own = f"/cycles/{town.cycle.id}/words", f"/orders/{order_of(town, 0).id}/words"
    assert "2 户要处理" in client.get(f"/cycles/{town.cycle.id}/point").get_data(as_text=True)
    tally = client.get(f"/cycles/{town.cycle.id}/tally/{town.points[0].id}").get_data(as_text=True)
    assert "还有 2 户的留言没处理" in tally
    shown = client.get(f"{queue}?kind=redirect").get_data(as_text=True)
    assert ("87-105" in shown, "感冒药" in shown) == (True, False)
    assert "谢谢" not in client.get(f"{queue}?show=todo").get_data(as_text=True)
    seen = remarks_queries.words_of(order_of(town, 0)).sha256
    assert world.post(client, own, own, {"seen": seen, "paper": "产妇"}).status_code == 422
    assert world.post(client, own, own, {"seen": seen, "paper": "改送 3号楼 201"}).status_code == 303
    assert "已处理" in client.get(own).get_data(as_text=True)
    assert world.post(client, own, f"{own}/reopen", {}).status_code == 303
    assert waiting(town) == ["101", "301"]
