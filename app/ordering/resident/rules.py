"""What the resident's form offers by itself: the last order again, and goods of the list named in free words.

The last order again (goods are compared by item or bundle, not by offer: offers belong to one cycle):

    last order        on offer now                 filled in     said
    鸡蛋 × 2          鸡蛋, no limit               2             nothing
    鸡蛋 × 3          鸡蛋, hard limit 2           2             每户限2份，已从3份减到2份
    鸡蛋 × 3          鸡蛋, advice 2               3             nothing here: it is asked about before placing
    鸡蛋 × 3          not on offer                 nothing       这次没有鸡蛋

Free words, clause by clause; the longest name of the list that a clause holds counts, with the number beside it:

    卷纸两提          卫生纸 is also called 卷纸    卫生纸 × 2
    2包盐、酱油        both on the list             盐 × 2, 酱油 × 1
    不要香菜           香菜 on the list             nothing: a clause that refuses asks for nothing
    猫粮              not on the list              nothing: the words stay for the point leader
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.core.sentences import N_, Sentence, sentence
from app.core.text import chinese
from app.core.text.goods_names import GoodsName, NameIndex

MOST_MENTIONED = 99
_PARTS = re.compile(r"[,，、。;；!！\n+/和]+|\s{2,}")
_REFUSES = ("不要", "不用", "别放", "不需要", "不吃", "别给")
_NUMBER = re.compile(r"\d{1,3}|[零一二三四五六七八九十两俩半]{1,3}")


@dataclass(frozen=True, slots=True)
class OfferedGoods:
    """What an offer stands for in every cycle: an item or a bundle."""

    item_id: int | None = None
    bundle_id: int | None = None


@dataclass(frozen=True, slots=True)
class OnOffer:
    """One offer of the present cycle. `limit` None: none; `is_hard`: it refuses rather than asks."""

    offer_id: int
    name: str
    goods: OfferedGoods
    limit: int | None = None
    is_hard: bool = True


@dataclass(frozen=True, slots=True)
class PastChoice:
    """One choice of an earlier order."""

    name: str
    goods: OfferedGoods
    qty: int


@dataclass(frozen=True, slots=True)
class RepeatedOrder:
    """Offer id → units to fill in, and what has to be said about the rest."""

    quantities: Mapping[int, int]
    said: tuple[Sentence, ...]


def repeat_order(last: Iterable[PastChoice], offers: Iterable[OnOffer]) -> RepeatedOrder:
    """The last order as the present list allows it."""
    by_goods = {offer.goods: offer for offer in offers}
    quantities: dict[int, int] = {}
    said: list[Sentence] = []
    for choice in last:
        offer = by_goods.get(choice.goods)
        if offer is None:
            said.append(sentence(N_("这次没有%(name)s。"), name=choice.name))
            continue
        qty = choice.qty
        if offer.limit is not None and offer.is_hard and qty > offer.limit:
            said.append(
                sentence(
                    N_("%(name)s每户限%(max)s份，已从%(qty)s份减到%(max)s份。"),
                    name=offer.name,
                    max=offer.limit,
                    qty=qty,
                )
            )
            qty = offer.limit
        quantities[offer.offer_id] = qty
    return RepeatedOrder(quantities, tuple(said))


@dataclass(frozen=True, slots=True)
class OfferMention:
    """An offer that free words name: the word as written, and how many were asked for (1 where none is said)."""

    offer_id: int
    word: str
    qty: int


def mentioned_offers(text: str, names: Iterable[GoodsName]) -> tuple[OfferMention, ...]:
    """The goods of the list that free words ask for, in order, each offer once. See the head of this file."""
    index = NameIndex(names)
    words = index.names()
    found: dict[int, OfferMention] = {}
    for part in _PARTS.split(chinese.fold(text).lower()):
        if any(word in part for word in _REFUSES):
            continue
        word = next((word for word in words if word in part), None)
        offer_id = index.named(word)[0].id if word is not None else None
        if word is not None and offer_id is not None and offer_id not in found:
            found[offer_id] = OfferMention(offer_id, word, _number(part.replace(word, " ", 1)))
    return tuple(found.values())


def without_mention(text: str, word: str) -> str:
    """Free words without the clauses that name `word`, once it is in the basket."""
    kept = [part.strip() for part in _PARTS.split(text) if word not in chinese.fold(part).lower()]
    return "，".join(part for part in kept if part)


def _number(text: str) -> int:
    """The first number in a clause whose goods are taken out, 1 where there is none."""
    match = _NUMBER.search(text)
    if match is None:
        return 1
    value = int(match[0]) if match[0].isdigit() else chinese.numeral(match[0])
    return min(max(value or 1, 1), MOST_MENTIONED)
