"""What tables of other systems say by number and by weight: compounds, buildings, goods and amounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from app.core.text import chinese

_AMOUNT = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?")  # no exponents: 1e999999999 would never be worked out
GRAMS = {"kg": 1000, "千克": 1000, "公斤": 1000, "g": 1, "克": 1, "斤": 500}


@dataclass(frozen=True, slots=True)
class TableCodes:
    """compounds: number → name; buildings: number → compound, label; goods: number → name of the offer; weights: name
    of the offer → grams of one sale unit."""

    compounds: Mapping[str, str] = field(default_factory=dict)
    buildings: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    goods: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=dict)


NO_CODES = TableCodes()


@lru_cache(maxsize=4096)
def whole_units(typed: str, stated: str, sale_unit: str, weight_g: int) -> int | str:
    """Sale units meant by an amount and its unit, or the reason to ask.

    A weight is converted by the weight of the sale unit, 1.5 千克 of goods sold as 500g/份 is 3 份, where it comes out
    whole. Another unit than the one sold is never taken for it; bundles have none, and go by any.
    """
    written = chinese.fold(typed).strip()
    if not _AMOUNT.fullmatch(written):
        return "unclear_number"
    amount = Fraction(written)
    unit, sold = chinese.fold(stated).strip().lower(), sale_unit.lower()
    if unit in GRAMS and unit != sold:
        if not weight_g:
            return "unit_differs"
        amount = amount * GRAMS[unit] / weight_g
    elif sold and unit != sold:
        return "unit_differs"
    if amount.denominator != 1:
        return "fraction"
    if amount < 0:
        return "negative"
    return int(amount)
