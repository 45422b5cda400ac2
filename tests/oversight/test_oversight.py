"""The whole at a glance: equations that notice tampering, the loop page, the log, texts without persons."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import select, text

from app.access.models import Account, Role, RoleGrant
from app.access.permissions import Staff
from app.core import clock
from app.core.db import command, db
from app.core.events import SYSTEM, record
from app.core.log import seals
from app.core.queue.worker import drain
from app.ordering.models import Cycle, CycleState, HouseholdOrder, OrderLine
from app.oversight import queries
from app.oversight.loop import loop_rows
from app.oversight.reconcile.equations import equations
from app.picking.models import Bag
from app.places.models import Subdistrict
from tests import messages, world
from tests.allocation.test_runs import running as running
from tests.dispatch.test_rounds import on_the_way
from tests.dispatch.test_rounds import packed as packed
from tests.dispatch.test_rounds import published as published
from tests.world import World


def broken() -> dict[str, int]:
    return {one.code: one.violations for one in equations() if one.violations}


def tamper(statement: str) -> None:
    """Change a row behind the application's back, with the CHECKs of the database switched off."""
    if db.engine.dialect.name == "sqlite":
        db.session.execute(text("PRAGMA ignore_check_constraints = ON"))
    db.session.execute(text(statement))
    db.session.flush()


def test_all_equations_hold_on_the_way_of_a_round(published: World) -> None:
    on_the_way(published)
    assert broken() == {}
    assert [one.code for one in equations()] == [f"E{n}" for n in range(1, 12)]


def test_a_counter_changed_behind_the_journal_is_found(published: World) -> None:
    line = db.session.scalars(select(OrderLine).where(OrderLine.qty_packed > 0)).first()
    assert line is not None
    tamper(f"UPDATE order_line SET qty_packed = qty_packed - 1, qty_accepted = qty_accepted + 1 WHERE id = {line.id}")
    assert "E6" in broken()
    db.session.rollback()


def test_a_unit_taken_out_of_a_bag_is_found(published: World) -> None:
    bag = db.session.scalars(select(Bag)).first()
    assert bag is not None
    tamper(f"UPDATE bag_line SET qty = qty + 1 WHERE bag_id = {bag.id}")
    assert "E7" in broken()
    db.session.rollback()


def test_a_household_without_an_outcome_is_found(published: World) -> None:
    db.session.execute(text("DELETE FROM roll_call WHERE outcome = 'declined'"))
    assert broken()["E11"] > 0
    db.session.rollback()


def test_a_changed_event_is_found_by_its_seal(app: Flask, published: World) -> None:
    seals.seal_waiting()
    assert list(seals.faults()) == []
    if db.engine.dialect.name == "sqlite":
        db.session.execute(text("DROP TRIGGER event_no_update"))
    else:
        db.session.execute(text("ALTER TABLE event DISABLE TRIGGER event_no_update"))
    db.session.execute(text("UPDATE event SET verb = 'void' WHERE id = 2"))
    db.session.expire_all()
    assert 2 in [fault.event_id for fault in seals.faults()]
    db.session.rollback()


def test_the_loop_adds_up_to_what_was_ordered(published: World) -> None:
    for row in loop_rows(published.cycle.id):
        assert sum(row.stages.values()) == row.ordered


def test_the_pages_open_for_those_who_oversee(app: Flask, published: World, count_queries: Any) -> None:
    admin = world.sign_in(app, published, "admin")
    cycle = f"/cycles/{published.cycle.id}"
    pages = (f"{cycle}/loop", f"{cycle}/loop?stage=packed&q=桂花", f"{cycle}/loop?stage=zz&page=-1", f"{cycle}/texts")
    for page in (*pages, f"{cycle}/loop/equations", "/dashboard", "/events", "/events?verb=publish&cycle=x"):
        with count_queries() as sent:
            assert admin.get(page).status_code == 200, page
        assert len(sent) <= 30, page
    assert world.sign_in(app, published, "runner").get("/dashboard").status_code == 403
    assert world.sign_in(app, published, "leader").get(f"{cycle}/loop").status_code == 404


def test_the_navigation_shows_a_person_only_what_the_role_may_open(app: Flask, published: World) -> None:
    cycle = f"/cycles/{published.cycle.id}"
    supplies = world.sign_in(app, published, "supplies").get(f"{cycle}/allocation").get_data(as_text=True)
    assert f'href="{cycle}/picking"' in supplies
    leader = world.sign_in(app, published, "leader").get(f"{cycle}/tally").get_data(as_text=True)
    assert f'href="{cycle}/picking"' not in leader
    assert f'href="{cycle}/tally"' in leader
    assert f'href="{cycle}/loop"' in supplies
    assert f'href="{cycle}/loop"' not in leader  # it is about the whole subdistrict, and the role has one point
    runner = world.sign_in(app, published, "runner").get("/my-rounds").get_data(as_text=True)
    assert 'href="/dashboard"' in leader  # with the own buildings only
    assert 'href="/dashboard"' not in runner


def tomorrow(here: World) -> Cycle:
    """The cycle that takes orders while another is on its way."""
    today = here.cycle
    cycle = Cycle(
        subdistrict_id=today.subdistrict_id,
        name="明天这一批",
        state=CycleState.OPEN,
        opens_at=today.opens_at,
        cutoff_at=today.cutoff_at,
        deliver_on=today.deliver_on,
    )
    db.session.add(cycle)
    db.session.commit()
    return cycle


def test_a_captain_starts_at_the_cycle_that_is_delivered_while_the_next_takes_orders(
    app: Flask, published: World
) -> None:
    today, next_one = published.cycle.id, tomorrow(published).id
    assert world.sign_in(app, published, "captain").get("/").location.endswith(f"/cycles/{today}/handover")
    assert world.sign_in(app, published, "admin").get("/").location.endswith(f"/cycles/{next_one}")


def test_a_page_about_an_order_has_the_frame_of_its_own_cycle(app: Flask, published: World) -> None:
    today = published.cycle.id
    tomorrow(published)
    order = db.session.scalars(select(HouseholdOrder.id)).first()
    supplies = world.sign_in(app, published, "supplies")
    for page in (f"/orders/{order}", f"/settlement/orders/{order}"):
        assert f'href="/cycles/{today}/picking"' in supplies.get(page).get_data(as_text=True), page


def test_the_equations_are_counted_by_a_job_and_shown(app: Flask, published: World) -> None:
    admin = world.sign_in(app, published, "admin")
    page = f"/cycles/{published.cycle.id}/loop/equations"
    assert messages.NOT_COUNTED_YET in admin.get(page).get_data(as_text=True)
    assert world.post(admin, page, page, {}).status_code == 303
    drain()
    shown = admin.get(page).get_data(as_text=True)
    assert "E11" in shown
    assert messages.EQUATIONS_HOLD in shown


def test_the_log_of_another_subdistrict_is_not_shown(app: Flask) -> None:
    here = world.build()
    other = Subdistrict(code="330106002", name="另一个街道")
    stranger = Account(username="stranger", display_name="别处的人", password_hash="-")
    db.session.add_all([other, stranger])
    db.session.flush()
    db.session.add(
        RoleGrant(account_id=stranger.id, role=Role.SUPPLIES_TEAM, starts_at=clock.now(), subdistrict_id=other.id)
    )
    db.session.commit()

    @command
    def write(subdistrict_id: int) -> None:
        record(SYSTEM, "import", ("subdistrict", subdistrict_id))

    @command
    def write_for_all(by: Staff, account_id: int) -> None:
        record(by, "save_item", ("item", account_id))
        record(SYSTEM, "reset_password", ("account", account_id))

    write(here.subdistrict.id)
    write(other.id)
    write_for_all(here.actor("supplies"), here.accounts["supplies"].id)
    write_for_all(Staff("staff", stranger.id), stranger.id)
    shown = db.session.scalars(queries.event_statement(here.actor("auditor"), "", "", None)).all()
    found = {(entry.verb, entry.subject_type, entry.subject_id) for entry in shown}
    assert {
        ("import", "subdistrict", here.subdistrict.id),
        ("save_item", "item", here.accounts["supplies"].id),
        ("reset_password", "account", here.accounts["supplies"].id),
    } <= found
    assert {entry.subject_id for entry in shown if entry.subject_type == "subdistrict"} == {here.subdistrict.id}
    assert stranger.id not in {entry.subject_id for entry in shown if entry.subject_type in ("item", "account")}


def test_the_log_shows_the_place_of_each_entry_in_its_chain(app: Flask) -> None:
    here = world.build()

    @command
    def write(subdistrict_id: int) -> None:
        record(SYSTEM, "import", ("subdistrict", subdistrict_id))

    write(here.subdistrict.id)
    auditor = world.sign_in(app, here, "auditor")
    assert messages.UNSEALED in auditor.get("/events").get_data(as_text=True)
    seals.seal_waiting()
    page = auditor.get("/events").get_data(as_text=True)
    assert messages.UNSEALED not in page
    assert f"{here.subdistrict.id}/1 " in page
