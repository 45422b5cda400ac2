"""Lines that are no entry by their form: talk of other things, sums, and talk that wants something all the same."""

from __future__ import annotations

import re

from app.intake.grammar.lines import lines
from app.intake.grammar.lines.heading_context import Hearing
from app.intake.grammar.people.mentions import ROOMS, mentions

AROUND = " :：。.,，-—【】[]()"
NOTICE = tuple(
    "满 起送 每份 每人 每户 还差 截止 截单 自提 团长 价格 售价 统一 到货 预计 开团 结团 配送 库存 限购 限 合计"
    " 总计 共计 接龙 注意 温馨提示 备注: 说明 规格 共".split()
)

_MONEY_ONLY = re.compile(r"[共计合总收款已一了到 ]+\d+(?:\.\d+)? ?(?:元|块钱?)")
_ALSO_WANTS = re.compile(
    "(?:(?:我|俺)们?家?(?:想)?要|(?:(?:我|俺)们?家?)?(?:也|都|同)想?(?:要|来|订|跟|拼)|跟|同上|me too|count me in"
    "|(?:算|加|带|捎)我(?:们|家)?(?:一[个份])?)[了的啊哦哈吧呀嘛!！。~ ]*",
    re.IGNORECASE,
)
_ABOUT_THE_LIST = re.compile(
    r"(?:截止|截单|封单|结单|收单|关门)了?[哈啊哦啦]*[,，!！。 ](?!.*\d{3})[^一二两三四五六七八九十\d]*"
    r"(?:[一二两三四五六七八九十\d]+ ?(?:点|号|个?(?:小区|区|群|楼|期|弄))[^一二两三四五六七八九十\d]*)*$"
    r"|[\u4e00-\u9fff]{0,6}[几两二三四五六七八九]条弄堂?[^一二两三四五六七八九十\d]*$"
    r"|[一二两三四五六七八九\d]个?(?:群|小区|区|期|园|弄|栋楼)的?(?:都|全)?(?:合|混|汇总|并)(?!.*\d{3})[^份箱袋板斤瓶盒个]*$"
)
"""截止了，明天十点两个区一起送; 三个群的合一起了，4月12号的: about the list, whatever is counted there."""


_GLUED = re.compile(r"\d{4,6}(?!\d)")
"""42302: building, stairwell and room in one number."""
_CHANGES = re.compile("[换改退减加]|不要|取消|不用|作废|覅|勿要")


def is_vague_request(text: str) -> bool:
    """`我也要`, `加我一个`: somebody wants something, and nothing says who or what."""
    return bool(_ALSO_WANTS.fullmatch(text))


def is_about_the_list(text: str, hearing: Hearing) -> bool:
    """Whether a line speaks of the list or of its end and of nobody's order."""
    return bool(_ABOUT_THE_LIST.match(text.replace("一起", ""))) and not hearing.lexicon.mentioned(text)


def is_unrelated(text: str, *, quantity: bool) -> bool:
    """以上是昨天的, BTW the lift is broken: about other things."""
    starts = text.strip(AROUND).startswith(("以上", "上面", "以下"))
    return not quantity and (starts or text.lower().startswith("btw "))


def is_summary_line(text: str, hearing: Hearing) -> bool:
    """`合计3份`, `海棠园合计 7 件`: what somebody added up, of all or of a place, but of no room."""
    found = mentions(text, hearing.names)
    if any(each.level in ROOMS for each in found) and not _MONEY_ONLY.fullmatch(text):
        return False
    if found and found[0].start == 0:
        return text[found[0].end :].lstrip(" :：").startswith(("合计", "小计", "总计", "共计"))
    return lines.is_total_line(text)


def may_be_order(text: str, hearing: Hearing) -> bool:
    """`502 大米让给对门了`, `7号楼整个三楼都要`: somebody of an address wants something; only a person knows what."""
    found = mentions(text, hearing.names)
    placed = any(each.level in ROOMS for each in found) or bool(_GLUED.match(text) and _swaps(text, hearing))
    if placed and not any(word in text for word in NOTICE):
        return True
    return bool(found) and any(word in text for word in ("都要", "也要", "要的", "想要", "来一", "订一"))


def _swaps(text: str, hearing: Hearing) -> bool:
    """Whether words change an order, or name goods."""
    return bool(_CHANGES.search(text)) or (not hearing.lexicon.is_open and bool(hearing.lexicon.mentioned(text)))


def names_a_room(text: str, hearing: Hearing) -> bool:
    """Whether a line holds what may be a room."""
    return any(each.level in ROOMS for each in mentions(text, hearing.names))
