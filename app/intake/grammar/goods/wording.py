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

from app.core.text import chinese
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
    "|对门|隔壁|啦|咯|喽|那|错了|多写|写多|俺|阿拉|咱|也要|更正|刚才|方才|碎了|坏了|破了|烂了|搬|只要|吧|条|太|多了|我|退|覅|勿要|[伐哇]|侬|啦|付|现金|都",
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
        re.compile(rf"(?:[上前]面|刚才|刚刚|刚)?我?[说写报打填]错了[,， ]+{_GOOD}(?:应该)?[是要](?={_COUNT} ?{_UNIT})"),
        r"\g<good>改成",
    ),
    (re.compile(rf"{_GOOD}(?:多写|写多)了[,， ]+(?:只要)?({_COUNT} ?{_UNIT})就(?:够|好|行)了?"), r"\g<good>改成\2"),
    (re.compile(r"(?:阿拉|俺们?|咱们?)(?:家|屋里)?(?=也?(?:要|来|订))"), "我家"),
    (re.compile(rf"(?<=[要来订买拿])俩(?=[{_HAN}])(?!{_UNIT})"), "两个"),
    (re.compile(rf"(?:也|还)要{_GOOD}[,，] ?再?加(?={_COUNT} ?{_UNIT})"), r"再加\g<good>"),
    (re.compile(rf"(?<= )上[次回][^ ,，。]{{0,6}}(?:碎|坏|破|烂)了{_COUNT}{_UNIT}[^ ,，。]*"), " "),
)  # fmt: skip
_SPOKEN_HERE: tuple[_Rule, ...] = (
    (re.compile("覅|勿要"), "不要"),
    (re.compile("[,， ]*(?:好[伐哇]|好勿啦|谢谢侬|对伐)(?=$|[ ,，。!！~])"), " "),
    (re.compile(f"(?:钞票|铜钿)(?:已经?|刚刚)?付(?:脱|好|过)?了(?![{_HAN}])"), "已付款"),
    (re.compile("[,， ]*(?:钞票|铜钿|钱)?(?:等歇|等会儿?|夜里|明朝)再?付(?=$|[ ,，。!！~])"), " "),
    (re.compile("[,， ]+(?:钞票|付)?现金(?=$|[ ,，。!！~])"), " "),
    (re.compile(rf"(?<=\d )只要(?={_COUNT} ?{_UNIT}(?:就[够好行]了?)?$)"), ""),
    (re.compile(rf"(?<=[\d ])一{_UNIT}[都也]不要了(?=$|[ ,，。!！])"), "不要了"),
)
"""Words of Shanghai, and how one withdraws everything."""
_OF_CHANGES: tuple[_Rule, ...] = (
    (re.compile(r"^更正 ?[:：]"), ""),
    (re.compile("(?:刚才|方才)(?:的|那)?"), ""),
    (re.compile(f"的?那(?:一{_UNIT}|份)[,，]? ?"), " "),
)
"""Only in a line that changes or withdraws an order."""

_KIN = (
    "(?:" + "|".join(sorted((kin for kin in words.KIN if kin != "家"), key=len, reverse=True)) + "|爸妈|公婆|公公婆婆)"
)
_BEGIN = r"(?P<no>^|^\(?\d{1,3}[.)、] ?)"
"""The start of a line, its number included."""
_MOVED: tuple[_Rule, ...] = (
    (
        re.compile(
            _BEGIN + r"(?!.*(?:还送|旧|老房|老地方))(?:以前|原来|原先|之前|本来)(?:是|住|在)*[^,，;；]{3,18}[,，] ?"
            r"(?:我们家?|我家|我|现在|已经|刚|今天)*搬[到去]了?(?P<now>[^,，;；]{3,18}?)了?[,，] ?"
        ),
        r"\g<no>\g<now>,",
    ),
    (
        re.compile(
            rf"{_BEGIN}(?:我们家?|我家|我)搬[到去](?P<now>[^,，;；]{{3,18}}?)了[,，] ?"
            rf"(?:还是|照旧)(?={_COUNT} ?{_UNIT})"
        ),
        r"\g<no>\g<now>,",
    ),
)
"""Somebody who moved: only where the flat that they live in now is the place of the order."""
_CORRECTIONS: tuple[_Rule, ...] = (
    (re.compile(rf"(?:上面|刚才|刚刚|前面)?我?[说写报打填]错了[,， ]+(?:应该)?[是要](?={_COUNT} ?{_UNIT})"), "改成"),
    (
        re.compile(
            rf"{_BEGIN}更正 ?[:：] ?(?P<place>[^,，;；:：改由变调]{{3,20}}?) ?(?:应该)?[是为](?={_COUNT} ?{_UNIT})"
        ),
        r"\g<no>\g<place> 改成",
    ),
    (
        re.compile(rf"{_GOOD}我?[多写拍订买报][写拍订买报多]了[,， ]+(?:只要)?({_COUNT} ?{_UNIT})就?(?:够|好|行)了?"),
        r"\g<good>改成\2",
    ),
    (re.compile(rf"{_GOOD}我?(?:多[写拍订买]|[写拍订买]多)了[,， ]+(?:请)?减({_COUNT} ?{_UNIT})"), r"减\2\g<good>"),
    (re.compile(rf"只要({_COUNT} ?{_UNIT})了(?=$|[ ,，。])"), r"改成\1"),
    (
        re.compile(rf"(?<=[少减加退成]){_COUNT} ?{_UNIT}(?P<end>吧)(?=$|[ ,，。!！])"),
        lambda match: match[0].removesuffix("吧"),
    ),
    (
        re.compile(r"(?:我的?)?(?:上一?条|上面那条|前面那条|刚才那条)(?:接龙)?(?:就|都)?(?:不算了?|作废|取消|不要)了?"),
        "取消",
    ),
    (re.compile(rf"{_GOOD}太[重大小贵多][了啦]?[,， ]*(?:就)?不要了?(?=$|[ ,，。!！])"), r"\g<good>不要了"),
)
"""Corrections of what was ordered above."""
_ASIDES: tuple[_Rule, ...] = (
    (
        re.compile(
            rf"(?<=\d) ?(?:是|就是)?我们?家?{_KIN}{{1,2}}(?:那边|那里|那儿|家)?也?[来要订拿]?(?={_COUNT} ?{_UNIT})"
        ),
        " ",
    ),
    (
        re.compile(rf"{_BEGIN}我?{_KIN}{{1,2}}(?:家|那边)?[住在]在?(?=[^,，;；]{{3,16}}[,，] ?{_COUNT} ?{_UNIT})"),
        r"\g<no>",
    ),
    (re.compile(r"(?<=[;；,，]) ?我自己(?:家|住)?(?![要来订买拿想也])(?=[^,，;； 不没退取别]{1,12}\d)"), ""),
    (
        re.compile(
            rf"[,，] ?(?:昨[天日晚]|前天|上[次回周])的?(?!{_COUNT})[{_HAN}]{{1,5}}?(?:已经|都|也)*"
            rf"退(?:款|钱)?[了过]+(?=$|[,，。])"
        ),
        "",
    ),
    (re.compile(rf"(?<=[ ,，])我?{_KIN}(?:会|等会儿?|明天|晚上|下午|去)*来[拿取](?=$|[ ,，。])"), "自取"),
)
"""Words beside an order that change nothing of it."""


def normalise_wording(text: str) -> str:
    """Folded text in the words of the grammar."""
    if not _MAY_HOLD.search(text):
        return text
    for pattern, instead in (*_SPOKEN_HERE, *_MOVED, *_CORRECTIONS, *_ASIDES, *_RULES):
        text = pattern.sub(instead, text)
    if _TAKEN_BACK.search(text.removeprefix("更正")):
        for pattern, instead in _OF_CHANGES:
            text = pattern.sub(instead, text)
    return text.strip()
