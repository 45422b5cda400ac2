"""Several households in one line, each with its whole address.

南2 203和北2 203 各2份                           the same goods for both
1033弄12号204 鸡蛋1，1033弄12号203 鸡蛋2            goods of its own for each
4502 大米1 / 4503 大米1                          divided by a stroke
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.intake.grammar import words
from app.intake.grammar.entry import entry
from app.intake.grammar.entry.draft import EntryDraft
from app.intake.grammar.entry.reader import Reader
from app.intake.grammar.lines.heading_context import Hearing
from app.intake.grammar.model import EntryOutcome
from app.intake.grammar.people.mentions import BUILDINGS, ROOMS, Level, PlaceMention, groups, mentions

_BETWEEN = " ,，、;；和跟与及+&"
_MOST = 6
_ROOMS = re.compile(r"(?P<first>\d{3,4}(?!\d)[^,，]{1,20})[,，] ?(?P<second>\d{3,4} \d{1,2} ?[\u4e00-\u9fff]?)$")
"""301要1份，302 1份: two rooms of the building above, each with its goods."""


def read_several_orders(text: str, hearing: Hearing, reader: Reader) -> list[EntryDraft]:
    """The drafts of a line; one for each household where each part of it is a whole order."""
    parts = _parts(text, hearing)
    if len(parts) > 1:
        found = [draft for part in parts for draft in entry.read_entry(part, reader)]
        if len(found) == len(parts) and all(draft.outcome is EntryOutcome.ROW and draft.household for draft in found):
            return found
    divided = [part.strip() for part in text.split(" / ")] if " / " in text else []
    if 1 < len(divided) <= _MOST:
        found = [draft for part in divided for draft in entry.read_entry(part, reader)]
        homes = {draft.household for draft in found}
        if len(homes) == len(divided) and all(draft.outcome is EntryOutcome.ROW and draft.household for draft in found):
            return found
    rooms = _ROOMS.match(text)
    if rooms is not None:
        found = [*entry.read_entry(rooms["first"], reader), *entry.read_entry(rooms["second"], reader)]
        if len(found) == 2 and all(draft.outcome is EntryOutcome.ROW and draft.household for draft in found):
            return found
    return entry.read_entry(text, reader)


def _parts(text: str, hearing: Hearing) -> list[str]:
    """The text cut before each whole address; [] when what stands before the first is more than a mark."""
    whole = [group for group in groups(text, mentions(text, hearing.names)) if _is_whole(group)]
    if not 1 < len(whole) <= _MOST or text[: whole[0][0].start].strip(_BETWEEN):
        return []
    starts = [group[0].start for group in whole]
    parts = [text[a:b].rstrip(_BETWEEN) for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
    shared = _shared(text[whole[-1][-1].end :])
    bare = all(not text[group[-1].end : start].strip(_BETWEEN) for group, start in zip(whole, starts[1:], strict=False))
    if bare and shared:
        return [f"{text[group[0].start : group[-1].end]} {shared}" for group in whole]
    return parts


def _is_whole(group: Sequence[PlaceMention]) -> bool:
    levels = {each.level for each in group}
    return bool(levels & ROOMS) and bool(levels & {Level.COMPOUND, *BUILDINGS})


def _shared(tail: str) -> str:
    """What stands behind 各, 每户: the goods of all of them; "" without such a word."""
    bare = tail.strip()
    for word in ("每户", "每家", "都要", "都", *words.EACH):
        if bare.startswith(word):
            rest = bare.removeprefix(word)
            return next((rest.removeprefix(each) for each in words.EACH if rest.startswith(each)), rest)
    return ""
