"""Whether lines add up to the totals that somebody else published, exactly, in thousandths.

For purchase lists and imported workbooks alike. A total that its lines do not come to is never corrected silently: it
raises an alarm that says both figures, and names lines repeated so often that they look like a filler.

    lines of a key    control total    outcome
    2 + 3             5                reconciles
    2 + 3             6                alarm: 5 against 6
    20, 200 times     46               alarm, suspected filler
    2                 -                alarm: not in the totals
    -                 5                alarm: 0 against 5
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.core.sentences import N_, Sentence, sentence

_MILLI = 1000
_FILLER_LINES = 10


@dataclass(frozen=True, slots=True)
class CountedLine:
    """One line: so many thousandths of the unit of its total, for one customer (a point, a building, a household)."""

    key: str
    qty_milli: int
    customer: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """What somebody else says the lines of `key` come to."""

    key: str
    qty_milli: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """A total that does not agree with its lines."""

    key: str
    qty_lines_milli: int
    qty_total_milli: int
    said: Sentence


def alarms(lines: Sequence[CountedLine], totals: Iterable[ControlTotal]) -> tuple[Alarm, ...]:
    """Every control total that its lines do not come to, and every key that only one side knows."""
    by_key: dict[str, list[CountedLine]] = {}
    for line in lines:
        by_key.setdefault(line.key, []).append(line)
    found = []
    for total in totals:
        own = by_key.pop(total.key, [])
        summed = sum(line.qty_milli for line in own)
        if summed != total.qty_milli:
            found.append(Alarm(total.key, summed, total.qty_milli, _why(own, summed, total)))
    for key, own in by_key.items():
        summed = sum(line.qty_milli for line in own)
        said = sentence(N_("%(key)s：明细合计%(lines)s，汇总表里没有这一项。"), key=key, lines=_plain(summed))
        found.append(Alarm(key, summed, 0, said))
    return tuple(found)


def _why(own: list[CountedLine], summed: int, total: ControlTotal) -> Sentence:
    values: dict[str, object] = {
        "key": total.key,
        "lines": _plain(summed),
        "total": _plain(total.qty_milli),
        "count": len(own),
    }
    repeated = max(Counter(own).values(), default=0)
    if repeated >= _FILLER_LINES:
        return sentence(
            N_("%(key)s：明细合计%(lines)s，与汇总%(total)s不符；其中%(same)s行完全相同，疑为填充行，请核对。"),
            same=repeated,
            **values,
        )
    return sentence(N_("%(key)s：%(count)s行明细合计%(lines)s，与汇总%(total)s不符，请核对。"), **values)


def _plain(qty_milli: int) -> str:
    return f"{Decimal(qty_milli) / _MILLI:f}"
