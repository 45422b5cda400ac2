"""The same request in other words: polite, spoken or English words made those that the grammar knows.

written                                    read as
烦请登记一份 · 劳驾帮我订两袋                登记一份 · 订两袋
烦请减去一份 · 再添一板 · 再+1箱             减一份 · 再加一板 · 再加1箱
牛奶 2→1 · 2->3                             牛奶 2改成1 · 2改成3
x1 each · cancel, sorry                     各1 · 取消
501 502 503 各1份                           501、502、503 各1份
十一号楼的二零四室 · 5号二楼二〇二             十一号楼二零四室 · 5号二〇二
代楼上301 · ，对门302也帮他带1份              301 · ，302 1份
鸡蛋不要啦 · 那一份取消                       鸡蛋不要了 · 取消
刚才说错了 西瓜要2个 · 玉米多写了，1份就够      西瓜改成2个 · 玉米改成1份

Nothing is added: a word is replaced by one of the same meaning, or left out where it means nothing for the order.
Works on folded text; one look at the words that occur decides whether a line is rewritten at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from app.core import chinese
from app.intake.grammar import words

_HAN = "\u4e00-\u9fff"
_SPOKEN = "零〇一二三四五六七八九十百"
_COUNT = rf"(?:\d{{1,2}}|[{_SPOKEN}两]{{1,3}})"
_UNIT = "(?:" + "|".join(sorted((u for u in words.UNITS if not u.isascii()), key=len, reverse=True)) + ")"
_POLITE = "(?:烦请|劳驾|劳烦|烦劳|恳请|有劳)(?:您|团长|楼长|志愿者)?"
_HELP = "(?:代为|帮忙|帮我|给我|予以)?"
_NEIGHBOUR = "(?:楼上|楼下|对门|隔壁)"
_GOOD = rf"(?P<good>[{_HAN}]{{1,5}}?)"
_TAKEN_BACK = re.compile("|".join((*words.CANCELS, *words.SETS, "减", "退")))
_MAY_HOLD = re.compile(
    "烦请|劳驾|劳烦|烦劳|恳请|有劳|减去|添|再 ?\\+|->|→|=>|each|cancel|thx|thank|sorry|各|每户|每家|的|[楼层]"
    "|对门|隔壁|啦|咯|喽|那|错了|多写|写多|俺|阿拉|咱|也要|更正|刚才|方才|碎了|坏了|破了|烂了",
    re.IGNORECASE,
)
_Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]


def _listed(match: re.Match[str]) -> str:
    return "、".join(match["rooms"].split()) + match["each"]


def _without_floor(match: re.Match[str]) -> str:
    """The room without its floor, where the number of the room says it too (5号二楼二〇二)."""
    floor, room = chinese.numeral(match["floor"]), chinese.numeral(match["room"])
    floor = int(match["floor"]) if match["floor"].isdecimal() else floor
    room = int(match["room"]) if match["room"].isdecimal() else room
    return match["house"] + match["room"] if floor and room and room // 100 == floor else match[0]


_RULES: tuple[_Rule, ...] = (
    (re.compile(rf"{_POLITE}{_HELP}(?=登记|记|预?订|预定|要|来|再?[加添减]|改|取消|退|划掉|撤)"), ""),
    (re.compile(rf"{_POLITE}(?=[送放敲交挂按打])"), "请"),
    (re.compile(rf"减去(?={_COUNT})"), "减"),
    (re.compile(rf"(?:再|另|又) ?[添+](?={_COUNT})"), "再加"),
    (re.compile(rf"(?<=[ {_HAN}xX×*])(\d{{1,2}})({_UNIT})? ?(?:->|=>|→) ?(?=\d{{1,2}}(?!\d))"), r"\1\2改成"),
    (re.compile(r"[xX×*]? ?(?<!\d)(\d{1,2}) each\b", re.IGNORECASE), r"各\1"),
    (re.compile(r"\beach ?[xX×*]? ?(?=\d{1,2}(?!\d))", re.IGNORECASE), "各"),
    (re.compile(r"(?<!not )(?<!n't )(?<!n’t )(?<!dont )\bcancel(?:l?ed)?\b", re.IGNORECASE), "取消"),
    (re.compile(r"(?<![A-Za-z])(?:thx|thanks|thank you|sorry)(?![A-Za-z])", re.IGNORECASE), " "),
    (re.compile(r"(?<![\d-])(?P<rooms>\d{3,4}(?: \d{3,4})+)(?P<each> ?(?:各|每户|每家))"), _listed),
    (re.compile(rf"(?<=[楼幢栋座元])的(?=[{_SPOKEN}]{{3,5}}[室 ,，]|\d{{3,4}}(?!\d))"), ""),
    (
        re.compile(
            rf"(?P<house>[号幢栋座阁元] ?)(?P<floor>\d{{1,2}}|[{_SPOKEN}]{{1,3}})[楼层] ?"
            rf"(?P<room>\d{{3,4}}|[{_SPOKEN}]{{3,4}})(?=室|[ ,，、]|$)"
        ),
        _without_floor,
    ),
    (re.compile(rf"(?<![{_HAN}\d])(?:代|帮|替){_NEIGHBOUR}(?=\d{{3,4}} )"), ""),
    (re.compile(rf"([,，] ?){_NEIGHBOUR}(\d{{3,4}}) ?(?:也|还)?(?:要|来|帮[他她]?带)(?={_COUNT})"), r"\1\2 "),
    (re.compile("(?<=[要消掉用订退了])[啦咯喽]"), "了"),
    (
        re.compile(rf"(?:刚才|刚刚|刚)?[说写报打填]错了[,， ]+{_GOOD}(?:应该)?[是要](?={_COUNT} ?{_UNIT})"),
        r"\g<good>改成",
    ),
    (re.compile(rf"{_GOOD}(?:多写|写多)了[,， ]+(?:只要)?({_COUNT} ?{_UNIT})就(?:够|好|行)了?"), r"\g<good>改成\2"),
    (re.compile(r"(?:阿拉|俺们?|咱们?)(?:家|屋里)?(?=也?(?:要|来|订))"), "我家"),
    (re.compile(rf"(?<=[要来订买拿])俩(?=[{_HAN}])(?!{_UNIT})"), "两个"),
    (re.compile(rf"(?:也|还)要{_GOOD}[,，] ?再?加(?={_COUNT} ?{_UNIT})"), r"再加\g<good>"),
    (re.compile(rf"(?<= )上[次回][^ ,，。]{{0,6}}(?:碎|坏|破|烂)了{_COUNT}{_UNIT}[^ ,，。]*"), " "),
)  # fmt: skip
_OF_CHANGES: tuple[_Rule, ...] = (
    (re.compile(r"^更正 ?[:：]"), ""),
    (re.compile("(?:刚才|方才)(?:的|那)?"), ""),
    (re.compile(f"的?那(?:一{_UNIT}|份)[,，]? ?"), " "),
)
"""Only in a line that changes or withdraws an order."""


def plainly(text: str) -> str:
    """Folded text in the words of the grammar."""
    if not _MAY_HOLD.search(text):
        return text
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    if _TAKEN_BACK.search(text.removeprefix("更正")):
        for pattern, instead in _OF_CHANGES:
            text = pattern.sub(instead, text)
    return text.strip()
