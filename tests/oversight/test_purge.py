"""What is kept about people goes on its day; what was delivered stays, and every equation holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.core.events import SYSTEM
from app.core.idempotency import Submission
from app.core.queue.worker import drain
from app.ordering.claims.models import ClaimKind, RoomClaim
from app.ordering.cycles.service import cancel_cycle
from app.ordering.desk.models import DeskEntry
from app.ordering.models import Cycle, HouseholdOrder, OrderLine, Stage
from app.ordering.remarks.models import SettledWords
from app.ordering.stages import Cause, move
from app.oversight.purge import service
from app.oversight.purge.service import ask_purge
from app.oversight.reconcile.equations import equations
from app.places.models import HouseholdContact
from tests import world


def closed(app: Flask) -> world.World:
    here = world.build()
    order = here.order(here.households[0], {0: 1})
    order.remark, order.door_note = "阿婆眼睛不好", "敲门重一点"
    entry = DeskEntry(account_id=here.accounts["leader"].id, cycle_id=here.cycle.id, order_id=order.id, version_after=1)
    db.session.add(
        SettledWords(order_id=order.id, words_sha256="x", settled_by_id=entry.account_id, settled_at=clock.now())
    )
    entry.door_note_before, entry.remark_before = order.door_note, order.remark
    db.session.add(entry)
    db.session.add(
        HouseholdContact(household_id=here.households[0].id, name="某人", phone="19900000001", purge_on=clock.today())
    )
    order.state = "locked"
    db.session.flush()
    move({order.lines[0].id: 1}, Stage.OPEN, Stage.CANCELLED, Cause("test", 1))
    here.cycle.state, here.cycle.closed_at = "closed", clock.now()
    db.session.commit()
    return here


def purge_after(days: int) -> None:
    with clock.shifted_by(timedelta(days=days)):
        ask_purge(SYSTEM)
        drain()


def test_keys_of_forms_go_after_a_fortnight_few_at_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def keep(days_ago: int, count: int) -> None:
        at = clock.now() - timedelta(days=days_ago)
        for number in range(count):
            key = f"{days_ago}-{number}"
            db.session.add(Submission(key=key, actor="a", endpoint="e", request_sha256="", location="/", created_at=at))

    def kept() -> list[str]:
        return sorted(db.session.scalars(select(Submission.key)))

    keep(15, 5)
    keep(13, 1)
    db.session.commit()
    monkeypatch.setattr(service, "KEYS_AT_ONCE", 2)
    assert service.forget_keys() == 2
    assert len(kept()) == 4
    db.session.rollback()
    purge_after(0)
    assert kept() == ["13-0"]


def test_contacts_go_at_once_texts_after_a_fortnight_households_at_the_end(app: Flask) -> None:
    here = closed(app)
    order = select(HouseholdOrder).where(HouseholdOrder.cycle_id == here.cycle.id)
    purge_after(1)
    assert db.session.scalar(select(func.count()).select_from(HouseholdContact)) == 0
    assert db.session.scalars(order).one().remark == "阿婆眼睛不好"
    purge_after(15)
    found = db.session.scalars(order.execution_options(populate_existing=True)).one()
    assert (found.remark, found.door_note, found.household_id) == ("", "", here.households[0].id)
    assert db.session.execute(select(DeskEntry.door_note_before, DeskEntry.remark_before)).one() == ("", "")
    assert db.session.scalar(select(func.count()).select_from(SettledWords)) == 0
    purge_after(31)
    found = db.session.scalars(order.execution_options(populate_existing=True)).one()
    assert found.household_id is None
    assert db.session.scalar(select(Cycle.state).where(Cycle.id == here.cycle.id)) == "purged"
    assert db.session.scalar(select(func.sum(OrderLine.qty_cancelled))) == 1
    assert [one.code for one in equations() if one.violations] == []


def test_the_words_of_a_cancelled_cycle_and_its_claims_go_a_fortnight_after_its_cut_off(app: Flask) -> None:
    here = world.build()
    order, building = here.order(here.households[0], {0: 1}), here.buildings[0]
    order.remark, order.door_note = "阿婆眼睛不好", "敲门重一点"
    claim = RoomClaim(
        cycle_id=here.cycle.id,
        building_id=building.id,
        stairwell_id=here.households[0].stairwell_id,
        service_point_id=building.service_point_id,
        room="909",
        kind=ClaimKind.OTHER,
        phone="19900000007",
        note="家里有人透析",
    )
    db.session.add(claim)
    db.session.commit()
    cancel_cycle(here.actor("admin"), here.cycle.id, "演练")
    purge_after(14)
    assert [(one.room, one.phone) for one in fresh(select(RoomClaim))] == [("909", "19900000007")]
    purge_after(15)
    assert [(one.room, one.phone, one.note) for one in fresh(select(RoomClaim))] == [("", "", "")]
    assert [(one.remark, one.door_note) for one in fresh(select(HouseholdOrder))] == [("", "")]
    assert db.session.scalar(select(Cycle.state)) == "cancelled"


def fresh(found: Any) -> list[Any]:
    return list(db.session.scalars(found.execution_options(populate_existing=True)))


def test_purging_twice_changes_nothing_more(app: Flask) -> None:
    closed(app)
    purge_after(31)
    before = db.session.scalar(select(func.max(HouseholdOrder.version)))
    purge_after(32)
    assert db.session.scalar(select(func.max(HouseholdOrder.version))) == before
