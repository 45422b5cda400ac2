"""Where one good ends and the next begins when only blanks or plus signs stand between them.

    phrase   := piece (blank piece)*          a piece holds no blank
    piece    := item quantity | quantity item | item | quantity

    A套餐 4份 2份C套餐 鸡蛋 1盒   →   A套餐 4份 | 2份C套餐 | 鸡蛋 1盒
    牛奶250ml*12盒 2箱           →   one phrase: the second quantity follows a whole piece and belongs to it
    鸡蛋x3+五瓶洗洁精             →   鸡蛋x3 | 五瓶洗洁精

Only words that are goods are cut at (without a catalogue, any words that are no remark); anything else stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.intake.grammar.goods.lexicon import Lexicon
from app.intake.grammar.goods.scan import Element, ElementKind
from app.intake.grammar.people import people
from app.intake.grammar.remarks import remarks

WISHES = tuple(
    "要 不要 不 少 多 加 请 麻烦 尽量 最好 谢 辛苦 微 免 去 带 留 帮 放 送 到 有 明天 今天 后天 上午 下午"
    " 晚上 急 加急".split()
)
_POLITE = tuple("请 麻烦 尽量 最好 谢谢 辛苦 明天 今天 后天 上午 下午 晚上 早点 快点 急 加急".split())
_SEP = Element(ElementKind.SEP, " ")


def separate_goods(elements: Sequence[Element], lexicon: Lexicon) -> list[Element]:
    """The elements with a separator wherever one good is complete and the next begins."""
    found: list[Element] = []
    order = ""  # what the phrase holds so far: I an item, Q a quantity
    for piece in _pieces(elements):
        kinds = _kinds(piece, lexicon)
        if kinds == "?":
            order = "" if piece[0].kind is ElementKind.SEP else "?"
        elif _is_complete(order) and _begins(kinds, order):
            found.append(_SEP)
            piece = [replace(piece[0], tight=False), *piece[1:]]
            order = kinds
        else:
            order += kinds
        found += piece
    return found


def is_aside(text: str) -> bool:
    """`B套餐 谢谢`, `大米 家里有老人`: polite words, wishes and remarks behind an item change nothing of it."""
    if remarks.flags_of(text) or remarks.extract_remarks(text).rest != text:
        return True
    return people.is_chat(text) or text.startswith(_POLITE)


def is_remark(text: str, lexicon: Lexicon) -> bool:
    """Words of their own behind a good that name no goods."""
    return not lexicon.knows(text) and is_aside(text)


def _pieces(elements: Sequence[Element]) -> list[list[Element]]:
    """Elements that nothing separates; a plus sign in front of a quantity with its item behind begins a new piece."""
    pieces: list[list[Element]] = []
    for at, element in enumerate(elements):
        follows = elements[at + 1] if at + 1 < len(elements) else None
        plus = element.sign == "+" and follows is not None and follows.kind is ElementKind.WORDS and follows.tight
        alone = element.kind is ElementKind.SEP or (bool(pieces) and pieces[-1][-1].kind is ElementKind.SEP)
        if not pieces or alone or not element.tight or (plus and at > 0 and elements[at - 1].kind is ElementKind.QTY):
            pieces.append([])
        pieces[-1].append(element)
    return pieces


def _kinds(piece: Sequence[Element], lexicon: Lexicon) -> str:
    """`IQ` for 鸡蛋2盒; "?" when the piece holds words that are no surely known goods."""
    kinds = ""
    for element in piece:
        if element.kind is ElementKind.QTY and not element.is_each:
            kinds += "Q"
        elif element.kind is ElementKind.WORDS and _is_goods(element, lexicon):
            kinds += "I"
        elif element.kind is not ElementKind.NOTE:
            return "?"
    return kinds


def _is_goods(element: Element, lexicon: Lexicon) -> bool:
    return element.is_item or lexicon.knows(element.text) or (lexicon.is_open and not is_aside(element.text))


def _is_complete(order: str) -> bool:
    return "I" in order and "Q" in order and "?" not in order


def _begins(kinds: str, order: str) -> bool:
    """Whether a piece begins the next good: it has an item in front, or its own, or goes on in the order so far."""
    if kinds.startswith("I"):
        return True
    return "I" in kinds or (kinds == "Q" and order in ("QI", "QII"))
