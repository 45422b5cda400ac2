"""When two names, or a name and a code, speak of one subdistrict.

An installation is set up in any order: the first account names the subdistrict, a table brings its official code, or
the other way round. Until the other one is known, the one that is known stands for it.

    registered (code, name)            a table or command says          it is
    330102011, 大石桥街道              code 330102011                   the same, whatever it is called
    大石桥街道, 大石桥街道             330102011, 大石桥街道办事处      the same: the code is taken over
    大石桥街道, 大石桥街道             330102011, no name               the same: the code is taken over
    大石桥街道, 大石桥街道             330102011, 小营街道              another
    330102011, 大石桥街道              330102012, 大石桥街道            another
    330102011, 街道 or 330102011       330102011, 大石桥街道            the same: the name is taken over
"""

from __future__ import annotations

from app.core.text import chinese

NO_NAME = "街道"  # of a subdistrict that a table knew by its code only
_TAILS = ("办事处", "街道办", "街道", "镇", "乡")


def has_code(code: str, name: str) -> bool:
    """Whether the official code is known; until then the name stands in its place."""
    return code != name


def has_name(code: str, name: str) -> bool:
    """Whether the name is known; until then the code, or no more than the kind of place, stands in its place."""
    return name not in (code, NO_NAME) or not any(ch.isdigit() for ch in code)


def is_same_name(one: str, other: str) -> bool:
    """大石桥街道, 大石桥街道办事处 and 上城区大石桥街道 are one; a name that is not said fits every one."""
    a, b = _bare(one), _bare(other)
    return not a or not b or a.endswith(b) or b.endswith(a)


def _bare(name: str) -> str:
    left = "".join(chinese.fold(name).split())
    for tail in _TAILS:
        left = left.removesuffix(tail)
    return left
