"""What a text names of a place: compounds, buildings, stairwells, floors, rooms, in the order it names them.

mention   := compound | house | building | stairwell | floor | room | chain | number
chain     := number "-" number ["-" number]             3-502, 3-1-502
number    := digits or spoken digits of a room that no unit of goods follows
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from weakref import WeakKeyDictionary

from app.core.text import chinese
from app.intake.grammar import words
from app.intake.grammar.people.gazetteer import Gazetteer

_SPOKEN = "零〇一二三四五六七八九十百廿"
_N = rf"(?:\d{{1,5}}|[{_SPOKEN}]{{1,5}})"
_BEFORE_LEVEL = r"(?<![\d第])"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_HOUSE_NUMBER = "号(?![码线前后晚早下上中到截周星]|那[个位])"  # 9号前截单 is a date
_NUMBERED = re.compile(
    rf"(?P<chain>(?<![\d.])(?<!\d-)\d{{1,4}}(?: ?- ?\d{{1,4}}){{1,2}}(?![\d-]))"
    rf"|{_BEFORE_LEVEL}(?P<building>(?:{_N}|[A-Za-z]) ?(?:号楼|号院|#楼|栋|幢|座|#|{_HOUSE_NUMBER}))(?!长)"
    rf"|(?P<stem>[{_STEMS}](?:号楼|号|栋|幢|座|楼|(?=\d|[{_SPOKEN}]+单元| ?-)))"
    rf"|{_BEFORE_LEVEL}(?P<stairwell>{_N} ?单元)"
    rf"|{_BEFORE_LEVEL}(?P<lane>{_N} ?弄)"
    rf"|{_BEFORE_LEVEL}(?P<room>(?:\d{{2,4}}|[{_SPOKEN}]{{2,5}}) ?(?:室|房(?![东产])))"
    rf"|{_BEFORE_LEVEL}(?P<floor>{_N} ?(?:层(?!次)|楼(?![下上长道组梯主栋宇群])))"
    rf"|(?<![\d.])(?<!\d-)(?P<number>\d{{3,4}}(?![\d.]|:\d|-\d)|[{_SPOKEN}]{{3,4}}(?=[室 ,，、]|$))"
)
_HEAD = re.compile(r"(?<![\u4e00-\u9fff\d])(?P<head>[东西南北中]) ?(?=\d{1,2} ?(?:[-/#]|号|栋|幢|座|楼)|\d{4,5}(?!\d))")
_MARKS = r"[\s:：()（）【】\[\]「」〖〗〔〕《》,，。·\-—的]*"
_ALONE = re.compile(rf"{_MARKS}(?P<stem>[{_STEMS}]){_MARKS}")
_UNITS = tuple(sorted(words.UNITS, key=len, reverse=True))
_MOST_SEEN = 6000
_BETWEEN = " ,，、的·()-"
_NO_ROOM_BEHIND = ("元", "块", "￥", "人", "户", "份", "年", "月", "%")


class Level(Enum):
    """What a mention says.

    HOUSE: a building that goes by a word. STREET: a lane whose houses are the buildings. LANE: where no compound is
    known by its lane. UNKNOWN: a lane or house of the kind that the register has, but not this one.
    """

    COMPOUND = "compound"
    STREET = "street"
    HOUSE = "house"
    BUILDING = "building"
    STAIRWELL = "stairwell"
    FLOOR = "floor"
    ROOM = "room"
    CHAIN = "chain"
    NUMBER = "number"
    LANE = "lane"
    UNKNOWN = "unknown"


RANKS = {
    Level.COMPOUND: 0, Level.LANE: 0, Level.STREET: 1, Level.HOUSE: 1, Level.BUILDING: 1, Level.UNKNOWN: 1,
    Level.STAIRWELL: 2, Level.FLOOR: 3, Level.ROOM: 4, Level.NUMBER: 4, Level.CHAIN: 4,
}  # fmt: skip
"""Where a mention stands in an address that is written from the compound to the room."""
BUILDINGS = frozenset({Level.HOUSE, Level.BUILDING})
ROOMS = frozenset({Level.ROOM, Level.CHAIN, Level.NUMBER})


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """start and end in the text. value: the number, or the key of the building. compounds: where it is, as far as the
    words say. label: the mention in the words of the register.
    """

    start: int
    end: int
    level: Level
    value: str
    compounds: frozenset[str] = frozenset()
    label: str = ""


_SEEN: WeakKeyDictionary[Gazetteer, dict[str, list[PlaceMention]]] = WeakKeyDictionary()
_PATTERNS: WeakKeyDictionary[Gazetteer, re.Pattern[str] | None] = WeakKeyDictionary()


def mentions(text: str, names: Gazetteer) -> list[PlaceMention]:
    """The mentions of folded text, longest names first, none inside another. A line is looked at more than once."""
    seen = _SEEN.setdefault(names, {})
    if text not in seen:
        if len(seen) > _MOST_SEEN:
            seen.clear()
        seen[text] = _mentions(text, names)
    return seen[text]


def _mentions(text: str, names: Gazetteer) -> list[PlaceMention]:
    found = _named(text, names)
    masked = list(text)
    for each in found:
        end = each.end + (text[each.end : each.end + 1] == "-")  # 南1-305: the dash belongs to the name
        masked[each.start : end] = " " * (end - each.start)
    for match in _NUMBERED.finditer("".join(masked)):
        each = _numbered(match, names)
        is_word = (
            match.lastgroup == "stem" and len(match.group()) == 1 and not names.stems
        )  # 丁2份 of somebody called 丁
        if not is_word and not _counts(text, each):
            found.append(each)
    alone = _ALONE.fullmatch("".join(masked))  # 【甲】, and behind the name of its compound: 老水厂宿舍 乙：
    if alone and names.stems and all(each.level is Level.COMPOUND for each in found):
        found.append(
            PlaceMention(alone.start("stem"), alone.end("stem"), Level.BUILDING, alone["stem"], label=alone["stem"])
        )
    return sorted(found, key=lambda each: each.start)


def groups(text: str, found: Sequence[PlaceMention]) -> list[list[PlaceMention]]:
    """Mentions that only blanks, commas and brackets divide: one address, as a rule."""
    together: list[list[PlaceMention]] = []
    for each in found:
        last = together[-1] if together else []
        begins = bool(last) and any(RANKS[one.level] == RANKS[each.level] for one in last)
        if last and not begins and not text[last[-1].end : each.start].strip(_BETWEEN):
            last.append(each)
        else:
            together.append([each])
    return together


def _counts(text: str, each: PlaceMention) -> bool:
    """302份, 28元: the number is none of a place."""
    if each.level is not Level.NUMBER:
        return False
    return text.startswith((*_UNITS, *_NO_ROOM_BEHIND, "*"), each.end) or text[: each.start].endswith(
        ("￥", "¥", "x", "×", "*", "+")
    )


def number_of(said: str) -> str:
    """`五` → 5, `12` → 12, `A` → A."""
    spoken = chinese.numeral(said)
    return str(spoken) if spoken is not None else said.strip().lstrip("0").upper() or said


def _numbered(match: re.Match[str], names: Gazetteer) -> PlaceMention:
    kind = match.lastgroup or ""
    said = match.group()
    bare = re.match(rf"\d+|[{_SPOKEN}]+|[A-Za-z]|[{_STEMS}]", said)
    value = number_of(bare.group()) if bare else said
    if kind == "lane":
        compounds = names.lanes.get(value, frozenset())
        known = bool(names.lanes) or any(street.endswith("弄") for street in names.streets)
        level = Level.COMPOUND if compounds else Level.UNKNOWN if known else Level.LANE
        label = next(iter(compounds)) if len(compounds) == 1 else said
        return PlaceMention(match.start(), match.end(), level, value, compounds, label)
    if kind == "chain":
        return PlaceMention(match.start(), match.end(), Level.CHAIN, said.replace(" ", ""), label=said.replace(" ", ""))
    level = {"stem": Level.BUILDING}.get(kind) or Level(kind)
    label = {
        "building": f"{value}{_level_word(said)}", "stem": f"{value}栋", "stairwell": f"{value}单元",
        "room": f"{value}室", "floor": f"{value}楼", "number": value,
    }[kind]  # fmt: skip
    return PlaceMention(match.start(), match.end(), level, value, label=label)


def _level_word(said: str) -> str:
    bare = said[1:] if said[0].isascii() and said[0].isalpha() else said.lstrip(f"0123456789{_SPOKEN}")
    return bare.lstrip(" ")


def _named(text: str, names: Gazetteer) -> list[PlaceMention]:
    found: list[PlaceMention] = []
    pattern = _pattern(names)
    for match in _HEAD.finditer(text) if names.heads else ():
        if match["head"] in names.heads:
            compounds = names.heads[match["head"]]
            start, end = match.span("head")
            found.append(PlaceMention(start, end, Level.COMPOUND, match["head"], compounds, next(iter(compounds))))
    for match in pattern.finditer(text) if pattern else ():
        if match["street"]:
            found.append(_of_street(match, names))
            continue
        said = match["name"]
        house = names.houses.get(said)
        if house is not None:
            one = next(iter(house))
            compounds = frozenset(each.compound for each in house)
            found.append(PlaceMention(match.start(), match.end(), Level.HOUSE, one.key, compounds, one.key))
        else:
            compounds = names.compounds[said]
            label = next(iter(compounds)) if len(compounds) == 1 else said
            found.append(PlaceMention(match.start(), match.end(), Level.COMPOUND, said, compounds, label))
    return [each for each in found if not _inside_a_word(text, each)]


def _inside_a_word(text: str, each: PlaceMention) -> bool:
    """江南3 names no house of the group 南1, 南2."""
    short = each.level in (Level.HOUSE, Level.UNKNOWN, Level.STREET) and len(each.label.rstrip("0123456789")) == 1
    before = text[each.start - 1 : each.start]
    return short and "\u4e00" <= before <= "\u9fff" and before not in "给在住是送到放和跟与及"


def _of_street(match: re.Match[str], names: Gazetteer) -> PlaceMention:
    street = _plain_street(match["street"], names)
    places = names.streets[street]
    compounds = frozenset(places)
    number = number_of(match["of"]) if match["of"] else ""
    if not number:
        return PlaceMention(match.start(), match.end(), Level.STREET, street, compounds, street)
    keys = {places[compound][number] for compound in places if number in places[compound]}
    compounds = frozenset(compound for compound in places if number in places[compound])
    if len(keys) != 1:
        return PlaceMention(match.start(), match.end(), Level.UNKNOWN, f"{street}{number}", label=match.group())
    key = next(iter(keys))
    return PlaceMention(match.start(), match.end(), Level.HOUSE, key, compounds, key)


def _plain_street(said: str, names: Gazetteer) -> str:
    if said in names.streets:
        return said
    return next(street for street in names.streets if _spoken_digits(street) == _spoken_digits(said))


@lru_cache(maxsize=2048)
def _spoken_digits(text: str) -> str:
    return "".join(str("零一二三四五六七八九".index(ch)) if ch in "零一二三四五六七八九" else ch for ch in text)


def _pattern(names: Gazetteer) -> re.Pattern[str] | None:
    """All names in one expression of plain words, longest first; built once for each register."""
    if names in _PATTERNS:
        return _PATTERNS[names]
    plain = sorted({*names.compounds, *names.houses}, key=lambda name: (-len(name), name))
    streets = sorted({*names.streets, *map(_spoken_digits, names.streets)}, key=lambda name: (-len(name), name))
    parts = []
    if streets:
        words_of = "|".join(map(re.escape, streets))
        short = rf"(?:\d{{1,2}}(?!\d)|[{_SPOKEN}]{{1,3}}(?![{_SPOKEN}室]))"
        parts.append(rf"(?P<street>{words_of})(?: ?(?P<of>{short})(?: ?(?:号楼|号|幢|栋|弄|楼|#))?)?")
    else:
        parts.append(r"(?P<street>(?!))(?P<of>(?!))")
    parts.append("(?P<name>" + ("|".join(_guarded(name) for name in plain) or "(?!)") + ")")
    pattern = re.compile("|".join(parts)) if plain or streets else None
    _PATTERNS[names] = pattern
    return pattern


def _guarded(name: str) -> str:
    """A name that begins or ends with a digit does so in the text too (500弄 is not in 1500弄)."""
    before = r"(?<![\d第])" if name[0].isdigit() else ""
    if name[0].isdigit() and name.endswith("期"):
        return rf"{before}{re.escape(name)}(?! ?[团拼接开])"  # 2期团购 may be the second round
    after = r"(?!\d)" if name[-1].isdigit() else r"(?![楼院])" if name.endswith("号") else ""
    return before + re.escape(name) + after
