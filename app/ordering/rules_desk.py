"""Reading goods as they are typed at the telephone, and whether a line may stand beside an order that is there.

Words are what `goods_names` knows: names, other names, pinyin however it is shortened; a number before × is the number
of an offer.

    typed                 read as
    青菜2 土豆 1          青菜 2, 土豆 1
    青菜2土豆             青菜 2, 土豆 1           nothing said: one
    qc2 td                青菜 2, 土豆 1           initials
    qcai2 tudou           青菜 2, 土豆 1           pinyin, whole or shortened
    3x2 #5                offer 3 twice, offer 5 once
    青菜2份，土豆x1袋     青菜 2, 土豆 1           units and signs are passed over
    青菜2 青菜1           青菜 3                   the same again is added
    菜2                   one word that holds it: taken; several: asked; none: said
    +青菜1                青菜 1, to be added to what stands
    =青菜1                青菜 1, instead of what stands

What happens with an order of the household that stands already (never chosen silently):

    chosen     keep        replace    add        nothing
    outcome    unchanged   replaced   added to   asked
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from app.core.text import chinese
from app.core.text.goods_names import GoodsName, NameIndex

LONGEST = 300
MOST_QTY = 999
_LETTERS = re.compile(r"[a-z]+")
UNITS = "份袋盒瓶个只箱包板提桶把颗根条斤块罐支"
_SKIP = re.compile(r"[\s,，、;；。./]+")
_NUMBERED = re.compile(r"#(\d{1,3})(?![\d])|(\d{1,3})(?=\s*[x×*])")
_QTY = re.compile(r"\s*[x×*:]?\s*(\d{1,4})")
_WORD = re.compile(r"[^\d\s,，、;；。./#x×*]+|[^\d\s,，、;；。./#]+")
SIGNS = {"+": "add", "＋": "add", "=": "replace", "＝": "replace"}


@dataclass(frozen=True, slots=True)
class UnclearGoods:
    """Something typed that is no offer (`options` empty) or may be several."""

    typed: str
    options: tuple[GoodsName, ...] = ()


@dataclass(frozen=True, slots=True)
class TypedGoodsLine:
    """What was read: offer id → quantity in the order typed; what is doubtful; the sign before all, if any."""

    picked: tuple[tuple[int, int], ...]
    doubts: tuple[UnclearGoods, ...]
    sign: str = ""


def read_goods(text: str, goods: Iterable[GoodsName]) -> TypedGoodsLine:
    """Read a line of goods. Every character is either read, passed over as a sign, or in a doubt."""
    rest = chinese.fold(unicodedata.normalize("NFKC", text[:LONGEST])).lower().strip()
    sign = SIGNS.get(rest[:1], "")
    at, picked, doubts = 1 if sign else 0, dict[int, int](), list[UnclearGoods]()
    index = NameIndex(goods)
    while at < len(rest):
        skipped = _SKIP.match(rest, at)
        if skipped:
            at = skipped.end()
            continue
        typed, found, at = _one(rest, at, index)
        qty, at = _quantity(rest, at, index)
        if len(found) == 1 and 0 < qty <= MOST_QTY:
            picked[found[0].id] = picked.get(found[0].id, 0) + qty
        elif len(found) == 1:
            doubts.append(UnclearGoods(f"{typed}{qty}"))
        else:
            doubts.append(UnclearGoods(typed, found))
    return TypedGoodsLine(tuple(picked.items()), tuple(doubts), sign)


def _one(rest: str, at: int, index: NameIndex) -> tuple[str, tuple[GoodsName, ...], int]:
    """What stands at a place: (as typed, the offers it may be, where it ends)."""
    numbered = _NUMBERED.match(rest, at)
    if numbered:
        number = int(numbered[1] or numbered[2])
        return numbered[0], tuple(one for one in index.goods if one.number == number), numbered.end()
    size = next((len(word) for word in index.longest if _stands(rest, at, word)), 0)
    if size:
        typed = rest[at : at + size]
        return typed, index.called(typed), at + size
    letters = _LETTERS.match(rest, at)
    for typed in _without_times(letters[0], rest[letters.end() :]) if letters else ():
        spelled = index.spelled(typed)
        if spelled:
            return typed, spelled, at + len(typed)
    said = _WORD.match(rest, at)
    typed = said[0] if said else rest[at]
    return typed, index.holding(typed), at + len(typed)


def _without_times(letters: str, behind: str) -> tuple[str, ...]:
    """Letters as they may be meant: the x of `qcaix2` may be the last letter, or the sign in front of the number."""
    return (letters, letters[:-1]) if letters[-1] == "x" and behind[:1].isdigit() and len(letters) > 1 else (letters,)


def _stands(rest: str, at: int, spelling: str) -> bool:
    """Whether the spelling begins here; Latin letters end where no letter follows, so `qc` is not read in `qcai`."""
    end = at + len(spelling)
    if not rest.startswith(spelling, at):
        return False
    after = rest[end : end + 1]
    if spelling[-1].isdigit():
        return not after.isdigit()
    is_latin = spelling[-1].isascii() and spelling[-1].isalpha()
    return not (is_latin and after.isascii() and after.isalpha()) or _is_times(rest, end)


def _is_times(rest: str, at: int) -> bool:
    return rest[at : at + 1] == "x" and rest[at + 1 : at + 2].isdigit()


def _quantity(rest: str, at: int, index: NameIndex) -> tuple[int, int]:
    """(quantity, where it ends): one where nothing is said; a unit behind is passed over unless goods begin there."""
    found = _QTY.match(rest, at)
    is_next_number = found is not None and _NUMBERED.match(rest, found.start(1)) and rest[at : found.start(1)].isspace()
    if found is None or is_next_number:
        return 1, at
    end = found.end(1)
    unit = end + len(rest[end:]) - len(rest[end:].lstrip())
    is_goods = any(_stands(rest, unit, word) for word in index.longest)
    if rest[unit : unit + 1] and rest[unit] in UNITS and not is_goods:
        end = unit + 1
    return int(found[1]), end


def choice_for(stands: bool, chosen: str, sign: str) -> str:
    """What to do: place, keep, replace, add, or ask. The sign typed before the goods counts before the button."""
    if not stands:
        return "place"
    return sign or chosen or "ask"
