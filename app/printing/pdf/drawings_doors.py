"""Rows of the hand-out list and the drop-off sheet as pictures: what people look for on the stairs in 14 points. Pure.

A bag is named by its number of the building's day; the code stands small below, its last four characters bold, for
whoever types it in. Each fact has one box of 7.4 mm, so that a photograph of the sheet can be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.printing.layout.picture import Picture, width_mm
from app.printing.pdf.drawings import PAGE_MM
from app.printing.pdf.drawings_rows import RULE_MM, Words, folded, frame, mark_mm, room_text
from app.printing.sheets.bags.hand_out_list import HandOutRow
from app.printing.sheets.rounds.drop_off_sheet import DropOffBag, DropOffStairwell

BOX_MM = 7.4
_ANSWER = 14.0  # points: what is asked at the door
_CODE = 7.0
_FLOOR_RULE_MM = 0.5
_BAG_MM, _BAGS_ABREAST, _BAGS_AT = 18.5, 3, 45.5  # the bags of a door, side by side
_DROP_ABREAST, _DROP_MM = 4, 12.0


def code_text(picture: Picture, place: tuple[float, float], code: str, points: float = _CODE) -> None:
    """Write a code small, its last four characters bold: they are what is typed."""
    x, y = place
    middle = x + width_mm(code[:-4], points) * 1.06
    picture.text((x, y), middle - x, code[:-4], (points, False, "r"))
    picture.text((middle, y), width_mm(code[-4:], points) * 1.3, code[-4:], (points, True, "l"))


def _bag(picture: Picture, x: float, y: float, said: tuple[str, str]) -> None:
    number, code = said
    picture.text((x, y), _BAG_MM - 1, number, (_ANSWER, True, "l"))
    code_text(picture, (x, y + 3.3), code)


def _below(row: HandOutRow, words: Words) -> list[tuple[str, str]]:
    """What stands below the bags: marks and what is missing, as (word, look)."""
    found = [(words[mark], mark) for mark in row.marks]
    return found + ([(words["short"], "framed")] if row.is_short else [])


def _said_at_door(row: HandOutRow, words: Words) -> list[str]:
    also = [words["also"].format(visit, bags) for visit, bags in row.also]
    return folded(" ".join(part for part in (row.slot, *also, row.door_note) if part), 9, 40.0)


def door_picture(row: HandOutRow, is_new_floor: bool, words: Words) -> Picture:
    """Draw one door: room, how to call, bags, delivered or not, why not, remark. A new floor has a thick rule."""
    note, extra = _said_at_door(row, words), _below(row, words)
    lines = -(-len(row.codes) // _BAGS_ABREAST)
    beside = _BAGS_ABREAST - len(row.codes) % _BAGS_ABREAST if len(row.codes) % _BAGS_ABREAST else 0
    needed = sum(_extra_mm(one) for one in extra)
    is_beside = bool(extra) and needed <= beside * _BAG_MM
    height = max(10.2, len(note) * 4 + 1.6, lines * 9.6 + 0.6 + (6.4 if extra and not is_beside else 0))
    picture = Picture(PAGE_MM, round(height, 2))
    middle = height / 2
    room_text(picture, row.room, 24.5 if row.is_changed else 29, middle)
    picture.text((31.5, middle + 1.8), 13.5, row.called, (_ANSWER, False, "l"))
    numbers = row.numbers or (0,) * len(row.codes)
    for at, (number, code) in enumerate(zip(numbers, row.codes, strict=True)):
        down, across = divmod(at, _BAGS_ABREAST)
        said = words["bag"].format(number) if number else ""
        _bag(picture, _BAGS_AT + across * _BAG_MM, 5.2 + down * 9.6, (said, code))
    x = _BAGS_AT + (len(row.codes) % _BAGS_ABREAST) * _BAG_MM if is_beside else _BAGS_AT
    y = (5.6 + (lines - 1) * 9.6) if is_beside else height - 1.8
    for word, look in extra:
        _extra(picture, (x, y), word, look)
        x += _extra_mm((word, look))
    name = " ".join(row.codes)
    picture.tick((105.0, middle - BOX_MM / 2), BOX_MM, name)
    picture.tick((118.5, middle - BOX_MM / 2), BOX_MM, name)
    picture.pen((130, 0), (14, height), name)
    picture.rule((130, 0), (RULE_MM, height))
    picture.rule((144, 0), (RULE_MM, height))
    for at, line in enumerate(note):
        picture.text((145.5, middle + (at - (len(note) - 1) / 2) * 4 + 1.2), 40.5, line, (9, False, "l"))
    if is_new_floor:
        picture.rule((0, 0), (PAGE_MM, _FLOOR_RULE_MM))
    frame(picture, row.is_changed, (24.8, words["changed"]))
    return picture


def _extra_mm(one: tuple[str, str]) -> float:
    word, look = one
    return (width_mm(word, 10) + 3 if look == "framed" else mark_mm(word, look)) + 1


def _extra(picture: Picture, place: tuple[float, float], word: str, look: str) -> None:
    x, y = place
    if look == "framed":
        picture.text((x + 1, y), width_mm(word, 10), word, (10, True, "c"))
        picture.rectangle((x, y - 3.9), (width_mm(word, 10) + 2, 5), 0.9)
    else:
        picture.mark((x, y - 4.2), mark_mm(word, look), word, look)


def door_pictures(rows: Sequence[HandOutRow], words: Words) -> list[Picture]:
    """Draw the doors of a stairwell in their order; the first door of each further floor has the thick rule."""
    pairs = zip([None, *rows[:-1]], rows, strict=True)
    return [door_picture(row, before is not None and before.floor != row.floor, words) for before, row in pairs]


def drop_pictures(stairwell: DropOffStairwell, words: Words) -> Iterator[Picture]:
    """Draw the bags of a stairwell by floor and room, four abreast, each with its box; a row of them is a picture."""
    bags = stairwell.bags or tuple(DropOffBag(0, None, "") for _code in stairwell.codes)
    pairs = list(zip(bags, stairwell.codes, strict=True))
    wide = PAGE_MM / _DROP_ABREAST
    for first in range(0, len(pairs), _DROP_ABREAST):
        picture = Picture(PAGE_MM, _DROP_MM)
        for across, (bag, code) in enumerate(pairs[first : first + _DROP_ABREAST]):
            _dropped(picture, across * wide, (bag, code), words)
        picture.rule((0, _DROP_MM - RULE_MM), (PAGE_MM, RULE_MM))
        yield picture


def _dropped(picture: Picture, x: float, one: tuple[DropOffBag, str], words: Words) -> None:
    bag, code = one
    picture.tick((x + 0.6, (_DROP_MM - BOX_MM) / 2), BOX_MM, code)
    left, wide = x + BOX_MM + 2, PAGE_MM / _DROP_ABREAST - BOX_MM - 2.6
    number = words["bag"].format(bag.no) if bag.no else ""
    said = width_mm(number, _ANSWER) + 1.5 if number else 0.0
    picture.text((left, 5.6), said, number, (_ANSWER, True, "l"))
    picture.text((left + said, 5.6), wide - said, bag.room, (_ANSWER, False, "l"))
    code_text(picture, (left, 9.9), code)
    at = left + max(14.0, width_mm(code, _CODE) * 1.1)
    for mark in bag.marks:
        picture.mark((at, 6.2), mark_mm(words[mark], mark), words[mark], mark)
        at += mark_mm(words[mark], mark) + 0.3
