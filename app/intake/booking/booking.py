"""What the lines of a paste mean for one household's order, and how it is written and taken back.

The lines of one list (all its versions) and whatever else the household ordered are kept apart: `base` is the basket
without the list, the order is `base` with the goods of the list put on it by the `mode`.

    order that stands                          clash on an item   chosen     mode
    none, or of a version of this list         -                  -          alone, or the mode before
    of another chain or workbook               no                 -          add
    of another chain or workbook               yes                nothing    asked (existing_order)
    form, telephone, door, paper, standing …   either             nothing    asked (existing_order)
    any, for lines handed over by a point      either             nothing    asked (existing_order)
    any other                                  either             a choice   keep, replace or add
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from app.access.permissions import Staff
from app.core.db import db
from app.core.errors import Invalid
from app.intake import rules
from app.intake.booking import baskets
from app.intake.booking.baskets import OrderContent
from app.intake.models import ChainBooking, ChainPaste, LineOutcome, PasteLine
from app.ordering.models import Offer, Source
from app.ordering.orders import OfferPick

ACTS = (LineOutcome.ROW.value, LineOutcome.AMEND.value, LineOutcome.CANCEL.value)
_OURS = (Source.CHAIN, Source.SHEET)


def wanted_goods(lines: Sequence[PasteLine]) -> dict[str, int]:
    """Item name → units after rows, amendments and cancellations in the order they were written.

    row 青菜 2            {青菜: 2}
    row 青菜 2, add 1     {青菜: 3}
    row 青菜 2, set 1     {青菜: 1}
    row 青菜 2, less 1    {青菜: 1}
    row 青菜 2, cancel    {}
    """
    goods: dict[str, int] = {}
    for line in sorted(lines, key=lambda one: (one.line_no, one.part)):
        if line.outcome == LineOutcome.CANCEL:
            _cancel(goods, line.items)
            continue
        for entry in line.items:
            qty = int(entry["qty"] or 0)
            before = goods.get(entry["item"], 0)
            if line.outcome == LineOutcome.AMEND and line.change == "set":
                goods[entry["item"]] = qty
            elif line.outcome == LineOutcome.AMEND and line.change == "less":
                goods[entry["item"]] = max(0, before - qty)
            else:
                goods[entry["item"]] = before + qty
    return {item: qty for item, qty in goods.items() if qty}


def _cancel(goods: dict[str, int], items: Sequence[dict[str, Any]]) -> None:
    named = [entry["item"] for entry in items]
    for item in named or list(goods):
        goods.pop(item, None)


@dataclass(frozen=True)
class Offers:
    """The listed offers of a cycle by name; read once for a whole paste."""

    by_name: dict[str, int]

    @classmethod
    def of(cls, cycle_id: int) -> Offers:
        found = select(Offer.name, Offer.id).where(Offer.cycle_id == cycle_id, Offer.is_listed)
        return cls({name: offer_id for name, offer_id in db.session.execute(found)})  # noqa: C416

    def picks(self, goods: dict[str, int]) -> tuple[OfferPick, ...] | None:
        """The goods as picks; None where one of them is not offered."""
        if any(item not in self.by_name for item in goods):
            return None
        return tuple(OfferPick(self.by_name[item], qty) for item, qty in goods.items())


@dataclass(frozen=True)
class PasteHousehold:
    """A household of a paste: its acting lines, and the booking of this list that stands, if any."""

    id: int
    lines: list[PasteLine]
    standing: ChainBooking | None = None


def standing_bookings(paste: ChainPaste) -> dict[int, ChainBooking]:
    """Household → the booking of the latest version of this list that has one. One statement for each version."""
    found: dict[int, ChainBooking] = {}
    version: ChainPaste | None = paste
    while version is not None:
        for booking in db.session.scalars(select(ChainBooking).where(ChainBooking.paste_id == version.id)):
            found.setdefault(booking.household_id, booking)
        version = db.session.get(ChainPaste, version.replaces_id) if version.replaces_id else None
    return found


def book(by: Staff, paste: ChainPaste, home: PasteHousehold, offers: Offers, chosen: str = "") -> bool:
    """Inside a command: make the order of a household what its lines say; returns whether an order stands for them.

    What needs a person (another source holds an order, goods nobody offers, a limit) sends the lines to review and
    writes nothing. An order that says so already is not written again.
    """
    standing, now = home.standing, baskets.current(paste.cycle_id, home.id)
    if standing is not None and standing.mode != "keep" and not baskets.is_as_left(standing):
        send_to_review(home.lines, "changed_since")
        return False
    goods = wanted_goods(home.lines)
    picks = offers.picks(goods)
    if picks is None:
        send_to_review(home.lines, "unknown_item")
        return False
    base = OrderContent.of(standing.base) if standing is not None and standing.mode != "keep" else now
    is_routed = paste.routed_from_id is not None
    if is_routed and base is not None and home.standing is None and not chosen:
        mode = None  # it may be an entry that was handed over before and has changed since
    else:
        mode = _mode(base, home, chosen, {pick.offer_id: pick.qty for pick in picks})
    if mode is None:
        send_to_review(home.lines, "existing_order")
        return False
    if not goods and standing is None:
        only_cancels = is_routed and all(line.outcome == LineOutcome.CANCEL for line in home.lines)
        if base is None and (only_cancels or any(line.outcome == LineOutcome.AMEND for line in home.lines)):
            send_to_review(home.lines, "nothing_to_change")
        return False
    return _write(by, paste, home, _Change(base, now, _target(paste, base, mode, picks, home.lines), mode))


@dataclass(frozen=True)
class _Change:
    base: OrderContent | None
    before: OrderContent | None
    after: OrderContent | None
    mode: str


def _mode(base: OrderContent | None, home: PasteHousehold, chosen: str, goods: dict[int, int]) -> str | None:
    if chosen:
        return chosen
    if home.standing is not None:
        return home.standing.mode
    if base is None:
        return "alone"
    only_changes = all(line.outcome != LineOutcome.ROW for line in home.lines)
    if base.source not in _OURS or only_changes:
        return None
    held = [rules.SourceQuantity(home.id, offer, qty, "before") for offer, qty, _may in base.picks]
    wanted = [rules.SourceQuantity(home.id, offer, qty, "chain") for offer, qty in goods.items()]
    return None if rules.find_duplicates(held, wanted) else "add"


def _target(
    paste: ChainPaste, base: OrderContent | None, mode: str, picks: tuple[OfferPick, ...], lines: Sequence[PasteLine]
) -> OrderContent | None:
    """The basket that the order shall be; None for no order."""
    if mode == "keep" or not picks:
        return base
    source = Source.SHEET if paste.kind == "workbook" else Source.CHAIN
    note = "；".join(dict.fromkeys(line.note for line in lines if line.note))[:200]
    mine = OrderContent(source.value, note, "", tuple((pick.offer_id, pick.qty, True) for pick in picks))
    if mode != "add" or base is None:
        return mine if base is None else replace(mine, door_note=base.door_note)
    return base.plus(mine)


def _write(by: Staff, paste: ChainPaste, home: PasteHousehold, change: _Change) -> bool:
    try:
        is_taken_back = change.after is change.base  # the list says nothing of it any more
        write = baskets.restore if is_taken_back else baskets.apply_basket
        order = write(by, paste.cycle_id, home.id, change.after)
    except Invalid:
        send_to_review(home.lines, "limit")
        return False
    if order is None:
        return False
    for line in home.lines:
        line.order_id = order.id
    mine = db.session.scalar(select(ChainBooking).filter_by(paste_id=paste.id, household_id=home.id))
    if mine is None:
        mine = ChainBooking(paste_id=paste.id, household_id=home.id, base=_plain(change.base))
        mine.before = _plain(change.before)
        db.session.add(mine)
    mine.order_id, mine.revision, mine.mode, mine.after = order.id, order.revision, change.mode, _plain(change.after)
    db.session.flush()
    return change.after is not None


def _plain(basket: OrderContent | None) -> dict[str, Any] | None:
    return basket.plain() if basket else None


def send_to_review(lines: Sequence[PasteLine], reason: str) -> None:
    """Let lines wait for a person; `reason` is a key of `reasons.REASONS`."""
    for line in lines:
        line.outcome, line.reason = LineOutcome.REVIEW.value, reason
        line.settled_at = line.settled_by_id = None
