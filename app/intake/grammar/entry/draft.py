"""What one entry was understood as, before the whole paste is known."""

from __future__ import annotations

from dataclasses import dataclass

from app.intake.grammar.model import Change, Flag, Goods, Outcome
from app.places.address.rules import Household


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry understood, before the whole paste is known."""

    outcome: Outcome
    household: Household | None = None
    who: str = ""
    proxy: str = ""
    items: tuple[Goods, ...] = ()
    change: Change | None = None
    note: str = ""
    restricted_note: str = ""
    flags: frozenset[Flag] = frozenset()
    reason: str = ""
    candidates: tuple[Household, ...] = ()
    confidence: int = 0
    has_address: bool = False
    """A complete address was written, known or not."""
    address_reason: str = ""
    address_text: str = ""
    is_question: bool = False
