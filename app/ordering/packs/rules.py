"""How many packs a household gets.

persons    one per household    one per 2 persons    one per 3, at most 1
unknown    1                    1                    1
1          1                    1                    1
2          1                    1                    1
3          1                    2                    1
5          1                    3                    1
"""

from __future__ import annotations


def packs_for(persons: int | None, per_persons: int | None, most: int | None = None) -> int:
    """Packs of a household of `persons`; `per_persons` None: one, however many; `most`: limit of the offer."""
    wanted = 1 if per_persons is None else -(-max(persons or 1, 1) // per_persons)
    return wanted if most is None else min(wanted, most)
