"""Pinyin of Chinese names for search: ``青菜`` is found by ``qingcai``, ``qc`` and ``qcai``.

A spelling is written syllable by syllable, ``"qing-cai"``. Characters with several readings (长 chang, zhang) give
several spellings; what a dictionary of phrases says comes first (重庆 chong-qing), so that the usual one is shortest to
find, and nobody has to know which reading the dictionary took.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice, product

MOST_SPELLINGS = 6
LONGEST = 24  # characters of a name that are spelled; nobody searches by the twenty-fifth
STORED = 60  # characters of the initials that are stored beside a name
UMLAUT = str.maketrans({"ü": "v"})


@lru_cache(maxsize=8192)
def spellings(name: str) -> tuple[str, ...]:
    """Every way to spell a name, at most `MOST_SPELLINGS`, the usual one first; empty without Chinese characters.

    Letters and digits stay as they are, in lower case: ``A4纸`` → ``("a4-zhi",)``.
    """
    from pypinyin import Style, lazy_pinyin, pinyin  # only now: its dictionary takes a third of a second to load

    text = "".join(ch for ch in name.lower()[:LONGEST] if ch.isalnum())
    usual = "-".join(lazy_pinyin(text, style=Style.NORMAL)).translate(UMLAUT)
    if not text or usual == text:
        return ()
    readings = [dict.fromkeys(_plain(one) for one in each) for each in pinyin(text, style=Style.NORMAL, heteronym=True)]
    others = ("-".join(each) for each in islice(product(*readings), MOST_SPELLINGS * 2))
    return tuple(dict.fromkeys((usual, *others)))[:MOST_SPELLINGS]


def _plain(syllable: str) -> str:
    return syllable.translate(UMLAUT)


def is_spelled(typed: str, spelling: str) -> bool:
    """Whether letters begin some part of a spelling, each syllable by a part of its own or whole.

    typed       spelling    yes: every way people shorten
    qingcai     qing-cai    whole
    qc          qing-cai    initials
    qcai qingc  qing-cai    mixed
    cai         qing-cai    from a later syllable
    ingc        qing-cai    no: begins inside a syllable
    """
    syllables = spelling.split("-")
    return any(_begins(typed, syllables, start) for start in range(len(syllables)))


def is_spelled_whole(typed: str, spelling: str) -> bool:
    """Whether letters shorten a spelling from its first syllable to its last: qcai is qing-cai, qing is not."""
    return _begins(typed, spelling.split("-"), 0, is_whole=True)


def _begins(typed: str, syllables: list[str], at: int, is_whole: bool = False) -> bool:
    if not typed:
        return not is_whole or at == len(syllables)
    if at == len(syllables):
        return False
    syllable = syllables[at]
    for length in range(1, min(len(typed), len(syllable)) + 1):
        if typed[length - 1] != syllable[length - 1]:
            return False
        if _begins(typed[length:], syllables, at + 1, is_whole):
            return True
    return False


@lru_cache(maxsize=8192)
def initials(name: str) -> str:
    """First letters of a name's pinyin, other characters in lower case as they are: 土豆 → td."""
    from pypinyin import Style, lazy_pinyin  # only now: its dictionary takes a third of a second to load

    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors=lambda text: text.lower()))[:STORED]


@lru_cache(maxsize=8192)
def full(name: str) -> str:
    """The whole pinyin of a name without tones or blanks: 土豆 → tudou."""
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(name, errors=lambda text: text.lower()))[: 3 * STORED]
