"""A household asks for its bags at another door: the leader settles it, and bag, round, paper and captain follow."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.core.errors import Invalid
from app.handover.doors.queries import bags_at
from app.ordering.models import CycleState, HouseholdOrder, OtherDoor
from app.ordering.remarks import queries as remarks_queries
from app.ordering.remarks import service as remarks_service
from app.ordering.remarks.schemas import SettleWords
from app.oversight.reconcile.equations import equations
from app.picking import service as picking
from app.picking.models import Bag, BagDoor
from app.picking.schemas import VoidBag
from tests import messages, world
from tests.allocation.test_runs import receive, run
from tests.handover.delivery import drop_off
from tests.oversight.test_purge import closed, purge_after
from tests.printing.day import ask, documents, printed_text, publish
from tests.world import World


@pytest.fixture
def town(app: Flask) -> World:
    """Two rooms of one building have ordered, the first asks for 201 of the other building; behind the cut-off."""
    here = world.build()
    for household in here.households[:2]:
        here.order(household, {0: 2})
    order_of(here).remark = "东西送10号楼201"
    here.lock()
    return here


def order_of(here: World, household: int = 0) -> HouseholdOrder:
    wanted = here.households[household].id
    return db.session.scalars(select(HouseholdOrder).where(HouseholdOrder.household_id == wanted)).one()


def settle(here: World, door: str, paper: str = "敲门重一点") -> None:
    order = order_of(here)
    wanted = SettleWords(remarks_queries.words_of(order).sha256, paper, door)
    remarks_service.settle(here.actor("leader"), order.id, wanted)


def pack(here: World, units: int = 4) -> None:
    here.cycle.state = CycleState.RUNNING
    db.session.commit()
    receive(here, 0, units)
    run(here)
    picking.pack(here.actor("supplies"), here.cycle.id)


def test_the_page_proposes_the_door_that_the_words_name(town: World) -> None:
    asked = remarks_queries.door_asked_for(town.actor("leader"), order_of(town))
    assert asked == "桂花苑 10号楼-1单元-201"
    assert len(remarks_queries.possible_doors(town.actor("leader"), order_of(town), asked)) == 1


def test_a_bag_sent_to_another_door_is_carried_printed_and_handed_out_there(town: World) -> None:
    settle(town, "10-201")
    pack(town)
    first, second = db.session.scalars(select(Bag).order_by(Bag.id))
    assert (first.building_id, second.building_id) == (town.buildings[1].id, town.buildings[0].id)
    publish(town)
    ask(town, "hand_out_list", "bag_label")
    lists = {document.subject_id: printed_text(document) for document in documents("hand_out_list")}
    taken_in = messages.TAKEN_IN_HERE[-2:]  # the remark is broken into lines
    assert taken_in in lists[town.buildings[1].id]
    assert taken_in not in lists[town.buildings[0].id]
    labels = "".join(printed_text(document) for document in documents("bag_label"))
    assert "10-1-201" in labels.replace(" ", "") or "10-201" in labels.replace(" ", "")
    drop_off()
    (there,) = bags_at(town.cycle.id, town.buildings[1])
    assert (there.bag_id, there.room, there.door_note) == (
        first.id,
        "201",
        "桂花苑 2-1-101 的袋，这里代收，敲门重一点",
    )
    assert [bag.bag_id for bag in bags_at(town.cycle.id, town.buildings[0])] == [second.id]
    assert [equation for equation in equations() if equation.violations] == []


@pytest.mark.parametrize("door", ["10-909", "201", "1-101"])
def test_a_door_that_is_unknown_unclear_or_of_another_leader_is_refused_beside_its_field(
    town: World, door: str
) -> None:
    with pytest.raises(Invalid) as error:
        settle(town, door)
    assert set(error.value.problems) == {"door"}
    assert db.session.scalars(select(OtherDoor)).all() == []


def test_the_own_door_and_an_empty_field_send_nothing_elsewhere(town: World) -> None:
    for door in ("10-201", "2-101", "10-201", ""):
        settle(town, door)
    assert db.session.scalars(select(OtherDoor)).all() == []


def test_a_packed_bag_keeps_its_door_until_it_is_taken_apart(town: World) -> None:
    pack(town)
    with pytest.raises(Invalid):
        settle(town, "10-201")
    bag = db.session.scalars(select(Bag).where(Bag.order_id == order_of(town).id)).one()
    picking.void(town.actor("supplies"), bag.id, VoidBag("改送"))
    settle(town, "10-201")
    assert db.session.get(OtherDoor, order_of(town).id) is not None


def test_a_later_wave_for_another_door_of_the_building_is_a_door_of_its_own(app: Flask, town: World) -> None:
    """One bag stands there for 101 when its order is sent on to 301: two tiles, and each tap marks what it names."""
    pack(town, 2)
    drop_off()
    settle(town, "2-301")
    pack(town, 2)
    drop_off()
    first, later = db.session.scalars(select(Bag).where(Bag.order_id == order_of(town).id).order_by(Bag.id))
    assert (first.wave, later.wave) == (1, 2)
    page = f"/cycles/{town.cycle.id}/handover/{town.buildings[0].id}"
    client = world.sign_in(app, town, "captain")
    assert bags_of_tile(client.get(page).get_data(as_text=True), "1-101") == [str(first.id)]
    assert bags_of_tile(client.get(page).get_data(as_text=True), "1-301") == [str(later.id)]
    assert "301 怎么了？" in client.get(f"{page}/doors/{later.id}").get_data(as_text=True)
    assert world.post(client, page, f"{page}/leave", {"bags": str(later.id)}).status_code == 303
    states = {bag.id: bag.state for bag in db.session.scalars(select(Bag))}
    assert (states[first.id], states[later.id]) == ("dropped_off", "handed_out")
    shown = client.get(page).get_data(as_text=True)
    assert "撤销" in tile(shown, "1-301")
    assert "撤销" not in tile(shown, "1-101")
    assert bags_of_tile(shown, "1-101") == [str(first.id)]


def tile(page: str, door: str) -> str:
    """The row of a door on the page of its building."""
    (found,) = [one for one in re.findall(r'<li id="door-.*?</li>', page, re.S) if f"<b>{door}</b>" in one]
    return str(found)


def bags_of_tile(page: str, door: str) -> list[str]:
    """The bags that one tap on the row of a door marks as left."""
    return re.findall(r'name="bags" value="(\d+)"', tile(page, door).replace("'", '"'))


def test_the_purge_forgets_the_other_door(app: Flask) -> None:
    here = closed(app)
    order = order_of(here)
    bag = Bag(code="X1", cycle_id=here.cycle.id, order_id=order.id, building_id=order.building_id, seq=1)
    bag.weight_g = bag.volume_ml = 0
    bag.state = "voided"
    db.session.add(bag)
    db.session.flush()
    elsewhere = here.households[4].id
    db.session.add_all(
        [OtherDoor(order_id=order.id, household_id=elsewhere), BagDoor(bag_id=bag.id, household_id=elsewhere)]
    )
    db.session.commit()
    purge_after(31)
    assert db.session.scalars(select(OtherDoor)).all() == []
    assert db.session.scalars(select(BagDoor)).all() == []
