"""The words beside an order when it is written: what goes on paper, what stays inside, and what was settled stays so.

    words that wait (remark, other needs)    note on paper                      settled before   from now on
    the same                                 the same                           yes              settled, note verbatim
    the same                                 more than the settled note         yes              settled
    the same, no redirect among them         other than the settled note        yes              settled
    the same, a redirect among them          without some of the settled note   yes              waits again
    others                                   any                                any              waits

Words from the box for door notes are sorted as anybody's; only what a leader has put on paper stays there unsorted.
"""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import object_session

from app.core.db import db
from app.core.text import free_text
from app.core.text.free_text import ClauseKind, Sorted, clauses
from app.ordering.models import HouseholdOrder, OtherDoor
from app.ordering.remarks.models import SettledWords
from app.ordering.remarks.queries import words_of
from app.ordering.remarks.rules import HouseholdRemark


def save_remarks(order: HouseholdOrder, door_note: str, remark: str, other_need: str, usual: str) -> Sorted:
    """Inside a command: make these the words of an order. `usual`: the door's own note, where none is given.

    A new order, which is in no session yet, has neither words that were settled nor another door.
    """
    is_new = object_session(order) is None
    held = None if is_new else db.session.get(SettledWords, order.id)
    settled = order.door_note if held is not None and held.words_sha256 == words_of(order).sha256 else ""
    cleared = frozenset(clause.text for clause in clauses(settled))
    said = free_text.classify_remarks(door_note, remark, cleared)
    is_settled = bool(settled) and door_note.strip() == settled
    paper = settled if is_settled else said.paper or usual
    if held is not None and _is_redirect_lost(cleared, HouseholdRemark(paper, said.kept, other_need)):
        db.session.delete(held)
    if not is_new and _redirects(order.remark, order.other_need) != _redirects(said.kept, other_need):
        db.session.execute(delete(OtherDoor).where(OtherDoor.order_id == order.id))  # settled for other words
    order.door_note, order.remark, order.other_need = paper, said.kept, other_need
    order.is_usual_note = bool(usual) and not is_settled and not said.paper
    return said


def _redirects(*texts: str) -> set[str]:
    return {clause.text for text in texts for clause in clauses(text) if clause.kind == ClauseKind.REDIRECT}


def _is_redirect_lost(cleared: frozenset[str], now: HouseholdRemark) -> bool:
    """Whether a redirect is meant still, and the paper lost what the leader made of it."""
    is_meant = bool(_redirects(now.remark, now.other_need))
    return is_meant and not cleared <= {clause.text for clause in clauses(now.door_note)}
