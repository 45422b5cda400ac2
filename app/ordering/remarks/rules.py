"""What a household wrote beside its goods, as the point leader reads it: sorted, flagged, and waiting or dealt with.

    words                                       flags               waits
    送到87-105, written as a remark             redirect            yes: nobody knows yet where the bags go
    奶粉 独居老人 没有锅                        special need        yes
    高血压, 产妇                                health              yes
    anything in the box for other needs         as sorted           yes: it was asked for and is not on the order
    敲门重一点, 缺货不要换, 已付, a telephone   as sorted           no: it goes its way without anybody
    any other remark                            other               no: read with the order

Words that were dealt with wait again as soon as they change.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from app.core.labels import Labelled
from app.core.text.free_text import Clause, ClauseKind, clauses

WAITING = frozenset({ClauseKind.REDIRECT, ClauseKind.SPECIAL_NEED, ClauseKind.HEALTH})


class RemarkFlag(Labelled):
    """A kind of clause as staff read it; the values are those of `free_text.ClauseKind`."""

    REDIRECT = "redirect", "改送"
    SPECIAL_NEED = "special_need", "特殊需要"
    HEALTH = "health", "身体情况"
    OTHER_NEED = "other_need", "其他需要"
    DOOR_NOTE = "door_note", "送货提醒"
    SUBSTITUTE = "substitute", "换不换"
    PAYMENT = "payment", "说到付款"
    CONTACT = "contact", "留了电话"
    OTHER = "other", "别的话"


@dataclass(frozen=True, slots=True)
class HouseholdRemark:
    """What was written: on paper (`door_note`), for the leader (`remark`), and beside the list (`other_need`)."""

    door_note: str
    remark: str
    other_need: str

    @property
    def clauses(self) -> tuple[tuple[Clause, RemarkFlag], ...]:
        """Each clause with its flag, what waits first; a clause on paper is a door note, whatever it says."""
        found = [(one, RemarkFlag(one.kind.value)) for one in clauses(self.remark)]
        found += [
            (one, RemarkFlag(one.kind.value) if one.kind in WAITING else RemarkFlag.OTHER_NEED)
            for one in clauses(self.other_need)
        ]
        found += [(one, RemarkFlag.DOOR_NOTE) for one in clauses(self.door_note)]
        order = list(RemarkFlag)
        return tuple(sorted(found, key=lambda pair: order.index(pair[1])))

    @property
    def flags(self) -> frozenset[RemarkFlag]:
        return frozenset(flag for _clause, flag in self.clauses)

    @property
    def needs_somebody(self) -> bool:
        """Whether a person has to do something about it."""
        return bool(self.other_need.strip()) or any(one.kind in WAITING for one in clauses(self.remark))

    @property
    def sha256(self) -> str:
        """What a person has dealt with is these words; the note on paper is the leader's own to change."""
        return hashlib.sha256(f"{self.remark}\x1f{self.other_need}".encode()).hexdigest()
