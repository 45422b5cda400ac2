"""On a copy of the demo each role sends each form as its page shows it: no page asks for what the site then refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.access.models import Account
from app.access.sessions import issue_token
from app.core import clock
from app.core.db import command, db
from app.core.queue.worker import drain
from app.demo import first_day
from app.demo.subdistrict import cast
from app.dispatch.models import DeliveryPlan, PlanState
from app.dispatch.planning import service as dispatch
from app.dispatch.planning.schemas import AskAgain
from app.factory import create_app
from app.ordering.models import Cycle, CycleState, HouseholdOrder
from app.places.models import Building, Subdistrict
from tests.conftest import POSTGRES, settings_for
from tests.drills.excused import is_excused
from tests.drills.walk import DrillRole, SiteCopy, Walk, household_browser, staff_browser
from tests.drills.words import stored_words

STAFF = ("admin", "wuzi", "xishang", "louzhang1", "paolou", "shenji")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SiteCopy, dict[str, DrillRole]]]:
    """The demo's morning with a draft of the next rounds, and who walks through it."""
    if POSTGRES:
        pytest.skip("the walk puts its database back by copying the SQLite file; the commands run on both")
    folder = tmp_path_factory.mktemp("forms")
    settings = settings_for(folder, f"sqlite:///{folder / 'louda.db'}")
    first_day.load(settings)
    app = create_app(settings)
    with app.app_context():
        roles = _roles()
        _draft()
        db.session.remove()
    site = SiteCopy(app, folder / "louda.db")
    site.keep()
    yield site, roles
    site.restore()


def _roles() -> dict[str, DrillRole]:
    found = {}
    for name in STAFF:
        account = db.session.scalars(select(Account).filter_by(username=name)).one()
        found[name] = DrillRole(name, staff_browser(account))
    order = db.session.scalars(select(HouseholdOrder).join(Cycle).where(Cycle.state == CycleState.RUNNING)).first()
    assert order is not None
    assert order.household_id is not None
    code = db.session.scalars(select(Building.public_code).order_by(Building.id)).first()
    found["resident"] = DrillRole("resident", household_browser(_key(order.household_id)))
    found["stranger"] = DrillRole("stranger", lambda app: app.test_client(), ("/sign-in", "/enter", f"/enter/{code}"))
    return found


@command
def _key(household_id: int) -> str:
    return issue_token(household_id, clock.now() + timedelta(days=1))


def _draft() -> None:
    """Rounds that were not begun are planned again, so that there is a draft to adjust."""
    people = cast(db.session.scalars(select(Subdistrict.id)).one())
    today = db.session.scalars(select(Cycle.id).where(Cycle.state == CycleState.RUNNING)).one()
    plan = db.session.scalars(
        select(DeliveryPlan.id).where(DeliveryPlan.cycle_id == today, DeliveryPlan.state == PlanState.PUBLISHED)
    ).one()
    dispatch.ask_replan(people.buyer, plan, AskAgain(1))
    drain()


@pytest.mark.slow
@pytest.mark.parametrize("name", [*STAFF, "resident", "stranger"])
def test_what_a_page_shows_can_be_sent(demo: tuple[SiteCopy, dict[str, DrillRole]], name: str) -> None:
    site, roles = demo
    walk = Walk(site, roles[name], is_excused, stored_words())
    walk.run()
    print(f"{name}: {walk.pages} pages, {walk.sent} forms, {len(walk.shown)} endpoints")
    assert [str(fault) for fault in walk.faults] == []
    assert walk.pages > 1
