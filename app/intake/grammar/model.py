"""What a 接龙 becomes: plain values for lines, goods and the whole result."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from app.places.address.rules import AddressScope, RegisteredHousehold


class EntryOutcome(StrEnum):
    """What a line is. REVIEW must be settled before the tally is signed; SKIP and HEAD are kept and shown."""

    ROW = "ROW"
    AMEND = "AMEND"
    CANCEL = "CANCEL"
    REVIEW = "REVIEW"
    SKIP = "SKIP"
    HEAD = "HEAD"


class Change(StrEnum):
    """How an AMEND changes the goods of the household: to a quantity, by more, by less."""

    SET = "set"
    ADD = "add"
    LESS = "less"


class EntryFlag(StrEnum):
    """What a remark says besides goods. HEALTH is restricted and never reaches paper."""

    PAID = "paid"
    NO_SUBSTITUTE = "no_substitute"
    MAY_SUBSTITUTE = "may_substitute"
    DOOR_NOTE = "door_note"
    REDIRECT = "redirect"
    SPECIAL_NEED = "special_need"
    HEALTH = "health"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class ChainGoods:
    """One item of a line. qty is whole sale units, None when the text gives none (never invented)."""

    item: str
    qty: int | None
    unit: str = ""
    note: str = ""
    problem: str = ""


class ChainLine(NamedTuple):
    """One entry of the paste. A physical line is one entry, except a chain written on one line (`part` counts then).

    continues: line number of the entry that this physical line carries on; its goods are counted there.
    restricted_note: words about health; kept apart from `note`, shown to few, never printed.
    """

    line_no: int
    raw: str
    outcome: EntryOutcome
    part: int = 1
    number: int | None = None
    household: RegisteredHousehold | None = None
    who: str = ""
    proxy: str = ""
    items: tuple[ChainGoods, ...] = ()
    change: Change | None = None
    note: str = ""
    restricted_note: str = ""
    flags: frozenset[EntryFlag] = frozenset()
    reason: str = ""
    candidates: tuple[RegisteredHousehold, ...] = ()
    confidence: int = 0
    continues: int | None = None
    list_no: int = 0
    text: str = ""
    """The words of the entry without its number, continuations included."""
    inherits: str = ""
    """What comes from a heading above, not from the line: the "building", the "compound" only ("strayed" below
    a line that named another one), or nothing."""

    @property
    def needs_settling(self) -> bool:
        """REVIEW, or an order of somebody whose household is not known yet (a chain by nicknames)."""
        if self.continues is not None:
            return False
        acts = self.outcome in (EntryOutcome.ROW, EntryOutcome.AMEND, EntryOutcome.CANCEL)
        return self.outcome is EntryOutcome.REVIEW or (acts and self.household is None)


@dataclass(frozen=True, slots=True)
class ChainResult:
    """lines: in order, one or more for each physical non-blank line. totals: item → whole sale units of the rows,
    amendments and cancellations inside the paste applied. warnings: sentences' codes with their details.
    """

    lines: tuple[ChainLine, ...]
    titles: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    totals: dict[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Lines by outcome; every outcome is present."""
        seen = Counter(line.outcome for line in self.lines)
        return {outcome.value: seen.get(outcome, 0) for outcome in EntryOutcome}


@dataclass(frozen=True, slots=True)
class Context:
    """What is known besides the text. self_text: who pasted it ("3栋小李"), for `我要2份`. year: of dates in titles."""

    scope: AddressScope | None = None
    self_text: str = ""
    year: int | None = None
