"""A page offers only what its reader may do now; what cannot be done yet is a grey button beside the reason."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.access.models import RoleGrant
from app.core.db import db
from app.dispatch.models import DeliveryRound, DeliveryStop
from app.dispatch.rounds import service as rounds_service
from app.dispatch.rounds.schemas import SignDropOff
from app.handover.doors import service as doors
from app.handover.schemas import DoorProblem
from app.ordering import service as ordering_service
from app.ordering.models import OrderLine, Stage
from app.ordering.stages import Cause, move
from app.picking.models import Bag
from app.places.imports import service as places_import
from app.tally import queries, service
from app.tally.schemas import SignTally
from tests import messages, world
from tests.allocation.test_runs import running as running
from tests.dispatch.test_rounds import packed as packed
from tests.dispatch.test_rounds import published as published
from tests.drills.page_forms import read_page
from tests.world import World


@pytest.fixture
def locked(app: Flask) -> World:
    here = world.build()
    here.order(here.households[0], {0: 3})
    here.order(here.households[7], {2: 1})
    here.lock()
    return here


def offered(app: Flask, here: World, who: str, address: str) -> tuple[set[str], str]:
    """Where the forms of a page lead, and what the page says."""
    page = read_page(address, world.sign_in(app, here, who).get(address).get_data(as_text=True))
    return {form.action for form in page.forms if form.is_post}, page.text


def sign(here: World, who: str, point: int) -> None:
    total = sum(cell.qty for cell in queries.ordered_cells(here.cycle.id, here.points[point].id))
    service.sign(here.actor(who), here.cycle.id, here.points[point].id, SignTally(total))


def test_the_day_cannot_be_started_before_every_point_has_signed(app: Flask, locked: World) -> None:
    page, start = f"/cycles/{locked.cycle.id}/tally", f"/cycles/{locked.cycle.id}/start"
    forms, words = offered(app, locked, "supplies", page)
    assert start not in forms
    assert "还有 2 个点位没有签汇总表" in words
    sign(locked, "leader", 0)
    assert start not in offered(app, locked, "supplies", page)[0]
    sign(locked, "leader2", 1)
    assert start in offered(app, locked, "supplies", page)[0]


def test_the_demand_is_worked_out_once_a_point_has_signed(app: Flask, locked: World) -> None:
    page = f"/cycles/{locked.cycle.id}/purchasing"
    forms, words = offered(app, locked, "supplies", page)
    assert f"{page}/demand" not in forms
    assert messages.NO_TALLY_SIGNED in words
    sign(locked, "leader", 0)
    assert f"{page}/demand" in offered(app, locked, "supplies", page)[0]


def test_an_order_says_why_it_cannot_be_voided_by_this_account_or_now(app: Flask, locked: World) -> None:
    line = db.session.scalars(select(OrderLine).order_by(OrderLine.id)).first()
    assert line is not None
    page, void = f"/orders/{line.order_id}", f"/orders/{line.order_id}/void"
    admin = world.sign_in(app, locked, "admin")
    assert void in admin.get(page).get_data(as_text=True)
    line.order.placed_by_kind, line.order.placed_by_id = "staff", locked.actor("admin").id
    db.session.commit()
    shown = admin.get(page).get_data(as_text=True)
    assert void not in shown
    assert messages.OTHER_ADMINISTRATOR in shown
    assert admin.get(void).status_code == 302
    other = world.sign_in(app, locked, "admin2")
    assert void in other.get(page).get_data(as_text=True)
    move({line.id: 1}, Stage.OPEN, Stage.ALLOCATED, Cause("test", 1))
    db.session.commit()
    assert messages.RETURN_TO_STOCK_FIRST in other.get(page).get_data(as_text=True)


def test_only_who_signs_for_bags_is_asked_what_became_of_a_missing_one(app: Flask, published: World) -> None:
    supplies = published.actor("supplies")
    round_ = db.session.scalars(select(DeliveryRound).order_by(DeliveryRound.id)).first()
    assert round_ is not None
    rounds_service.load(supplies, round_.id)
    rounds_service.depart(supplies, round_.id)
    stop = db.session.scalars(
        select(DeliveryStop).where(DeliveryStop.round_id == round_.id).order_by(DeliveryStop.seq)
    ).first()
    assert stop is not None
    bag = rounds_service.bags_at(stop)[0]
    rounds_service.sign(supplies, stop.id, SignDropOff(bag.code))
    page, resolve = f"/cycles/{published.cycle.id}/dispatch", f"/bags/{bag.id}/resolve-missing"
    assert db.session.get_one(Bag, bag.id).state == "missing"
    assert resolve in offered(app, published, "supplies", page)[0]
    forms, words = offered(app, published, "admin", page)
    assert resolve not in forms
    assert bag.code in words


def test_a_point_is_not_asked_for_while_there_is_no_community_to_choose(app: Flask) -> None:
    here = world.build()
    page = "/places/points/new"
    assert page in offered(app, here, "admin", page)[0]
    other = places_import.found_subdistrict("990100009", "空街道")
    with db.session.begin_nested():
        grant = db.session.scalars(select(RoleGrant).filter_by(account_id=here.accounts["admin"].id)).one()
        grant.subdistrict_id = other.id
    db.session.commit()
    forms, words = offered(app, here, "admin", page)
    assert page not in forms
    assert messages.IMPORT_COMMUNITIES_FIRST in words


def test_a_bag_that_is_gone_at_its_door_is_a_complaint_and_not_asked_about_at_the_rounds(
    app: Flask, published: World
) -> None:
    supplies = published.actor("supplies")
    round_ = db.session.scalars(select(DeliveryRound).order_by(DeliveryRound.id)).first()
    assert round_ is not None
    rounds_service.load(supplies, round_.id)
    rounds_service.depart(supplies, round_.id)
    stop = db.session.scalars(
        select(DeliveryStop).where(DeliveryStop.round_id == round_.id).order_by(DeliveryStop.seq)
    ).first()
    assert stop is not None
    bag = rounds_service.bags_at(stop)[0]
    rounds_service.sign(supplies, stop.id, SignDropOff(""))
    doors.report(supplies, published.cycle.id, stop.building_id, DoorProblem([bag.id], "bag_missing"))
    assert db.session.get_one(Bag, bag.id).state == "missing"
    forms, words = offered(app, published, "supplies", f"/cycles/{published.cycle.id}/dispatch")
    assert f"/bags/{bag.id}/resolve-missing" not in forms
    assert bag.code not in words


def test_a_share_is_set_by_hand_only_where_units_are_still_to_be_given_out(app: Flask, running: World) -> None:
    line = db.session.scalars(select(OrderLine).where(OrderLine.qty_open > 0).order_by(OrderLine.id)).first()
    assert line is not None
    page = f"/order-lines/{line.id}/share"
    assert page in offered(app, running, "supplies", page)[0]
    move({line.id: line.qty_open}, Stage.OPEN, Stage.SHORT, Cause("test", 1))
    db.session.commit()
    forms, words = offered(app, running, "supplies", page)
    assert page not in forms
    assert messages.NOTHING_WAITING in words


def test_the_words_of_an_order_that_was_voided_are_read_only(app: Flask, locked: World) -> None:
    order = db.session.scalars(select(OrderLine).order_by(OrderLine.id)).first()
    assert order is not None
    page = f"/orders/{order.order_id}/words"
    assert page in offered(app, locked, "leader", page)[0]
    ordering_service.void(locked.actor("admin"), order.order_id, "重复")
    forms, words = offered(app, locked, "leader", page)
    assert page not in forms
    assert messages.WORDS_ARE_CLOSED in words
