"""What may be ordered, what it comes to, and which way a unit may go.

Stages of a unit. A unit is in exactly one; it may go only where the table says:

    from          to
    open          allocated, short, cancelled
    allocated     packed, open
    packed        dropped_off, open
    dropped_off   accepted, disputed, packed (two counts at the building differed: it had not come)
    disputed      open (redeliver), refunded, accepted
    accepted, short, cancelled, refunded    — the end

A basket. Offers are single items or bundles; bundles are taken apart and the same item is added up **before** any limit
is looked at, so that no limit can be got round by ordering one item in two ways:

    basket (鸡蛋 limited to 2)                 eggs counted    outcome
    鸡蛋 × 2                                   2               goes through
    鸡蛋 × 3                                   3               refused (hard) or asked (soft)
    套餐 with 1 egg × 1 + 鸡蛋 × 2             3               refused (hard) or asked (soft)
    two different bundles with 2 eggs each     4               refused (hard) or asked (soft)
    limit of 1 per person, household of 3      at most 3       per person limits grow with the household
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.core import codes
from app.core.sentences import N_, Sentence, sentence

CODE_LENGTH = 8
MAX_QTY = 999


# Values of the Stage enum in models.py, whose members compare equal to them; the counter's column is qty_<stage>.
LEGAL: Mapping[str, frozenset[str]] = {
    "open": frozenset({"allocated", "short", "cancelled"}),
    "allocated": frozenset({"packed", "open"}),
    "packed": frozenset({"dropped_off", "open"}),
    "dropped_off": frozenset({"accepted", "disputed", "packed"}),
    "disputed": frozenset({"open", "refunded", "accepted"}),
    "accepted": frozenset(),
    "short": frozenset(),
    "cancelled": frozenset(),
    "refunded": frozenset(),
}
TERMINAL: frozenset[str] = frozenset(stage for stage, onward in LEGAL.items() if not onward)


def is_legal(from_stage: str, to_stage: str) -> bool:
    """Whether a unit may go from one stage to the other in one step."""
    return to_stage in LEGAL[from_stage]


@dataclass(frozen=True, slots=True)
class Component:
    """`qty` sale units of an item inside one unit of an offer."""

    item_id: int
    qty: int


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """What one unit of an offer is and costs in this cycle. `max_qty` None: no limit of its own."""

    offer_id: int
    name: str
    price_fen: int
    components: tuple[Component, ...]
    max_qty: int | None = None
    is_hard: bool = True


@dataclass(frozen=True, slots=True)
class ItemLimit:
    """A limit on one item, whichever offers it comes from. `is_per_person` multiplies by the size of the household."""

    item_id: int
    name: str
    max_qty: int
    is_hard: bool = True
    is_per_person: bool = False


@dataclass(frozen=True, slots=True)
class OfferChoice:
    """`qty` units of an offer, as picked by the resident."""

    offer_id: int
    qty: int


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that the basket exceeds. Hard ones refuse the order, soft ones are asked about."""

    is_hard: bool
    said: Sentence
    offer_id: int | None = None
    item_id: int | None = None


def merge_choices(choices: Iterable[OfferChoice]) -> dict[int, int]:
    """Offer id → quantity, same offers added up, zeros left out, in order of id.

    Raises ValueError for a quantity that is negative or above `MAX_QTY` in sum.
    """
    merged: dict[int, int] = {}
    for choice in choices:
        if choice.qty < 0:
            raise ValueError("a quantity below zero cannot be ordered")
        merged[choice.offer_id] = merged.get(choice.offer_id, 0) + choice.qty
    if any(qty > MAX_QTY for qty in merged.values()):
        raise ValueError(f"more than {MAX_QTY} of one offer cannot be ordered")
    return {offer_id: qty for offer_id, qty in sorted(merged.items()) if qty}


def items_of_choices(offers: Mapping[int, OfferTerms], choices: Iterable[OfferChoice]) -> dict[int, int]:
    """Item id → sale units, bundles taken apart and merged by item, in order of id. Raises KeyError: unknown offer."""
    units: dict[int, int] = {}
    for offer_id, qty in merge_choices(choices).items():
        for component in offers[offer_id].components:
            units[component.item_id] = units.get(component.item_id, 0) + qty * component.qty
    return dict(sorted(units.items()))


def total_fen(offers: Mapping[int, OfferTerms], choices: Iterable[OfferChoice]) -> int:
    """What the basket costs, in fen. Raises KeyError: unknown offer."""
    return sum(qty * offers[offer_id].price_fen for offer_id, qty in merge_choices(choices).items())


def limit_breaches(
    offers: Mapping[int, OfferTerms], choices: Iterable[OfferChoice], limits: Iterable[ItemLimit] = (), persons: int = 1
) -> tuple[Breach, ...]:
    """Every limit the basket exceeds, offers first, then merged items; empty when all is well.

    `persons` is the size of the household (at least 1 is assumed). Raises KeyError for an offer not in `offers`.
    """
    merged = merge_choices(choices)
    found = [_offer_breach(offers[offer_id], qty) for offer_id, qty in merged.items()]
    units = items_of_choices(offers, [OfferChoice(offer_id, qty) for offer_id, qty in merged.items()])
    found += [_item_breach(limit, units.get(limit.item_id, 0), max(persons, 1)) for limit in limits]
    return tuple(breach for breach in found if breach is not None)


def _offer_breach(offer: OfferTerms, qty: int) -> Breach | None:
    if offer.max_qty is None or qty <= offer.max_qty:
        return None
    values: dict[str, object] = {"name": offer.name, "max": offer.max_qty, "qty": qty, "over": qty - offer.max_qty}
    if offer.is_hard:
        said = sentence(N_("%(name)s每户限%(max)s份，您选了%(qty)s份，请减少%(over)s份。"), **values)
    else:
        said = sentence(N_("%(name)s建议每户不超过%(max)s份，您选了%(qty)s份，确定要这么多吗？"), **values)
    return Breach(offer.is_hard, said, offer_id=offer.offer_id)


def _item_breach(limit: ItemLimit, qty: int, persons: int) -> Breach | None:
    allowed = limit.max_qty * (persons if limit.is_per_person else 1)
    if qty <= allowed:
        return None
    values: dict[str, object] = {"name": limit.name, "max": allowed, "qty": qty, "over": qty - allowed}
    if limit.is_hard:
        said = sentence(N_("%(name)s每户最多%(max)s份，您的订单里（含套餐）共%(qty)s份，请减少%(over)s份。"), **values)
    else:
        said = sentence(
            N_("%(name)s建议每户不超过%(max)s份，您的订单里（含套餐）共%(qty)s份，确定要这么多吗？"), **values
        )
    return Breach(limit.is_hard, said, item_id=limit.item_id)


def order_code(number: int) -> str:
    """The code a resident keeps, from a number below `order_code_count()` that the caller draws at random."""
    return codes.encode(number, CODE_LENGTH)


def order_code_count() -> int:
    """How many order codes exist (31 to the 8th, 8.5 × 10¹¹)."""
    return codes.capacity(CODE_LENGTH)


def read_order_code(text: str) -> str | None:
    """The plain order code that somebody typed, or None if it cannot be one (length, character or check wrong)."""
    code = codes.normalise(text)
    return code if code is not None and len(code) == CODE_LENGTH + 1 else None
