"""The one sort order of places: 2号楼 before 10号楼, on every page, sheet and query."""

from __future__ import annotations

import re
import unicodedata

_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_NUMERAL = "零〇一二两三四五六七八九十百千"
_LEVELS = "号楼|号院|号|栋|幢|楼|单元|门洞|门|室|弄|座|层|期|区|村|组"
_CHINESE_NUMBER = re.compile(f"([{_NUMERAL}]{{1,7}})(?={_LEVELS}|[-\\d]|$)")
_LEVEL_AFTER_NUMBER = re.compile(f"(?<=[0-9A-Za-z])(?:{_LEVELS})")
_PARTS = re.compile(r"\d+|[A-Za-z]+|[^\dA-Za-z\s\-#.,/()]+")
_LONGEST = 200


def chinese_number(text: str) -> int | None:
    """The value of a Chinese numeral below 10,000: 十二 → 12, 一百零三 → 103, 三零二 → 302; None if it is none."""
    if not text or any(character not in _NUMERAL for character in text):
        return None
    if not any(character in _UNITS for character in text):
        return int("".join(str(_DIGITS[character]) for character in text))
    total, digit, last_unit = 0, None, 10_000
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
            continue
        unit = _UNITS[character]
        if unit >= last_unit:
            return None
        total += (1 if digit is None else digit) * unit
        digit, last_unit = None, unit
    return total + (digit or 0)


def _arabic(match: re.Match[str]) -> str:
    value = chinese_number(match.group(1))
    return match.group(1) if value is None else str(value)


def natural_key(text: str) -> str:
    """The canonical sort key of a label or an address; compare keys as plain strings (also in a database column).

    Numbers compare as numbers, also Chinese and full-width ones; words of a level after a number (号楼 栋 单元 室 …)
    and separators do not count, so that ``12-1单元-3302`` and ``12号楼1单元3302室`` sort as equals. Each number is
    written with its length before it ("2" → 012, "10" → 0210), numbers come before Latin letters before Chinese.
    """
    folded = unicodedata.normalize("NFKC", text[:_LONGEST]).upper()
    folded = re.sub(r"[‐-―−﹣~]", "-", folded)
    folded = _CHINESE_NUMBER.sub(_arabic, folded)
    folded = _LEVEL_AFTER_NUMBER.sub("-", folded)
    return "\x1f".join(_part(part) for part in _PARTS.findall(folded))


def _part(part: str) -> str:
    if not part[0].isdecimal():
        return part
    digits = "".join(str(unicodedata.decimal(character)) for character in part).lstrip("0") or "0"
    return f"{len(digits):02d}{digits}"
