"""Names as people type them without an input method: 土豆 → td, tudou."""

from __future__ import annotations

from functools import lru_cache

LONGEST = 60


@lru_cache(maxsize=8192)
def initials(name: str) -> str:
    """First letters of a name's pinyin, other characters in lower case as they are: 土豆 → td."""
    from pypinyin import Style, lazy_pinyin  # only now: its dictionary takes a third of a second to load

    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors=lambda text: text.lower()))[:LONGEST]


@lru_cache(maxsize=8192)
def full(name: str) -> str:
    """The whole pinyin of a name without tones or blanks: 土豆 → tudou."""
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(name, errors=lambda text: text.lower()))[: 3 * LONGEST]
