"""Goods in: what a delivery turns out to be, when it may be loaded, and books that balance.

    awaited   arrived   damaged    outcome        to the line        still awaited   extra
    20        20        0          as ordered     20                 0               0
    20        15        0          fewer          15                 5               0
    20        23        0          more           20                 0               3
    20        0         0          nothing        0                  20              0
    20        20        4          as ordered     20 (16 fit)        0               0
    0         5         0          not ordered    0                  0               5

Fewer leaves the rest awaited, for a delivery may come in parts; what will never come is declared undelivered. More is
never hidden in the line: the extra units come in as a lot of their own, to be paid, kept as a gift or sent back.

Rest after disinfection, by storage and, where a category has its own rule, by category:

    ambient (cartons)    30 min        vegetables, fruit (category)    0 min
    chilled              0 min         frozen                          0 min
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.codes import encode
from app.core.labels import Labelled
from app.core.sentences import N_, Sentence, sentence

DEFAULT_REST_MINUTES: Mapping[tuple[str, str], int] = {
    ("ambient", ""): 30,
    ("ambient", "蔬菜"): 0,
    ("ambient", "水果"): 0,
    ("chilled", ""): 0,
    ("frozen", ""): 0,
}


def rest_minutes(storage: str, category: str = "", rules: Mapping[tuple[str, str], int] | None = None) -> int:
    """How long goods rest: the category's rule before the storage's. `rules`: (storage, category) → minutes.

    Raises KeyError for a storage without a rule, so that nothing is released by omission.
    """
    table = DEFAULT_REST_MINUTES if rules is None else rules
    own = table.get((storage, category))
    return table[(storage, "")] if own is None else own


def released_at(disinfected_at: datetime, minutes: int) -> datetime:
    """The instant from which a lot may be loaded."""
    return disinfected_at + timedelta(minutes=minutes)


class ReceiptOutcome(Labelled):
    """What a delivery of one item turned out to be."""

    AS_ORDERED = "as_ordered", N_("如数到货")
    FEWER = "fewer", N_("少到")
    MORE = "more", N_("多到")
    NOTHING = "nothing", N_("未到")
    NOT_ORDERED = "not_ordered", N_("没有订购")


@dataclass(frozen=True, slots=True)
class BookedReceiptLine:
    """How an arrival is booked. fit + damaged = arrived = to_line + extra; to_line + still_awaited = awaited."""

    arrival: ReceiptOutcome
    qty_arrived: int
    qty_damaged: int
    qty_to_line: int
    qty_extra: int
    qty_still_awaited: int
    said: Sentence | None = None

    @property
    def qty_fit(self) -> int:
        """Units that may be given out."""
        return self.qty_arrived - self.qty_damaged


def book_arrival(item_name: str, qty_awaited: int, qty_arrived: int, qty_damaged: int = 0) -> BookedReceiptLine:
    """Book one item of a delivery; `said` tells what differs. Raises ValueError for impossible counts."""
    if qty_awaited < 0 or not 0 <= qty_damaged <= qty_arrived:
        raise ValueError("damaged units are part of those that arrived, and nothing is below zero")
    to_line = min(qty_awaited, qty_arrived)
    arrival = _arrival(qty_awaited, qty_arrived)
    return BookedReceiptLine(
        arrival=arrival,
        qty_arrived=qty_arrived,
        qty_damaged=qty_damaged,
        qty_to_line=to_line,
        qty_extra=qty_arrived - to_line,
        qty_still_awaited=qty_awaited - to_line,
        said=_said(item_name, arrival, (qty_awaited, qty_arrived, qty_damaged)),
    )


def _arrival(awaited: int, arrived: int) -> ReceiptOutcome:
    if not awaited and arrived:
        return ReceiptOutcome.NOT_ORDERED
    if awaited and not arrived:
        return ReceiptOutcome.NOTHING
    if arrived < awaited:
        return ReceiptOutcome.FEWER
    return ReceiptOutcome.MORE if arrived > awaited else ReceiptOutcome.AS_ORDERED


_SAYINGS = {
    ReceiptOutcome.FEWER: N_("%(item)s应到%(awaited)s份，实到%(arrived)s份，少%(gap)s份。"),
    ReceiptOutcome.MORE: N_("%(item)s应到%(awaited)s份，实到%(arrived)s份，多%(gap)s份，另记一批。"),
    ReceiptOutcome.NOTHING: N_("%(item)s应到%(awaited)s份，一份未到。"),
    ReceiptOutcome.NOT_ORDERED: N_("%(item)s没有订购，到了%(arrived)s份，另记一批。"),
}


def _said(item_name: str, arrival: ReceiptOutcome, counts: tuple[int, int, int]) -> Sentence | None:
    awaited, arrived, damaged = counts
    if arrival in _SAYINGS:
        return sentence(_SAYINGS[arrival], item=item_name, awaited=awaited, arrived=arrived, gap=abs(arrived - awaited))
    if damaged:
        return sentence(N_("%(item)s如数到货，其中%(damaged)s份破损。"), item=item_name, damaged=damaged)
    return None


@dataclass(frozen=True, slots=True)
class ArrivalParts:
    """Units of one arrival by what they are worth: good, damaged but kept here, sent straight back."""

    good: int
    damaged: int = 0
    returned: int = 0

    @property
    def total(self) -> int:
        """All units that the supplier brought."""
        return self.good + self.damaged + self.returned


def split_arrival(arrived: ArrivalParts, qty_to_line: int) -> tuple[ArrivalParts, ArrivalParts]:
    """What the ordered line gets, and what is extra: the line takes good units first, then damaged, then returned.

    arrived (good, damaged, returned)    to line    line          extra
    23, 0, 0                             20         20, 0, 0      3, 0, 0
    18, 5, 0                             20         18, 2, 0      0, 3, 0
    20, 0, 3                             20         20, 0, 0      0, 0, 3
    """
    left, taken = qty_to_line, []
    for units in (arrived.good, arrived.damaged, arrived.returned):
        taken.append(min(units, left))
        left -= taken[-1]
    line = ArrivalParts(*taken)
    extra = ArrivalParts(arrived.good - line.good, arrived.damaged - line.damaged, arrived.returned - line.returned)
    return line, extra


NUMBER_PREFIX: Mapping[str, str] = {"purchase": "SH", "donation": "JZ", "opening": "QC"}  # 收货 捐赠 期初


def receipt_number(kind: str, scope_id: int, seq: int) -> str:
    """``SH-12-003-K``: kind, cycle (of opening stock: subdistrict), running number, check character."""
    prefix = NUMBER_PREFIX[kind]
    place = list(NUMBER_PREFIX).index(kind)
    return f"{prefix}-{scope_id}-{seq:03d}-{encode((scope_id * 10 + place) * 10_000 + seq % 10_000, 10)[-1]}"


@dataclass(frozen=True, slots=True)
class LotMove:
    """`qty` units of a lot from one location to another: one row, two sides."""

    lot_id: int
    from_location: int
    to_location: int
    qty: int

    def __post_init__(self) -> None:
        if self.qty < 1 or self.from_location == self.to_location:
            raise ValueError("a move takes at least one unit somewhere else")


def balances(moves: Iterable[LotMove]) -> dict[tuple[int, int], int]:
    """(lot, location) → units, from all moves; zeros left out. For each lot the sum over all locations is 0."""
    held: dict[tuple[int, int], int] = {}
    for move in moves:
        for place, qty in ((move.from_location, -move.qty), (move.to_location, move.qty)):
            held[(move.lot_id, place)] = held.get((move.lot_id, place), 0) + qty
    return {key: qty for key, qty in sorted(held.items()) if qty}


@dataclass(frozen=True, slots=True)
class StockCountLine:
    """A lot as counted beside what the books say."""

    lot_id: int
    qty_book: int
    qty_counted: int

    @property
    def difference(self) -> int:
        return self.qty_counted - self.qty_book


def differences(rows: Iterable[StockCountLine]) -> tuple[StockCountLine, ...]:
    """The lots whose count differs, in order of lot; correcting one needs a second person."""
    return tuple(sorted((row for row in rows if row.difference), key=lambda row: row.lot_id))
