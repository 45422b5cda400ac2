"""Addresses spelled out before they are read: short names in full, numbers of houses as the register has them, and
what was written behind or in brackets put in front.

    written                         read as
    紫薇5-1-102                     紫薇园5-1-102
    455弄6号301                     长宁路455弄6号301
    东2弄七号101                    东二弄7号 101
    听雪12楼03                      听雪阁 12楼03
    203室,9号,455弄                 长宁路455弄9号203室
    401(8号楼) · 301 7号楼           8号楼401 · 7号楼301
    3号楼302(南区)                  锦绣家园南区3号楼302

Only what is certain is spelled out; the rest stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from app.intake.grammar import words
from app.intake.grammar.people.gazetteer import Gazetteer
from app.intake.grammar.people.mentions import BUILDINGS, RANKS, ROOMS, Level, PlaceMention, groups, mentions
from app.places.address.rules import AddressScope

_LONGEST = 300
_LANE = re.compile(
    r"(?<![\d-])(?P<lane>\d{3,4}) ?[-/.#号的: ,，、] ?(?P<house>\d{1,2}) ?[-/.#号: ] ?(?P<room>\d{3,4})(?![\d-])"
)
_SLASHED = re.compile(r"(?<![\d/.-])(\d{1,2})/(\d)/(?!20\d\d)(\d{3,4})(?!\d)")
"""3/2/501: the room behind its stairwell."""
_ROOM_BEHIND = re.compile(r"/\d{3,4}(?!\d)")
_BELOW = frozenset({*BUILDINGS, *ROOMS, Level.STAIRWELL, Level.FLOOR})
_KIN_HOMES = tuple(f"{kin}家" for kin in words.KIN if kin != "家")
_INTRODUCES = ("在", "住", "是", "给", "帮", "替", "还有", "上面", "我家", "回到", *_KIN_HOMES)


def spell_addresses(text: str, names: Gazetteer) -> str:
    """Folded text with its addresses in the words of the register, whatever stands above it."""
    if len(text) > _LONGEST:
        return text
    text = _SLASHED.sub(r"\1-\2-\3", _lane_first(text, names))
    found = mentions(text, names)
    if not found:
        return text
    text, found = _bracket_first(text, found, names)
    for group in reversed(groups(text, found)):
        text = _group(text, group, names)
    return text


def _lane_first(text: str, names: Gazetteer) -> str:
    """`1033/12/502`, `210的10号203`: a lane, its house and a room, where only a lane has that number."""
    return _LANE.sub(_laned(names), text) if names.long_lanes else text


def _laned(names: Gazetteer) -> Callable[[re.Match[str]], str]:
    def instead(match: re.Match[str]) -> str:
        lane = names.long_lanes.get(match["lane"])
        return f"{lane}{match['house']}号{match['room']}" if lane else match[0]

    return instead


def _bracket_first(text: str, found: list[PlaceMention], names: Gazetteer) -> tuple[str, list[PlaceMention]]:
    """`2栋1单元401 大米1(二期)`: the one compound, named in brackets at the end of a row, in front of its building."""
    last = found[-1]
    alone = last.level is Level.COMPOUND and len(last.compounds) == 1
    closes = text[last.start - 1 : last.start] == "(" and text[last.end :] == ")"
    named = any(each.level in (Level.COMPOUND, Level.HOUSE, Level.STREET, Level.UNKNOWN) for each in found[:-1])
    placed = found[0].level in (Level.BUILDING, Level.CHAIN) and any(each.level in ROOMS for each in found[:-1])
    if not alone or not closes or named or not placed:
        return text, found
    start = found[0].start
    text = f"{text[:start]}{last.label}{text[start : last.start - 1].rstrip()}"
    return text, mentions(text, names)


def spell_below_heading(text: str, scope: AddressScope | None, names: Gazetteer) -> str:
    """The text of a row with what only the heading above it makes certain: the house of a lane, another compound."""
    if scope is None or len(text) > _LONGEST:
        return text
    found = mentions(text, names)
    named = [each for each in found if each.level in (Level.COMPOUND, Level.HOUSE, Level.STREET, Level.UNKNOWN)]
    if not named and scope.street and found:
        return _in_street(text, found[0], scope, names)
    stem = found[0] if found and found[0].level is Level.BUILDING and found[0].value in names.stems else None
    if stem is not None and not named and len(names.stems[stem.value]) == 1:
        compound = next(iter(names.stems[stem.value]))
        return text if compound in scope.compounds else f"{text[: stem.start]}{compound}{text[stem.start :]}"
    if len(named) == 1 and named[0].level is Level.HOUSE and len(named[0].compounds) == 1:
        compound = next(iter(named[0].compounds))
        if compound not in scope.compounds:
            return f"{text[: named[0].start]} {compound}{text[named[0].start :]}"
    return text


def _in_street(text: str, first: PlaceMention, scope: AddressScope, names: Gazetteer) -> str:
    """`5号202` below 东一弄."""
    numbers = names.streets.get(scope.street, {}).get(scope.compounds[0], {})
    number, _dash, rest = first.value.partition("-")
    key = numbers.get(number.lstrip("0"))
    glued = "\u4e00" <= text[first.start - 1 : first.start] <= "\u9fff" and first.start > 0  # 东三弄5号
    if key is None or glued or first.level not in (Level.BUILDING, Level.CHAIN):
        return text
    return f"{text[: first.start]}{key} {rest}{text[first.end :]}"


def _group(text: str, group: list[PlaceMention], names: Gazetteer) -> str:
    start, end = group[0].start, group[-1].end
    if any(each.level is Level.UNKNOWN for each in group):
        return text
    reordered = _reordered(text, group)
    if reordered:
        opened = text[start:end].count("(") > text[start:end].count(")")
        end += 1 if opened and text[end : end + 1] == ")" else 0
        return f"{_apart(text[:start])}{reordered} {text[end:]}"
    for at in range(len(group) - 1, -1, -1):
        each = group[at]
        said = text[each.start : each.end]
        if each.level not in (Level.COMPOUND, Level.HOUSE) or len(each.compounds) != 1:
            continue
        if _is_short(said, each, names) and not _is_address(group, at):
            continue
        tail = each.label.removeprefix(said)
        if tail and tail != each.label and text.startswith(tail, each.end):
            continue  # written in full, only divided otherwise
        behind = text[each.end :]
        if each.level is Level.HOUSE and _ROOM_BEHIND.match(behind):
            behind = behind[1:]  # 南1/305
        blank = " " if each.level is Level.HOUSE and behind[:1].isalnum() else ""
        label = said if each.level is Level.COMPOUND and said in names.full and not said[0].isdigit() else each.label
        text = f"{_apart(text[: each.start])}{label}{blank}{behind}"
    return text


def _is_short(said: str, each: PlaceMention, names: Gazetteer) -> bool:
    return said != each.label and said not in names.full


def _is_address(group: Sequence[PlaceMention], at: int) -> bool:
    """A short name is an address where a number or a building stands beside it."""
    return any(each.level in _BELOW for place, each in enumerate(group) if place != at)


def _apart(before: str) -> str:
    """`女儿家新村3幢`, `我妈在下塘村`: words that lead to a place are no part of its name."""
    begin = len(before)
    while begin > 0 and "\u4e00" <= before[begin - 1] <= "\u9fff":
        begin -= 1
    return f"{before} " if before[begin:].endswith(_INTRODUCES) else before


def _reordered(text: str, group: Sequence[PlaceMention]) -> str:
    """The group in the order of an address, "" where it is in order already or is no single address."""
    ranks = [RANKS[each.level] for each in group]
    if len(group) < 2 or ranks == sorted(ranks) or len(set(ranks)) < len(ranks) or 4 not in ranks:
        return ""
    if not any(each.level in (Level.COMPOUND, *BUILDINGS) for each in group):
        return ""
    if "\u4e00" <= text[group[-1].end : group[-1].end + 1] <= "\u9fff":
        return ""  # 302 8号楼的朋友代收
    if any(len(each.compounds) > 1 for each in group):
        return ""
    ordered = sorted(group, key=lambda each: RANKS[each.level])
    parts = []
    for each in ordered:
        label = each.label.removesuffix("楼") if each.level is Level.FLOOR else each.label
        parts.append(
            f"{each.label} " if each.level is Level.HOUSE else label if each.level is not Level.FLOOR else each.label
        )
    return "".join(parts)
