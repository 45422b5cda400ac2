"""The one sort order of places: 2号楼 before 10号楼, on every page, sheet and query."""

from __future__ import annotations

import re
import unicodedata

from app.core.text.chinese import NUMERALS, fold, numeral

_LEVELS = "号楼|号院|号|栋|幢|楼|单元|门洞|门|室|弄|座|层|期|区|村|组"
_CHINESE_NUMBER = re.compile(f"([{''.join(sorted(NUMERALS))}]{{1,7}})(?={_LEVELS}|[-\\d]|$)")
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_STEM = re.compile(f"([{_STEMS}])(?={_LEVELS}|[-#\\d]|$)")
_LEVEL_AFTER_NUMBER = re.compile(f"(?<=[0-9A-Za-z])(?:{_LEVELS})")
_PARTS = re.compile(r"\d+|[A-Za-z]+|[^\dA-Za-z\s\-#.,/()]+")
_LONGEST = 200


def _arabic(match: re.Match[str]) -> str:
    value = numeral(match.group(1))
    return match.group(1) if value is None else str(value)


def _counted(match: re.Match[str]) -> str:
    """甲 → 干A, 乙 → 干B …: in their own order, among the Chinese words, and equal to nothing else."""
    return f"干{chr(ord('A') + _STEMS.index(match.group(1)))}"


def natural_key(text: str) -> str:
    """The canonical sort key of a label or an address; compare keys as plain strings (also in a database column).

    Numbers compare as numbers, also Chinese and full-width ones; words of a level after a number (号楼 栋 单元 室 …)
    and separators do not count, so that ``12-1单元-3302`` and ``12号楼1单元3302室`` sort as equals. Each number is
    written with its length before it ("2" → 012, "10" → 0210), numbers come before Latin letters before Chinese;
    甲 乙 丙 … count in their own order.
    """
    folded = unicodedata.normalize("NFKC", fold(text[:_LONGEST])).upper()
    folded = _CHINESE_NUMBER.sub(_arabic, folded)
    folded = _STEM.sub(_counted, folded)
    folded = _LEVEL_AFTER_NUMBER.sub("-", folded)
    return "\x1f".join(_part(part) for part in _PARTS.findall(folded))


def _part(part: str) -> str:
    if not part[0].isdecimal():
        return part
    digits = "".join(str(unicodedata.decimal(character)) for character in part).lstrip("0") or "0"
    return f"{len(digits):02d}{digits}"
