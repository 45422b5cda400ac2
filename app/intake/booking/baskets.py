"""The whole content of a household's order as one value, so that it can be compared, written and given back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from app.access.permissions import Staff
from app.core.db import db
from app.core.errors import NotFound
from app.core.events import record
from app.core.states import advance
from app.intake.models import ChainBooking
from app.ordering.keys import Keys, give_back, keys_of
from app.ordering.models import HouseholdOrder, OrderState, Source
from app.ordering.orders import IfExists, OfferPick, PlaceOrder, clear_order, cycle_taking_orders, order_of, save_order


@dataclass(frozen=True)
class OrderContent:
    """picks: (offer id, quantity, may be substituted), in order of offer."""

    source: str
    remark: str
    door_note: str
    picks: tuple[tuple[int, int, bool], ...]
    other_need: str = ""
    keys: Keys | None = field(default=None, compare=False)  # of the order that it was read from

    @classmethod
    def of(cls, plain: dict[str, Any] | None) -> OrderContent | None:
        """From its stored form."""
        if plain is None:
            return None
        picks = tuple((offer, qty, bool(may)) for offer, qty, may in plain["picks"])
        keys = Keys.of(plain["keys"]) if plain.get("keys") else None
        return cls(plain["source"], plain["remark"], plain["door_note"], picks, plain.get("other_need", ""), keys)

    def plain(self) -> dict[str, Any]:
        """Its stored form."""
        return {
            "source": self.source,
            "remark": self.remark,
            "door_note": self.door_note,
            "other_need": self.other_need,
            "picks": [list(pick) for pick in self.picks],
            "keys": self.keys.plain() if self.keys else None,
        }

    def plus(self, other: OrderContent) -> OrderContent:
        """Both together: quantities of one offer are added, remarks joined."""
        merged = {offer: (qty, may) for offer, qty, may in self.picks}
        for offer, qty, may in other.picks:
            before = merged.get(offer, (0, True))
            merged[offer] = (before[0] + qty, before[1] and may)
        remark = "；".join(dict.fromkeys(part for part in (self.remark, other.remark) if part))[:200]
        picks = tuple((offer, qty, may) for offer, (qty, may) in sorted(merged.items()))
        return replace(self, picks=picks, remark=remark)


def current(cycle_id: int, household_id: int) -> OrderContent | None:
    """What the household has ordered by now; None without an order that stands."""
    return _of_order(order_of(cycle_id, household_id))


def _of_order(order: HouseholdOrder | None) -> OrderContent | None:
    if order is None or order.state != OrderState.PLACED:
        return None
    picks = tuple(sorted((choice.offer_id, choice.qty, choice.is_substitutable) for choice in order.choices))
    note = "" if order.is_usual_note else order.door_note  # the door's own comes back by itself
    return OrderContent(str(order.source), order.remark, note, picks, order.other_need, keys_of(order))


def is_as_left(booking: ChainBooking) -> bool:
    """Whether nobody has changed the order since the booking."""
    order = db.session.get(HouseholdOrder, booking.order_id, populate_existing=True)
    return order is not None and order.revision == booking.revision


def apply_basket(by: Staff, cycle_id: int, household_id: int, wanted: OrderContent | None) -> HouseholdOrder | None:
    """Inside a command: make the order of a household this basket; an order that is so already is not written.

    Raises what `orders.save_order` raises; None where neither an order is wanted nor ever was.
    """
    order = order_of(cycle_id, household_id)
    if _of_order(order) == wanted:
        return order
    if wanted is None:
        return _withdraw(by, order) if order is not None else None
    picks = tuple(OfferPick(offer, qty, may) for offer, qty, may in wanted.picks)
    return save_order(
        by,
        PlaceOrder(
            cycle_id,
            household_id,
            picks,
            source=Source(wanted.source),
            if_exists=IfExists.REPLACE,
            accepts_soft_limits=True,
            door_note=wanted.door_note,
            remark=wanted.remark,
            other_need=wanted.other_need,
        ),
    )


def restore(by: Staff, cycle_id: int, household_id: int, before: OrderContent | None) -> HouseholdOrder | None:
    """Inside a command that undoes a booking: this basket is the order again, and whose it was. See `apply_basket`."""
    order = apply_basket(by, cycle_id, household_id, before)
    if order is not None and before is not None and before.keys is not None:
        give_back(order, before.keys)
    return order


def _withdraw(by: Staff, order: HouseholdOrder) -> HouseholdOrder:
    if order.household_id is None:
        raise NotFound
    cycle_taking_orders(order.cycle_id, order.service_point_id)
    if order.state != OrderState.PLACED:
        return order
    advance(order, OrderState.WITHDRAWN)
    clear_order(order)
    order.revision += 1
    order.total_fen = 0
    order.door_note = order.remark = order.other_need = ""
    db.session.flush()
    record(by, "withdraw", order, cycle_id=order.cycle_id, revision=order.revision)
    return order
