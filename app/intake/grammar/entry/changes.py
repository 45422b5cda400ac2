"""Words that change or withdraw an earlier order: 改3份, 再加1份, +1份（共3份）, 不要了."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.text import chinese
from app.intake.grammar import words
from app.intake.grammar.goods.scan import Element, ElementKind
from app.intake.grammar.model import Change

_OWN = ("我家", "我", "我们家", "我们")  # 我家退一份
_NOT_LESS = tuple("还多不至很缺太减么差".strip())
_STRIKES = frozenset("\u0335\u0336\u0337\u0338")
_APART = frozenset({"", " ", ",", "(", "。", ";"})
STRUCK = "❌"
_CROSSES = re.compile("[❌🚫⛔❎]\ufe0f?")
_TILDES = re.compile(r"~~[^~]*\d{3}[^~]*~~|~~[^~]*\d[^~]*[一-鿿]\d[^~]*~~")  # ~~7号楼~~ is a heading
_VOIDS = re.compile(
    r"\((?:退|退款|退单|退掉|退了|不要|不要了)\)|"
    r"\([^()]{0,6}(?:作废|已删|删除|删掉|删|划掉|划去|已取消|撤销)[^()]{0,4}\)|(?<![\u4e00-\u9fff])(?:已作废|作废|已删除|已删|划掉|已划掉)(?![\u4e00-\u9fff,，])"
)
_TOTALS = ("总共", "一共", "总计", "合计", "共计", "共")


@dataclass(frozen=True, slots=True)
class Changing:
    """text: without the words of the change. cancels: the order, or the goods left in the text, is withdrawn."""

    text: str
    change: Change | None = None
    cancels: bool = False
    total: int | None = None
    after_goods: bool = False
    """A quantity stands before the words of the change: 2份 再加1份, 土豆2袋 再加鸡蛋1盒."""
    behind: str = ""
    """What stands behind the words that withdraw."""
    apart: bool = True
    """A blank or comma stands before these words: 2份 不订了 withdraws the line, 2份不要了 may mean two of more."""


def _quantity_follows(text: str, at: int) -> bool:
    rest = text[at : at + 14].lstrip(" 成为到了")
    return bool(rest) and (rest[0].isdigit() or rest[0] in "+xX*×半" or _spoken_quantity(rest))


def _spoken_quantity(rest: str) -> bool:
    at = 0
    while at < len(rest) and rest[at] in "零一二三四五六七八九十百两俩":
        at += 1
    return at > 0 and (rest[at : at + 1] in words.SHORT_UNITS or at == len(rest))


def find_change(text: str) -> Changing:
    """The change that the text of an entry asks for, and the text without its words."""
    shorter, total = _total(text)
    if total is not None and not counts_something(shorter):
        text, total = _without_sum_word(text), None  # 共2份 says how many, there is nothing to add up
    elif total is not None:
        text = shorter
    for word in words.SETS:
        at = text.find(word)
        end = at + len(word)
        if at >= 0 and (_quantity_follows(text, end) or (len(word) > 1 and _quantity_later(text, end))):
            return Changing(_before_set(text[:at]) + " " + text[end:].lstrip("成为到"), Change.SET, total=total)
    lessened = _change(text, words.LESSENS, Change.LESS)
    if lessened:
        return lessened
    for word in words.CANCELS:
        at = text.find(word)
        if at >= 0:
            behind = text[at + len(word) :].lstrip("吧了啊哈")
            return Changing(text[:at] + " " + behind, cancels=True, behind=behind, apart=text[at - 1 : at] in _APART)
    added = _change(text, words.ADDS, Change.ADD)
    if added and total is None:
        return added
    if added:
        return Changing(added.text, Change.SET, total=total)
    if total is not None and "+" in text:
        return Changing(text, Change.SET, total=total)
    return Changing(text, total=total)


def mark_struck_out(text: str) -> str:
    """The text with every way of striking a line out as one mark behind it.

    ~~7-302 1份~~, 7-302 1份❌, （作废）201 2份, and each character struck through.
    """
    if text.isascii() and "~~" not in text:
        return text
    struck = sum(ch in _STRIKES for ch in text) >= 2
    plain = "".join(ch for ch in text if ch not in _STRIKES) if struck else text
    if _TILDES.search(plain):
        struck, plain = True, plain.replace("~~", "")
    shorter = _CROSSES.sub(" ", _VOIDS.sub(" ", plain))
    return f"{shorter.strip()} {STRUCK}" if struck or shorter != plain else text


def _is_han(ch: str) -> bool:
    return "\u4e00" <= ch <= "\u9fff"


def _before_set(text: str) -> str:
    """`从2份改成3份`: the old quantity goes, what stands before it stays."""
    kept = text.rstrip(" ,，").removesuffix("数量").removesuffix("份数").rstrip()
    text = kept if kept != text.rstrip(" ,，") else text
    unit = next((kept[-size:] for size in range(words.UNIT_MAX, 0, -1) if kept[-size:] in words.UNITS), "")
    if not unit and not kept[-1:].isdigit():
        return text
    digits = kept.removesuffix(unit)
    bare = digits.rstrip("0123456789一二两三四五六七八九十")
    if bare == digits:
        return text
    for word in ("原来", "从", "由", "原", "把", "将"):
        bare = bare.rstrip().removesuffix(word)
    return bare


def _change(text: str, verbs: tuple[str, ...], change: Change) -> Changing | None:
    for word in verbs:
        at = text.find(word)
        if at < 0:
            continue
        end = at + len(word)
        if word == "少" and text[end : end + 1] == "了":
            continue  # 少了1份 complains of what is missing
        before = text[:at].strip(" ,，")
        alone = len(word) == 1 and before != "" and not before.endswith(_OWN)
        if word == "少" and _is_han(before[-1:]) and not before.endswith(_NOT_LESS):
            alone = False  # 青菜少一份
        if _quantity_follows(text, end) and not (alone and not text[at - 1].isspace()):
            shorter = text[:at] + " " + text[end:].lstrip("了")
            return Changing(shorter, change, after_goods=counts_something(text[:at]))
        if len(word) > 1 and change is Change.ADD and _quantity_later(text, end):
            return Changing(text[:at] + " " + text[end:], change, after_goods=counts_something(text[:at]))
    return None


def counts_something(text: str) -> bool:
    """Whether the text holds a number that may count goods."""
    return any(
        ch.isdigit() or (ch in chinese.NUMERALS and text[at + 1 : at + 2] in words.SHORT_UNITS)
        for at, ch in enumerate(text)
    )


def _quantity_later(text: str, at: int) -> bool:
    """A quantity before the next separator (再加鸡蛋1盒)."""
    rest = text[at : at + 30]
    for mark in "，。；,;、":
        rest = rest.split(mark, 1)[0]
    return any(_quantity_follows(rest, place) for place in range(len(rest)))


def _total(text: str) -> tuple[str, int | None]:
    """`（共3份）` at the end: the number of all together, taken out of the text."""
    for word in _TOTALS:
        at = text.rfind(word)
        if at < 0:
            continue
        end = at + len(word)
        begin = end
        while end < len(text) and text[end].isdigit() and end - begin < 4:
            end += 1
        if end == begin:
            while end < len(text) and text[end] in chinese.NUMERALS and end - begin < 5:
                end += 1
        said = chinese.numeral(text[begin:end]) if end > begin else None
        number = int(text[begin:end]) if text[begin:end].isdigit() and text[begin:end].isascii() else said
        if number is None or text[end : end + 1] in ("元", "块", "￥", "."):
            continue
        while end < len(text) and text[end] not in " ,，。;；":
            end += 1
        return text[:at].rstrip("( ") + " " + text[end:], number
    return text, None


def _without_sum_word(text: str) -> str:
    word = next(word for word in _TOTALS if word in text)
    return text.replace(word, " ", 1)


def with_total(elements: Sequence[Element], total: int) -> list[Element]:
    """The quantity replaced by the total that the writer states."""
    changed = list(elements)
    for at, element in enumerate(changed):
        if element.kind is ElementKind.QTY:
            changed[at] = Element(
                ElementKind.QTY,
                element.text,
                total,
                element.unit,
                tight=element.tight,
                size=element.size,
            )
            break
    return changed
