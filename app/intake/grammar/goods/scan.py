"""The goods part of an entry cut into elements: words, quantities, separators, bracketed notes.

    element  := WORDS | QTY | SEP | NOTE
    QTY      := ["x" | "*" | "×" | "+" | "-"] number [unit]     number is arabic or, before a unit, Chinese
    NOTE     := "(" anything ")"

One pass from left to right; a catalogue name is one piece of WORDS whatever digits it holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from app.core.text import chinese
from app.intake.grammar import words
from app.intake.grammar.goods.lexicon import Lexicon

MAX_NUMBER_DIGITS = 6
_SEPARATORS = "=,，。;；、!！?？|…\n"
_TIMES = "xX*×"
_TENS = frozenset("十百千廿")
_AND = "和跟与及"
_RANGE_PAIRS = frozenset("一二 二三 两三 三四 三五 四五 五六 六七 七八 八九 一两".split())


class ElementKind(Enum):
    WORDS = auto()
    QTY = auto()
    SEP = auto()
    NOTE = auto()
    PHONE = auto()


@dataclass(frozen=True, slots=True)
class Element:
    """kind, text as written, and for a quantity: number (None when it is no whole number), unit, problem.

    tight: nothing stands between this element and the one before. size: size class of the unit, -1 without unit.
    """

    kind: ElementKind
    text: str
    number: int | None = None
    unit: str = ""
    problem: str = ""
    tight: bool = False
    sign: str = ""
    size: int = -1
    is_item: bool = False
    is_each: bool = False


def unit_at(text: str, start: int) -> str:
    """The longest unit that begins at `start`."""
    for size in range(words.UNIT_MAX, 0, -1):
        piece = text[start : start + size]
        if len(piece) == size and piece in words.UNITS:
            follows = text[start + size : start + size + 1]
            latin_goes_on = piece[-1].isascii() and follows.isascii() and follows.isalpha()
            if piece == "两" and text[start + 1 : start + 2] in words.SHORT_UNITS:
                continue  # ×4 两斤猪肉
            if not latin_goes_on and (not follows or follows not in words.NOT_UNIT_BEFORE.get(piece, "")):
                return piece
    return ""


def scan(text: str, lexicon: Lexicon) -> list[Element]:
    """Elements of folded text."""
    found: list[Element] = []
    at, word_start, tight = 0, -1, False
    while at < len(text):
        element, end = _at(text, at, lexicon)
        if element is None and text[at] != " ":
            word_start = at if word_start < 0 else word_start
            at = end
            continue
        if word_start >= 0:
            found.append(Element(ElementKind.WORDS, text[word_start:at], tight=tight))
            word_start, tight = -1, True
        if element is None:
            tight, at = False, at + 1
            continue
        if element.is_item and text[end - 1].isascii() and text[end - 1].isalpha() and text[end : end + 1].isdigit():
            text = f"{text[:end]} {text[end:]}"  # 食用油5L2: the name ends here, the 2 is no part of 5L2
        found.append(_with_tight(element, tight))
        tight, at = element.kind is not ElementKind.SEP, end
    if word_start >= 0:
        found.append(Element(ElementKind.WORDS, text[word_start:], tight=tight))
    return found


def _with_tight(element: Element, tight: bool) -> Element:
    return Element(
        element.kind,
        element.text,
        element.number,
        element.unit,
        element.problem,
        tight,
        element.sign,
        element.size,
        element.is_item,
        element.is_each,
    )


def _at(text: str, at: int, lexicon: Lexicon) -> tuple[Element | None, int]:
    """The element that begins here and its end; None and the next position inside words."""
    ch = text[at]
    joined = ch in "/&" or (ch == "+" and not _counts(text, at + 1))
    if ch == "+" and lexicon.names_at(text, at + 1):
        return Element(ElementKind.SEP, ch), at + 1
    if ch in _SEPARATORS or joined or (ch in _AND and at > 0 and _counts(text, at + 1)):
        return Element(ElementKind.SEP, ch), at + 1
    if ch == "(":
        return _bracket(text, at)
    # Names before numbers: the 5 of 5L油 and the 3 of 3抽纸 belong to the goods, not to a quantity.
    item_end = lexicon.span(text, at)
    if item_end > at:
        return None if lexicon.is_open else Element(ElementKind.WORDS, text[at:item_end], is_item=True), item_end
    for each in words.EACH:
        if text.startswith(each, at):
            quantity, end = _quantity(text, _blanks(text, at + len(each)), lexicon)
            if quantity:
                return _each(quantity), end
    quantity, end = _quantity(text, at, lexicon)
    if quantity or end > at:
        return quantity, end
    return None, _digits_end(text, at)


def _digits_end(text: str, at: int) -> int:
    """Past the digits of a number that counts nothing (30元, gt7), or past one character."""
    end = at + 1
    while text[at].isdigit() and end < len(text) and text[end].isdigit():
        end += 1
    return end


def _counts(text: str, at: int) -> bool:
    """Whether a number begins here, so that a plus sign before it belongs to it."""
    at = _blanks(text, at)
    return at < len(text) and (text[at].isdigit() or (text[at] in chinese.NUMERALS and bool(unit_at(text, at + 1))))


def _each(quantity: Element) -> Element:
    return Element(
        ElementKind.QTY,
        quantity.text,
        quantity.number,
        quantity.unit,
        quantity.problem,
        sign=quantity.sign,
        size=quantity.size,
        is_each=True,
    )


def _bracket(text: str, at: int) -> tuple[Element, int]:
    end = text.find(")", at, at + 80)
    if end < 0:
        return Element(ElementKind.SEP, "("), at + 1
    return Element(ElementKind.NOTE, text[at + 1 : end].strip()), end + 1


def _blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] == " ":
        at += 1
    return at


def _quantity(text: str, at: int, lexicon: Lexicon) -> tuple[Element | None, int]:
    """A quantity that begins at `at`: sign, number, unit."""
    sign, start = "", at
    if text[at - 1 : at] == "第" and at > 0:
        return None, at
    if text[at : at + 1] and text[at] in _TIMES + "+-":
        sign = "×" if text[at] in _TIMES else text[at]
        start = _blanks(text, at + 1)
    if start < len(text) and text[start].isdigit() and text[start].isascii():
        return _arabic(text, at, start, sign, lexicon)
    if start < len(text) and (text[start] in chinese.NUMERALS or text[start] == "半"):
        return _spoken(text, at, start, sign, lexicon)
    return None, at


def _arabic(text: str, at: int, start: int, sign: str, lexicon: Lexicon) -> tuple[Element | None, int]:
    end = start
    while end < len(text) and (text[end].isdigit() and text[end].isascii()):
        end += 1
    digits = text[start:end]
    moment = _moment_end(text, start, end)
    if moment:
        return None, moment
    problem = ""
    listed = text[end : end + 1] == "/" and (bool(sign) or lexicon.span(text, end + 1) > end + 1)  # 猪肉*4/1盒蛋
    if text[end : end + 1] in (".", "/", "~", "-") and text[end + 1 : end + 2].isdigit() and not listed:
        problem = {".": "fraction", "/": "unclear_number"}.get(text[end], "range")
        end += 1
        while end < len(text) and text[end].isdigit():
            end += 1
    after = _blanks(text, end)
    unit = _unit(text, after, lexicon)
    if not unit and not sign and not problem and _times_follow(text, end):
        return Element(
            ElementKind.QTY, text[at : end + 1], int(digits) or None, "", "" if int(digits) else "zero"
        ), end + 1
    if not unit and text[after : after + 1] in words.NOT_GOODS_AFTER_NUMBER and not sign:
        return None, at
    if len(digits) > MAX_NUMBER_DIGITS:
        kind = ElementKind.PHONE if len(digits) == 11 and digits[0] == "1" else ElementKind.QTY
        return Element(kind, text[at:end], None, problem="unclear_number"), end
    if not unit and not sign and (_in_latin(text, start, end) or len(digits) > 2):
        problem = problem or "unclear_number"
        if _in_latin(text, start, end):
            return None, at
    return _finished(text, (at, end, after), _Number(int(digits), problem), unit, sign, lexicon)


def _times_follow(text: str, end: int) -> bool:
    """`2x土豆`, `2*鸡蛋`: the number stands before the sign and words follow it."""
    follows = text[end + 1 : end + 2]
    return text[end : end + 1] in (*_TIMES,) and bool(follows) and not follows.isascii() and end > 0


def _moment_end(text: str, start: int, end: int) -> int:
    """End of a time (19:30) or a date (2022-04-15) that begins here, 0 when it is none."""
    if text[end : end + 1] == ":" and text[end + 1 : end + 3].isdigit() and end - start <= 2:
        return end + 3
    if end - start != 4 or text[end : end + 1] not in ("-", "/", "."):
        return 0
    at, groups = end, 0
    while text[at : at + 1] in ("-", "/", ".") and text[at + 1 : at + 2].isdigit() and groups < 2:
        at, groups = at + 1, groups + 1
        while at < len(text) and text[at].isdigit():
            at += 1
    return at if groups == 2 else 0


def _in_latin(text: str, start: int, end: int) -> bool:
    """Digits of a model name: gt7, nova16se."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    return (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha())


@dataclass(frozen=True, slots=True)
class _Number:
    value: int | None
    problem: str = ""


def _spoken(text: str, at: int, start: int, sign: str, lexicon: Lexicon) -> tuple[Element | None, int]:
    """A Chinese number counts only before a unit, after a sign, or as 俩 / 仨; 半 is a fraction."""
    end = start
    while end < len(text) and text[end] in chinese.NUMERALS and end - start < 8:
        end += 1
    spoken = text[start:end]
    if spoken.endswith("两") and len(spoken) > 1 and not unit_at(text, end):
        spoken, end = spoken[:-1], end - 1
    if text[end : end + 1] == "半":
        after = end + 1
        unit = unit_at(text, after)
        if not unit:
            return None, at
        return _finished(text, (at, after, after), _Number(None, "fraction"), unit, sign, lexicon)
    if len(spoken) > 1 and not sign and not set(spoken) & _TENS and _is_han(text[at - 1 : at]) and at > 0:
        return None, at  # 张三三份: the first belongs to the name
    number = _Number(None, "range") if spoken in _RANGE_PAIRS else _Number(chinese.numeral(spoken))
    if len(spoken) > 1 and (not set(spoken) & _TENS or _is_surname(text, at)) and not number.problem:
        number = _Number(None, "unclear_number")  # 三三份; 张三十份 are thirty or ten
    after = _blanks(text, end)
    unit = _unit(text, after, lexicon)
    ends_word = after >= len(text) or text[after] in _SEPARATORS + " )"
    alone = len(spoken) == 1 and ends_word and (at == 0 or text[at - 1] in " 要来订拿各样种自")
    if not spoken or not (unit or sign or alone or (spoken in ("俩", "仨") and ends_word)):
        return None, at
    return _finished(text, (at, end, after), number, unit, sign, lexicon)


def _is_han(ch: str) -> bool:
    return "\u4e00" <= ch <= "\u9fff"


def _is_surname(text: str, at: int) -> bool:
    """Whether one surname stands in front, and nothing before it: 张 in `张三十份`."""
    return at > 0 and text[at - 1] in words.SURNAMES and not _is_han(text[at - 2 : at - 1] if at > 1 else "")


def _unit(text: str, at: int, lexicon: Lexicon) -> str:
    """The unit that begins here, unless it begins the name of goods: 2卷纸 is two of 卷纸, 3抽纸 three of 抽纸."""
    unit = unit_at(text, at)
    return "" if unit and lexicon.names_at(text, at, longer_than=len(unit)) else unit


def _finished(
    text: str, span: tuple[int, int, int], number: _Number, unit: str, sign: str, lexicon: Lexicon
) -> tuple[Element | None, int]:
    """The quantity with what follows its unit: `两斤半` is a fraction, `24罐装` is a specification."""
    at, end, after = span
    value, problem = number.value, number.problem
    if unit:
        end = after + len(unit)
        if text[end : end + 1] == "半":
            problem, end = "fraction", end + 1
        if text[end : end + 1] in ("装", "入") and not sign:
            return None, end + 1
        if text[end : end + 1] == "/" and unit_at(text, end + 1) and not lexicon.names_at(text, end + 1):
            return None, end + 1 + len(unit_at(text, end + 1))
        if text[end : end + 1] in ("-", "~") and text[end + 1 : end + 2].isdigit():
            problem, end = "range", _range_end(text, end + 1)
    if unit == "两" and value is not None:
        problem = "fraction"
    if sign == "-":
        problem = "negative"
    elif value == 0 and not problem:
        problem = "zero"
    size = words.UNITS[unit] if unit else -1
    whole = None if problem else value
    return Element(
        ElementKind.QTY,
        text[at:end],
        whole,
        unit,
        problem or ("" if value is not None else "unclear_number"),
        sign=sign,
        size=size,
    ), end


def _range_end(text: str, at: int) -> int:
    while at < len(text) and text[at].isdigit():
        at += 1
    return at + len(unit_at(text, at))
