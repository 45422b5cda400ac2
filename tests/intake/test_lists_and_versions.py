"""Another list is no later version: nothing is withdrawn before a person has said which it is."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.db import db
from app.core.errors import Conflict
from app.intake.booking import service as booking_service
from app.intake.models import ChainPaste
from app.intake.paste import versions
from tests import world
from tests.intake.test_versions import bring, ordered
from tests.world import World

GREENS = """#接龙 青菜
1. 桂花苑2号楼1单元101 1份
2. 桂花苑10号楼1单元301 2份
3. 桂花苑2号楼1单元301 1份
"""
EGGS = """#接龙 鸡蛋
1. 桂花苑2号楼1单元101 1份
2. 桂花苑2号楼2单元101 1份
"""
NEXT_DAY = GREENS.replace("#接龙 青菜", "#接龙 4月16日 青菜").replace("2. 桂花苑10号楼1单元301 2份\n", "")


@pytest.fixture
def here(app: Flask) -> World:
    return world.build()


def test_a_list_of_other_goods_with_equal_lines_adds_and_withdraws_nothing(here: World) -> None:
    bring(here, GREENS)
    before = ordered(here)
    second = bring(here, EGGS)
    assert (second.replaces_id, versions.removed_entries(second)) == (None, [])
    now = ordered(here)
    assert all(now[home]["青菜"] == goods["青菜"] for home, goods in before.items())
    assert sum(goods.get("鸡蛋", 0) for goods in now.values()) >= 1


def test_a_list_with_another_title_waits_until_somebody_says_what_it_is(here: World) -> None:
    first = bring(here, GREENS)
    before, leader = ordered(here), here.actor("leader")
    paste = bring(here, NEXT_DAY, commits=False)
    assert versions.possible_earlier_version(paste) == first
    with pytest.raises(Conflict, match="新版"):
        booking_service.commit(leader, paste.id)
    assert ordered(here) == before


def test_taken_for_a_later_version_it_shows_what_goes_and_withdraws_it_with_the_commit(here: World) -> None:
    first = bring(here, GREENS)
    before, leader = ordered(here), here.actor("leader")
    paste = booking_service.accept_as_later_version(leader, bring(here, NEXT_DAY, commits=False).id)
    assert (paste.replaces_id, [line.line_no for line in versions.removed_entries(paste)]) == (first.id, [3])
    assert ordered(here) == before
    booking_service.commit(leader, paste.id)
    assert len(ordered(here)) == len(before) - 1
    assert db.session.get_one(ChainPaste, first.id).state == "superseded"


def test_taken_for_another_list_it_leaves_the_first_alone(here: World) -> None:
    first = bring(here, GREENS)
    before = ordered(here)
    paste = booking_service.commit(here.actor("leader"), bring(here, NEXT_DAY, commits=False).id, True)
    assert paste.state == "committed"
    assert ordered(here) == before  # the same goods of the same households are asked, not added
    assert db.session.get_one(ChainPaste, first.id).state == "committed"
