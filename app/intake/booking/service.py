"""From lines to orders and back: commit a paste, settle a doubtful line, take a decision or a whole paste back."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.access.permissions import Staff
from app.core import clock, jobs
from app.core.db import command, db
from app.core.errors import Conflict, Invalid
from app.core.events import record
from app.intake.booking import baskets
from app.intake.booking.baskets import OrderContent
from app.intake.booking.booking import ACTS, Offers, PasteHousehold, book, send_to_review, standing_bookings
from app.intake.booking.schemas import Settle
from app.intake.handing_over import service as handing_over_service
from app.intake.models import ChainBooking, ChainPaste, LineOutcome, PasteLine, PasteState
from app.intake.paste import versions
from app.intake.paste.service import require_line, require_paste
from app.intake.workbook.queries import lexicon_of
from app.ordering.models import Offer
from app.ordering.orders import cycle_taking_orders
from app.places.models import Building, Stairwell
from app.places.models import Household as Home
from app.places.queries import register_for

JOB = "chain_commit"
AT_ONCE = 120
"""Households that a request places itself; more are placed by a job whose progress the page shows."""


@command
def commit(by: Staff, paste_id: int, is_another: bool = False) -> ChainPaste:
    """Turn the clear lines of a paste into orders; doubtful ones wait to be settled.

    Requires: the paste is in preview and the cycle takes orders. Ensures: each household named by clear lines has one
    order with what they say; what a version before said and this one does not is taken back; a household with an order
    from elsewhere goes to review, nothing is overwritten. A big paste is placed by a job; one that has failed goes on.
    is_another: a person said that it is no later version of the list that it resembles. Raises: NotFound, Conflict
    (also while nobody said so).
    """
    paste = require_paste(by, paste_id)
    if has_stopped(paste):
        _enqueue(by, paste)
        return paste
    if paste.state != PasteState.PREVIEW:
        raise Conflict(_l("这次粘贴已经入单或撤销。"))
    cycle_taking_orders(paste.cycle_id, paste.service_point_id)
    if not is_another and versions.possible_earlier_version(paste) is not None:
        raise Conflict(_l("请先选：这是前一份清单的新版，还是另一份清单。"))
    before = db.session.get(ChainPaste, paste.replaces_id) if paste.replaces_id else None
    if before is not None:
        _supersede(before, paste)
    paste.state = PasteState.COMMITTING.value
    homes = open_households(paste)
    if len(homes) > AT_ONCE:
        _enqueue(by, paste)
    else:
        book_some(by, paste, homes)
        finish(by, paste)
    return paste


def _enqueue(by: Staff, paste: ChainPaste) -> None:
    paste.job_id = jobs.enqueue(JOB, paste.id, {"by": by.id}, cycle_id=paste.cycle_id).id


def has_stopped(paste: ChainPaste) -> bool:
    """Whether the job that places it has failed in the middle: nothing more happens by itself."""
    job = db.session.get(jobs.Job, paste.job_id) if paste.job_id else None
    return paste.state == PasteState.COMMITTING and job is not None and job.is_over


@command
def accept_as_later_version(by: Staff, paste_id: int) -> ChainPaste:
    """A person says that a preview is a later version of the list that it resembles; nothing is withdrawn yet.

    Requires: it is in preview, and it is not clear by itself. Ensures: its lines are compared with that list, and a
    commit replaces it. Raises: NotFound, Conflict.
    """
    paste = require_paste(by, paste_id)
    head = versions.possible_earlier_version(paste)
    if head is None:
        raise Conflict(_l("这次粘贴不用再选是不是新版。"))
    versions.adopt_as_later_version(paste, head, (register_for([paste.service_point_id]), lexicon_of(paste.cycle_id)))
    record(by, "later_version", paste, cycle_id=paste.cycle_id, of=head.seq)
    return paste


def _supersede(before: ChainPaste, paste: ChainPaste) -> None:
    if before.state in (PasteState.UNDONE, PasteState.SUPERSEDED):
        raise Conflict(_l("它要取代的那一版已经变了，请撤销这次粘贴后重新粘贴。"))
    job = db.session.get(jobs.Job, before.job_id) if before.job_id else None
    if before.state == PasteState.COMMITTING and job is not None and not job.is_over:
        raise Conflict(_l("它要取代的那一版还在入单，请等它完成再入单。"))
    versions.take_late_decisions(paste)
    said = handing_over_service.still_elsewhere(before, paste)
    if said:
        paste.alarms = [*paste.alarms, said]
    before.state, before.superseded_by_id = PasteState.SUPERSEDED.value, paste.id


def open_households(paste: ChainPaste) -> list[int]:
    """The households a commit still has to look at: named by clear lines, or ordering in a version before only."""
    acting = {line.household_id for line in paste.lines if line.outcome in ACTS}
    done = set(db.session.scalars(select(ChainBooking.household_id).where(ChainBooking.paste_id == paste.id)))
    seen = {line.household_id for line in paste.lines if line.order_id is not None}
    gone = [home for home, booking in standing_bookings(paste).items() if booking.after is not None]
    wanted = {home for home in acting if home is not None} | set(gone)
    return sorted(wanted - done - seen)


def book_some(by: Staff, paste: ChainPaste, homes: list[int]) -> int:
    """Inside a command: place or take back the orders of these households; returns how many stand."""
    lines: dict[int, list[PasteLine]] = defaultdict(list)
    for line in paste.lines:
        if line.outcome in ACTS and line.household_id is not None:
            lines[line.household_id].append(line)
    standing, offers = standing_bookings(paste), Offers.of(paste.cycle_id)
    placed = 0
    for home in homes:
        household = PasteHousehold(home, lines.get(home, []), standing.get(home))
        placed += book(by, paste, household, offers)
    return placed


def finish(by: Staff, paste: ChainPaste) -> None:
    """Inside a command: every household was looked at."""
    left = _left_behind(paste)
    if left:
        paste.alarms = [*paste.alarms, _("%(n)s 户新版里没有了，但订单后来改过，没有动，请核对。", n=left)]
    paste.state = PasteState.COMMITTED.value
    orders = len({line.order_id for line in paste.lines if line.order_id is not None})
    record(by, "commit", paste, cycle_id=paste.cycle_id, orders=orders)


def _left_behind(paste: ChainPaste) -> int:
    """Households that this version no longer names and whose order somebody changed since."""
    named = {line.household_id for line in paste.lines if line.outcome in ACTS}
    standing = standing_bookings(paste)
    return sum(
        booking.paste_id != paste.id and booking.after is not None and home not in named
        for home, booking in standing.items()
    )


@command(of="chain_line")
def settle(by: Staff, line_id: int, decided: Settle) -> PasteLine:
    """Decide a doubtful line: it belongs to a household with these goods, or does not count.

    Requires: the line waits for a decision, its paste is not undone or replaced. Ensures: in a committed paste the
    order of the household is what all its lines say. Raises: NotFound, Invalid, Conflict.
    """
    line = require_line(by, line_id)
    paste = db.session.get_one(ChainPaste, line.paste_id)
    if line.outcome != LineOutcome.REVIEW or line.settled_at is not None or paste.state == PasteState.COMMITTING:
        raise Conflict(_l("这一行不用确认，或已经处理过。"))
    if paste.state not in (PasteState.PREVIEW, PasteState.COMMITTED):
        raise Conflict(_l("这次粘贴已撤销，或已有新版，这一行不再处理。请到最新的一次粘贴里处理。"))
    line.read_as = {"household": line.household_id, "items": line.items, "change": line.change, "reason": line.reason}
    line.settled_by_id, line.settled_at = by.id, clock.now()
    if decided.household == 0:
        line.outcome = LineOutcome.SKIP.value
    else:
        _assign(line, paste, decided)
        if paste.state == PasteState.COMMITTED:
            _book_one(by, paste, decided.household, decided.existing)
    record(by, "settle", ("chain_line", line.id), cycle_id=paste.cycle_id, outcome=str(line.outcome))
    return line


@command(of="chain_line")
def unsettle(by: Staff, line_id: int) -> PasteLine:
    """Take the decision about a line back: it waits again, as it was read.

    Requires: a person settled the line, its paste is not undone or replaced, the cycle takes orders. Ensures: the order
    of the household is what its other lines say. Raises: NotFound, Conflict.
    """
    line = require_line(by, line_id)
    paste = db.session.get_one(ChainPaste, line.paste_id)
    if line.settled_at is None or paste.state not in (PasteState.PREVIEW, PasteState.COMMITTED):
        raise Conflict(_l("这一行没有可以收回的处理。"))
    if paste.state == PasteState.COMMITTED:
        cycle_taking_orders(paste.cycle_id, paste.service_point_id)
    if line.routed_to_id is not None:
        handing_over_service.take_back_line(line)
    home, read = line.household_id, line.read_as or {}
    line.outcome, line.settled_at, line.settled_by_id = LineOutcome.REVIEW.value, None, None
    line.household_id, line.items = read.get("household"), read.get("items", line.items)
    line.change, line.reason, line.order_id, line.read_as = read.get("change", ""), read.get("reason", ""), None, None
    db.session.flush()
    if paste.state == PasteState.COMMITTED and home is not None:
        _book_one(by, paste, home, "")
    record(by, "unsettle", ("chain_line", line.id), cycle_id=paste.cycle_id)
    return line


def _book_one(by: Staff, paste: ChainPaste, home: int, chosen: str) -> None:
    lines = [line for line in paste.lines if line.household_id == home and line.outcome in ACTS]
    household = PasteHousehold(home, lines, standing_bookings(paste).get(home))
    book(by, paste, household, Offers.of(paste.cycle_id), chosen)


@command
def undo(by: Staff, paste_id: int) -> ChainPaste:
    """Take a whole paste back: exactly what it booked, and the version before it holds again.

    Requires: it is the latest version of its list; what it booked may still be changed (the cycle takes orders).
    Ensures: every order that nobody has changed since is as it was before; the others are left and counted in an alarm.
    Raises: NotFound, Conflict.
    """
    paste = require_paste(by, paste_id)
    if paste.state not in (PasteState.PREVIEW, PasteState.COMMITTED):
        raise Conflict(_l("这次粘贴不能撤销：它已撤销、正在入单，或者后来又有新版。"))
    left = restored = 0
    if paste.state == PasteState.COMMITTED:
        cycle_taking_orders(paste.cycle_id, paste.service_point_id)
        bookings = select(ChainBooking).where(ChainBooking.paste_id == paste.id, ChainBooking.mode != "keep")
        for booking in db.session.scalars(bookings.order_by(ChainBooking.household_id)).all():
            if baskets.is_as_left(booking):
                _restore(by, paste, booking)
                restored += 1
            else:
                left += 1
        _reinstate(paste)
    if left:
        paste.alarms = [*paste.alarms, _("%(n)s 户的订单后来改过，没有撤，请逐户核对。", n=left)]
    said = handing_over_service.follow_undo(paste)
    if said:
        paste.alarms = [*paste.alarms, said]
    for line in paste.lines:
        line.order_id = None
    paste.state = PasteState.UNDONE.value
    record(by, "undo", paste, cycle_id=paste.cycle_id, restored=restored, left=left)
    return paste


def _restore(by: Staff, paste: ChainPaste, booking: ChainBooking) -> None:
    order = baskets.restore(by, paste.cycle_id, booking.household_id, OrderContent.of(booking.before))
    earlier = standing_bookings(_version_before(paste)) if paste.replaces_id else {}
    held = earlier.get(booking.household_id)
    if order is not None and held is not None:
        held.revision = order.revision  # what the version before said holds again, unchanged


def _version_before(paste: ChainPaste) -> ChainPaste:
    return db.session.get_one(ChainPaste, paste.replaces_id)


def _reinstate(paste: ChainPaste) -> None:
    if paste.replaces_id is None:
        return
    before = _version_before(paste)
    was_booked = any(line.order_id is not None for line in before.lines)
    before.state = (PasteState.COMMITTED if was_booked else PasteState.PREVIEW).value
    before.superseded_by_id = None
    handing_over_service.ask_lost(before)


def _assign(line: PasteLine, paste: ChainPaste, decided: Settle) -> None:
    home = db.session.scalar(
        select(Home.id)
        .join(Stairwell, Stairwell.id == Home.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .where(Home.id == decided.household, Home.is_active, Building.service_point_id == paste.service_point_id)
    )
    if home is None:
        raise Invalid({"household": [_l("这个点位没有这一户。")]})
    if decided.goods:
        line.items = _typed_goods(paste.cycle_id, decided.goods)
    if not line.items or any(not goods["qty"] for goods in line.items):
        raise Invalid({"goods": [_l("请写清商品和数量，例如：青菜 2 鸡蛋 1。")]})
    line.household_id, line.outcome = home, LineOutcome.ROW.value
    db.session.flush()


def _typed_goods(cycle_id: int, typed: str) -> list[dict[str, Any]]:
    known = set(db.session.scalars(select(Offer.name).where(Offer.cycle_id == cycle_id, Offer.is_listed)))
    words = typed.replace("，", " ").replace("、", " ").replace(",", " ").split()
    goods: list[dict[str, Any]] = []
    for word in words:
        if word.isascii() and word.isdigit() and goods and goods[-1]["qty"] is None and 0 < int(word[:6]) < 1000:
            goods[-1]["qty"] = int(word)
        elif word in known:
            goods.append({"item": word, "qty": None, "unit": ""})
        else:
            raise Invalid({"goods": [_("看不懂“%(word)s”。请写可选清单里的商品名，再写数量。", word=word[:20])]})
    return goods


@command
def book_part(by: Staff, paste_id: int, homes: list[int]) -> int:
    paste = db.session.get_one(ChainPaste, paste_id, populate_existing=True)
    if paste.state == PasteState.COMMITTING:
        book_some(by, paste, homes)
    return len(homes)


@command
def finish_commit(by: Staff, paste_id: int) -> None:
    paste = db.session.get_one(ChainPaste, paste_id, populate_existing=True)
    if paste.state == PasteState.COMMITTING:
        finish(by, paste)


@command
def stop_at_cut_off(by: Staff, paste_id: int) -> None:
    """End the entering of a paste whose cycle takes no orders any more.

    Ensures: lines that no order stands for wait for a person, so that the tally is not signed over them, and the paste
    says how many. While orders are taken nothing changes: the job may be started again.
    """
    paste = db.session.get_one(ChainPaste, paste_id, populate_existing=True)
    if paste.state != PasteState.COMMITTING:
        return
    try:
        cycle_taking_orders(paste.cycle_id, paste.service_point_id)
    except Conflict:
        left = [line for line in paste.lines if line.outcome in ACTS and line.order_id is None]
        send_to_review(left, "not_entered")
        paste.alarms = [*paste.alarms, _("截单时还有 %(n)s 行没有入单，已转到待确认。", n=len(left))]
        finish(by, paste)
