"""What stands beside the words that withdraw an order: nothing but a refusal, goods that are kept, the reason why.

102 不要                       a refusal and nothing else: the order of that flat is withdrawn
鸡蛋不要了 西瓜留着             the eggs are withdrawn; the melon, ordered before, stays as it is
不要了，单位刚发了两箱           the order is withdrawn; two boxes are why, and nobody wants them
"""

from __future__ import annotations

import re
from dataclasses import replace

from app.intake.grammar import words
from app.intake.grammar.entry.changes import Changing
from app.intake.grammar.goods.lexicon import Lexicon

_CLAUSES = re.compile("([ ,，;；。!！]+)")
_KEPT = re.compile(
    r"^(?:但|但是|不过)?(.{1,6}?)(?:还是|还|仍|都|依然)?(?:留着|留下|保留|留|要的|照要|照旧|不变|不动)[的吧哈啊哦]*$"
)
_REFUSED = frozenset("不要 不要了 不用 不用了 不需要 不需要了 算了 不订了 退 退了 取消".split())
_UNIT = "(?:" + "|".join(sorted((u for u in words.UNITS if not u.isascii()), key=len, reverse=True)) + ")"
_ONE_CHANGE = re.compile(
    r"(?P<good>[\u4e00-\u9fff]{1,6}?)(?:(?P<gone>不要)|(?P<verb>加|减|退)"
    rf"(?P<count>\d{{1,2}} ?{_UNIT}?|[一二两三四五六七八九十] ?{_UNIT}))"
)
_WANTED = re.compile("[要来订加改换买补留添只送]")
_TELLS = re.compile("[了有剩]")
_BREAK = " ,，;；。"


def is_refusal(text: str) -> bool:
    """Whether the words beside an address are a refusal and nothing else."""
    return text.strip(" ,，。.!！:：") in _REFUSED


def set_apart(text: str, lexicon: Lexicon) -> str:
    """`面包加1袋`, `牛奶不要`: one known good with its change and nothing else, as words that are read one by one."""
    match = _ONE_CHANGE.fullmatch(text.strip(" ,，。!！~"))
    if match is None or lexicon.is_open or not lexicon.knows(match["good"]):
        return text
    return f"{match['good']}{match['gone']}了" if match["gone"] else f"{match['good']} {match['verb']}{match['count']}"


def without_kept(text: str, lexicon: Lexicon) -> str:
    """The text without clauses that keep known goods, where another clause withdraws others."""
    if lexicon.is_open or not any(word in text for word in (*words.CANCELS, *words.REFUSALS)):
        return text
    pieces = _CLAUSES.split(text)
    kept = [_kept(clause, lexicon) for clause in pieces]
    gone = {good for clause, keeps in zip(pieces, kept, strict=True) if not keeps for good in lexicon.mentioned(clause)}
    if not any(kept) or not gone or gone & set().union(*kept):
        return text
    return "".join(clause for clause, keeps in zip(pieces, kept, strict=True) if not keeps)


def _kept(clause: str, lexicon: Lexicon) -> set[str]:
    """The known goods that a clause keeps, and nothing else with them."""
    match = _KEPT.match(clause)
    return lexicon.mentioned(match[1]) if match and lexicon.knows(match[1]) else set()


def without_reason(changing: Changing, lexicon: Lexicon) -> Changing:
    """The change without the words behind it, where those are a clause that wants nothing and names no goods."""
    behind = changing.behind
    begins = behind.strip(_BREAK)
    apart = behind[:1] in tuple(_BREAK) and bool(begins)
    if not changing.cancels or not apart or lexicon.is_open or lexicon.mentioned(behind) or _WANTED.search(behind):
        return changing
    if (
        not _TELLS.search(behind)
        or not "\u4e00" <= begins[0] <= "\u9fff"
        or begins[0] in "零一二三四五六七八九十两半俩仨各共"
    ):
        return changing
    return replace(changing, text=changing.text.removesuffix(behind), behind="")
