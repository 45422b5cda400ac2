"""What a name says about a pack, and how stated units become whole sale units.

    name                            total       pieces    sold as
    思念油条450g/*12包              5,400 g     12
    海天精选老抽500ml*12瓶/件       6,000 ml    12        件
    阳春面1*400g*20/包              8,000 g     20        包
    黄金鱼1*12瓶                    -           12
    五常 长粒香 50斤/包             25,000 g    1         包
    芒果(12个/箱约九斤)             4,500 g     12        箱      a weight beside a count is the whole
    Case, 12 x 400g (can)           4,800 g     12                a weight times a count is one piece
    84消毒液                        -           1                 a number without a unit is part of the name

Sale units are whole things. What is priced by weight is sold as a portion of 500 g:

    stated unit     sale unit    spec        weight    sale units in one stated
    千克 公斤 kg    份           500g/份     500 g     2
    斤              份           500g/份     500 g     1
    袋 盒 份 …      as stated    -           -         1
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction

from app.core.text.chinese import fold, numeral

_GRAMS = {"kg": 1000, "千克": 1000, "公斤": 1000, "g": 1, "克": 1, "斤": 500, "两": 50}
_MILLILITRES = {"l": 1000, "升": 1000, "ml": 1, "毫升": 1}
_PIECES = "个只瓶罐盒包袋枚颗根块片条张支枝卷听板打朵桶件箱份提把捆"
_NUMBER = r"(?:\d{1,6}(?:\.\d{1,3})?|[零〇一二两三四五六七八九十百半]{1,5})"
_UNIT = "|".join(sorted({*_GRAMS, *_MILLILITRES}, key=len, reverse=True))
_TIMES = r"[*x×]"
_MEASURE = re.compile(
    rf"(?:(\d{{1,4}})\s*[{_PIECES}]?\s*{_TIMES}\s*)?({_NUMBER})\s*({_UNIT})(?![a-z])"
    rf"(?:\s*/?\s*{_TIMES}\s*(\d{{1,4}}))?"
)
_COUNT = re.compile(rf"(?:\d{{1,4}}\s*{_TIMES}\s*)?(\d{{1,4}})\s*[{_PIECES}]")
_COUNT_IN_WORDS = re.compile(
    rf"[(\[](?:[^)\]]*[^)\]零〇一二两三四五六七八九十百])?([一二两三四五六七八九十百]{{1,4}})[{_PIECES}]"
)
_SOLD_AS = re.compile(rf"/\s*([{_PIECES}])|每([{_PIECES}])|[一1半]([箱])")
_PORTION_G = 500
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class PackSpec:
    """What a name says: `total` g or ml (`measure`) of the whole thing or None, `count` pieces in it, `sold_as`."""

    total: int | None
    measure: str
    count: int
    sold_as: str


def parse_pack_spec(name: str) -> PackSpec:
    """Read the pack from an item's name; never raises, unreadable parts are left out."""
    text = fold(name[:_LONGEST]).lower()
    base, _bar, ratio = text.partition("|")
    found = _MEASURE.search(base)
    sold = _SOLD_AS.search(base) or _SOLD_AS.search(ratio)
    sold_as = next((group for group in sold.groups() if group), "") if sold else ""
    if found is None:
        # Behind the bar stands the ratio of a sale unit ("|0.1斤/斤"); it counts only if the name says nothing.
        count = _count(base)
        found = _MEASURE.match(ratio) if count == 1 else None
        if found is None:
            return PackSpec(None, "", count, sold_as)
    before, number, unit, after = found.groups()
    count = int(before or 1) * int(after or 1)
    each, measure = _measured(number, unit)
    if each is None or count < 1:
        return PackSpec(None, "", 1, sold_as)
    if before is None and after is None:
        return PackSpec(each, measure, _count(base[: found.start()] + " " + base[found.end() :]), sold_as)
    return PackSpec(each * count, measure, count, sold_as)


def _count(text: str) -> int:
    digits = _COUNT.search(text)
    if digits and int(digits.group(1)) > 1:
        return int(digits.group(1))
    words = _COUNT_IN_WORDS.search(text)
    return (numeral(words.group(1)) or 1) if words else 1


def _measured(number: str, unit: str) -> tuple[int | None, str]:
    amount = _amount(number)
    if amount is None or amount <= 0:
        return None, ""
    if unit in _GRAMS:
        return round(amount * _GRAMS[unit]), "g"
    return round(amount * _MILLILITRES[unit]), "ml"


def _amount(text: str) -> Fraction | None:
    if text == "半":
        return Fraction(1, 2)
    if text[0].isdigit():
        return Fraction(text)
    value = numeral(text)
    return None if value is None else Fraction(value)


@dataclass(frozen=True, slots=True)
class SaleUnit:
    """What a resident orders whole numbers of. `per_stated`: sale units in one unit of the source's price and stock."""

    unit: str
    spec: str
    weight_g: int | None
    per_stated: int


def whole_sale_unit(stated: str) -> SaleUnit:
    """The sale unit for a stated unit; weights become portions of 500 g. Raises ValueError for none or a fraction."""
    unit = fold(stated).strip().lower()
    if not unit or len(unit) > 8:
        raise ValueError("a sale unit is a short word")
    if unit not in _GRAMS:
        return SaleUnit(unit, "", None, 1)
    if _GRAMS[unit] < _PORTION_G:
        raise ValueError(f"{stated} is less than a portion of {_PORTION_G} g")
    return SaleUnit("份", f"{_PORTION_G}g/份", _PORTION_G, _GRAMS[unit] // _PORTION_G)


def price_fen(yuan: str, per_stated: int = 1) -> int:
    """Fen per sale unit from a price in yuan per stated unit, half a fen rounded up. Raises ValueError: no price."""
    try:
        price = Decimal(yuan.strip())
    except InvalidOperation:
        raise ValueError(f"{yuan[:20]!r} is not a price") from None
    if not price.is_finite() or not 0 <= price < 10**6:
        raise ValueError(f"{yuan[:20]!r} is not a price")
    return int((price * 100 / per_stated).quantize(Decimal(1), rounding=ROUND_HALF_UP))


_FROZEN = "冻 冰淇淋 雪糕 冰鲜 冰鸡 冰猪 汤圆 水饺 饺子 馄饨".split()
_CHILLED = "酸奶 鲜奶 鲜牛奶 巴氏 奶酪 黄油 豆腐 豆浆 鲜肉 猪肉 牛肉 羊肉 鸡肉 冷藏".split()
_NOT_COLD = "冻干 果冻 冰糖 冰箱 冰红茶 冷冻袋 腐乳 豆腐干 牛肉干 猪肉脯 黄油饼干".split()
_FRAGILE = "鸡蛋 鸭蛋 鹌鹑蛋 皮蛋 咸蛋 玻璃 豆腐 草莓 薯片 蛋糕".split()
_STURDY = "蛋糕粉 蛋糕预拌 鸡蛋面 豆腐乳 豆腐干".split()


def storage_class(name: str, category: str = "") -> str:
    """A value of Storage guessed from the words of a name; a person may correct it. Ambient when nothing says cold."""
    text = f"{category} {name}"
    if any(word in text for word in _NOT_COLD):
        return "ambient"
    if any(word in text for word in _FROZEN):
        return "frozen"
    return "chilled" if any(word in text for word in _CHILLED) else "ambient"


def is_fragile(name: str) -> bool:
    """Whether the name is of something that breaks."""
    return any(word in name for word in _FRAGILE) and not any(word in name for word in _STURDY)
