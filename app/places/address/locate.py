"""Addresses inside an order line: `12-302 鸡蛋2盒`, `王阿姨 3号楼1单元502 +1`, `12-3022份`.

The numbers of the goods are kept apart from those of the address: a bare number that a unit of measure follows, or
that a multiplication or plus sign precedes, is never part of an address. A number that glues room and quantity
(`3022份`) is taken apart only where the register decides it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.core.text import chinese
from app.places.address import names, tokens
from app.places.address.place import ReadingPlace, place_of
from app.places.address.reading import AddressReading, readings
from app.places.address.register import AddressScope, Register
from app.places.address.resolver import AddressReason, Resolution, choose_household, find_one, is_phone
from app.places.address.tokens import AddressSlot

_MULTIPLIERS = "xX*×+＋"
_COUNTED = re.compile(
    r"^[\d一二两三四五六七八九十半]+(?:份|斤|个|袋|盒|箱|瓶|提|桶|板|只|包|罐|把|捆|条)|(?:份|斤|袋|盒|箱|瓶|提|桶|板|罐)[,，、]?$"
)
_LINE_LIMIT = 300
_MOST_ADDRESSES = 4


@dataclass(frozen=True, slots=True)
class Located:
    """An address from `start` to `end` of the text.

    is_strong: it looks like an address whatever the register says (dashes or level words, building and room).
    """

    start: int
    end: int
    resolution: Resolution
    is_strong: bool


@dataclass(frozen=True, slots=True)
class _Segment:
    slots: tuple[AddressSlot, ...]
    glued: AddressSlot | None = None
    """The number behind the address that may hold the last digits of the room and the quantity."""


def locate(
    text: str,
    register: Register,
    units: frozenset[str],
    scope: AddressScope | None = None,
    explains: Callable[[str], bool] | None = None,
) -> list[Located]:
    """The addresses of one line in order. `units`: units of measure of one or two characters (份 斤 箱 kg)."""
    folded = chinese.fold(text[:_LINE_LIMIT])
    place = place_of(folded, register, scope, explains)
    masked = place.naming.masked
    found = [
        slot for slot in tokens.slots(masked, words=register.words, stems=register.stems) if not is_phone(slot.value)
    ]
    located: list[Located] = []
    for segment in _segments(found, masked, units):
        for result in _read(segment, masked, place, located[-1:]):
            first = not located
            if result.is_strong or (first and _counts_first(result, masked)):
                located.append(result)
    return located


def _counts_first(result: Located, masked: str) -> bool:
    """The first numbers of a line are an address when the register has it, or a level word or three digits say so."""
    if result.resolution.household is not None:
        return True
    read = result.resolution.read
    text = masked[result.start : result.end]
    lettered_room = text[0].isdigit() and text[-1].isascii() and text[-1].isalpha()
    if lettered_room and masked[result.end : result.end + 1] in ("", " "):
        return True
    if read.building in tokens.STEMS and not masked.strip(read.building + names.AROUND):
        return True  # 甲：, 【乙】: the heading of a list
    worded = bool(read.building) and any(ch in text for ch in "栋幢座楼号#元室弄")
    return worded or len(read.room) >= 3 or (read.is_bare_number and not text.strip().isalpha())


def _segments(found: Sequence[AddressSlot], masked: str, units: frozenset[str]) -> list[_Segment]:
    """Runs of numbers that stand together, cut where the goods begin."""
    segments: list[_Segment] = []
    current: list[AddressSlot] = []
    for slot in found:
        goods = _is_goods(slot, masked, units)
        apart = slot.join == "text" and not _only_name(slot.before)
        if goods or apart:
            glued = slot if goods and _may_be_glued(slot, masked, units) and (not apart or not current) else None
            if current or glued:
                segments.append(_Segment(tuple(current), glued))
            current = []
        if not goods:
            current.append(slot)
    if current:
        segments.append(_Segment(tuple(current)))
    return segments


def _only_name(before: str) -> bool:
    return bool(before) and all(ch in names.MASK + " ·()" for ch in before)


def _is_goods(slot: AddressSlot, masked: str, units: frozenset[str]) -> bool:
    before = masked[slot.start - 1 : slot.start]
    if _counts_before_name(slot, masked):
        return True
    if before == "+" and masked[slot.end : slot.end + 1] == "-" and masked[slot.end + 1 : slot.end + 2].isdigit():
        return False  # two orders joined: 3-1-901 2份+3-1-902 1份
    if slot.start > 0 and before in _MULTIPLIERS:
        return True
    if slot.is_letter and slot.value == "X" and masked[slot.end : slot.end + 1].isdigit():
        return True
    return slot.is_bare and not slot.is_letter and _unit_follows(masked, slot.end, units)


def _counts_before_name(slot: AddressSlot, masked: str) -> bool:
    """`鸡蛋1 春晖苑3号楼201`: a short number behind a word, a compound name behind it, is how many."""
    short = slot.is_bare and slot.value.isdigit() and len(slot.value) <= 2
    behind_word = "\u4e00" <= masked[slot.start - 1 : slot.start] <= "\u9fff" and slot.start > 0
    follows = masked[slot.end :]
    return short and behind_word and follows.lstrip(" ")[:1] == names.MASK and not tokens.ends_with_road(slot.before)


def _unit_follows(masked: str, at: int, units: frozenset[str]) -> bool:
    """Whether a unit of measure begins here; a Latin one must be a word of its own (2L, but not 801Lily)."""
    for size in (2, 1):
        piece = masked[at : at + size]
        after = masked[at + size : at + size + 1]
        goes_on = piece[-1:].isascii() and after.isascii() and after.isalpha()
        if len(piece) == size and piece in units and not goes_on:
            return True
    return False


def _may_be_glued(slot: AddressSlot, masked: str, units: frozenset[str]) -> bool:
    follows = _unit_follows(masked, slot.end, units)
    multiplied = masked[slot.start - 1 : slot.start] in _MULTIPLIERS and slot.start > 0
    return follows and slot.value.isdigit() and len(slot.value) >= 2 and not multiplied


def _read(segment: _Segment, masked: str, place: ReadingPlace, before: list[Located]) -> list[Located]:
    """Every address of the segment; one building may serve several rooms (`12-302、401`)."""
    results: list[Located] = []
    rest = _without_nickname(segment.slots, masked, place)
    open_slots = list(rest)  # behind the last address found; with the glued number they may be one more
    while rest and len(results) < _MOST_ADDRESSES:
        result, used = _longest(rest, masked, place)
        shared = _shared_building(rest[0], masked, place, (results or before)[-1:])
        if shared:
            result, used = shared, 1
        if result is None:
            break
        results.append(result)
        rest = rest[used:]
        open_slots = rest if result.resolution.household else open_slots
    if segment.glued is not None and (open_slots or not results):
        glued = _unglue(open_slots, segment.glued, masked, place)
        if glued is not None:
            return [*(result for result in results if result.end <= glued.start), glued]
    return results


def _without_nickname(slots: Sequence[AddressSlot], masked: str, place: ReadingPlace) -> list[AddressSlot]:
    """`小太阳88 12-302`, `lucky2008 12-302`: digits that end a nickname are left out where only so a flat is found."""
    if len(slots) < 3 or not _ends_nickname(slots[0], masked, place):
        return list(slots)
    whole, _ = _longest(slots, masked, place)
    shorter, _ = _longest(slots[1:], masked, place)
    found = shorter is not None and shorter.resolution.household is not None and shorter.is_strong
    return list(slots) if not found or (whole and whole.resolution.household) else list(slots[1:])


def _ends_nickname(slot: AddressSlot, masked: str, place: ReadingPlace) -> bool:
    """Two digits or more, tight behind a Latin word or behind Han words that are no place, a blank behind them."""
    if not slot.is_bare or slot.is_letter or len(slot.value) < 2 or masked[slot.end : slot.end + 1] != " ":
        return False
    begin = slot.start
    while begin > 0 and masked[begin - 1].isalpha() and masked[begin - 1] != names.MASK:
        begin -= 1
    word = masked[begin : slot.start].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    if not word:
        return slot.start - begin > 2
    return place.explains is not None and not tokens.ends_with_road(word) and place.explains(word)


def _shared_building(slot: AddressSlot, masked: str, place: ReadingPlace, before: list[Located]) -> Located | None:
    """A second room behind an address, in the same building and stairwell."""
    if not before or before[0].resolution.household is None or len(slot.value) < 3:
        return None
    between = masked[before[0].end : slot.start]
    if not between or between.strip(" ,、/和跟与&及") or between.isspace() or slot.level not in ("", "room"):
        return None
    known = before[0].resolution
    read = known.read._replace(room=slot.value)
    resolution = choose_household([read], [slot], replace(place, building=known.read.building or place.building))
    return Located(slot.start, slot.end, resolution, True) if resolution.household else None


def _longest(slots: Sequence[AddressSlot], masked: str, place: ReadingPlace) -> tuple[Located | None, int]:
    """The reading that takes most numbers and names one household; else the most usual reading and why it fails."""
    everything = readings(slots, partial=True)
    for used in sorted({reading.used for reading in everything}, reverse=True):
        if _breaks_chain(slots, used, masked):
            continue
        same = [reading for reading in everything if reading.used == used]
        resolution = find_one(same, slots[:used], place)
        if resolution is not None and resolution.household and not resolution.household.room and used < len(slots):
            left = replace(resolution, household=None, confidence=0, reason=AddressReason.LEFTOVER)
            return _located(slots[:used], masked, left), used  # 5 12号: a house, and another number behind it
        if resolution is not None:
            return _located(slots[:used], masked, resolution), used
    fullest = sorted(everything, key=lambda reading: -reading.used)
    best = next((r for r in everything if r.is_complete), fullest[0]) if everything else None
    if best is None:
        return None, 0
    resolution = choose_household([best], slots[: best.used], place)
    if resolution.household:
        resolution = replace(resolution, household=None, confidence=0, reason=AddressReason.LEFTOVER)
    return _located(slots[: best.used], masked, resolution), best.used


def _breaks_chain(slots: Sequence[AddressSlot], used: int, masked: str) -> bool:
    """Whether the address would end inside `3-1-502`; a blank before the dash ends it (`12-302 -1`)."""
    if used >= len(slots) or slots[used].join not in ("dash", "tight"):
        return False
    return masked[slots[used - 1].end : slots[used - 1].end + 1] not in (" ", "/")


def _located(slots: Sequence[AddressSlot], masked: str, resolution: Resolution) -> Located:
    start, end = slots[0].start, slots[-1].end
    before = slots[0].before
    before = _behind_goods(before)
    if before and (tokens.ends_with_road(before) or before.endswith((names.MASK, "区", "镇", "街道", "社区"))):
        start = masked.rindex(before, 0, start)
    start = _in_front(masked, start)
    end = _behind(masked, end)
    return Located(start, end, resolution, _is_strong(slots, resolution.read))


def _behind_goods(before: str) -> str:
    """`两袋大米 一桶油 望海楼` in front of a number: the words behind the last of the goods."""
    pieces = before.split(" ")
    last = max((at for at, piece in enumerate(pieces) if _COUNTED.search(piece)), default=-1)
    return " ".join(pieces[last + 1 :])


def _in_front(masked: str, start: int) -> int:
    """The start moved over a compound name that stands before the numbers, brackets included."""
    at = start
    while at > 0 and masked[at - 1] in names.MASK + " ·()":
        at -= 1
    return at if names.MASK in masked[at:start] else start


def _behind(masked: str, end: int) -> int:
    """The end moved over a compound name that stands behind the numbers, brackets included."""
    at = end
    while at < len(masked) and masked[at] in names.MASK + " ·()":
        at += 1
    return at if names.MASK in masked[end:at] else end


def _is_strong(slots: Sequence[AddressSlot], read: AddressReading) -> bool:
    worded = any(slot.level in ("building", "stairwell", "room", "hash", "lane") for slot in slots)
    dashed = any(slot.join == "dash" for slot in slots)
    digits = sum(ch.isdigit() for ch in read.room)
    return read.is_complete and (worded or (dashed and digits >= 3))


def _unglue(slots: Sequence[AddressSlot], glued: AddressSlot, masked: str, place: ReadingPlace) -> Located | None:
    """`12-3022份`: every split whose room exists; one is taken, several are asked, none is no address."""
    options: list[Located] = []
    for size in range(len(glued.value), 0, -1):
        if size < len(glued.value) and glued.value[size] == "0":
            continue
        piece = glued._replace(value=glued.value[:size], end=glued.start + size)
        whole = [*slots, piece]
        read = [r for r in readings(whole) if r.room and not r.has_join]
        resolution = find_one(read, whole, place) if read else None
        if resolution is None or resolution.reason is AddressReason.GLUED:
            continue
        if resolution.household or resolution.reason is AddressReason.AMBIGUOUS:
            options.append(_located(whole, masked, resolution))
    if not options:
        return None
    if len(options) == 1 and options[0].end < glued.end and options[0].resolution.household:
        settled = replace(options[0].resolution, confidence=75, reason=AddressReason.GLUED)
        return replace(options[0], resolution=settled)
    if len(options) == 1:
        return options[0]
    candidates = tuple(dict.fromkeys(h for option in options for h in option.resolution.candidates))
    unclear = Resolution(None, 0, AddressReason.AMBIGUOUS, candidates, options[0].resolution.read)
    return replace(options[-1], resolution=unclear)
