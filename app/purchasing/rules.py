"""From demand to packs, and whether a purchase list adds up.

Packs of `u` sale units that cover a demand of `q` firm units and up to `t` tolerated ones:

    rule              says                                                      q=5 t=0 u=4   q=5 t=3 u=4   q=4 t=2 u=4
    packs_to_cover    everybody is served, the rest is surplus                  2             2             1
    full_cases        a started case is bought only if tolerance fills it       1             2             1
    with a minimum    fewer cases than the minimum: none, unless q + t reach it

Goods that households were promised use `packs_to_cover`; `full_cases` is for offers sold "only in full cases".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from app.core.sentences import N_, Sentence, sentence
from app.core.units import yuan

_MILLI = 1000
_NOISE = Decimal("0.000001")
_FILLER_LINES = 10


def packs_to_cover(qty: int, pack_size: int) -> int:
    """The fewest packs that hold `qty` sale units; 0 for a demand of 0 or less. Raises ValueError for a pack of 0."""
    _positive(pack_size)
    return -(-max(qty, 0) // pack_size)


def full_cases(qty: int, tolerance: int, pack_size: int, min_packs: int = 0) -> int:
    """Cases to order when a case must be full: whole cases of the firm part, one more if tolerance fills it.

    Tolerance alone never opens a case. Fewer than `min_packs` are ordered only as exactly `min_packs`, and only if
    firm and tolerated units together reach them; otherwise 0. Source of the rule: foodsoft, `OrderArticle`.
    """
    _positive(pack_size)
    cases, remainder = divmod(qty, pack_size)
    if remainder and remainder + tolerance >= pack_size:
        cases += 1
    if cases >= min_packs:
        return cases
    return min_packs if cases and qty + tolerance >= min_packs * pack_size else 0


def missing_to_full_case(qty: int, tolerance: int, pack_size: int) -> int:
    """How many more units somebody has to order until the started case fills."""
    _positive(pack_size)
    remainder = qty % pack_size
    return max(0, pack_size - remainder - tolerance) if remainder else 0


def surplus(qty_demanded: int, packs: int, pack_size: int) -> int:
    """Sale units left for stock after `qty_demanded` are served; below 0: so many are missing."""
    return packs * pack_size - qty_demanded


def net_demand(demanded: Mapping[int, int], in_stock: Mapping[int, int]) -> dict[int, int]:
    """Item id → units still to be bought: demand minus free stock, never below 0, in order of id."""
    return {item: max(0, qty - in_stock.get(item, 0)) for item, qty in sorted(demanded.items())}


def _positive(pack_size: int) -> None:
    if pack_size < 1:
        raise ValueError("a pack holds at least one sale unit")


@dataclass(frozen=True, slots=True)
class Coverage:
    """One item's demand and what covers it. Holds when bought + stock + waived − surplus = demanded."""

    qty_demanded: int
    qty_purchased: int
    qty_from_stock: int
    qty_waived: int
    qty_surplus: int

    @property
    def gap(self) -> int:
        """Units of demand that nothing covers yet; 0 when covered."""
        return self.qty_demanded - self.qty_purchased - self.qty_from_stock - self.qty_waived + self.qty_surplus


def cover(qty_demanded: int, qty_free_stock: int, qty_purchased: int, qty_waived: int = 0) -> Coverage:
    """What covers a demand: stock first, then purchases; what purchases bring beyond it is surplus."""
    from_stock = min(qty_free_stock, qty_demanded)
    rest = qty_demanded - from_stock - qty_waived
    return Coverage(qty_demanded, qty_purchased, from_stock, qty_waived, max(0, qty_purchased - max(rest, 0)))


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A supplier's price that differs from the one ordered at, in fen per pack and in per mille of the old price."""

    old_fen: int
    new_fen: int
    permille: int
    said: Sentence


def price_change(item_name: str, old_fen: int, new_fen: int) -> PriceChange | None:
    """What to flag when the price of a pack changed after ordering; None when it did not."""
    if old_fen == new_fen:
        return None
    permille = (new_fen - old_fen) * 1000 // old_fen if old_fen else 1000
    said = sentence(
        N_("%(item)s下单后价格有变：每件%(old)s元变为%(new)s元。"),
        item=item_name,
        old=yuan(old_fen),
        new=yuan(new_fen),
    )
    return PriceChange(old_fen, new_fen, permille, said)


@dataclass(frozen=True, slots=True)
class PurchaseLine:
    """One line of a purchase list: so many thousandths of the standard unit, for one customer (a point, a building)."""

    key: str
    qty_milli: int
    customer: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """What somebody else says the lines of `key` come to."""

    key: str
    qty_milli: int
    customers: int | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A total that does not agree with its lines."""

    key: str
    qty_lines_milli: int
    qty_total_milli: int
    said: Sentence


def milli(text: str) -> int:
    """A decimal number as thousandths: ``2.5`` → 2500. Floating point noise (``204.89999999999998``) is read as meant.

    Raises ValueError for anything that is not a plain number (also ``1,000``) or is finer than a thousandth.
    """
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text[:30]!r} is not a number (no commas)") from None
    if not value.is_finite() or abs(value) > 10**9:
        raise ValueError(f"{text[:30]!r} is not a quantity")
    rounded = round(value * _MILLI)
    if abs(value * _MILLI - rounded) > _NOISE * _MILLI:
        raise ValueError(f"{text[:30]!r} is finer than a thousandth")
    return rounded


def aggregate(lines: Iterable[PurchaseLine]) -> dict[str, int]:
    """Key → sum of its lines in thousandths, in order of first appearance."""
    totals: dict[str, int] = {}
    for line in lines:
        totals[line.key] = totals.get(line.key, 0) + line.qty_milli
    return totals


def alarms(lines: Sequence[PurchaseLine], totals: Iterable[ControlTotal]) -> tuple[Alarm, ...]:
    """Every control total that its lines do not come to, and every key that only one side knows."""
    by_key: dict[str, list[PurchaseLine]] = {}
    for line in lines:
        by_key.setdefault(line.key, []).append(line)
    found = []
    for total in totals:
        own = by_key.pop(total.key, [])
        summed = sum(line.qty_milli for line in own)
        if summed != total.qty_milli:
            found.append(Alarm(total.key, summed, total.qty_milli, _why(own, summed, total)))
    for key, own in by_key.items():
        summed = sum(line.qty_milli for line in own)
        said = sentence(N_("%(key)s：明细合计%(lines)s，汇总表里没有这一项。"), key=key, lines=_plain(summed))
        found.append(Alarm(key, summed, 0, said))
    return tuple(found)


def _why(own: list[PurchaseLine], summed: int, total: ControlTotal) -> Sentence:
    values: dict[str, object] = {
        "key": total.key,
        "lines": _plain(summed),
        "total": _plain(total.qty_milli),
        "count": len(own),
    }
    repeated = max(Counter(own).values(), default=0)
    if repeated >= _FILLER_LINES:
        return sentence(
            N_("%(key)s：明细合计%(lines)s，与汇总%(total)s不符；其中%(same)s行完全相同，疑为填充行，请核对。"),
            same=repeated,
            **values,
        )
    return sentence(N_("%(key)s：%(count)s行明细合计%(lines)s，与汇总%(total)s不符，请核对。"), **values)


def _plain(qty_milli: int) -> str:
    return f"{Decimal(qty_milli) / _MILLI:f}"
