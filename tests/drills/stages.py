"""One cycle of the demo in every state that its people see, each as a database of its own, for drills."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.access.models import Account, Role, RoleGrant
from app.access.permissions import Staff
from app.access.service import hashed, open_session
from app.access.sessions import issue_token
from app.core import clock
from app.core.db import command, db
from app.core.jobs import Job, JobState
from app.core.queue.worker import drain
from app.demo import day as life
from app.demo import tables
from app.demo.care import look_after
from app.demo.subdistrict import PASSWORD, PEOPLE, put_on_duty, set_up
from app.dispatch.missing_bags import service as missing_bags_service
from app.dispatch.missing_bags.schemas import ResolveMissingBag
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, StopState
from app.dispatch.planning import service as dispatch
from app.dispatch.planning.schemas import AskPlan
from app.dispatch.rounds import service as rounds_service
from app.dispatch.rounds.schemas import SignDropOff
from app.factory import create_app as create_app
from app.handover.confirmation.service import confirm_overdue
from app.intake.booking.schemas import Settle
from app.intake.booking.service import commit as take_in
from app.intake.booking.service import settle, undo
from app.intake.models import ChainPaste, PasteLine, PasteState
from app.intake.paste import service as intake
from app.intake.paste.schemas import Paste
from app.ordering.cycles import service as cycles_service
from app.ordering.cycles.schemas import Lock
from app.picking import queries
from app.picking import service as picking
from app.picking.models import Bag, BagState
from app.places.imports import service as places_import
from app.places.models import Building, ServicePoint
from app.purchasing import service as purchasing
from app.purchasing.models import PurchaseState
from app.purchasing.schemas import EditLines, LinePacks, SeenOrder
from app.settings import Settings
from app.settlement import service as settlement
from app.tally import service as tally
from app.upkeep.database import schema
from tests.drills import extra_cases
from tests.drills.lookup_pages import lookup_pages as lookup_pages
from tests.drills.lookup_pages import resident_household

STATES = (
    "empty",
    "open",
    "locked",
    "counted",
    "signed",
    "bought",
    "received",
    "planned",
    "under_way",
    "delivered",
    "closed",
)
"""In the order of a cycle's life."""
BETWEEN = frozenset({"counted", "signed", "bought", "received", "delivered"})
"""Short moments between two of the others, for what is offered only then."""
STEP = timedelta(minutes=20)
"""So far apart the states are in the drill's own day, which begins at `morning`."""
CHAIN = (
    "#接龙\n1. 溪上人家1幢1单元101 青菜2 土豆1\n2. 溪上人家1幢1单元9999 青菜1\n3. 桂花里1栋1单元101 青菜1\n谢谢群主\n"
)


def settings_in(folder: Path) -> Settings:
    """Settings of a throw-away installation in a folder. Those beside each other share the secret, so that what was
    sealed in one state (door PINs) can be read in the next."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder.parent / "secret"
    if not secret.exists():
        secret.write_text(secrets.token_hex(32))
    return Settings(
        env="testing",
        secret_key=secret.read_text(),
        database_url=f"sqlite:///{folder / 'louda.db'}",
        data_dir=folder,
        documents_dir=folder / "documents",
        backups_dir=folder / "backups",
    )


def morning() -> datetime:
    """When the drill's day begins: at ten today, whatever the hour of the real one; its cut-off is at eight."""
    return clock.local_instant(clock.today(), 10)


def moment(state: str, begins: datetime) -> datetime:
    """The instant at which a state was left, for who looks at it."""
    return begins + STEP * STATES.index(state)


def build(folder: Path, begins: datetime) -> Iterator[str]:
    """Live through one cycle and leave `<state>.db` in `folder` for each state; yields each state when it is there.

    The clock of the day begins at `begins` (see `morning`) and is only set while the cycle is lived through.
    """
    with clock.frozen_at(begins):
        state = _empty(folder)
    yield state
    settings = settings_in(folder / "life")
    schema.upgrade(settings)
    app, day = create_app(settings), None
    for state in STATES[1:]:
        with clock.frozen_at(moment(state, begins)), app.app_context():
            day = LIVES[state](day)
            _keep(app, folder / "life" / "louda.db", folder / f"{state}.db")
        yield state


def _keep(_app: Flask, source: Path, target: Path) -> None:
    db.session.remove()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.engine.dispose()
    shutil.copyfile(source, target)


def installation_at(folder: Path, state: str) -> Settings:
    """An installation of its own in the state, with its database and the sheets that were printed; anew each time."""
    here = folder / f"at_{state}"
    shutil.rmtree(here, ignore_errors=True)
    settings = settings_in(here)
    shutil.copyfile(folder / f"{state}.db", here / "louda.db")
    printed = folder / "life" / "documents"
    if printed.exists():
        shutil.copytree(printed, settings.documents_dir, dirs_exist_ok=True)
    return settings


def _empty(folder: Path) -> str:
    """A subdistrict and its accounts, nothing else: what a newcomer has after the first sign-in."""
    settings = settings_in(folder / "bare")
    schema.upgrade(settings)
    app = create_app(settings)
    with app.app_context():
        _first_accounts(places_import.found_subdistrict(tables.CODE, tables.NAME).id)
        extra_cases.doubt_date()
        _keep(app, folder / "bare" / "louda.db", folder / "empty.db")
    return "empty"


@command
def _first_accounts(subdistrict_id: int) -> None:
    secret = hashed(PASSWORD)
    for username, label, role in PEOPLE:
        if role == Role.POINT_LEADER:
            continue  # there is no point yet
        account = Account(username=username, password_hash=secret, display_name=label)
        db.session.add(account)
        db.session.flush()
        since = clock.now() - timedelta(days=1)
        db.session.add(RoleGrant(account_id=account.id, role=role, subdistrict_id=subdistrict_id, starts_at=since))


def _open(_day: life.DemoDay | None) -> life.DemoDay:
    cast = set_up()
    extra_cases.prepare(cast)
    put_on_duty((0, 23.75))
    day = life.open_day(cast, "今天这一批", clock.today(), clock.local_instant(clock.today(), 20))
    life.take_orders(day, 0.08)
    look_after(cast, clock.today() + timedelta(days=1))
    _paste(day)
    extra_cases.prepare_open_cycle(day)
    return day


def _lock(day: life.DemoDay) -> life.DemoDay:
    life.record_roll_call(day)
    cycles_service.lock_cycle(day.cast.buyer, day.cycle_id, Lock(is_early=True))
    return day


def _paste(day: life.DemoDay) -> None:
    point = db.session.scalars(select(ServicePoint.id).order_by(ServicePoint.id)).first()
    assert point is not None
    leader = day.cast.leaders[point]
    take_in(leader, intake.paste_chain(leader, day.cycle_id, point, Paste(CHAIN)).id)


def _count(day: life.DemoDay) -> life.DemoDay:
    """Leaders settle what waits; all points but the first have signed."""
    for line in db.session.scalars(select(PasteLine).where(PasteLine.outcome == "review")).all():
        leader = day.cast.leaders[db.session.get_one(ChainPaste, line.paste_id).service_point_id]
        settle(leader, line.id, Settle(0))
    for paste in db.session.scalars(select(ChainPaste).where(ChainPaste.state == PasteState.PREVIEW)).all():
        undo(day.cast.leaders[paste.service_point_id], paste.id)
    extra_cases.settle_claims(day)
    for point in list(day.cast.leaders)[1:]:
        life.sign_point(day, point)
    return day


def _sign(day: life.DemoDay) -> life.DemoDay:
    for point in list(day.cast.leaders)[:1]:
        life.sign_point(day, point)
    return day


def _buy(day: life.DemoDay) -> life.DemoDay:
    """The day has begun; of the orders to suppliers one is sent, one approved, the others are drafts.

    One line of a draft was taken off by hand: nobody buys what it covered, or will say so.
    """
    tally.start_running(day.cast.buyer, day.cycle_id)
    purchasing.compute_demand(day.cast.buyer, day.cycle_id)
    purchasing.propose(day.cast.buyer, day.cycle_id)
    _approve(day, 2)
    _send(day, 1)
    draft = life.purchase_orders(day, PurchaseState.DRAFT)[-1]
    taken_off = EditLines(draft.version, [LinePacks(draft.lines[-1].id, 0)])
    purchasing.edit_lines(day.cast.buyer, day.cycle_id, draft.id, taken_off)
    return day


def _approve(day: life.DemoDay, most: int) -> None:
    for order in life.purchase_orders(day, PurchaseState.DRAFT)[:most]:
        purchasing.approve(day.cast.checker, day.cycle_id, order.id, SeenOrder(order.version))


def _send(day: life.DemoDay, most: int) -> None:
    for order in life.purchase_orders(day, PurchaseState.APPROVED)[:most]:
        purchasing.send(day.cast.buyer, day.cycle_id, order.id, SeenOrder(order.version))


def _receive(day: life.DemoDay) -> life.DemoDay:
    """One delivery is shared out, the others have just come in: long enough ago to have rested when the bags leave."""
    with clock.shifted_by(timedelta(hours=-2)):
        life.receive(day)
    life.allocate_goods(day, declares=False)
    _approve(day, 99)
    _send(day, 99)
    with clock.shifted_by(timedelta(hours=-2)):
        life.receive(day)
    extra_cases.prepare_allocation(day)
    return day


def _plan(day: life.DemoDay) -> life.DemoDay:
    """Bags, one of them held, and a draft of the rounds that was changed by hand."""
    extra_cases.end_job()
    life.allocate_goods(day, declares=False)
    picking.pack(day.cast.buyer, day.cycle_id)
    picking.hold(day.cast.buyer, db.session.scalars(select(Bag.id).order_by(Bag.id.desc())).first() or 0)
    dispatch.ask_plan(day.cast.buyer, day.cycle_id, AskPlan(clock.today(), 2))
    drain()
    extra_cases.adjust_draft(day, _planned())
    return day


def _planned() -> int:
    job = db.session.scalars(
        select(Job).where(Job.kind == dispatch.PLAN_JOB, Job.state == JobState.SUCCEEDED).order_by(Job.id.desc())
    ).first()
    assert job is not None
    return int(job.result["plan_id"])


def _go(day: life.DemoDay) -> life.DemoDay:
    """Published; the round of the first building is on the road, another is being loaded.

    At the first building two people counted differently, and doors are served; at a second one a bag is missing.
    """
    extra_cases.undo_adjusting(day, _planned())
    plan = dispatch.publish(day.cast.buyer, _planned())
    found = select(DeliveryRound.id).where(DeliveryRound.plan_id == plan.id).order_by(DeliveryRound.seq)
    rounds = list(db.session.scalars(found))
    home = extra_cases.first_building().id
    first = db.session.scalars(
        found.join(DeliveryStop, DeliveryStop.round_id == DeliveryRound.id).where(DeliveryStop.building_id == home)
    ).one()
    second = next(one for one in rounds if one != first)
    rounds_service.load(day.cast.buyer, first)
    rounds_service.depart(day.cast.buyer, first)
    kept = rounds_service.bags_of_round(second)[-1].id
    if db.session.get_one(Bag, kept).state == BagState.PACKED:
        picking.hold(day.cast.buyer, kept)
    rounds_service.load(day.cast.buyer, second)
    picking.release(day.cast.buyer, kept)
    stops = db.session.scalars(
        select(DeliveryStop).where(DeliveryStop.round_id == first).order_by(DeliveryStop.seq)
    ).all()
    own = next(stop for stop in stops if stop.building_id == home)
    others = [stop for stop in stops if stop is not own and stop.state == StopState.PENDING]
    extra_cases.count_twice(day, own)
    if others[:1]:
        lost = rounds_service.bags_at(others[0])[0].code
        rounds_service.sign(life.captain_of(others[0].building_id), others[0].id, SignDropOff(lost))
    waiting = db.session.scalars(select(Bag).where(Bag.state == BagState.PACKED).order_by(Bag.id)).first()
    if waiting is not None and not db.session.scalar(select(Bag.id).where(Bag.state == BagState.HELD).limit(1)):
        picking.hold(day.cast.buyer, waiting.id)
    extra_cases.prepare_deliveries(day)
    extra_cases.print_sheets(day)
    return day


def _deliver(day: life.DemoDay) -> life.DemoDay:
    """Everything goes home and is confirmed; nothing is settled yet, and one household has paid."""
    extra_cases.end_job()
    for bag_id in db.session.scalars(select(Bag.id).where(Bag.state == BagState.HELD)).all():
        picking.release(day.cast.buyer, bag_id)
    extra_cases.agree_on_counts(day)
    extra_cases.answer_disputes(day)
    for bag in db.session.scalars(select(Bag).where(Bag.state == BagState.MISSING)).all():
        missing_bags_service.resolve_missing(day.cast.buyer, bag.id, ResolveMissingBag("found"))
    plan = db.session.scalars(select(DeliveryPlan).where(DeliveryPlan.state == "published")).one()
    life.finish_rounds(day, plan)
    life.hand_out(day)
    life.allocate_goods(day)
    if db.session.scalar(select(Bag.id).where(Bag.state == BagState.PACKED).limit(1)) or _is_to_pack(day):
        _second_wave(day)
    with clock.shifted_by(timedelta(hours=49)):
        confirm_overdue(clock.now())
    extra_cases.mark_one_paid(day)
    return day


def _close(day: life.DemoDay) -> life.DemoDay:
    settlement.settle_all(day.cast.buyer, day.cycle_id)
    cycles_service.close_cycle(day.cast.buyer, day.cycle_id)
    return day


def _second_wave(day: life.DemoDay) -> None:
    """What stayed behind or came back goes out."""
    life.allocate_goods(day)
    if _is_to_pack(day):
        picking.pack(day.cast.buyer, day.cycle_id)
    dispatch.ask_plan(day.cast.buyer, day.cycle_id, AskPlan(clock.today(), 1))
    drain()
    life.deliver_rounds(day, dispatch.publish(day.cast.buyer, _planned()))
    life.hand_out(day)
    life.confirm_all(day)


def _is_to_pack(day: life.DemoDay) -> bool:
    return bool(queries.progress(day.cycle_id).units_to_pack)


LIVES: dict[str, Callable[[Any], life.DemoDay]] = {
    "open": _open,
    "locked": _lock,
    "counted": _count,
    "signed": _sign,
    "bought": _buy,
    "received": _receive,
    "planned": _plan,
    "under_way": _go,
    "delivered": _deliver,
    "closed": _close,
}
"""State → what leads to it from the one before."""


def people() -> list[tuple[str, str]]:
    """(role, user name) of everybody who signs in, in the present database."""
    known = set(db.session.scalars(select(Account.username)))
    wanted = [("captain", "louzhang1"), ("leader", "xishang"), ("supplies", "wuzi"), ("admin", "admin")]
    wanted += [("runner", "paolou"), ("auditor", "shenji")]
    return [(role, username) for role, username in wanted if username in known]


@command
def household_key() -> str:
    """A key for a phone of a household that has ordered, which has another phone too; empty where none has."""
    household_id = resident_household()
    if not household_id:
        return ""
    until = clock.now() + timedelta(days=1)
    issue_token(household_id, until)
    return issue_token(household_id, until)


def second_device(account: Account) -> None:
    """The account is signed in on another device as well."""
    open_session(Staff("staff", account.id), "Firefox, Linux", is_sign_in=False)


def door_code() -> str:
    """The code on the poster of the first building; empty where there is none."""
    return db.session.scalars(select(Building.public_code).order_by(Building.id)).first() or ""
