"""A tap at a door: ten minutes in which it can be taken back, nobody is told and no time runs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.handover.confirmation import queries as confirmation_queries
from app.handover.confirmation import service as confirmation_service
from app.handover.doors import service as doors_service
from app.handover.models import HandOut
from app.handover.schemas import Confirm, DoorProblem, LeftAtDoors, TakeBack
from app.oversight.order_status import queries as order_status_queries
from tests.handover.delivery import bags, books_agree, deliver, resident_of, units
from tests.world import World

MINUTE = timedelta(minutes=1)


@pytest.fixture
def here(app: Flask) -> World:
    return deliver()


def own_bags(here: World) -> list[int]:
    return [bag.id for bag in bags() if bag.building_id == here.buildings[0].id]


def leave(here: World, *bag_ids: int, rest: bool = False, who: str = "captain") -> dict[str, int]:
    left = LeftAtDoors(list(bag_ids), rest)
    return doors_service.leave(here.actor(who), here.cycle.id, here.buildings[0].id, left)


def take_back(here: World, *attempts: int, who: str = "captain") -> int:
    wanted = TakeBack(list(attempts))
    return doors_service.take_back(here.actor(who), here.cycle.id, here.buildings[0].id, wanted)


def attempts() -> list[int]:
    return list(db.session.scalars(select(HandOut.id).order_by(HandOut.id)))


def told(here: World) -> tuple[str, str]:
    """What the first household reads of its bag, on the page of its deliveries and on that of its order."""
    bag = confirmation_queries.own_bags(resident_of(here.households[0]))[0]
    return bag.state.value, order_status_queries.own_bags(bags()[0].order_id)[0].facts.state


def test_the_household_reads_of_its_door_only_when_the_tap_can_no_longer_be_taken_back(here: World) -> None:
    now = clock.now()
    with clock.frozen_at(now):
        leave(here, *own_bags(here), rest=True)
    with clock.frozen_at(now + 10 * MINUTE - timedelta(seconds=1)):
        assert told(here) == ("dropped_off", "dropped_off")
        assert take_back(here, *attempts()) == 3
    with clock.frozen_at(now + 20 * MINUTE):
        assert told(here) == ("dropped_off", "dropped_off")
    assert db.session.scalar(select(func.count()).select_from(HandOut)) == 0
    with clock.frozen_at(now + 30 * MINUTE):
        leave(here, *own_bags(here), rest=True)
    with clock.frozen_at(now + 40 * MINUTE):
        assert told(here) == ("handed_out", "handed_out")
        with pytest.raises(Conflict, match="10 分钟"):
            take_back(here, *attempts())
    assert units("dropped_off") == 16
    assert books_agree(here)


def test_the_48_hours_begin_when_the_ten_minutes_are_over(here: World) -> None:
    now = clock.now()
    with clock.frozen_at(now):
        leave(here, *own_bags(here))
    assert confirmation_service.confirm_overdue(now + timedelta(hours=48)) == 0
    assert confirmation_service.confirm_overdue(now + timedelta(hours=48) + 10 * MINUTE - timedelta(seconds=1)) == 0
    with clock.frozen_at(now + timedelta(hours=1)):
        bag = confirmation_queries.own_bags(resident_of(here.households[0]))[0]
        assert bag.answer_until == now + timedelta(hours=48) + 10 * MINUTE
    assert confirmation_service.confirm_overdue(now + timedelta(hours=48) + 10 * MINUTE) == 3


def test_a_door_that_is_entered_again_starts_its_own_ten_minutes_and_its_own_48_hours(here: World) -> None:
    first, *others = own_bags(here)
    now = clock.now()
    with clock.frozen_at(now):
        leave(here, first, *others)
    with clock.frozen_at(now + 9 * MINUTE):
        assert take_back(here, attempts()[0]) == 1
        leave(here, first)
    with clock.frozen_at(now + 12 * MINUTE):
        assert told(here) == ("dropped_off", "dropped_off")
        assert [bag.state for bag in bags()][:3] == ["handed_out"] * 3
    with clock.frozen_at(now + 18 * MINUTE):
        assert take_back(here, attempts()[-1]) == 1
        leave(here, first)
    assert confirmation_service.confirm_overdue(now + timedelta(hours=48) + 10 * MINUTE) == 2
    assert confirmation_service.confirm_overdue(now + timedelta(hours=48) + 28 * MINUTE) == 1


def test_a_captain_confirms_on_behalf_only_what_can_no_longer_be_taken_back(here: World) -> None:
    first, *others = own_bags(here)
    captain, now = here.actor("captain"), clock.now()
    with clock.frozen_at(now):
        leave(here, first)
    with clock.frozen_at(now + 5 * MINUTE):
        leave(here, *others)
    with clock.frozen_at(now + 11 * MINUTE):
        assert confirmation_service.confirm_building(captain, here.cycle.id, here.buildings[0].id, only_told=True) == 1
    with clock.frozen_at(now + 12 * MINUTE), pytest.raises(Conflict):
        confirmation_service.confirm_building(captain, here.cycle.id, here.buildings[0].id, only_told=True)


def test_the_rest_takes_no_bag_that_was_tried_and_a_retry_is_entered_by_itself(here: World) -> None:
    first, *others = own_bags(here)
    problem = DoorProblem([first], "no_answer")
    doors_service.report(here.actor("captain"), here.cycle.id, here.buildings[0].id, problem)
    with pytest.raises(Conflict):
        leave(here, first, *others, rest=True)
    leave(here, *others, rest=True)
    assert [bag.state for bag in bags()][:3] == ["dropped_off", "handed_out", "handed_out"]
    leave(here, first)
    assert [bag.state for bag in bags()][:3] == ["handed_out"] * 3


def test_only_the_own_newest_entry_is_taken_back_and_an_answered_bag_stays(here: World) -> None:
    first, second, third = own_bags(here)
    leave(here, first, second, third)
    own = attempts()
    with pytest.raises(Conflict):
        take_back(here, *own, who="leader")
    with pytest.raises(NotFound):
        take_back(here, *own, who="leader2")
    confirmation_service.confirm(resident_of(here.households[0]), Confirm([first]))
    assert take_back(here, *own) == 2
    assert [bag.state for bag in bags()][:3] == ["confirmed", "dropped_off", "dropped_off"]
    with pytest.raises(Conflict):
        take_back(here, *own)
    assert books_agree(here)
