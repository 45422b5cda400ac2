"""From the characters of an address to its numbers and the words that say what each number is.

A `AddressSlot` is one number (or letter) of an address with the level word that follows it and the way it is joined to
the slot before. Reading stays linear in the length of the text: every character is visited a bounded number of times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from app.core.text import chinese

# Level words, longest first inside each first character. Typing errors that the published data shows are listed too.
_WORDS_OF_LEVEL = {
    "building": "号别墅 栋别墅 幢别墅 号楼 号搂 号栋 号幢 号库 号馆 #楼 幢 栋 撞 橦 座 斋 馆",
    "hash": "#",
    "number": "号",
    "storey": "楼 搂",
    "stairwell": "单元 单无 单 梯 门 号门 #门",
    "floor": "层 F f",
    "room": "室 房 户 号室 号房",
    "lane": "弄 巷 街 号院 号路 号大街",
    "area": "区 期 组团 组 排 村",
}
LEVEL_WORDS: dict[str, str] = {word: level for level, words in _WORDS_OF_LEVEL.items() for word in words.split()}
# 302门口, 3栋楼下, 12户主: here the word belongs to what follows it, not to the number.
_LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NOT_BEFORE: dict[str, frozenset[str]] = {
    "门": frozenset("口卫岗外店前边把"),
    "楼": frozenset("下上长道组梯主栋宇群"),
    "单": frozenset("独位价号点子人"),
    "户": frozenset("主口外"),
    "组": frozenset("长合"),
    "区": frozenset("别域"),
    "层": frozenset("次"),
    "房": frozenset("东产"),
    "期": frozenset("待间"),
    "排": frozenset("骨队"),
    "座": frozenset("机"),
    "号": frozenset("码线"),
    "村": frozenset("民"),
    "F": frozenset(_LATIN),
    "f": frozenset(_LATIN),
}
_LONGEST = 4
STEMS = frozenset("甲乙丙丁戊己庚辛壬癸")
"""The heavenly stems number the buildings of older compounds as letters do elsewhere (甲栋, 乙号楼, 甲-2-301)."""
_STEM_LEVELS = frozenset({"building", "hash", "number", "storey"})
_JOINERS = " 。.,，、·\"'“”;；:：\\"
_ROAD_ENDS = ("路", "街", "道", "巷", "弄", "胡同")


class AddressSlot(NamedTuple):
    """One number of an address: `3栋` is value "3", level "building".

    join: "start", "dash", "space" (blank or punctuation), "tight" (nothing between), "text" (other words between).
    before: the Han text directly before the number (empty when another slot is directly before).
    """

    value: str
    level: str
    join: str
    start: int
    end: int
    before: str = ""
    is_letter: bool = False

    @property
    def is_bare(self) -> bool:
        return not self.level


def _is_digit(ch: str) -> bool:
    return ch.isascii() and ch.isdigit()


def _is_letter(ch: str) -> bool:
    return ch.isascii() and ch.isalpha()


def _digits_end(text: str, start: int) -> int:
    """End of a run of digits in which the letter O stands for zero (`5OO弄`); `start` when there is none."""
    end, seen = start, False
    while end < len(text) and (_is_digit(text[end]) or text[end] in "Oo"):
        seen = seen or _is_digit(text[end])
        end += 1
    return end if seen and not (end < len(text) and _is_letter(text[end]) and text[end - 1] in "Oo") else start


def _numeral_end(text: str, start: int) -> int:
    end = start
    while end < len(text) and text[end] in chinese.NUMERALS:
        end += 1
    return end


def level_at(text: str, start: int, words: Mapping[str, str] = LEVEL_WORDS) -> tuple[str, int]:
    """The level word that begins at `start` and where it ends; ("", start) when there is none."""
    for size in range(_LONGEST, 0, -1):
        word = text[start : start + size]
        following = text[start + size : start + size + 1]
        if len(word) == size and word in words and following not in _NOT_BEFORE.get(word, ()):
            return words[word], start + size
    return "", start


def _stem_end(text: str, start: int, words: Mapping[str, str], known: frozenset[str]) -> int:
    """End of a heavenly stem that numbers a building; `start` when it is part of a word (甲鱼, 园丁, 甲方).

    A word for buildings behind it decides (甲栋). Without one it counts only before a number or alone (甲2-101, 甲：),
    and only where the register has such buildings; behind a word (老水厂甲2-101) only where it has this very one.
    """
    if text[start] not in STEMS:
        return start
    at = start + 1
    if text.startswith("单元", at) or level_at(text, at, words)[0] in _STEM_LEVELS:
        return at
    if not known or (start and text[start - 1].isalpha() and not _ends_word(text, start, known)):
        return start
    while text[at : at + 1] == " ":
        at += 1
    follows = text[at : at + 1]
    is_alone = not follows or follows in ":-/_#()[]【】" or follows.isdigit() or follows in chinese.NUMERALS
    return start + 1 if is_alone else start


def _ends_word(text: str, start: int, known: frozenset[str]) -> bool:
    """老水厂甲, 水厂宿舍乙: one of these buildings behind a word of two characters; 王甲 and 小乙 are persons."""
    return text[start] in known and start > 1 and text[start - 2].isalpha()


def _value_at(text: str, start: int, words: Mapping[str, str], stems: frozenset[str]) -> tuple[str, int, bool]:
    """(value, end, is_letter) of the number, numeral, stem or letters at `start`; ("", start, False) when none."""
    end = _stem_end(text, start, words, stems)
    if end > start:
        return text[start:end], end, True
    end = _digits_end(text, start)
    if end > start:
        return text[start:end].replace("O", "0").replace("o", "0"), end, False
    if text[start] in chinese.NUMERALS:
        end = _numeral_end(text, start)
        value = chinese.numeral(text[start:end])
        # A numeral inside a word (五福新村, 八卦四路) is part of that word: it counts only before a level word
        # or as a room written digit by digit.
        spoken = end - start >= 3 or bool(level_at(text, end, words)[0])
        return (str(value), end, False) if value is not None and spoken else ("", end, False)
    if _is_letter(text[start]):
        end = start
        while end < len(text) and _is_letter(text[end]):
            end += 1
        return (text[start:end].upper(), end, True) if end - start <= 2 else ("", end, False)
    return "", start, False


def slots(
    text: str,
    start: int = 0,
    limit: int = 12,
    words: Mapping[str, str] = LEVEL_WORDS,
    stems: frozenset[str] = frozenset(),
) -> list[AddressSlot]:
    """The slots of folded `text` from `start` on, at most `limit` of them.

    Text that continues an address (a compound name in brackets behind it) is stepped over, not judged. stems: those
    that number buildings of the register; with any, a stem counts without a level word too.
    """
    found: list[AddressSlot] = []
    pos, before_start, join = start, start, "start"
    while pos < len(text) and len(found) < limit:
        value, end, is_letter = _value_at(text, pos, words, stems)
        if value:
            word_at = end
            while word_at < len(text) and text[word_at] == " ":
                word_at += 1
            level, after = level_at(text, word_at, words)
            if not level:
                after = end
            before = text[before_start:pos].strip(" -" + _JOINERS)
            found.append(AddressSlot(value, level, join, pos, after, before, is_letter))
            pos = before_start = after
            join = "tight"
            continue
        join = _join_after(join, text[pos : max(end, pos + 1)])
        pos = max(end, pos + 1)
    return found


def _join_after(join: str, piece: str) -> str:
    """How the next slot will hang on the last one once `piece` stands between them."""
    if join in ("start", "text"):
        return join
    if piece in "-/_一":
        return "dash"
    if piece.strip(_JOINERS) == "":
        return join if join == "dash" else "space"
    return "text"


def ends_with_road(before: str) -> bool:
    """Whether the number behind this text is a number of a road (紫龙路500, 解放东路)."""
    return before.endswith(_ROAD_ENDS)
