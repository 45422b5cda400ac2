"""What a household owes: accepted quantity × price snapshot, in whole fen.

A price belongs to an offer; what is accepted is counted by item. So the price of a bundle is first spread over its
items (in proportion to their own prices, largest remainder), and each order line gets the amount of all its units:

    line amount 1000 fen, 3 units ordered      accepted    charged    not charged
                                               3           1000       0
                                               2           666        334
                                               1           333        667
                                               0           0          1000

Rounding is always in favour of the household; a line accepted in full is charged in full, so nothing is lost over an
order without exceptions.

    charged   paid     outcome
    1000      1000     settled
    1000      600      400 to collect
    600       1000     400 to refund
    0         0        settled
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PricePart:
    """`qty` units of an item in one unit of an offer; `weight`: its own price in fen (0 where it is not sold alone)."""

    item_id: int
    qty: int
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Chosen:
    """`qty` units of an offer at the price of the snapshot."""

    qty: int
    unit_price_fen: int
    parts: tuple[PricePart, ...]


def spread_price(price_fen: int, parts: Iterable[PricePart]) -> dict[int, int]:
    """Item id → its part of a price, in proportion to quantity × weight; the sum is exactly the price.

    Where an item has no price of its own, all count by quantity alone. Raises ValueError for an offer without items.
    """
    listed = sorted(parts, key=lambda part: part.item_id)
    is_priced = all(part.weight > 0 for part in listed)
    claims = {part.item_id: part.qty * (part.weight if is_priced else 1) for part in listed}
    total = sum(claims.values())
    if total <= 0:
        raise ValueError("an offer without items has nothing to spread its price over")
    shares = {item: price_fen * claim // total for item, claim in claims.items()}
    odd = price_fen - sum(shares.values())
    by_remainder = sorted(claims, key=lambda item: (-(price_fen * claims[item] % total), item))
    for item in by_remainder[:odd]:
        shares[item] += 1
    return shares


def line_amounts(chosen: Iterable[Chosen]) -> dict[int, int]:
    """Item id → what all its units of the order cost together, in fen; the sum is the order's total."""
    amounts: dict[int, int] = {}
    for choice in chosen:
        for item, fen in spread_price(choice.qty * choice.unit_price_fen, choice.parts).items():
            amounts[item] = amounts.get(item, 0) + fen
    return dict(sorted(amounts.items()))


def substituted_fen(short_fen: int, qty_ordered: int, qty_covered: int, qty_substitute: int, price_fen: int) -> int:
    """What all units of a substitute cost together: the lower of both prices, so that nobody pays more for less choice.

    `short_fen` is what the short line's `qty_ordered` units cost, of which `qty_covered` are covered by
    `qty_substitute` units at `price_fen` each. Rounded down, as everything is, in favour of the household.

        short line 3 × 3.50 = 1050 fen      covered    by           lower is
                                            2          2 × 3.20     640 (700 would have been due)
                                            2          2 × 4.00     700
                                            2          1 × 9.00     700
    """
    return min(short_fen * qty_covered // qty_ordered, qty_substitute * price_fen)


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One order line: its amount and where its units ended. What is left over is still on its way."""

    line_id: int
    amount_fen: int
    qty_ordered: int
    qty_accepted: int = 0
    qty_short: int = 0
    qty_cancelled: int = 0
    qty_refunded: int = 0

    def __post_init__(self) -> None:
        if self.qty_pending < 0 or min(self.qty_accepted, self.qty_short, self.qty_cancelled, self.qty_refunded) < 0:
            raise ValueError("a line cannot end in more units than were ordered")

    @property
    def qty_pending(self) -> int:
        """Units that have not reached an end."""
        return self.qty_ordered - self.qty_accepted - self.qty_short - self.qty_cancelled - self.qty_refunded

    @property
    def accepted_fen(self) -> int:
        """What the accepted units cost, rounded in favour of the household."""
        return self.amount_fen * self.qty_accepted // self.qty_ordered if self.qty_ordered else 0

    @property
    def pending_fen(self) -> int:
        """What the units on their way may still add at most."""
        if not self.qty_ordered:
            return 0
        return self.amount_fen * (self.qty_accepted + self.qty_pending) // self.qty_ordered - self.accepted_fen


@dataclass(frozen=True, slots=True)
class HouseholdAccount:
    """One household's statement. Ordered = accepted + not charged + pending, exactly."""

    ordered_fen: int
    accepted_fen: int
    pending_fen: int
    paid_fen: int

    @property
    def not_charged_fen(self) -> int:
        """What shortages, cancellations and refunds took off."""
        return self.ordered_fen - self.accepted_fen - self.pending_fen

    @property
    def to_collect_fen(self) -> int:
        """What the household still has to pay for what it accepted."""
        return max(0, self.accepted_fen - self.paid_fen)

    @property
    def to_refund_fen(self) -> int:
        """What is paid back: more was paid than was accepted and may still be accepted."""
        return max(0, self.paid_fen - self.accepted_fen - self.pending_fen)

    @property
    def is_final(self) -> bool:
        """Whether nothing is pending and nothing is owed either way."""
        return self.pending_fen == 0 and self.to_collect_fen == 0 and self.to_refund_fen == 0


def household_account(lines: Iterable[SettlementLine], payments_fen: Iterable[int] = ()) -> HouseholdAccount:
    """The statement of an order: its lines, and its payment marks (payments positive, money paid back negative)."""
    listed = list(lines)
    return HouseholdAccount(
        ordered_fen=sum(line.amount_fen for line in listed),
        accepted_fen=sum(line.accepted_fen for line in listed),
        pending_fen=sum(line.pending_fen for line in listed),
        paid_fen=sum(payments_fen),
    )


@dataclass(frozen=True, slots=True)
class SupplierDelivery:
    """A line of a purchase order as it came: packs ordered at a price, units that arrived fit for use."""

    packs: int
    pack_size: int
    pack_price_fen: int
    qty_received: int
    qty_damaged: int = 0


@dataclass(frozen=True, slots=True)
class SupplierAccount:
    """Ordered, and due for what arrived undamaged; the difference is claimed back or was never delivered."""

    ordered_fen: int
    due_fen: int

    @property
    def difference_fen(self) -> int:
        return self.ordered_fen - self.due_fen


def supplier_account(deliveries: Iterable[SupplierDelivery], fee_fen: int = 0) -> SupplierAccount:
    """What a supplier gets: undamaged units at the pack's price, each line rounded to the nearest fen, plus the fee."""
    ordered = due = fee_fen
    for line in deliveries:
        ordered += line.packs * line.pack_price_fen
        good = line.qty_received - line.qty_damaged
        due += (2 * good * line.pack_price_fen + line.pack_size) // (2 * line.pack_size)
    return SupplierAccount(ordered, due)
