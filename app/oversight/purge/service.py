"""What is kept about people, and until when. The log and the numbers of what was delivered stay.

    when                                    what goes
    a contact's or care need's own day      the row
    a token has expired or was revoked      the row
    a sign-in is twelve hours old           the row with the kind of its device
    14 days after a form was sent           its key, by which it took effect once
    a captaincy has ended                   its duty number
    14 days after its answer, or asking     the words of an errand
    14 days after a claim without a cycle   the row
    14 days after a cycle closed            remarks, door notes, needs, pasted text, claims left at doors, notes of
                                            doors and complaints, printed files
    14 days after the cut-off               the same of a cycle that was cancelled
    LOUDA_PURGE_AFTER_DAYS after it closed  which household an order and a roll call belonged to

Running it again changes nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, delete, func, select, update

from app.access.models import HouseholdToken, StaffSession
from app.access.sessions import ABSOLUTE, settings
from app.core import clock
from app.core.clock_trust import require_trusted_date
from app.core.database.turns import TurnKind
from app.core.db import command, db, end_read
from app.core.events import SYSTEM, Actor, record
from app.core.idempotency import Submission
from app.core.jobs import Job, Running, enqueue, handles
from app.core.states import advance
from app.errands.models import Errand
from app.handover.models import Dispute, HandOut
from app.intake.models import ChainBooking, ChainPaste, PasteLine
from app.ordering.claims.models import RoomClaim
from app.ordering.desk.models import DeskEntry
from app.ordering.desk.service import NOTHING_BEFORE
from app.ordering.models import Cycle, CycleState, HouseholdOrder, OtherDoor, RollCall
from app.ordering.remarks.models import SettledWords
from app.picking.models import Bag, BagDoor
from app.places.models import Captaincy, CareNeed, HouseholdContact
from app.printing import files
from app.printing.models import Document, DocumentGeometry

TEXTS_STAY = timedelta(days=14)
UNKNOWN_STAY = timedelta(days=1)  # a job enters its sheets soon after it has stored their file
PURGE_JOB = "purge"
KEYS_AT_ONCE = 1000


@command(turn=TurnKind.NOBODY)
def ask_purge(by: Actor) -> Job:
    """Put today's purge into the queue; asking again on the same day is the same job."""
    return enqueue(PURGE_JOB, 0, {"day": clock.today().isoformat(), "by": by.kind})


@handles(PURGE_JOB)
def run_purge(run: Running) -> dict[str, Any]:
    """Purge what is due, cycle by cycle. Raises Conflict while the date is in doubt."""
    require_trusted_date()
    forget_contacts()
    while forget_keys() == KEYS_AT_ONCE:
        run.progress(0, 1)
    over = Cycle.state.in_((CycleState.CLOSED, CycleState.CANCELLED))
    closed = db.session.scalars(select(Cycle.id).where(over).order_by(Cycle.id)).all()
    for number, cycle_id in enumerate(closed, start=1):
        for sha256 in forget_texts(cycle_id):
            files.forget(sha256)
        unlink_households(cycle_id)
        run.progress(number, len(closed))
    files.forget_unfinished(clock.now() - UNKNOWN_STAY)
    for sha256 in _unknown_files():
        files.forget(sha256)
    return {"cycles": len(closed)}


def _unknown_files() -> set[str]:
    """Files that no sheet names a day after they were written: of a job that died before it entered them."""
    if not files.is_own_store():  # another database names them
        return set()
    old = files.written_before(clock.now() - UNKNOWN_STAY)
    known = set(db.session.scalars(select(Document.sha256).distinct()))
    end_read()
    return old - known


@command
def forget_contacts() -> None:
    """Delete contacts and care needs whose day has come, tokens that open nothing, numbers of former captains."""
    today, now = clock.today(), clock.now()
    db.session.execute(delete(HouseholdContact).where(HouseholdContact.purge_on <= today))
    db.session.execute(delete(CareNeed).where(CareNeed.purge_on <= today))
    db.session.execute(update(Captaincy).where(Captaincy.ends_on < today).values(duty_phone=""))
    gone = (HouseholdToken.expires_at <= now) | HouseholdToken.revoked_at.is_not(None)
    db.session.execute(delete(HouseholdToken).where(gone))
    db.session.execute(delete(StaffSession).where(StaffSession.created_at <= now - ABSOLUTE))
    unasked = RoomClaim.cycle_id.is_(None) & (RoomClaim.created_at <= now - TEXTS_STAY)
    db.session.execute(delete(RoomClaim).where(unasked))
    old = func.coalesce(Errand.answered_at, Errand.created_at) <= now - TEXTS_STAY  # nobody answers it after that
    db.session.execute(update(Errand).where(old).values(place="", what="", answer=""))


@command(turn=TurnKind.NOBODY)
def forget_keys() -> int:
    """Delete the oldest keys of what was sent long ago, few at once so that nobody waits; returns how many went.

    A phone that repeats what was not answered does so for hours, not for a fortnight.
    """
    due = Submission.created_at <= clock.now() - TEXTS_STAY
    oldest = select(Submission.key).where(due).order_by(Submission.created_at).limit(KEYS_AT_ONCE)
    keys = db.session.scalars(oldest).all()
    db.session.execute(delete(Submission).where(Submission.key.in_(keys)))
    return len(keys)


def _is_over_for(cycle_id: int, age: timedelta) -> bool:
    cycle = db.session.get_one(Cycle, cycle_id)
    ended_at = cycle.cutoff_at if cycle.state == CycleState.CANCELLED else cycle.closed_at
    return ended_at is not None and ended_at <= clock.now() - age


def _closed_for(cycle_id: int, age: timedelta) -> Cycle | None:
    cycle = db.session.get(Cycle, cycle_id)
    is_due = cycle is not None and cycle.closed_at is not None and cycle.closed_at <= clock.now() - age
    return cycle if is_due else None


@command
def forget_texts(cycle_id: int) -> list[str]:
    """Empty what people wrote about a cycle that was over 14 days ago; returns the printed files that may go."""
    if not _is_over_for(cycle_id, TEXTS_STAY):
        return []
    orders = HouseholdOrder.cycle_id == cycle_id
    db.session.execute(update(HouseholdOrder).where(orders).values(remark="", door_note="", other_need=""))
    claims = RoomClaim.cycle_id == cycle_id
    db.session.execute(update(RoomClaim).where(claims).values(room="", phone="", note="", reason="", picks=[]))
    own_orders = select(HouseholdOrder.id).where(orders)
    db.session.execute(delete(SettledWords).where(SettledWords.order_id.in_(own_orders)))
    entries = DeskEntry.cycle_id == cycle_id
    db.session.execute(update(DeskEntry).where(entries).values(**NOTHING_BEFORE))
    pastes = select(ChainPaste.id).where(ChainPaste.cycle_id == cycle_id)
    db.session.execute(
        update(PasteLine)
        .where(PasteLine.paste_id.in_(pastes))
        .values(raw="", note="", restricted_note="", read_as=None)
    )
    db.session.execute(delete(ChainBooking).where(ChainBooking.paste_id.in_(pastes)))
    bags: Select[int] = select(Bag.id).where(Bag.cycle_id == cycle_id)
    db.session.execute(update(HandOut).where(HandOut.bag_id.in_(bags)).values(detail=""))
    db.session.execute(update(Dispute).where(Dispute.bag_id.in_(bags)).values(note="", reason=""))
    documents = Document.cycle_id == cycle_id
    db.session.execute(update(Document).where(documents).values(row_names={}))
    own = select(Document.id).where(documents)
    db.session.execute(delete(DocumentGeometry).where(DocumentGeometry.document_id.in_(own)))
    return [sha256 for sha256 in _files_of(cycle_id) if not _is_needed_elsewhere(sha256, cycle_id)]


def _files_of(cycle_id: int) -> list[str]:
    return list(db.session.scalars(select(Document.sha256).where(Document.cycle_id == cycle_id).distinct()))


def _is_needed_elsewhere(sha256: str, cycle_id: int) -> bool:
    """Whether a cycle that is not over for so long has printed the very same bytes."""
    same = select(Document.cycle_id).where(Document.sha256 == sha256, Document.cycle_id != cycle_id).distinct()
    return any(not _is_over_for(other, TEXTS_STAY) for other in db.session.scalars(same).all())


@command
def unlink_households(cycle_id: int) -> None:
    """Forget whose orders they were, once the installation's days are over; the cycle is then `purged`."""
    cycle = _closed_for(cycle_id, timedelta(days=settings().purge_after_days))
    if cycle is None:
        return
    orders = HouseholdOrder.cycle_id == cycle_id
    db.session.execute(update(HouseholdOrder).where(orders).values(household_id=None, hand=""))
    own_orders = select(HouseholdOrder.id).where(orders)
    db.session.execute(delete(OtherDoor).where(OtherDoor.order_id.in_(own_orders)))
    bags = select(Bag.id).where(Bag.cycle_id == cycle_id)
    db.session.execute(delete(BagDoor).where(BagDoor.bag_id.in_(bags)))
    by_household = orders & (HouseholdOrder.placed_by_kind == "household")
    db.session.execute(update(HouseholdOrder).where(by_household).values(placed_by_id=0))
    db.session.execute(delete(RollCall).where(RollCall.cycle_id == cycle_id))
    pastes = select(ChainPaste.id).where(ChainPaste.cycle_id == cycle_id)
    db.session.execute(
        update(PasteLine).where(PasteLine.paste_id.in_(pastes)).values(household_id=None, candidates=[], elsewhere=None)
    )
    advance(cycle, CycleState.PURGED)
    cycle.purge_on = clock.today()
    record(SYSTEM, "purge", cycle, cycle_id=cycle_id)
