"""How an address was read, step by step, for the person who wonders why."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.text import chinese
from app.places.address import names, tokens
from app.places.address.place import place_of
from app.places.address.reading import AddressReading, readings
from app.places.address.register import AddressScope, Register
from app.places.address.resolver import MAX_TEXT, Resolution, resolve

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Explanation:
    """folded: the text as it is compared. compounds: those it names, or all that are possible when it names none.
    numbers: (number, level its word says, "" without one). readings: the most usual ones, cheapest first.
    """

    folded: str
    compounds: tuple[str, ...]
    is_named: bool
    rest: str
    numbers: tuple[tuple[str, str], ...]
    readings: tuple[AddressReading, ...]
    resolution: Resolution


def explain(text: str, register: Register, scope: AddressScope | None = None) -> Explanation:
    """What `resolve` sees and decides."""
    folded = chinese.fold(text[:MAX_TEXT])
    place = place_of(folded, register, scope)
    found = tokens.slots(place.naming.masked, words=register.words, stems=register.stems)
    return Explanation(
        folded,
        place.compounds[:_SHOWN],
        place.is_named,
        place.naming.masked.replace(names.MASK, ""),
        tuple((slot.value, slot.level) for slot in found),
        tuple(readings(found)[:_SHOWN]) if found else (),
        resolve(text, register, scope),
    )
