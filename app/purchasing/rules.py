"""What covers a demand, and what a buyer is told about prices and gaps. `optimise` chooses the packs."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.codes import encode
from app.core.sentences import N_, Sentence, sentence
from app.core.units import yuan


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
    """What covers a demand that is not waived: stock first, then purchases; what they bring beyond it is surplus."""
    needed = max(0, qty_demanded - qty_waived)
    from_stock = min(qty_free_stock, needed)
    return Coverage(qty_demanded, qty_purchased, from_stock, qty_waived, max(0, qty_purchased - needed + from_stock))


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


def order_number(cycle_id: int, seq: int) -> str:
    """``CG-12-003-K``: cycle, running number within it, and a check character over both."""
    return f"CG-{cycle_id}-{seq:03d}-{encode(cycle_id * 1000 + seq % 1000, 9)[-1]}"


@dataclass(frozen=True, slots=True)
class Supply:
    """What the active suppliers of an item can bring in one cycle. `qty_most` None: as much as wanted."""

    suppliers: int
    qty_most: int | None


def why_uncovered(item_name: str, gap: int, supply: Supply | None) -> Sentence:
    """Why so many units of an item are still to be found, and so what to do about it.

    suppliers     most they bring     sentence
    none          –                   nobody sells it
    some          0                   they promised all they have
    some          less than the gap   they cannot bring enough
    some          enough, or no end   not yet on an order, or below a minimum
    """
    if supply is None or not supply.suppliers:
        return sentence(
            N_("%(item)s还差%(qty)s份：没有供应商供应。请在商品目录里加上供应商，或写明原因不买。"),
            item=item_name,
            qty=gap,
        )
    if supply.qty_most == 0:
        return sentence(
            N_("%(item)s还差%(qty)s份：供应商能供应的都已订下。请另找供应商，或写明原因不买。"), item=item_name, qty=gap
        )
    if supply.qty_most is not None and supply.qty_most < gap:
        return sentence(
            N_("%(item)s还差%(qty)s份：供应商最多还能供应%(most)s份。请另找供应商，或写明原因不买。"),
            item=item_name,
            qty=gap,
            most=supply.qty_most,
        )
    return sentence(
        N_("%(item)s还差%(qty)s份：还没有列入采购单，或达不到供应商的起订量、起送金额。"), item=item_name, qty=gap
    )


def is_sold_below_cost(price_fen: int, pack_size: int, offer_fen: int | None) -> bool:
    """Whether a sale unit costs more than the household pays for it; False where it is not offered singly."""
    return offer_fen is not None and price_fen > offer_fen * pack_size


def surplus_fen(qty_surplus: int, qty_bought: int, cost_fen: int) -> int:
    """What the surplus cost, at the average price of what was bought, in whole fen rounded down."""
    return qty_surplus * cost_fen // qty_bought if qty_bought else 0
