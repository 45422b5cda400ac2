"""The goods that may be ordered, with their aliases, and how a written name finds its item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from app.core.text import chinese
from app.core.text.goods_names import comparable
from app.intake.grammar import words

DEFAULT_LIMIT = 50
_BEHIND_LETTER = chinese.NUMERALS | set("各要来订半和跟与套款组餐包份")
_LONGEST_COMMON = max(len(word) for word in words.GOODS)
_UNITS_LOWER = frozenset(unit.lower() for unit in words.UNITS)
_NOTE_STARTS = ("要", "不要", "的", "选", "最好", "尽量")
_TAILS = ("等", "类", "的", "单", *words.DESCRIBING)


@dataclass(frozen=True, slots=True)
class LexiconItem:
    """One item of the catalogue. unit: sale unit; limit: most of it one household may order without a question."""

    name: str
    unit: str = ""
    aliases: tuple[str, ...] = ()
    limit: int = DEFAULT_LIMIT


@dataclass(frozen=True, slots=True)
class Match:
    """item: catalogue name, "" when unknown. note: words beside the name. certain: no question is needed."""

    item: str
    note: str = ""
    certain: bool = True


def key(name: str) -> str:
    """A name as this lexicon compares it, in capitals."""
    return comparable(name).upper()


def is_specification(text: str) -> bool:
    """30枚装, 5斤装, 12盒/箱, 500ML: the size of a pack, which counts nothing."""
    at = 0
    while at < len(text):
        digits = at
        while at < len(text) and (text[at].isdigit() or text[at] == "."):
            at += 1
        unit = next((text[at : at + n] for n in (3, 2, 1) if text[at : at + n].lower() in _UNITS_LOWER), "")
        if at == digits or not unit:
            return False
        at += len(unit)
        if text[at : at + 1] == "/":
            after = next((n for n in (2, 1) if text[at + 1 : at + 1 + n] in words.UNITS), 0)
            at += 1 + after
        while at < len(text) and text[at] in "装入*×X ":
            at += 1
    return bool(text)


class Lexicon:
    """Items by every name they go by. An empty lexicon takes goods as they are written."""

    def __init__(self, items: Iterable[LexiconItem] = ()) -> None:
        self.items: dict[str, LexiconItem] = {}
        self._names: dict[str, set[str]] = defaultdict(set)
        self._starts: dict[str, list[str]] = defaultdict(list)
        for item in items:
            self.items[item.name] = item
            for name in (item.name, *item.aliases):
                if key(name) and not _is_one_unit(name, item):
                    self._names[key(name)].add(item.name)
        self._add_short_names()
        self.is_open = not self.items
        """Whether any name is taken as it is written."""
        for name in sorted(self._names or words.PROTECTED, key=len, reverse=True):
            self._starts[name[0]].append(name)

    def names(self) -> tuple[str, ...]:
        """Every name that goods go by."""
        return tuple(self._names)

    def covers(self, word: str) -> bool:
        """Whether a word is, or is part of, the name of goods."""
        return any(key(word) in name for name in self._names)

    @property
    def only_item(self) -> str:
        return next(iter(self.items)) if len(self.items) == 1 else ""

    def _add_short_names(self) -> None:
        """`净藕(1)` also goes by 净藕, unless another item has that very name."""
        shorter: dict[str, set[str]] = defaultdict(set)
        for name in self.items:
            shorter[key(chinese.fold(name).split("(")[0])].add(name)
            for short in _by_letter(key(name)):
                shorter[short].add(name)
        for short, items in shorter.items():
            if short and short not in self._names:
                self._names[short] |= items

    def unit(self, item: str) -> str:
        """Sale unit of the item, "" when unknown."""
        found = self.items.get(item)
        return found.unit if found else ""

    def limit(self, item: str) -> int:
        found = self.items.get(item)
        return found.limit if found else DEFAULT_LIMIT

    def span(self, text: str, start: int) -> int:
        """End of the longest item name that begins at `start` of folded text; `start` when none does."""
        for name in self._starts.get(text[start : start + 1].upper(), ()):
            if text[start : start + len(name)].upper() == name and not _cuts_a_number(name, text, start):
                return start + len(name)
        return start

    def names_at(self, text: str, at: int, longer_than: int = 0) -> bool:
        """Whether the name of goods begins here, longer than so many characters."""
        end = _common_span(text, at) if self.is_open else self.span(text, at)
        return end - at > longer_than

    def knows(self, text: str) -> bool:
        """Whether the text names goods: an item of the catalogue, or without one a common word for groceries."""
        name = key(text)
        return name in self._names or (self.is_open and (text in words.GOODS or _ends_in_goods(text)))

    def match(self, text: str) -> Match:
        """The item a written name means. Text beside a known name becomes a note; what remains unclear is asked."""
        name = key(text)
        if self.is_open:
            return _as_written(text.strip())
        found = self._names.get(name, set())
        if found:
            return Match(next(iter(found)), certain=True) if len(found) == 1 else Match("", text, certain=False)
        return self._inside(name, text)

    def _inside(self, name: str, text: str) -> Match:
        for size in range(len(name) - 1, 0, -1):
            head, tail = self._names.get(name[:size], set()), self._names.get(name[-size:], set())
            if len(head) == 1:
                rest = name[size:]
                sure = rest.startswith(_NOTE_STARTS) or rest in _TAILS or is_specification(rest)
                return Match(next(iter(head)), rest, sure)
            if len(tail) == 1:
                rest = name[:-size]
                return Match(next(iter(tail)), rest, rest in words.DESCRIBING or is_specification(rest))
        return Match("", text, certain=False)

    def mentioned(self, text: str) -> set[str]:
        """Items that a title names."""
        folded, found, at = chinese.fold(text), set[str](), 0
        while at < len(folded):
            end = self.span(folded, at)
            if end > at:
                found |= self._names.get(key(folded[at:end]), set())
            at = max(end, at + 1)
        return found

    def cover(self, text: str) -> list[str]:
        """The item names that a text consists of, written without a break (鸡蛋牛奶); empty when it holds more."""
        found, at = [], 0
        while at < len(text):
            end = _common_span(text, at) if self.is_open else self.span(text, at)
            if end == at:
                return []
            found.append(text[at:end])
            at = end
        return found

    def similar(self, text: str, most: int = 5) -> tuple[str, ...]:
        """Items that share most characters with the text, for a person to choose from."""
        wanted = set(key(text))
        scored = sorted(((-len(wanted & set(key(name))), name) for name in self.items), key=lambda pair: pair)
        return tuple(name for score, name in scored[:most] if score < 0)


def _common_span(text: str, start: int) -> int:
    """End of the longest common word for groceries that begins at `start`; `start` when none does."""
    sizes = range(min(_LONGEST_COMMON, len(text) - start), 1, -1)
    return next((start + size for size in sizes if text[start : start + size] in words.GOODS), start)


def _is_one_unit(alias: str, item: LexiconItem) -> bool:
    """鸡蛋一板, where eggs are sold by the 板, is an amount and no name: taken as a name it would lose the amount."""
    return bool(item.unit) and key(alias) in {key(item.name + one + item.unit) for one in "1一壹"}


def _by_letter(name: str) -> tuple[str, ...]:
    """A套餐 also goes by A, A套, 套餐A."""
    for kind in ("套餐", "组合", "菜包", "套", "餐", "包", "款"):
        letter = name.removesuffix(kind)
        if letter != name and len(letter) == 1 and letter.isascii() and letter.isalpha():
            return (letter, letter + "套", letter + "套餐", kind + letter, letter + "款", letter + "餐")
    return ()


def _cuts_a_number(name: str, text: str, start: int) -> bool:
    """A name that ends in a digit must not end inside a longer number of the text."""
    end = start + len(name)
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    ends_inside = name[-1].isdigit() and after.isdigit()
    starts_inside = name[0].isdigit() and before.isdigit()
    if len(name) == 1 and name.isascii() and "\u4e00" <= after <= "\u9fff" and after not in _BEHIND_LETTER:
        return True  # A小太阳 is no A套餐
    inside_word = name[0].isascii() and name[0].isalpha() and before.isascii() and before.isalpha()
    inside_word |= name[-1].isascii() and name[-1].isalpha() and after.isascii() and after.isalpha()
    return ends_inside or starts_inside or inside_word


def _as_written(text: str) -> Match:
    """Without a catalogue a name is taken as it stands; a wish behind common goods is a note (牛奶要低温的)."""
    for wish in ("不要", "要", "最好", "选"):
        head, found, _ = text.partition(wish)
        if found and head in words.GOODS:
            return Match(head, text[len(head) :])
    return Match(text)


def _ends_in_goods(text: str) -> bool:
    return len(text) >= 2 and text[-1] in words.GOODS_ENDS and not text.endswith(words.KIN)
