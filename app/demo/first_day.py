"""What a newcomer finds: today's cycle on the road, tomorrow's taking orders."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import LoudaError
from app.demo import day as life
from app.demo.care import look_after
from app.demo.subdistrict import PASSWORD, PEOPLE, put_on_duty, set_up
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop
from app.dispatch.rounds import service as rounds_service
from app.dispatch.rounds.schemas import SignDropOff
from app.factory import create_app
from app.places.models import Building
from app.settings import Settings
from app.upkeep.database import schema


def load(settings: Settings) -> None:
    """Fill an empty database with the demo subdistrict, whole or not at all.

    On SQLite the day is lived in a file beside the database, which takes its place at the end: a start that is broken
    off leaves an empty database and is simply done again.
    """
    path = settings.sqlite_path
    if path is None:
        _live(settings)
        return
    beside = path.with_name("louda.loading.db")
    for leftover in path.parent.glob(f"{beside.name}*"):
        leftover.unlink()
    there = replace(settings, database_url=f"sqlite:///{beside}")
    schema.upgrade(there)
    _live(there)
    os.replace(beside, path)


def _live(settings: Settings) -> None:
    app = create_app(settings)
    with app.app_context():
        now = clock.now()
        with clock.frozen_at(now - timedelta(days=1, hours=4)):
            cast = set_up()
            today = life.open_day(
                cast, "今天这一批", clock.today() + timedelta(days=1), clock.now() + timedelta(hours=7)
            )
            life.take_orders(today, 0.25)
        with clock.frozen_at(now - timedelta(hours=20)):
            life.record_roll_call(today)
            life.lock_and_sign(today)
            life.buy(today)
        _morning(today)
        with clock.frozen_at(now - timedelta(minutes=20)):
            look_after(cast, clock.today() + timedelta(days=1))
            tomorrow = life.open_day(
                cast, "明天这一批", clock.today() + timedelta(days=1), now + timedelta(hours=8), seed=2
            )
            life.take_orders(tomorrow, 0.06)
        db.session.remove()
        if settings.is_sqlite:
            with db.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()


def _morning(today: life.DemoDay) -> None:
    """Goods are in, packed and planned; the first round is on the road and has signed for its first building."""
    present = clock.now()
    with clock.frozen_at(present - timedelta(hours=2)):
        put_on_duty((0, 23.75))
        life.receive(today)
        life.allocate_goods(today, declares=False)
        plan = life.pack_and_plan(today, seconds=2)
    with clock.frozen_at(present - timedelta(hours=1)):
        _start(today, plan)


def _start(today: life.DemoDay, plan: DeliveryPlan) -> None:
    first = db.session.scalars(
        select(DeliveryRound).where(DeliveryRound.plan_id == plan.id).order_by(DeliveryRound.seq)
    ).first()
    if first is None:
        return
    buyer = today.cast.buyer
    try:
        rounds_service.load(buyer, first.id)
    except LoudaError:
        return  # goods still at rest: the newcomer loads the first round
    rounds_service.depart(buyer, first.id)
    stop = db.session.scalars(
        select(DeliveryStop).where(DeliveryStop.round_id == first.id).order_by(DeliveryStop.seq)
    ).first()
    if stop is not None:
        rounds_service.sign(life.captain_of(stop.building_id), stop.id, SignDropOff(""))


def sign_ins(settings: Settings) -> list[str]:
    """The lines that say how to sign in, and where a resident begins."""
    lines = [f"  {username:<10} {label}" for username, label, _role in PEOPLE]
    lines.append(f"  {'louzhang1':<10} 楼长（每栋一个，louzhang1 起）")
    with create_app(settings).app_context():
        code = db.session.scalars(select(Building.public_code).order_by(Building.id)).first()
        db.session.remove()
    return [
        f"演示账号，密码都是 Demo sign-ins, one password: {PASSWORD}",
        *lines,
        f"居民下单 A resident orders: {settings.public_url}/enter/{code}",
    ]
