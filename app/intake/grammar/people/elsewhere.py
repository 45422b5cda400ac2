"""Words beside an address that hint at another place or another person than the one it was read as: then ask.

海楼1301 below 听雨阁, 雪1203 below 听雨阁, 紫3-2-502 below 海棠园      a part of the name of another place
4-503南 below 北区                                                the same, behind the room
我妈住2-101，我要大米1袋                                            a relative's flat, then a wish of one's own
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.intake.grammar import words
from app.intake.grammar.people import people
from app.intake.grammar.people.gazetteer import Gazetteer
from app.intake.grammar.people.mentions import ROOMS, Level, PlaceMention
from app.places.address.rules import Register, RegisteredHousehold, building_key, room_key

_FEW = 8
_HAN = "[\u4e00-\u9fff]"
_IN_FRONT = re.compile(rf"(?P<run>{_HAN}{{1,4}}?)的?[\s:.。,，、()【】\[\]\-]{{0,2}}$")
_BEHIND = re.compile(rf" ?(?P<run>(?![一二两三四五六七八九十半]){_HAN}{{1,2}})(?=[\s:,，)]|$)")
_NAMED = frozenset({Level.COMPOUND, Level.HOUSE, Level.STREET, Level.UNKNOWN})
_KIN = (
    "(?:" + "|".join(sorted((kin for kin in words.KIN if kin != "家"), key=len, reverse=True)) + "|爸妈|公婆|同事|同学)"
)
_OF_A_RELATIVE = re.compile(
    rf"(?:(?:{_KIN}|[他她])(?:们|家|那边|一家)?(?:现在|是)?[住在]|(?:我|俺|阿拉){_KIN}(?:家|那边)?)[^,，;；。]*\d{{3,4}}"
    rf"|\d{{3,4}}(?:室|房)?(?:是|住着?|的?是)(?:我|俺|阿拉)?{_KIN}"
)
_OF_ONESELF = re.compile(
    "[,，;；。 ](?:但|不过|这次|今天)?(?:我|俺|阿拉|咱)(?:们|家|自己|屋里)*(?:也|想|只|就|需)*[要来订买拿加]"
)


def hints_elsewhere(
    text: str, found: Sequence[PlaceMention], homes: Sequence[RegisteredHousehold], register: Register, names: Gazetteer
) -> bool:
    """Whether the words that touch an address are a part of the name of another place."""
    if any(each.level in _NAMED for each in found):
        return False
    digit = next((at for at, ch in enumerate(text) if ch.isdigit()), len(text))
    begins = {digit, found[0].start if found else digit}
    last = next((each.end for each in reversed(found) if each.level in ROOMS), len(text))
    front = [match["run"] for match in (_IN_FRONT.search(text[:begin]) for begin in begins) if match]
    behind = _BEHIND.match(text[last:])
    runs = [run for run in front if run[-1] in names.heads or not _is_person(run)]
    runs += [behind["run"]] if behind and not _is_person(behind["run"]) else []
    runs += [word for word in text.split()[-1:] if word in names.heads]  # 4-502 鸡蛋1 南
    return any(_distinguishes(ch, home, register, names) for run in runs for ch in run for home in homes)


def _is_person(run: str) -> bool:
    """王海, 小雪; in front of a number 小王南 names 南 behind somebody."""
    return len(run) > 1 and (people.is_name(run) or people.is_nickname(run))


def _distinguishes(ch: str, home: RegisteredHousehold, register: Register, names: Gazetteer) -> bool:
    """Whether a character is of the name of another compound or building, which may have that flat."""
    if ch in home.compound or ch in home.building:
        return False
    few = len(register.buildings) <= _FEW
    room = room_key(home.room)
    places = names.tells.get(ch, frozenset())
    return any(
        few or (compound, key or building_key(home.building), room) in register.by_room for compound, key in places
    )


def of_somebody_else(text: str) -> bool:
    """Whether a flat is named as that of a relative and somebody then orders for themselves."""
    flat = _OF_A_RELATIVE.search(text)
    return flat is not None and _OF_ONESELF.search(text, flat.end()) is not None
