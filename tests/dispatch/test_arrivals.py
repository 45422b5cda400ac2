"""Who counts what at a building: the first count makes the drop-off, one that differs from it is settled."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.access.models import RoleGrant
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.queue.worker import drain
from app.dispatch import counts
from app.dispatch.arrivals import service as arrivals_service
from app.dispatch.arrivals.queries import open_differences
from app.dispatch.arrivals.schemas import RoundArrived
from app.dispatch.members import service as members_service
from app.dispatch.members.schemas import Link, NewMember
from app.dispatch.missing_bags import service as missing_bags_service
from app.dispatch.missing_bags.schemas import ResolveMissingBag
from app.dispatch.models import (
    ArrivalCount,
    ArrivalDifference,
    Custody,
    DeliveryPlan,
    DeliveryRound,
    DeliveryStop,
    DropOff,
    Team,
    TeamMember,
)
from app.dispatch.planning.schemas import AskPlan
from app.dispatch.planning.service import ask_plan, publish
from app.dispatch.queries import missing_bags
from app.dispatch.rounds.service import depart as leave
from app.dispatch.rounds.service import load, own_teams, teams_run
from app.handover.doors import service as doors_service
from app.handover.schemas import LeftAtDoors
from app.ordering.models import OrderLine
from app.oversight.reconcile.equations import equations
from app.picking.models import Bag
from app.places.models import Building
from tests import messages, world
from tests.dispatch.test_rounds import planned
from tests.e2e.field_day import depart, join_team, publish_rounds, stop_of
from tests.world import World


@pytest.fixture
def here(app: Flask) -> World:
    made = world.build()
    publish_rounds(made)
    join_team(made)
    depart(made)
    return made


def bags_of(here: World) -> list[Bag]:
    return list(db.session.scalars(select(Bag).where(Bag.building_id == here.buildings[0].id).order_by(Bag.id)))


def count(here: World, who: str, *gone: int) -> DeliveryStop:
    return arrivals_service.record_arrival(here.actor(who), stop_of(here).id, RoundArrived(list(gone)))


def settle(here: World, who: str, *gone: int) -> DeliveryStop:
    return arrivals_service.settle(here.actor(who), stop_of(here).id, RoundArrived(list(gone)))


def signed() -> tuple[int, int, int]:
    db.session.expire_all()
    done = db.session.scalars(select(DropOff)).one()
    return done.bags_expected, done.bags_counted, done.bags_missing


def broken() -> list[str]:
    db.session.expire_all()
    return [one.code for one in equations() if one.violations]


def units(stage: str) -> int:
    return sum(getattr(line, f"qty_{stage}") for line in db.session.scalars(select(OrderLine)))


def test_a_runner_counts_at_the_stops_of_the_own_rounds_and_nowhere_else(here: World) -> None:
    count(here, "runner")
    assert signed() == (3, 3, 0)
    db.session.execute(TeamMember.__table__.delete())
    db.session.commit()
    other = db.session.scalars(select(DeliveryStop).where(DeliveryStop.building_id == here.buildings[1].id)).one()
    with pytest.raises(NotFound):
        arrivals_service.record_arrival(here.actor("runner"), other.id, RoundArrived())
    with pytest.raises(NotFound):
        arrivals_service.record_arrival(here.actor("captain"), other.id, RoundArrived())


def test_the_first_count_stands_while_a_second_one_differs_and_both_keep_author_and_time(here: World) -> None:
    first, *_rest = bags_of(here)
    now = clock.now()
    with clock.frozen_at(now):
        count(here, "runner")
    with clock.frozen_at(now + timedelta(minutes=3)):
        count(here, "captain", first.id)
    assert signed() == (3, 3, 0)
    kept = counts.counts_at([stop_of(here).id])[stop_of(here).id]
    assert [(one.counted_as.value, one.by, one.here, set(one.missing), one.at) for one in kept] == [
        ("runner", "runner", 3, set(), now),
        ("captain", "captain", 2, {first.id}, now + timedelta(minutes=3)),
    ]
    rows = open_differences(here.cycle.id, Building.id > 0)
    assert [(row.place, row.point, row.bags) for row in rows] == [("桂花苑 2号楼", "南门点位", 1)]
    assert broken() == []


@pytest.mark.parametrize(("gone", "says"), [(True, (3, 2, 1)), (False, (3, 3, 0))])
def test_what_is_settled_is_what_the_drop_off_says(here: World, gone: bool, says: tuple[int, int, int]) -> None:
    first, *_rest = bags_of(here)
    count(here, "runner")
    count(here, "captain", first.id)
    settle(here, "leader", *([first.id] if gone else []))
    assert signed() == says
    assert db.session.get_one(Bag, first.id).state == ("missing" if gone else "dropped_off")
    assert broken() == []
    with pytest.raises(Conflict):
        settle(here, "supplies")
    with pytest.raises(Conflict):
        count(here, "captain")


def test_a_bag_settled_as_missing_is_found_later_or_written_off(here: World) -> None:
    first, second, _third = bags_of(here)
    count(here, "runner")
    count(here, "captain", first.id, second.id)
    settle(here, "supplies", first.id, second.id)
    before = units("packed")
    missing_bags_service.resolve_missing(here.actor("leader"), first.id, ResolveMissingBag("found"))
    missing_bags_service.resolve_missing(here.actor("leader"), second.id, ResolveMissingBag("written_off"))
    assert units("packed") < before
    assert [bag.state for bag in bags_of(here)] == ["dropped_off", "written_off", "dropped_off"]
    assert broken() == []


def test_a_bag_that_the_first_count_missed_is_there_when_it_is_settled_so(here: World) -> None:
    first, *_rest = bags_of(here)
    count(here, "captain", first.id)
    assert db.session.get_one(Bag, first.id).state == "missing"
    count(here, "runner")
    settle(here, "captain")  # gives way: the runner's count
    assert signed() == (3, 3, 0)
    assert counts.has_arrived(db.session.get_one(Bag, first.id))
    assert broken() == []


def test_who_counted_may_only_give_way_and_others_at_the_edge_not_at_all(here: World) -> None:
    first, *_rest = bags_of(here)
    count(here, "runner")
    count(here, "captain", first.id)
    with pytest.raises(Conflict):
        settle(here, "runner")
    with pytest.raises(Conflict):
        settle(here, "captain", first.id)
    with pytest.raises(NotFound):
        settle(here, "leader2", first.id)
    with pytest.raises(Invalid):
        settle(here, "leader", bags_of(here)[1].id)
    settle(here, "runner", first.id)
    assert signed() == (3, 2, 1)


def test_who_counts_again_and_agrees_ends_the_difference(here: World) -> None:
    first, *_rest = bags_of(here)
    count(here, "runner")
    count(here, "captain", first.id)
    count(here, "captain")  # it lay behind the door
    assert signed() == (3, 3, 0)
    assert db.session.scalars(select(ArrivalDifference.state)).all() == ["settled"]
    assert len(db.session.scalars(select(ArrivalCount)).all()) == 3
    assert broken() == []


def test_a_slip_is_counted_anew_within_ten_minutes_and_not_after(here: World) -> None:
    first, second, _third = bags_of(here)
    now = clock.now()
    with clock.frozen_at(now):
        count(here, "runner")
    with clock.frozen_at(now + timedelta(minutes=2)):
        count(here, "runner", first.id)
    assert signed() == (3, 2, 1)
    with clock.frozen_at(now + timedelta(minutes=3)):
        count(here, "runner")
    assert signed() == (3, 3, 0)
    with clock.frozen_at(now + timedelta(minutes=20)), pytest.raises(Conflict):
        count(here, "runner", second.id)
    assert db.session.scalar(select(ArrivalDifference.id)) is None
    assert broken() == []


def test_a_bag_in_question_is_not_handed_out_and_one_at_its_door_did_come(here: World) -> None:
    first, second, third = bags_of(here)
    captain, building = here.actor("captain"), here.buildings[0].id
    count(here, "runner")
    doors_service.leave(captain, here.cycle.id, building, LeftAtDoors([second.id]))
    count(here, "captain", first.id, second.id)
    assert counts.contested_bags(building) == {first.id, second.id}
    with pytest.raises(Conflict, match="两边"):
        doors_service.leave(captain, here.cycle.id, building, LeftAtDoors([first.id, third.id]))
    with pytest.raises(Conflict, match=messages.BAG_IS_AT_ITS_DOOR):
        settle(here, "leader", first.id, second.id)
    assert signed() == (3, 3, 0)
    settle(here, "leader", first.id)
    assert signed() == (3, 2, 1)
    doors_service.leave(captain, here.cycle.id, building, LeftAtDoors([third.id]))
    assert broken() == []


def test_a_bag_of_another_stop_or_a_round_that_has_not_left_is_refused(app: Flask, here: World) -> None:
    stranger = db.session.scalars(select(Bag).where(Bag.building_id == here.buildings[1].id)).one()
    with pytest.raises(Invalid):
        count(here, "runner", stranger.id)
    assert db.session.scalar(select(DropOff.id)) is None
    page = f"/stops/{stop_of(here).id}/sign"
    client = world.sign_in(app, here, "runner")
    shown = world.post(client, page, page, {"missing": str(stranger.id)})
    assert shown.status_code == 422
    assert messages.NOT_ALL_OF_THIS_STOP in shown.get_data(as_text=True)
    db.session.get_one(DeliveryRound, stop_of(here).round_id).state = "loading"
    db.session.commit()
    with pytest.raises(Conflict, match=messages.NOT_DEPARTED_YET):
        count(here, "runner")


def test_a_runner_of_a_point_is_linked_and_sees_the_rounds_until_it_leaves_the_team(here: World) -> None:
    account = here.accounts["runner"]
    grant = db.session.scalars(select(RoleGrant).where(RoleGrant.account_id == account.id)).one()
    grant.subdistrict_id, grant.service_point_id = None, here.points[0].id
    db.session.execute(TeamMember.__table__.delete())
    db.session.commit()
    supplies, team = here.actor("supplies"), db.session.scalars(select(Team).order_by(Team.id)).all()[0]
    assert own_teams(here.actor("runner")) == []
    member = members_service.add_member(supplies, team.id, NewMember("小乙"))
    members_service.link_member(supplies, member.id, Link(account.id))
    assert own_teams(here.actor("runner")) == [team.id]
    assert teams_run(here.actor("runner"), here.cycle.id) == [team.id]
    with pytest.raises(Invalid):
        members_service.add_member(supplies, team.id, NewMember("小丙", account.id))
    with pytest.raises(Invalid):
        members_service.add_member(supplies, team.id, NewMember("小丙", here.accounts["captain"].id))
    with pytest.raises(Invalid):
        members_service.add_member(supplies, team.id, NewMember())
    with pytest.raises(NotFound):
        members_service.add_member(here.actor("leader"), team.id, NewMember("小丙"))
    members_service.remove_member(supplies, member.id)
    assert own_teams(here.actor("runner")) == []


def test_bags_that_did_not_come_are_listed_in_three_statements_however_many(here: World, count_queries: Any) -> None:
    gone = [bag.id for bag in bags_of(here)]
    count(here, "runner", *gone)
    db.session.expire_all()
    cycle_id = here.cycle.id
    with count_queries() as sent:
        listed = missing_bags(cycle_id)
    assert sorted(bag.id for bag, _place in listed) == gone
    assert len(gone) == 3
    assert len([statement for statement in sent if statement.startswith("SELECT")]) == 3


def send_again(here: World) -> DeliveryStop:
    """What lies in the depot goes out in the next wave; its stop at the first building."""
    supplies = here.actor("supplies")
    for stop in db.session.scalars(select(DeliveryStop).where(DeliveryStop.state == "pending")).all():
        arrivals_service.record_arrival(supplies, stop.id, RoundArrived())
    plan = planned(here)
    assert plan.wave == 2
    publish(supplies, plan.id)
    for one in plan.rounds:
        load(supplies, one.id)
        leave(supplies, one.id)
    found = select(DeliveryStop).where(
        DeliveryStop.plan_id == plan.id, DeliveryStop.building_id == here.buildings[0].id
    )
    return db.session.scalars(found).one()


@pytest.mark.parametrize("is_there", [True, False])
def test_a_bag_settled_as_missing_and_found_in_the_depot_is_signed_for_in_the_next_wave(
    app: Flask, here: World, is_there: bool
) -> None:
    first, *_rest = bags_of(here)
    count(here, "runner")
    count(here, "captain", first.id)
    settle(here, "leader", first.id)
    missing_bags_service.resolve_missing(here.actor("leader"), first.id, ResolveMissingBag("in_depot"))
    page = f"/stops/{send_again(here).id}/sign"
    browser = world.sign_in(app, here, "captain")
    shown = browser.get(page).get_data(as_text=True)
    assert f'value="{first.id}"' in shown
    gone = {} if is_there else {"missing": str(first.id)}
    assert world.post(browser, page, page, gone).status_code == 303
    if not is_there:
        missing_bags_service.resolve_missing(here.actor("leader"), first.id, ResolveMissingBag("found"))
    assert bags_of(here)[0].state == "dropped_off"
    assert counts.has_arrived(first)
    assert broken() == []
    depots = db.session.execute(select(Custody.to_id, Custody.from_id).where(Custody.to_kind == "depot")).all()
    assert [tuple(row) for row in depots] == [(here.points[0].id, stop_of(here).round.shift.team_id)]


def test_a_bag_found_and_then_settled_as_missing_can_be_found_again(here: World) -> None:
    first, *_rest = bags_of(here)
    count(here, "runner", first.id)
    missing_bags_service.resolve_missing(here.actor("leader"), first.id, ResolveMissingBag("found"))
    count(here, "captain")
    settle(here, "leader", first.id)
    missing_bags_service.resolve_missing(here.actor("leader"), first.id, ResolveMissingBag("found"))
    assert bags_of(here)[0].state == "dropped_off"
    assert broken() == []


@pytest.mark.parametrize("first_missing", [True, False])
def test_two_bags_that_share_an_order_line_are_corrected_together(app: Flask, first_missing: bool) -> None:
    here = world.build()
    here.items[0].weight_g = 5000  # two of them make two bags
    db.session.commit()
    publish_rounds(here)
    join_team(here)
    depart(here)
    one, two = (bag.id for bag in bags_of(here)[:2])
    lines = [{line.order_line_id for line in db.session.get_one(Bag, bag).lines} for bag in (one, two)]
    assert lines[0] & lines[1]
    count(here, "runner", *((one, two) if first_missing else ()))
    count(here, "captain", *(() if first_missing else (one, two)))
    page = f"/stops/{stop_of(here).id}/difference"
    decided = [] if first_missing else [str(one), str(two)]
    assert world.post(world.sign_in(app, here, "leader"), page, page, {"missing": decided}).status_code == 303
    assert signed()[2] == (0 if first_missing else 2)
    assert {bag.state for bag in bags_of(here)[:2]} == {"dropped_off" if first_missing else "missing"}
    assert broken() == []


def load_again(here: World) -> list[int]:
    """What came back to the depot is planned and loaded once more; the rounds of it."""
    supplies = here.actor("supplies")
    before = set(db.session.scalars(select(DeliveryPlan.id)))
    ask_plan(supplies, here.cycle.id, AskPlan(here.cycle.deliver_on, 2))
    drain()
    (new,) = [one for one in db.session.scalars(select(DeliveryPlan.id)) if one not in before]
    publish(supplies, new)
    rounds = list(db.session.scalars(select(DeliveryRound.id).where(DeliveryRound.plan_id == new)))
    for one in rounds:
        load(supplies, one)
    return rounds


def way_of(bag_id: int) -> tuple[str, bool]:
    """The state of a bag, and whether each who had it got it from the one before."""
    db.session.expire_all()
    rows = list(db.session.scalars(select(Custody).where(Custody.bag_id == bag_id).order_by(Custody.seq)))
    holds = all((a.to_kind, a.to_id) == (b.from_kind, b.from_id) for a, b in pairwise(rows))
    return str(db.session.get_one(Bag, bag_id).state), holds


def test_a_bag_on_another_cart_is_not_brought_to_the_building_by_what_is_settled_of_the_first_stop(here: World) -> None:
    first = bags_of(here)[0].id
    count(here, "captain", first)
    count(here, "runner")
    missing_bags_service.resolve_missing(here.actor("leader"), first, ResolveMissingBag("in_depot"))
    assert counts.contested_bags(here.buildings[0].id) == {first}
    load_again(here)
    assert counts.contested_bags(here.buildings[0].id) == frozenset()
    (row,) = open_differences(here.cycle.id, Building.id.is_not(None))
    assert row.bags == 0
    settle(here, "leader")
    assert way_of(first) == ("loaded", True)
    assert signed() == (3, 2, 1)  # it did not come with the first stop
    assert broken() == []


def test_a_late_count_of_the_first_stop_says_nothing_of_a_bag_that_came_with_a_later_round(here: World) -> None:
    first = bags_of(here)[0].id
    count(here, "captain", first)
    missing_bags_service.resolve_missing(here.actor("leader"), first, ResolveMissingBag("in_depot"))
    for one in load_again(here):
        leave(here.actor("supplies"), one)
        for stop in list(db.session.get_one(DeliveryRound, one).stops):
            arrivals_service.record_arrival(here.actor("captain"), stop.id, RoundArrived())
    assert way_of(first) == ("dropped_off", True)
    assert first not in {bag.id for bag in counts.expected_bags_at(stop_of(here))}
    with pytest.raises(Invalid):
        count(here, "leader", first)
    count(here, "leader")
    assert counts.contested_bags(here.buildings[0].id) == frozenset()
    assert db.session.scalars(select(ArrivalDifference)).all() == []
    assert way_of(first) == ("dropped_off", True)
    assert broken() == []
