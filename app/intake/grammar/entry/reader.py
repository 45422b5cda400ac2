"""What an entry is read with, and how words beside an address are told from the name of another place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.intake.grammar import words
from app.intake.grammar.entry import changes
from app.intake.grammar.goods.lexicon import Lexicon
from app.intake.grammar.goods.scan import ElementKind, scan
from app.intake.grammar.model import Context
from app.intake.grammar.people import contacts, people
from app.intake.grammar.remarks import remarks
from app.places.address.rules import AddressScope, Located, Register, ends_like_place, holds_place, locate

_ASIDES = frozenset({"", "帮忙", "麻烦", "请", "请帮忙", "麻烦帮忙", "我", "再", "也", "和", "还有", "另外", "谢谢"})


PATIENCE = 1400


@dataclass(slots=True)
class WastedReading:
    """How much reading came to nothing so far: texts that named no household of the register, by what they cost.

    A paste of plain orders for another place is read to its last line. 400 lines of goods of nobody use the patience
    up, or 270 lines of mere numbers, or some 100 that are full of numbers: such a text is no list at all.

    text                                  cost
    few numbers, some words               1 (2 from three numbers on)
    of nobody (goods without a person)    4
    numbers only                          6
    many numbers, or long                 a fifth of the square of the numbers, a sixteenth of the length
    """

    wasted: int = 0

    @property
    def is_spent(self) -> bool:
        """No further line is looked at."""
        return self.wasted > PATIENCE

    @property
    def is_exhausted(self) -> bool:
        """Not even the lines that were looked at are read in full."""
        return self.wasted > 2 * PATIENCE

    def waste(self, text: str, *, is_of_nobody: bool = False) -> None:
        """Note a text that was read and named no household, and no person either where it is of nobody."""
        numbers = min(runs_of_digits(text), 24)
        plain = 1 + (numbers > 2) if any(ch.isalpha() for ch in text) else 6
        plain = max(plain, 4) if is_of_nobody else plain
        self.wasted += max(plain, len(text) // 16 if len(text) > 40 else 0, numbers**2 // 5 if numbers > 3 else 0)


def runs_of_digits(text: str) -> int:
    """How many numbers a text holds."""
    return sum(ch.isdigit() and not text[at - 1 : at].isdigit() for at, ch in enumerate(text[:400]))


@dataclass(frozen=True, slots=True)
class Reader:
    """What an entry is read with."""

    register: Register
    lexicon: Lexicon
    context: Context
    default_item: str = ""
    seen: dict[tuple[str, AddressScope | None], list[Located]] = field(default_factory=dict, compare=False, repr=False)
    """Addresses already located: a line is looked at more than once before its outcome is clear."""
    explained: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)
    """Words beside addresses that were looked at already."""
    drafts: dict[tuple[str, AddressScope | None, str], Any] = field(default_factory=dict, compare=False, repr=False)
    """Entries already read."""
    effort: WastedReading = field(default_factory=lambda: WastedReading(), compare=False, repr=False)

    def explains(self, run: str) -> bool:
        """Whether Han words beside an address are a person, goods or a verb, and so no unknown place."""
        if run not in self.explained:
            self.explained[run] = self._explains(run)
        return self.explained[run]

    def _explains(self, run: str) -> bool:
        left = _without_verbs(run)
        if holds_place(left) or self._begins_with_place(left):
            return False
        for word in (*words.REDIRECTS, *words.PROXIES, *words.VERBS_AFTER, *words.PROXY_ENDS):
            left = left.removesuffix(word)
        if people.is_said(left):
            return True
        if self._begins_with_goods(left):
            return True
        if left in _ASIDES or people.is_name(left) or people.is_nickname(left):
            return True
        if self.lexicon.knows(left) or people.is_chat(left):
            return True
        if any(element.kind is ElementKind.QTY or element.is_item for element in scan(left, self.lexicon)):
            return True
        return (
            bool(remarks.flags_of(left))
            or remarks.extract_remarks(left).rest != left
            or changes.find_change(left).text != left
        )

    def _begins_with_goods(self, run: str) -> bool:
        """牛奶要低温的, 新鲜五花肉要瘦的: goods with a wish behind them."""
        for word in words.DESCRIBING:
            run = run.removeprefix(word) if len(word) > 1 else run
        sizes = range(min(len(run), 6), 1, -1)
        return any(
            run[:size] in words.GOODS or (not self.lexicon.is_open and self.lexicon.knows(run[:size])) for size in sizes
        )

    def _begins_with_place(self, run: str) -> bool:
        """庆春苑鸡蛋, 庆春苑王阿姨: a place, then goods or a person."""
        for at in range(3, min(len(run), 9)):
            if not ends_like_place(run[:at]) or run in words.GOODS:
                continue
            behind = run[at:]
            goods = behind in words.GOODS or (not self.lexicon.is_open and self.lexicon.span(behind, 0) > 0)
            if goods or people.is_name(behind):
                return True
        return False


def addresses(text: str, reader: Reader) -> list[Located]:
    """The addresses of a line; none when there is no register to read them against."""
    key = (text, reader.context.scope)
    if key not in reader.seen:
        found = locate(
            contacts.mask_contacts(text), reader.register, words.SHORT_UNITS, reader.context.scope, reader.explains
        )
        reader.seen[key] = found
        plain = bool(found) and found[0].is_strong and any(ch.isalpha() for ch in text)
        plain = plain and runs_of_digits(text) <= 5
        if not plain and not any(place.resolution.household for place in found) and (found or runs_of_digits(text) > 3):
            reader.effort.waste(text)
    return reader.seen[key]


def _without_verbs(run: str) -> str:
    """我也要, 帮我: words of asking in front of the address say nothing of a place."""
    left, before = run, ""
    while left != before:
        before = left
        left = left.removeprefix("我们").removeprefix("我")
        for word in words.VERBS_BEFORE:
            left = left.removeprefix(word) if len(word) > 1 or left == word else left
    return left
