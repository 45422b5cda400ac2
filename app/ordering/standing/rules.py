"""When a standing order falls due, and what of it a cycle can give.

Due on a day (the cycle's day of delivery), never before it starts or after it ends:

    rhythm                       starts       due on
    every day                    Fri 1 Apr    1, 2, 3, 4 …
    every 2nd day                Fri 1 Apr    1, 3, 5, 7 …
    Mon, Thu (weekdays 0b1001)   Fri 1 Apr    Mon 4, Thu 7, Mon 11 …

What of it is ordered, item by item:

    wanted   offered   limit    ordered   left out
    2        yes       none     2         –
    2        yes       1        1         1, "limit"
    2        no        –        0         2, "not_offered"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Every so many days from the start, or on weekdays (bit 0 is Monday); exactly one of the two is given."""

    starts_on: date
    ends_on: date | None = None
    every_days: int | None = None
    weekdays: int | None = None

    def falls_on(self, day: date) -> bool:
        """Whether the order is due on a day."""
        if day < self.starts_on or (self.ends_on is not None and day > self.ends_on):
            return False
        if self.weekdays is not None:
            return bool(self.weekdays >> day.weekday() & 1)
        return (day - self.starts_on).days % (self.every_days or 1) == 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Units that are not ordered: `why` is not_offered or limit."""

    item_id: int
    qty: int
    why: str


@dataclass(frozen=True, slots=True)
class FittedStandingOrder:
    """What a cycle gives of a standing order: (offer, units) and what is left out."""

    picks: tuple[tuple[int, int], ...]
    left_out: tuple[LeftOut, ...]


def fit_offers(wanted: Mapping[int, int], offers: Mapping[int, tuple[int, int | None]]) -> FittedStandingOrder:
    """Fit items and units into offers: item id → (offer id, most per household or None for no limit)."""
    picks: list[tuple[int, int]] = []
    left_out: list[LeftOut] = []
    for item_id, qty in sorted(wanted.items()):
        if item_id not in offers:
            left_out.append(LeftOut(item_id, qty, "not_offered"))
            continue
        offer_id, most = offers[item_id]
        given = qty if most is None else min(qty, most)
        if given:
            picks.append((offer_id, given))
        if given < qty:
            left_out.append(LeftOut(item_id, qty - given, "limit"))
    return FittedStandingOrder(tuple(picks), tuple(left_out))
