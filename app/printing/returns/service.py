"""Paper that goes out and comes back: marking a sheet printed or returned, and typing it in."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from sqlalchemy import select

from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import record
from app.core.states import advance
from app.core.text.bag_numbers import read_bag_no, typed_bags
from app.dispatch import counts
from app.dispatch.arrivals import service as arrivals_service
from app.dispatch.models import DeliveryRound, DropOff, RoundState
from app.dispatch.rounds import service as rounds_service
from app.dispatch.rounds.schemas import SignDropOff
from app.handover import service as handover
from app.ordering.models import Cycle
from app.picking.models import Bag
from app.places.scope import is_subdistrict_in_scope, require_point
from app.printing.models import Document, DocumentState
from app.printing.returns.queries import codes_on


@dataclass(frozen=True)
class PaperMark:
    """What happened to the paper: printed, not_printed, returned or not_returned."""

    what: str


@dataclass(frozen=True)
class ReturnedList:
    """A hand-out list as it came back: the bags that were shown, and its exceptions as text."""

    bags: list[int] = field(default_factory=list)
    exceptions: str = ""


MARKS = ("printed", "not_printed", "returned", "not_returned")


def require_document(by: Staff, permission: Permission, document_id: int) -> Document:
    """The printed version, where the permission reaches its point (or the whole subdistrict). Raises NotFound."""
    document = db.session.get(Document, document_id)
    cycle = db.session.get(Cycle, document.cycle_id) if document is not None else None
    if document is None or cycle is None:
        raise NotFound
    if not is_subdistrict_in_scope(by, permission, cycle.subdistrict_id):
        if document.service_point_id is None:
            raise NotFound
        require_point(by, permission, document.service_point_id)
    return document


@command
def mark(by: Staff, document_id: int, wanted: PaperMark) -> Document:
    """Note that a sheet was printed or has come back, or take that note back.

    Requires: PRINT for the sheet. Ensures: `printed_at` or `returned_at` is set or empty; a sheet that came back counts
    as printed; marking twice changes nothing. A void version stays void. Raises: NotFound, Invalid.
    """
    document = require_document(by, Permission.PRINT, document_id)
    if wanted.what not in MARKS:
        raise Invalid({"what": [_("请选择已打印或已交回。")]})
    if wanted.what in ("printed", "returned"):
        _set_printed(document)
    if wanted.what == "returned":
        document.returned_at = document.returned_at or clock.now()
    elif wanted.what == "not_returned":
        document.returned_at = None
    elif wanted.what == "not_printed":
        document.printed_at = document.returned_at = None
        if document.state == DocumentState.PRINTED:
            advance(document, DocumentState.RENDERED)
    record(by, wanted.what, document, cycle_id=document.cycle_id)
    return document


def _set_printed(document: Document) -> None:
    document.printed_at = document.printed_at or clock.now()
    if document.state == DocumentState.RENDERED:
        advance(document, DocumentState.PRINTED)


@command
def enter_doors(by: Staff, document_id: int, entry: ReturnedList) -> dict[str, int]:
    """Type in a hand-out list that came back: every bag on the page is at its door except those named.

    Requires: HAND_OUT over its building; the sheet is a hand-out list and names the bags. Ensures: as
    `handover.service.hand_out`; the sheet has come back. Returns outcome → bags. Raises: NotFound, Invalid, Conflict.
    """
    document = require_document(by, Permission.HAND_OUT, document_id)
    if document.kind != "hand_out_list":
        raise NotFound
    listed = codes_on(document)
    own = select(Bag.code).where(Bag.id.in_(entry.bags), Bag.building_id == document.subject_id)
    if listed is not None and not listed.issuperset(db.session.scalars(own)):
        raise Conflict(_("有的袋是打印之后才有的，不在这张纸上。请刷新再录。"))
    counts = handover.enter_paper(by, document.cycle_id, document.subject_id, entry.bags, entry.exceptions)
    _set_printed(document)
    document.returned_at = document.returned_at or clock.now()
    record(by, "returned", document, cycle_id=document.cycle_id)
    return counts


@dataclass(frozen=True)
class ReturnedDropOff:
    """A drop-off sheet as it came back: the bags that were missing, by number of the day or end of the code."""

    missing: str = ""


@command
def enter_drop_off(by: Staff, document_id: int, entry: ReturnedDropOff) -> DropOff:
    """Type in a drop-off sheet that came back: every bag on it was counted except those named.

    Requires: DROP_OFF over its building; the sheet is the drop-off sheet of a stop and names every bag of it. A round
    that nobody entered as departed (the site was off) is loaded and departs now: that takes LOAD.
    Ensures: as `dispatch.rounds.sign`; where the stop was signed already, the paper is a further count of it, as in
    `dispatch.arrivals`. The sheet has come back. Raises: NotFound, Invalid, Conflict.
    """
    document = require_document(by, Permission.DROP_OFF, document_id)
    if document.kind != "drop_off_sheet":
        raise NotFound
    stop = rounds_service.require_stop(by, document.subject_id)
    if stop.round.state in (RoundState.PLANNED, RoundState.LOADING):
        _catch_up(by, stop.round)
    is_first = stop.state in arrivals_service.SIGNABLE
    if not is_first and document.returned_at is not None:
        raise Conflict(_("这张单已经录过，或者记了“已交回”。要再录，请先撤销“已交回”。"))
    bags = rounds_service.bags_at(stop) if is_first else counts.bags_signed_for(stop)
    listed = codes_on(document)
    if listed is not None and not listed.issuperset(bag.code for bag in bags):
        raise Conflict(_("这一站现在有这张纸上没有的袋：请先重新准备交接单，或在到楼签收页登记。"))
    counted = SignDropOff(_whole_codes(bags, entry.missing))
    if is_first:
        done = rounds_service.sign_stop(by, stop.id, counted, on_paper=True)
    else:
        done = arrivals_service.count_again_by_codes(by, stop, counted)
    _set_printed(document)
    document.returned_at = document.returned_at or clock.now()
    record(by, "returned", document, cycle_id=document.cycle_id)
    return done


def _catch_up(by: Staff, round_: DeliveryRound) -> None:
    """Paper says that the round went; enter so."""
    try:
        if round_.state == RoundState.PLANNED:
            rounds_service.load_round(by, round_.id, on_paper=True)
        rounds_service.depart_round(by, round_.id, on_paper=True)
    except NotFound as error:
        raise Conflict(_("这一趟还没有记出发，请物资组或配送队先记装车和出发。")) from error


LEAST_TYPED = 3  # last characters of a code that may stand for it


def _whole_codes(bags: Sequence[Bag], typed: str) -> str:
    """Each word as the code it ends, where exactly one code of the stop ends so; other words stay as they are.

    The number of a bag of the stop comes before an ending: 235 is bag 235 where there is one.
    """
    words = []
    for word in typed_bags(typed):
        ending = unicodedata.normalize("NFKC", word).upper()
        is_number = any(bag.day_no == read_bag_no(word) for bag in bags)
        found = [bag.code for bag in bags if bag.code.endswith(ending)] if len(ending) >= LEAST_TYPED else []
        words.append(found[0] if len(found) == 1 and not is_number else word)
    return " ".join(words)


@command
def undo_doors(by: Staff, document_id: int) -> int:
    """Take back what was typed in last for the building of a hand-out list.

    Requires: HAND_OUT over its building; by the same account, within ten minutes, and nothing happened to the bags
    since. Ensures: as `handover.service.undo_entry`; the sheet counts as not returned. Raises: NotFound, Conflict.
    """
    document = require_document(by, Permission.HAND_OUT, document_id)
    if document.kind != "hand_out_list":
        raise NotFound
    bags = handover.undo_entry(by, document.cycle_id, document.subject_id, document.wave)
    if not bags:
        raise Conflict(_("没有可以撤销的登记：只能撤销自己 10 分钟内登记、之后没有变化的。"))
    document.returned_at = None
    record(by, "not_returned", document, cycle_id=document.cycle_id)
    return bags
