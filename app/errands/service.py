"""Commands on errands: ask, and answer step by step."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.access.permissions import Permission, Resident, Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import SYSTEM, Actor, record
from app.core.lookup import row_or_not_found
from app.core.states import advance
from app.errands.models import Errand, ErrandKind, ErrandState
from app.errands.schemas import Ask, ErrandStep
from app.ordering.orders import household_place
from app.places.care.needs import carers_of

MOST_OPEN = 10  # errands of one household that may wait at the same time
WAITING = (ErrandState.ASKED, ErrandState.SEEN, ErrandState.STARTED)


@command
def ask(by: Actor, household_id: int, wanted: Ask) -> Errand:
    """Ask for an errand, for the own household or (staff) on its behalf.

    Requires: fewer than ten of the household are waiting; the deadline lies ahead. Ensures: medicine is sensitive.
    Raises: NotFound, Invalid, Conflict.
    """
    household_place(by, household_id, Permission.ERRAND)
    if wanted.due_at is not None and wanted.due_at <= clock.now():
        raise Invalid({"due_at": [_l("最晚时间要在现在以后。")]})
    hand = by.hand if isinstance(by, Resident) else ""
    waiting = select(func.count()).where(Errand.household_id == household_id, Errand.state.in_(WAITING))
    waiting = waiting.where(Errand.hand == hand)  # a phone that came by room alone uses up nobody else's ten
    if isinstance(by, Resident) and by.since is not None:
        waiting = waiting.where(Errand.created_at >= by.since)
    if (db.session.scalar(waiting) or 0) >= MOST_OPEN:
        raise Conflict(_l("您家已有 10 件代办在等，请等办好几件再提。"))
    errand = Errand(
        household_id=household_id,
        kind=wanted.kind,
        place=wanted.place,
        what=wanted.what,
        due_at=wanted.due_at,
        is_sensitive=wanted.is_sensitive or wanted.kind == ErrandKind.MEDICINE,
        asked_by_kind=by.kind,
        hand=hand,
    )
    db.session.add(errand)
    db.session.flush()
    record(by, "ask", errand, kind=wanted.kind)
    return errand


@command
def step(by: Staff, errand_id: int, wanted: ErrandStep) -> Errand:
    """Take an errand one step on.

    Requires: ERRAND over the household's building; a legal step; a reason in `answer` when it is declined.
    Ensures: the first instant of each step is kept; the account that acted is its handler. Raises: NotFound, Conflict,
    Invalid.
    """
    errand = row_or_not_found(Errand, errand_id, populate_existing=True, with_for_update=True)
    household_place(by, errand.household_id, Permission.ERRAND)
    if wanted.to == ErrandState.DECLINED and not wanted.answer:
        raise Invalid({"answer": [_l("请写明为什么办不了，居民会看到。")]})
    advance(errand, ErrandState(wanted.to))
    now = clock.now()
    errand.handled_by_id = by.id
    errand.seen_at = errand.seen_at or now
    if wanted.to != ErrandState.SEEN:
        errand.started_at = errand.started_at or now
    if wanted.to in (ErrandState.DONE, ErrandState.DECLINED):
        errand.answered_at = now
        errand.answer = wanted.answer
    record(by, "step", errand, to=str(wanted.to), after_s=int((now - errand.created_at) / timedelta(seconds=1)))
    return errand


@command
def assign(by: Staff, errand_id: int, account_id: int) -> Errand:
    """Say who does an errand, or (0) that nobody does yet. Giving it to somebody answers the first clock.

    Requires: ERRAND over the household's building; the errand waits; somebody who serves that building.
    Raises: NotFound, Conflict, Invalid.
    """
    errand = _waiting(errand_id)
    place = household_place(by, errand.household_id, Permission.ERRAND)
    if account_id and account_id not in dict(carers_of(place.id)):
        raise Invalid({"account_id": [_l("请从列出的选项里选。")]})
    errand.assigned_to_id = account_id or None
    if account_id and errand.state == ErrandState.ASKED:
        advance(errand, ErrandState.SEEN)
        errand.seen_at = clock.now()
    record(by, "assign", errand, to=account_id)
    return errand


@command
def finish(by: Staff, errand_id: int, answer: str) -> Errand:
    """Done, says the one it was given to.

    Requires: the errand was given to `by`, who still serves the building, and waits. Raises: NotFound, Conflict.
    """
    errand = _waiting(errand_id)
    place = household_place(SYSTEM, errand.household_id, Permission.ERRAND)
    if errand.assigned_to_id != by.id or by.id not in dict(carers_of(place.id)):
        raise NotFound
    now = clock.now()
    if errand.state != ErrandState.STARTED:
        advance(errand, ErrandState.STARTED)
        errand.seen_at, errand.started_at = errand.seen_at or now, now
    advance(errand, ErrandState.DONE)
    errand.answered_at, errand.answer, errand.handled_by_id = now, answer, by.id
    record(by, "step", errand, to="done", after_s=int((now - errand.created_at) / timedelta(seconds=1)))
    return errand


def _waiting(errand_id: int) -> Errand:
    errand = row_or_not_found(Errand, errand_id, populate_existing=True, with_for_update=True)
    if errand.state not in WAITING:
        raise Conflict(_l("这件代办已经办完，不能再改。"))
    return errand
