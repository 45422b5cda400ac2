"""What changed since the last version: rows are compared by hashes, so that no old row has to be kept. Pure.

previous hashes    rows of this version    marked
(first print)      a b c                   none
a b c              a b d                   d
a b c              a c                     none (what is gone cannot be marked)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from typing import Any

from app.core.text.natural import natural_key
from app.printing.content import content_hash
from app.printing.sheet import Sheet

_HEX_DIGITS = 12


def _is_row(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type) and hasattr(value, "is_changed")


def _label(value: Any) -> tuple[Any, ...]:
    """What a group passes down to its rows: its own plain values, for example the building."""
    values = (getattr(value, field.name) for field in dataclasses.fields(value))
    return tuple(part for part in values if isinstance(part, (str, int)))


def _hash(row: Any, above: tuple[Any, ...]) -> str:
    return content_hash((above, dataclasses.replace(row, is_changed=False)))[:_HEX_DIGITS]


def _rows(value: Any, above: tuple[Any, ...]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    for field in dataclasses.fields(value):
        part = getattr(value, field.name)
        for row in part if isinstance(part, tuple) else ():
            if _is_row(row):
                yield row, above
            elif dataclasses.is_dataclass(row):
                yield from _rows(row, (*above, *_label(row)))


def row_hashes(sheet: Sheet) -> list[str]:
    """Return the sorted hashes of all rows that can be marked."""
    return sorted({_hash(row, above) for row, above in _rows(sheet, ())})


_LONGEST_NAME = 400  # a door with two dozen bags: the codes say later which bags were on the paper
_NAMES = ("building", "stairwell", "room", "place", "seq", "item", "code", "codes")


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(_word(part) for part in value)
    return str(getattr(value, "name", value))


def row_names(sheet: Sheet) -> dict[str, str]:
    """Return hash → what a person calls the row: its building, stairwell, room, item; never a name or a remark."""
    named = {}
    for row, above in _rows(sheet, ()):
        own = [_word(getattr(row, name)) for name in _NAMES if getattr(row, name, "")]
        named[_hash(row, above)] = " ".join([*(part for part in above if isinstance(part, str)), *own])[:_LONGEST_NAME]
    return named


@dataclasses.dataclass(frozen=True)
class RowChanges:
    """Rows of an older version and of a newer one compared by name."""

    changed: tuple[str, ...]
    added: tuple[str, ...]
    gone: tuple[str, ...]


def difference(older: dict[str, str], newer: dict[str, str]) -> RowChanges:
    """Say what a newer version has that an older has not, and the reverse; both as `row_names` gives them.

    older           newer           changed  added  gone
    a:101 b:102     a:101 c:102     102
    a:101           a:101 d:103              103
    a:101 b:102     a:101                           102
    """
    lost = {name for key, name in older.items() if key not in newer}
    new = {name for key, name in newer.items() if key not in older}
    return RowChanges(*(tuple(sorted(names, key=natural_key)) for names in (lost & new, new - lost, lost - new)))


def _marked(value: Any, above: tuple[Any, ...], known: Collection[str]) -> Any:
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        part = getattr(value, field.name)
        if isinstance(part, tuple) and part and dataclasses.is_dataclass(part[0]):
            changes[field.name] = tuple(_mark_row(row, above, known) for row in part)
    return dataclasses.replace(value, **changes)


def _mark_row(row: Any, above: tuple[Any, ...], known: Collection[str]) -> Any:
    if _is_row(row):
        return dataclasses.replace(row, is_changed=_hash(row, above) not in known)
    return _marked(row, (*above, *_label(row)), known)


def mark_changes(sheet: Sheet, previous: Collection[str]) -> Sheet:
    """Return the sheet with the rows marked that the previous version did not have."""
    marked: Sheet = _marked(sheet, (), frozenset(previous))
    return marked
