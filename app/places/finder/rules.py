"""Reading the shorthand in which a point speaks of its households. What is typed, and what it may mean:

typed                    read as
12-302, 12#302, 12 302   building 12, room 302; where there is one building only also: stairwell 12, room 302
12-2-302, 12幢2单元302   building 12, stairwell 2, room 302
2单元302                 stairwell 2, room 302
桂花苑12-302, ghy12-302  the same, in compounds whose name or initials begin or hold the word
A-302, A座302            building A, room 302
A302                     room A302, or building A, room 302
甲1-302, 甲栋1-302       building 甲, stairwell 1, room 302 (甲 乙 丙 … in front of a number or a level word)
甲, 老水厂甲              building 甲, or part of a name
302, 302室               room 302 of any building
5678                     room 5678, or the tail of a telephone
19900005678              a telephone
王                       part of a name
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from app.core.text import chinese

LONGEST = 40
_BUILDING = "号楼|栋|幢|座|楼|#"
_STAIRWELL = "单元|门洞|门"
_ROOM = "号房|室|房"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BY_STEM = rf"[{_STEMS}](?=\s*(?:{_BUILDING}|号|单元|[-_/)]|\d|$))"
_VALUE = rf"(?:(?<![A-Za-z])[A-Za-z])?\d+[A-Za-z]?|(?<![A-Za-z])[A-Za-z](?=\s*(?:{_BUILDING}|-))|{_BY_STEM}"
_NUMBER = re.compile(rf"(?P<value>{_VALUE})\s*(?P<level>{_BUILDING}|{_STAIRWELL}|{_ROOM}|号)?")
_NUMERAL = re.compile(rf"([{''.join(sorted(chinese.NUMERALS))}]+)(?={_BUILDING}|{_STAIRWELL}|{_ROOM}|号|$)")
_LETTERED = re.compile(r"([A-Z])(\d{3,4})")
_PHONE = re.compile(r"1\d{10}")
_BETWEEN = " -_/,.、()"


@dataclass(frozen=True, slots=True)
class SpokenReading:
    """One thing the words may mean; "" where nothing is said. `phone` is a whole number or its last digits."""

    place: str = ""
    building: str = ""
    stairwell: str = ""
    room: str = ""
    phone: str = ""
    name: str = ""


def read_address_query(text: str) -> tuple[SpokenReading, ...]:
    """Every reading of what was typed, the most usual first; none for nothing that could name a household."""
    folded = chinese.fold(unicodedata.normalize("NFKC", text[:LONGEST])).strip()
    folded = _NUMERAL.sub(_in_digits, folded)
    digits = folded.replace(" ", "").replace("-", "")
    if _PHONE.fullmatch(digits):
        return (SpokenReading(phone=digits),)
    found = list(_NUMBER.finditer(folded))
    if not found:
        return (SpokenReading(name=folded),) if folded else ()
    place = folded[: found[0].start()].strip(_BETWEEN)
    numbers = [(match["value"].upper(), match["level"] or "") for match in found]
    readings = _numbered(place, numbers[-3:] if len(numbers) > 3 else numbers)
    if len(numbers) == 1 and numbers[0][0] in _STEMS and not numbers[0][1]:
        return (SpokenReading(place, building=numbers[0][0]), SpokenReading(name=folded))
    if len(numbers) > 1 and numbers[0][0] in _STEMS and not numbers[0][1]:
        readings += _numbered(place + numbers[0][0], numbers[1:])  # a name that ends so, with a number behind it
    return readings


def _in_digits(found: re.Match[str]) -> str:
    """A numeral at the end counts only where it is spoken digit by digit: 二〇二, but not the 三 of a name."""
    at_end = found.end() == len(found.string)
    value = None if at_end and len(found[1]) < 3 else chinese.numeral(found[1])
    return found[1] if value is None else str(value)


def _numbered(place: str, numbers: list[tuple[str, str]]) -> tuple[SpokenReading, ...]:
    values = [value for value, _level in numbers]
    if len(values) == 3:
        return (SpokenReading(place, *values),)
    if len(values) == 2:
        by_stairwell = SpokenReading(place, "", *values)
        if numbers[0][1] in _STAIRWELL.split("|"):
            return (by_stairwell,)
        return (SpokenReading(place, values[0], "", values[1]), *(() if numbers[0][1] else (by_stairwell,)))
    value, level = numbers[0]
    if level in _BUILDING.split("|"):
        return (SpokenReading(place, building=value),)
    if value.isdigit() and len(value) >= 7:
        return (SpokenReading(place, phone=value),)
    lettered = _LETTERED.fullmatch(value)
    if lettered and not level:
        return (SpokenReading(place, room=value), SpokenReading(place, building=lettered[1], room=lettered[2]))
    phone = (SpokenReading(place, phone=value),) if value.isdigit() and len(value) == 4 and not level else ()
    return (SpokenReading(place, room=value), *phone)
