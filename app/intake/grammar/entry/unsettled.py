"""Words that leave open what to deliver, although a number stands there: then a person decides.

少一个不要紧 · 最多2袋 · 2袋左右 · 1份也行 · 有多少要多少      the number is a limit, or does not matter
2根就够, where the good is not sold by 根                     how many sale units that is
上次少送一箱，这次一起补 · 欠我的1份补上                       an earlier delivery: how much of it is in the number
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.intake.grammar import words
from app.intake.grammar.goods.lexicon import Lexicon
from app.intake.grammar.model import ChainGoods

_UNIT = "(?:" + "|".join(sorted((u for u in words.UNITS if not u.isascii()), key=len, reverse=True)) + ")"
_N = r"(?:(?<!\d)\d{1,3}(?![\d点号日:：天]|小时|分钟)|[一二两三四五六七八九十半俩几](?![点号日天楼层期区]))"
_NO_MATTER = "不要紧|没关系|没事|无所谓|不碍事|不打紧|没问题|不介意|不怕|无妨|不计较|行|可以|成|好"
_LOOSE = re.compile(
    rf"(?:最多|至多|顶多|不超过|不要超过|别超过|至少|最少|起码|大概|大约|差不多) ?[要来订拿是买给]? ?{_N}"
    rf"|{_N} ?{_UNIT}?(?:以内|封顶|上下|左右|为限|为止|随便|无所谓|都无所谓)"
    rf"|{_N} ?{_UNIT}?(?:也|都)(?:{_NO_MATTER})"
    rf"|[多少缺差] ?{_N} ?{_UNIT}?[,， ]?(?:也|都)?(?:{_NO_MATTER})"
    rf"|(?:有多少|有几{_UNIT}?|能给多少|能给几{_UNIT}?|剩多少).{{0,4}}[要给来算拿]"
    r"|(?:数量|多少|几份|几个)(?:都|也)?(?:随便|随意|无所谓|不限|看着[给办])"
)
_ENOUGH = re.compile(rf"{_N} ?(?P<unit>{_UNIT})(?:就|也|便|即)?(?:够|足够|足矣|够用)")
_TIME = "上[一]?[次回批周趟轮]|上个?(?:星期|礼拜|月)|昨[天日晚]|前[天晚几]天?|前[一]?[次回批]|之前|以前|那天|那[次回批]"
_SHORT = (
    "少送|少发|少给|少拿|少配|少装|少了|少[一二两三四五六\\d]|漏|没送|没发|没给|没收到|没拿到|没到|未送|未收到|欠|缺|差了"
    "|差[一二两三四五六\\d]|送少|发少|给少|送错|发错|拿错|给错|错送"
)
_EARLIER = re.compile(
    rf"(?:{_TIME})[^。;；]{{0,12}}?(?:{_SHORT})|(?:{_TIME})[^。;；]{{0,16}}?补(?!水|钙|贴)"
    rf"|补[^。;；]{{0,6}}?(?:{_TIME})"
    "|(?:少送|少发|少给|漏送|漏发|漏给|没送到|送错|发错|欠)[^。;；]{0,10}?补|欠我|补(?:送|发|上|给我|齐|回来?)"
)
_TWICE = re.compile("(?:报|接|登记|订|下单|填|拍)过了?[,，。 ].{0,5}(?:作废|取消|不算|不要)")
"""我老公报过了，这条作废: the other order of that household stays."""
_SETTLED = re.compile("已经?(?:补|退|解决|处理)|[补退](?:过|好|到)了?")


def of_number(text: str) -> bool:
    """Whether words say that a number is a limit, or that it does not matter."""
    return bool(_LOOSE.search(text))


def of_earlier(text: str) -> bool:
    """Whether words speak of what was missing or wrong in an earlier delivery and is not settled yet."""
    return bool(_EARLIER.search(text)) and not _SETTLED.search(text)


def of_unit(text: str, ordered: Iterable[ChainGoods], lexicon: Lexicon) -> bool:
    """`2根就够`: enough in a unit that the good is not sold by."""
    sold = {lexicon.unit(each.item) for each in ordered} - {""}
    return any(match["unit"] not in sold for match in _ENOUGH.finditer(text)) if sold else False


def open_question(text: str, ordered: Iterable[ChainGoods], lexicon: Lexicon) -> str:
    """Why the words of an order leave open what to deliver, "" when they do not."""
    if of_number(text):
        return "range"
    if of_earlier(text):
        return "change_unclear"
    if _TWICE.search(text):
        return "change_unclear"
    return "unit_differs" if of_unit(text, ordered, lexicon) else ""
