"""One cycle of the demo in every state that its people see, each as a database of its own, for drills."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from app.access.models import Account, Role, RoleGrant
from app.access.service import hashed
from app.access.sessions import issue_token
from app.core import clock
from app.core.db import command, db
from app.core.jobs import Job, drain
from app.demo import day as life
from app.demo import tables
from app.demo.care import look_after
from app.demo.subdistrict import PASSWORD, PEOPLE, put_on_duty, set_up
from app.dispatch.missing_bags import service as missing_bags_service
from app.dispatch.missing_bags.schemas import ResolveMissingBag
from app.dispatch.models import Plan, Round, Stop
from app.dispatch.planning import service as dispatch
from app.dispatch.planning.schemas import AskPlan
from app.dispatch.rounds import service as rounds_service
from app.dispatch.rounds.schemas import SignDropOff
from app.factory import create_app as create_app
from app.handover.confirmation.service import confirm_overdue
from app.intake.booking.schemas import Settle
from app.intake.booking.service import commit as take_in
from app.intake.booking.service import settle
from app.intake.models import ChainLine, ChainPaste
from app.intake.paste import service as intake
from app.intake.paste.schemas import Paste
from app.ordering.cycles import service as cycles_service
from app.ordering.cycles.schemas import Lock
from app.ordering.models import HouseholdOrder
from app.picking import queries
from app.picking import service as picking
from app.picking.models import Bag, BagState
from app.places.imports import service as places_import
from app.places.models import Building, ServicePoint
from app.settings import Settings
from app.settlement import service as settlement
from app.upkeep.database import schema

STATES = ("empty", "open", "locked", "planned", "under_way", "closed")
CHAIN = (
    "#接龙\n1. 溪上人家1幢1单元101 青菜2 土豆1\n2. 溪上人家1幢1单元9999 青菜1\n3. 桂花里1栋1单元101 青菜1\n谢谢群主\n"
)


def settings_in(folder: Path) -> Settings:
    """Settings of a throw-away installation in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return Settings(
        env="testing",
        secret_key=secrets.token_hex(32),
        database_url=f"sqlite:///{folder / 'louda.db'}",
        data_dir=folder,
        documents_dir=folder / "documents",
        backups_dir=folder / "backups",
    )


def build(folder: Path) -> Iterator[str]:
    """Live through one cycle and leave `<state>.db` in `folder` for each state; yields each state when it is there."""
    yield _empty(folder)
    settings = settings_in(folder / "life")
    schema.upgrade(settings)
    app = create_app(settings)
    with app.app_context():
        for state in _live():
            _keep(app, folder / "life" / "louda.db", folder / f"{state}.db")
            yield state


def _keep(_app: Flask, source: Path, target: Path) -> None:
    db.session.remove()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.engine.dispose()
    shutil.copyfile(source, target)


def _empty(folder: Path) -> str:
    """A subdistrict and its accounts, nothing else: what a newcomer has after the first sign-in."""
    settings = settings_in(folder / "bare")
    schema.upgrade(settings)
    app = create_app(settings)
    with app.app_context():
        _first_accounts(places_import.found_subdistrict(tables.CODE, tables.NAME).id)
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


def _live() -> Iterator[str]:
    now = clock.now()
    cast = set_up()
    put_on_duty((0, 23.75))
    day = life.open_day(cast, "今天这一批", clock.today(), now + timedelta(minutes=5))
    life.take_orders(day, 0.08)
    look_after(cast, clock.today() + timedelta(days=1))
    _paste(day)
    yield "open"
    life.call_the_roll(day)
    cycles_service.lock_cycle(cast.buyer, day.cycle_id, Lock(is_early=True))
    yield "locked"
    _settle_and_buy(day)
    _plan(day)
    yield "planned"
    _go(day)
    yield "under_way"
    _close(day)
    yield "closed"


def _paste(day: life.Day) -> None:
    point = db.session.scalars(select(ServicePoint.id).order_by(ServicePoint.id)).first()
    assert point is not None
    leader = day.cast.leaders[point]
    take_in(leader, intake.paste_chain(leader, day.cycle_id, point, Paste(CHAIN)).id)


def _settle_and_buy(day: life.Day) -> None:
    """Leaders settle what waits and sign; goods are bought and come in long enough ago to have rested."""
    for line in db.session.scalars(select(ChainLine).where(ChainLine.outcome == "review")).all():
        leader = day.cast.leaders[db.session.get_one(ChainPaste, line.paste_id).service_point_id]
        settle(leader, line.id, Settle(0))
    life.sign_points(day)
    life.buy(day)
    with clock.frozen_at(clock.now() - timedelta(hours=2)):
        life.receive(day)
    life.share_out(day, declares=False)


def _plan(day: life.Day) -> None:
    """Bags and a draft of the rounds; one bag is held."""
    picking.pack(day.cast.buyer, day.cycle_id)
    dispatch.ask_plan(day.cast.buyer, day.cycle_id, AskPlan(clock.today(), 2))
    drain()


def _go(day: life.Day) -> None:
    """Published; the first round is on the road and signed for at two buildings, with a bag missing at one."""
    job = db.session.scalars(select(Job).where(Job.kind == dispatch.PLAN_JOB).order_by(Job.id.desc())).first()
    assert job is not None
    plan = dispatch.publish(day.cast.buyer, job.result["plan_id"])
    found = select(Round.id).where(Round.plan_id == plan.id).order_by(Round.seq)
    first, second = db.session.scalars(found.limit(2)).all()
    rounds_service.load(day.cast.buyer, first)
    rounds_service.depart(day.cast.buyer, first)
    rounds_service.load(day.cast.buyer, second)
    stops = db.session.scalars(select(Stop).where(Stop.round_id == first).order_by(Stop.seq).limit(2)).all()
    for number, stop in enumerate(stops):
        lost = rounds_service.bags_at(stop)[0].code if number else ""
        rounds_service.sign(life.captain_of(stop.building_id), stop.id, SignDropOff(lost))
    waiting = db.session.scalars(select(Bag).where(Bag.state == BagState.PACKED).order_by(Bag.id)).first()
    if waiting is not None:
        picking.hold(day.cast.buyer, waiting.id)
    life.hand_out(day, one_fails=False)
    life.complain(day)


def _close(day: life.Day) -> None:
    """Everything goes home, is confirmed and settled."""
    for bag_id in db.session.scalars(select(Bag.id).where(Bag.state == BagState.HELD)).all():
        picking.release(day.cast.buyer, bag_id)
    for bag in db.session.scalars(select(Bag).where(Bag.state == BagState.MISSING)).all():
        missing_bags_service.resolve_missing(day.cast.buyer, bag.id, ResolveMissingBag("found"))
    plan = db.session.scalars(select(Plan).where(Plan.state == "published")).one()
    life.finish_rounds(day, plan)
    life.hand_out(day)
    life.share_out(day)
    if db.session.scalar(select(Bag.id).where(Bag.state == BagState.PACKED).limit(1)) or _is_to_pack(day):
        life.second_wave(day)
    with clock.shifted_by(timedelta(hours=49)):
        confirm_overdue(clock.now())
        settlement.settle_all(day.cast.buyer, day.cycle_id)
        cycles_service.close_cycle(day.cast.buyer, day.cycle_id)


def _is_to_pack(day: life.Day) -> bool:
    return bool(queries.progress(day.cycle_id).units_to_pack)


def people() -> list[tuple[str, str]]:
    """(role, user name) of everybody who signs in, in the present database."""
    known = set(db.session.scalars(select(Account.username)))
    wanted = [("captain", "louzhang1"), ("leader", "xishang"), ("supplies", "wuzi"), ("admin", "admin")]
    wanted += [("runner", "paolou"), ("auditor", "shenji")]
    return [(role, username) for role, username in wanted if username in known]


@command
def household_key() -> str:
    """A key for a phone of a household that has ordered; empty where none has."""
    order = db.session.scalars(
        select(HouseholdOrder).where(HouseholdOrder.household_id.is_not(None)).order_by(HouseholdOrder.id)
    ).first()
    if order is None or order.household_id is None:
        return ""
    return issue_token(order.household_id, clock.now() + timedelta(days=1))


def door_code() -> str:
    """The code on the poster of the first building; empty where there is none."""
    return db.session.scalars(select(Building.public_code).order_by(Building.id)).first() or ""
