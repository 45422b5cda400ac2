"""A room as somebody types it who stands at a building: the words for building and stairwell in front come off.

typed                              of stairwell 1 of building 2
101, 101室, 0101                   room 101
1-101, 1单元101, 1单元-101          room 101
2-101, 2号楼101                    room 101
2-1-101, 2号楼1单元101室            room 101
2单元101, 3-1-101                  nothing there: what is said has to agree
1楼101                             room 101, since it lies on the first floor
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.core.text import chinese
from app.places.address.register import building_key, room_key, stairwell_key

_BUILDING = ("号楼", "栋", "幢", "座", "楼", "#")
_STAIRWELL = ("单元", "门洞", "号门", "门", "梯")
_FRONT = re.compile(
    rf"(?P<value>[0-9A-Z]+|[甲乙丙丁戊己庚辛壬癸]|[{''.join(sorted(chinese.NUMERALS))}]+)"
    rf"(?:\s*(?P<word>{'|'.join((*_BUILDING, *_STAIRWELL))}|号|层))?(?P<dash>[\s\-/]*)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Front:
    value: str
    word: str

    def is_building(self, label: str) -> bool:
        return self.word not in (*_STAIRWELL, "层") and building_key(label) == building_key(self.value)

    def is_stairwell(self, label: str, is_said: bool) -> bool:
        """Where a building has one without a label, that is the first one, as far as somebody speaks of it."""
        if self.word in (*_BUILDING, "层"):
            return False
        return stairwell_key(self.value) == (stairwell_key(label) or ("1" if is_said else ""))

    def is_floor(self, room: str) -> bool:
        floor = stairwell_key(self.value)
        return self.word in ("楼", "层") and len(room) > 2 and room.startswith(floor)


def flat_key(room: str) -> str:
    """The flat of a room number: further families in one flat are written `401(2)`."""
    return room_key(chinese.fold(room).split("(")[0])


def bare_key(typed: str) -> str:
    """The flat that is typed, whatever stands in front of it: every spelling of one room has one key."""
    return flat_key(_split(typed)[1])


def names_another_place(typed: str, stairwell: str, building: str) -> bool:
    """Whether a building or stairwell is named by its word and is not this one."""
    fronts, rest = _split(typed)
    return any(front.word for front in fronts) and not _agree(fronts, rest, stairwell, building)


def without_place(typed: str, stairwell: str, building: str) -> str:
    """The room as it is to stand in a register of this stairwell; `1703-2`, which names no such place, stays whole."""
    fronts, rest = _split(typed)
    bare = rest if fronts and _agree(fronts, rest, stairwell, building) else typed
    return bare.strip().removesuffix("室").strip()


def is_room(room_no: str, stairwell: str, typed: str, building: str = "") -> bool:
    """Whether what somebody typed ("302", "1-302", "302室") means this room of this stairwell and building."""
    wanted = flat_key(room_no)
    if wanted == flat_key(typed):
        return True
    fronts, rest = _split(typed)
    return bool(fronts) and wanted == flat_key(rest) and _agree(fronts, rest, stairwell, building)


def _split(typed: str) -> tuple[list[_Front], str]:
    """What stands in front, at most a building and a stairwell, and the rest, which has a number in it."""
    fronts: list[_Front] = []
    rest = chinese.fold(typed).replace("—", "-").strip()
    while len(fronts) < 2:
        found = _FRONT.match(rest)
        if found is None or not (found["word"] or found["dash"]):
            break
        behind = rest[found.end() :]
        if not any(ch.isdigit() for ch in flat_key(behind)):
            break
        fronts.append(_Front(found["value"].upper(), found["word"] or ""))
        rest = behind
    return fronts, rest


def _agree(fronts: list[_Front], rest: str, stairwell: str, building: str) -> bool:
    if len(fronts) == 1:
        (one,) = fronts
        is_said = one.word in _STAIRWELL
        if one.is_building(building) and building:
            return True
        return one.is_stairwell(stairwell, is_said) or one.is_floor(flat_key(rest))
    first, second = fronts
    if first.is_building(building) and building:
        return second.is_stairwell(stairwell, is_said=True) or second.is_floor(flat_key(rest))
    return first.is_stairwell(stairwell, is_said=True) and second.is_floor(flat_key(rest))
