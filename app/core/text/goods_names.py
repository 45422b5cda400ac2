"""What goods are called, and which of them somebody means who types a name: one reader for everybody who looks.

The resident's form, the telephone desk, standing orders and files of orders ask the same index; the grammar of lists
compares names by the same `comparable`.

    typed              青菜 (小青菜), 长豆角
    青菜 ＱＣ          called so: by name, by other name, by initials or by the whole pinyin
    qcai cai           spelled so, every way people shorten (`core.text.pinyin.is_spelled`)
    cdj changdj        spelled so: every reading of 长 counts
    豆角               a part of a name
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.core.text import chinese
from app.core.text.pinyin import full, initials, is_spelled, is_spelled_whole, spellings

MOST_SPELLED = 12  # names of one offer that can be found by letters; the rest is found by characters


def comparable(text: str) -> str:
    """A name as names are compared: without blanks, case, width and script."""
    return "".join(chinese.fold(text).lower().split())


@dataclass(frozen=True)
class GoodsName:
    """Goods by everything they are called, the first name being their own.

    `id`: of the offer, or of the item where there is no cycle. `number`: their place on the page. `codes`: numbers that
    staff type for them. `contents`: words by which a search finds them though nobody calls them so (the parts of a
    bundle, its category); of these, `inside` are found by letters too.
    """

    id: int
    names: tuple[str, ...]
    number: int = 0
    codes: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.names[0]

    @cached_property
    def called(self) -> frozenset[str]:
        """Everything that is these goods when it is typed alone: names, codes, initials and whole pinyin."""
        names = {comparable(name) for name in (*self.names, *self.codes)}
        letters = {letters for name in names for letters in (initials(name), full(name))}
        return frozenset(names | letters) - {""}

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """The names syllable by syllable, in every reading."""
        return tuple(dict.fromkeys(one for name in self.names[:MOST_SPELLED] for one in spellings(name)))

    @cached_property
    def text(self) -> str:
        """Every name and content in one line of lower-case letters, as a page compares it."""
        return " ".join(dict.fromkeys(word.lower() for word in (*self.names, *self.contents) if word))

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """The spellings of the names and of the parts, as a page compares them."""
        every = (*self.names, *self.inside)[:MOST_SPELLED]
        return tuple(dict.fromkeys(one for name in every for one in spellings(name)))

    def is_meant_by(self, typed: str) -> bool:
        """Whether letters or characters that somebody looks for may mean these goods."""
        wanted = comparable(typed)
        return wanted in self.text or any(is_spelled(wanted, one) for one in self.letters)


class NameIndex:
    """Goods by their names. Where several may be meant, all of them are given, in order of their number."""

    def __init__(self, goods: Iterable[GoodsName]) -> None:
        self.goods = tuple(goods)
        self._own: dict[str, list[GoodsName]] = {}
        self._named: dict[str, list[GoodsName]] = {}
        self._called: dict[str, list[GoodsName]] = {}
        for one in self.goods:
            self._own.setdefault(comparable(one.name), []).append(one)
            for name in dict.fromkeys(map(comparable, one.names)):
                self._named.setdefault(name, []).append(one)
            for word in one.called:
                self._called.setdefault(word, []).append(one)
        self.longest = tuple(sorted(self._called, key=lambda word: (-len(word), word)))
        """Every word of `called`, the longest first."""

    def names(self) -> tuple[str, ...]:
        """Every name in characters, the longest first; other names of one character are none."""
        kept = (name for name in self._named if name and (len(name) > 1 or name in self._own))
        return tuple(sorted(kept, key=lambda name: (-len(name), name)))

    def named(self, text: str) -> tuple[GoodsName, ...]:
        """The goods of exactly this name: those whose own it is before those that only go by it too."""
        name = comparable(text)
        return _in_order(self._own.get(name) or self._named.get(name) or ())

    def called(self, typed: str) -> tuple[GoodsName, ...]:
        """The goods of exactly this name, these initials or this pinyin."""
        return _in_order(self._called.get(comparable(typed), ()))

    def spelled(self, letters: str) -> tuple[GoodsName, ...]:
        """The goods that letters spell: those spelled whole before those that go on or only hold them."""
        for fits in (is_spelled_whole, is_spelled):
            found = [one for one in self.goods if any(fits(letters, spelling) for spelling in one.spellings)]
            if found:
                return _in_order(found)
        return ()

    def holding(self, typed: str) -> tuple[GoodsName, ...]:
        """The goods with a name that begins with the word, else with one that holds it; `v` is not the number `v1`."""
        wanted = comparable(typed)
        whole = [(name, one) for name, goods in self._named.items() for one in goods if not _cuts(wanted, name)]
        begins = [one for name, one in whole if name.startswith(wanted)]
        return _in_order(begins or [one for name, one in whole if wanted in name])


def _cuts(word: str, name: str) -> bool:
    return name.partition(word)[2][:1].isdigit()


def _in_order(goods: Sequence[GoodsName]) -> tuple[GoodsName, ...]:
    return tuple(sorted({one.id: one for one in goods}.values(), key=lambda one: (one.number, one.id)))
