"""What one entry was understood as, before the whole paste is known."""

from __future__ import annotations

from dataclasses import dataclass

from app.intake.grammar.model import ChainGoods, Change, EntryFlag, EntryOutcome
from app.places.address.rules import RegisteredHousehold


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """An entry understood, before the whole paste is known."""

    outcome: EntryOutcome
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
    has_address: bool = False
    """A complete address was written, known or not."""
    address_reason: str = ""
    address_text: str = ""
    is_question: bool = False
