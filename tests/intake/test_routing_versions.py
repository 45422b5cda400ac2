"""Lines handed over to another point while the list goes on: later versions, changes, refusals and other lists."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict
from app.intake import queries
from app.intake.booking import service as booking_service
from app.intake.booking.schemas import Settle
from app.intake.handing_over.schemas import Route
from app.intake.handing_over.service import route
from app.intake.models import ChainPaste, PasteLine
from app.intake.paste import service
from app.intake.paste.schemas import Paste
from app.ordering.cycles.schemas import Lock
from app.ordering.cycles.service import lock_cycle
from app.tally import service as tally
from app.tally.queries import open_review_count
from app.tally.schemas import SignTally
from tests import messages, world
from tests.intake.test_routing_lines import home
from tests.intake.test_versions import bring, ordered
from tests.world import World

ONE = """#接龙
1. 桂花苑2号楼1单元101 青菜1份
2. 银杏里1幢1单元301 青菜2份
3. 银杏里3幢1单元201 青菜3份
4. 桂花苑2号楼1单元201 青菜1份
"""
SHIFTED = """#接龙
1. 桂花苑2号楼1单元301 青菜1份
2. 桂花苑2号楼1单元101 青菜1份
3. 银杏里1幢1单元301 青菜2份
4. 银杏里3幢1单元201 青菜3份
5. 桂花苑2号楼1单元201 青菜1份
"""
LONGER = ONE + "5. 桂花苑2号楼1单元301 青菜1份\n"
THEIR_OWN = "2. 银杏里1幢1单元301 青菜2份\n3. 银杏里3幢1单元201 青菜3份\n5. 银杏里1幢1单元101 青菜1份\n"
SEVERAL_ON_A_LINE = """#接龙 青菜
1. 桂花苑2号楼1单元101 1份
2.银杏里3幢1单元201 3份 3.桂花苑2号楼1单元301 1份 家里有人透析 13800000000 4.银杏里3幢1单元301 1份
"""


@pytest.fixture
def here(app: Flask) -> World:
    return world.build()


def theirs(here: World) -> list[ChainPaste]:
    db.session.expire_all()
    found = select(ChainPaste).where(ChainPaste.service_point_id == here.points[1].id)
    return list(db.session.scalars(found.order_by(ChainPaste.id)))


def hand(here: World, paste: ChainPaste) -> ChainPaste:
    return route(here.actor("leader"), paste.id, Route(here.points[1].id))


def line_of(paste: ChainPaste, words: str) -> PasteLine:
    return next(one for one in paste.lines if words in one.raw)


def places(here: World, at: int) -> ChainPaste:
    return booking_service.commit(here.actor("leader2"), theirs(here)[at].id)


def takes_back(here: World, paste: ChainPaste, words: str) -> PasteLine:
    return booking_service.unsettle(here.actor("leader"), line_of(paste, words).id)


def waits(paste: ChainPaste, words: str) -> bool:
    line = line_of(db.session.get_one(ChainPaste, paste.id), words)
    return line.outcome == "review" and line.settled_at is None and line.routed_to_id is None


@pytest.mark.parametrize(
    ("words", "left"), [("银杏里1幢", "3. 银杏里3幢1单元201 青菜3份"), ("银杏里3幢", "2. 银杏里1幢1单元301 青菜2份")]
)
def test_taken_back_in_a_version_with_other_numbers_its_own_copy_goes(here: World, words: str, left: str) -> None:
    hand(here, bring(here, ONE))
    takes_back(here, bring(here, SHIFTED), words)
    assert [one.raw for one in theirs(here)[0].lines] == [left]


def test_taken_back_and_handed_over_again_each_household_is_ordered_once(here: World) -> None:
    hand(here, bring(here, ONE))
    later = bring(here, SHIFTED)
    takes_back(here, later, "银杏里1幢")
    hand(here, later)
    places(here, 0), places(here, 1)
    assert ordered(here)[home(here, 2, "301")] == {"青菜": 2}
    assert ordered(here)[home(here, 3, "201")] == {"青菜": 3}


def test_a_line_whose_copy_is_gone_is_not_taken_back_blindly(here: World) -> None:
    first = hand(here, bring(here, ONE))
    line = line_of(first, "银杏里1幢")
    line.routed_line_id = 10**6
    db.session.commit()
    with pytest.raises(Conflict, match=messages.LINE_IS_GONE):
        booking_service.unsettle(here.actor("leader"), line.id)
    assert len(theirs(here)[0].lines) == 2


def test_taken_back_in_the_later_version_it_waits_in_the_one_before_too(here: World) -> None:
    first = hand(here, bring(here, ONE))
    later = bring(here, LONGER)
    takes_back(here, later, "银杏里1幢")
    booking_service.undo(here.actor("leader"), later.id)
    assert waits(first, "银杏里1幢")
    assert not waits(first, "银杏里3幢")


def test_taken_back_in_the_version_before_it_waits_in_a_later_one_that_was_only_read(here: World) -> None:
    first = hand(here, bring(here, ONE))
    later = bring(here, LONGER, commits=False)
    takes_back(here, first, "银杏里1幢")
    booking_service.commit(here.actor("leader"), later.id)
    assert waits(later, "银杏里1幢")


def test_handed_over_again_by_a_version_that_is_undone_it_waits_in_the_one_before(here: World) -> None:
    first = hand(here, bring(here, ONE))
    later = bring(here, LONGER)
    for line in [one for one in later.lines if one.routed_to_id is not None]:
        booking_service.unsettle(here.actor("leader"), line.id)
    hand(here, later)
    booking_service.undo(here.actor("leader"), later.id)
    assert waits(first, "银杏里1幢")
    assert [one.state for one in theirs(here)] == ["undone", "undone"]


def test_a_version_that_holds_again_asks_about_lines_whose_list_was_withdrawn(here: World) -> None:
    first = hand(here, bring(here, ONE))
    later = bring(here, LONGER)
    theirs(here)[0].state = "undone"
    db.session.commit()
    booking_service.undo(here.actor("leader"), later.id)
    assert waits(first, "银杏里1幢")
    assert waits(first, "银杏里3幢")


def test_a_list_that_is_undone_withdraws_its_lines_from_a_later_version_that_was_read(here: World) -> None:
    first = hand(here, bring(here, ONE))
    later = bring(here, LONGER, commits=False)
    booking_service.undo(here.actor("leader"), first.id)
    assert theirs(here)[0].state == "undone"
    assert waits(later, "银杏里1幢")


def test_the_sender_does_not_sign_while_the_other_point_may_still_refuse(here: World) -> None:
    paste = hand(here, bring(here, ONE))
    assert open_review_count(here.cycle.id, here.points[0].id) == 2
    with clock.frozen_at(here.cycle.cutoff_at):
        lock_cycle(here.actor("supplies"), here.cycle.id, Lock(is_override=True))
        with pytest.raises(Conflict, match="还有 2 行"):
            tally.sign(here.actor("leader"), here.cycle.id, here.points[0].id, SignTally(2))
        booking_service.undo(here.actor("leader2"), theirs(here)[0].id)
        with pytest.raises(Conflict, match="还有 2 行"):
            tally.sign(here.actor("leader"), here.cycle.id, here.points[0].id, SignTally(2))
        for line in [one for one in paste.lines if one.outcome == "review"]:
            booking_service.settle(here.actor("leader"), line.id, Settle(0))
        assert open_review_count(here.cycle.id, here.points[0].id) == 0


def test_placed_by_the_other_point_they_keep_the_sender_from_nothing(here: World) -> None:
    hand(here, bring(here, ONE))
    places(here, 0)
    assert open_review_count(here.cycle.id, here.points[0].id) == 0


def test_the_other_point_reads_only_its_own_entries_of_a_line_that_several_share(here: World, app: Flask) -> None:
    hand(here, bring(here, SEVERAL_ON_A_LINE))
    page = world.sign_in(app, here, "leader2").get(f"/pastes/{theirs(here)[0].id}?show=all").get_data(as_text=True)
    assert "银杏里3幢1单元201 3份" in page
    assert "桂花苑2号楼1单元301" not in page
    assert "透析" not in page
    assert "13800000000" not in page
    assert {one.restricted_note for one in theirs(here)[0].lines} == {""}


def test_a_line_that_only_both_registers_divide_is_asked_and_not_handed_over_without_its_second_half(
    here: World,
) -> None:
    paste = bring(here, "#接龙 青菜\n1. 桂花苑2号楼1单元101 1份\n2. 银杏里1幢1单元301和银杏里3幢1单元201 各2份\n")
    asked = [line for line in paste.lines if line.outcome == "review"]
    handed = [row for _point, _name, rows in queries.for_other_points(queries.line_rows(paste)) for row in rows]
    assert len(asked) == 1
    assert handed == []


def test_an_entry_that_changed_after_the_other_point_placed_it_is_asked_there(here: World) -> None:
    hand(here, bring(here, ONE))
    places(here, 0)
    hand(here, bring(here, ONE.replace("301 青菜2份", "301 土豆1袋")))
    places(here, 1)
    assert ordered(here)[home(here, 2, "301")] == {"青菜": 2}
    (line,) = theirs(here)[1].lines
    assert (line.outcome, line.reason) == ("review", "existing_order")
    booking_service.settle(here.actor("leader2"), line.id, Settle(home(here, 2, "301"), existing="replace"))
    assert ordered(here)[home(here, 2, "301")] == {"土豆": 1}


@pytest.mark.parametrize(
    ("change", "left"), [("取消", None), ("青菜改成5份", {"青菜": 5}), ("再加青菜1份", {"青菜": 3})]
)
def test_a_change_further_down_goes_along_with_its_entry(here: World, change: str, left: dict[str, int] | None) -> None:
    hand(here, bring(here, ONE + f"5. 银杏里1幢1单元301 {change}\n"))
    places(here, 0)
    assert ordered(here).get(home(here, 2, "301")) == left


def test_a_doubtful_change_of_an_entry_goes_along_and_is_asked_there(here: World) -> None:
    paste = hand(here, bring(here, ONE + "5. 银杏里1幢1单元301 青菜少2到3份\n"))
    assert not [line for line in paste.lines if line.outcome == "review"]
    assert [line.outcome for line in theirs(here)[0].lines] == ["row", "row", "review"]
    assert theirs(here)[0].lines[2].household_id == home(here, 2, "301")


def test_a_cancellation_that_comes_before_its_entry_is_placed_is_asked(here: World) -> None:
    hand(here, bring(here, ONE))
    hand(here, bring(here, ONE + "5. 银杏里1幢1单元301 取消\n"))
    places(here, 1)
    (line,) = theirs(here)[1].lines
    assert (line.outcome, line.reason) == ("review", "nothing_to_change")


def test_a_list_of_the_other_point_with_the_same_entries_is_a_list_of_its_own(here: World) -> None:
    first = hand(here, bring(here, ONE))
    own = service.paste_chain(here.actor("leader2"), here.cycle.id, here.points[1].id, Paste(THEIR_OWN))
    assert own.replaces_id is None
    takes_back(here, first, "银杏里1幢")
    booking_service.commit(here.actor("leader2"), own.id)
    places(here, 0)
    assert [(one.outcome, one.reason) for one in theirs(here)[0].lines] == [("review", "existing_order")]
    assert ordered(here)[home(here, 3, "201")] == {"青菜": 3}


def test_lines_withdrawn_by_the_sender_do_not_come_back_with_another_list(here: World) -> None:
    first = hand(here, bring(here, ONE))
    own = service.paste_chain(here.actor("leader2"), here.cycle.id, here.points[1].id, Paste(THEIR_OWN))
    booking_service.commit(here.actor("leader2"), own.id)
    booking_service.undo(here.actor("leader"), first.id)
    booking_service.undo(here.actor("leader2"), own.id)
    assert theirs(here)[0].state == "undone"


def test_a_copy_that_another_line_names_as_its_earlier_one_can_go(here: World) -> None:
    first = hand(here, bring(here, ONE))
    own = service.paste_chain(here.actor("leader2"), here.cycle.id, here.points[1].id, Paste(THEIR_OWN))
    copy = theirs(here)[0].lines[0]
    line_of(own, "银杏里1幢1单元301").earlier_id = copy.id
    db.session.commit()
    takes_back(here, first, "银杏里1幢")
    assert line_of(own, "银杏里1幢1单元301").earlier_id is None
