"""The walk from door to door: its order, exceptions typed as text, and when somebody should have been there.

Walking order inside a building (stairwell by stairwell):

    has_lift    floors
    yes         6 5 4 3 2 1    (ride up, walk down)
    no          1 2 3 4 5 6    (deliver on the way up)

Exceptions, one a line: room or bag code, reason, detail. The reason by its first characters or its number on paper:

    302 无人              all bags of 302: nobody answered
    302 1                 the same
    1-302 拒收 不吃辣       302 of the first stairwell: refused, with a detail
    7KM2XQ9AB 破损        this one bag: damaged
    袋17 破损             bag 17 of the building's day; so is 17 alone, where no door is called 17
    302                   refused: no reason is given
    302 (two stairwells)  refused: which of the two is not said

Paper and screen number the reasons alike (1 to 8, in the order of `REASONS`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.sentences import N_, Sentence, sentence
from app.core.text.bag_numbers import joined_numbers, read_bag_no
from app.core.text.natural import natural_key
from app.handover.rules import REASONS, EntryProblem

HAND_OUT_WITHIN = timedelta(hours=3)
LONGEST_LINE = 200
_BREAKS = re.compile(r"[\n;；]+")
_BLANKS = re.compile(r"[\s,，、:：]+")
_ROOM_WORDS = re.compile(r"单元|号楼|室|号|#")
# What people write for a reason: the first of these words that the text begins with.
_WORDS = (
    ("无人", "no_answer"),
    ("没人", "no_answer"),
    ("不在家", "no_answer"),
    ("拒", "refused"),
    ("不要", "refused"),
    ("地址", "wrong_address"),
    ("房号", "wrong_address"),
    ("袋子不见", "bag_missing"),
    ("不见", "bag_missing"),
    ("少袋", "bag_missing"),
    ("缺", "bag_missing"),
    ("丢", "bag_missing"),
    ("袋子拿错", "wrong_bag"),
    ("拿错", "wrong_bag"),
    ("错袋", "wrong_bag"),
    ("破", "damaged"),
    ("坏", "damaged"),
    ("楼栋封", "building_sealed"),
    ("封", "building_sealed"),
    ("其他", "other"),
    ("其它", "other"),
)


@dataclass(frozen=True, slots=True)
class DoorOfBag:
    """One bag and where it goes. `room` alone (302) and `full` with its stairwell (1-302) both name it."""

    bag_code: str
    room: str
    full: str
    no: int = 0  # of the building's day


@dataclass(frozen=True, slots=True)
class NamedBag:
    """One bag named in the text."""

    bag_code: str
    reason: str
    detail: str


def walking_key(stairwell: str, floor: int | None, room: str, has_lift: bool) -> tuple[str, bool, int, str]:
    """Sort key of a door; rooms without a floor come last in their stairwell."""
    height = floor or 0
    return natural_key(stairwell), floor is None, -height if has_lift else height, natural_key(room)


def read_exceptions(text: str, doors: Sequence[DoorOfBag]) -> tuple[list[NamedBag], list[EntryProblem]]:
    """The exceptions written in `text`, and what cannot be understood, line by line."""
    named: list[NamedBag] = []
    problems: list[EntryProblem] = []
    for line in _BREAKS.split(joined_numbers(unicodedata.normalize("NFKC", text))):
        words = [word for word in _BLANKS.split(line.strip()[:LONGEST_LINE]) if word]
        if not words:
            continue
        bags = _bags_of(words[0], doors)
        reason = _reason(words[1]) if len(words) > 1 else None
        said = _objection(words[0], bags, reason)
        if said is not None:
            problems.append(EntryProblem(words[0], said))
        else:
            named += [NamedBag(door.bag_code, reason or "", " ".join(words[2:])) for door in bags]
    return named, problems


def _bags_of(word: str, doors: Iterable[DoorOfBag]) -> list[DoorOfBag]:
    code = word.upper().replace("-", "")
    place = _place(word)
    by_code = [door for door in doors if door.bag_code == code]
    by_full = [door for door in doors if _place(door.full) == place]
    by_room = by_full or [door for door in doors if _place(door.room) == place]
    no = read_bag_no(word, is_bare_taken=not by_room)
    by_no = [door for door in doors if door.no == no] if no is not None else []
    return by_code or by_no or by_room


def _place(text: str) -> str:
    """A room as it is compared: 1单元302室 and 1-302 are one."""
    return "-".join(part for part in _ROOM_WORDS.sub("-", text.upper()).split("-") if part)


def _reason(word: str) -> str | None:
    if word.isascii() and word.isdigit():
        number = int(word[:3])
        return REASONS[number - 1] if 1 <= number <= len(REASONS) else None
    return next((reason for beginning, reason in _WORDS if word.startswith(beginning)), None)


def _objection(word: str, bags: Sequence[DoorOfBag], reason: str | None) -> Sentence | None:
    if not bags:
        return sentence(N_("“%(word)s”不在这一楼的名单里。"), word=word[:20])
    if len({door.full for door in bags}) > 1:
        return sentence(N_("“%(word)s”有几个单元都有，请写成%(example)s。"), word=word[:20], example=bags[0].full)
    if reason is None:
        return sentence(N_("“%(word)s”没有写原因（或原因号 1–8）。"), word=word[:20])
    return None


def is_hand_out_late(dropped_at: datetime | None, now: datetime, within: timedelta = HAND_OUT_WITHIN) -> bool:
    """Whether bags that still wait at the building should have been at their doors by now."""
    return dropped_at is not None and now - dropped_at > within


def masked_surname(name: str | None) -> str:
    """How a person is addressed on the page: the surname and a star, nothing of the given name."""
    return f"{name.strip()[0]}*" if name and name.strip() else ""
