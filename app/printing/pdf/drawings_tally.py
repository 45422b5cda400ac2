"""Rows of a tally as pictures: a building with its numbers is one box of the layout instead of twenty cells. Pure.

Why not rows of HTML: a point of a whole subdistrict has up to a hundred buildings and more than a hundred items, which
is ten thousand cells. With them processor time of a tally is 2.5 × (233 ms a page for 92 ms, both on a busy machine).
The places are those that the rows had as HTML, so that the head and the sums of a table, which are, fit to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from app.printing.layout.picture import Picture, width_mm
from app.printing.sheets.tally import TallyBlock, TallyRow, TallySheet

PAGE_MM = 275.0  # landscape
_POINT_MM = 25.4 / 72
_HAIR, _FIFTH, _ALL = 0.6 * _POINT_MM, 1.0 * _POINT_MM, 1.4 * _POINT_MM  # thickness of rules
NAME_MM, HOUSEHOLDS_MM = 36.0, 16 + _HAIR  # columns; the items share the rest
_NAME_POINTS, _NUMBER_POINTS = 11, 11.5
_LINE_MM = 1.25 * _NAME_POINTS * _POINT_MM
_PADDING_MM = 0.75  # above and below the lines of a row
_ROW_MM, _BLANK_ROW_MM = 1.25 * _NUMBER_POINTS * _POINT_MM + 2 * _PADDING_MM, 8.5  # without the rule below
_SIDE_MM = 0.5  # between a rule and its text
_BAR_MM = 1.6  # at the left of a changed row
_TAG_MM, _TAG_GAP_MM = 5.3, 0.9
_BELOW_MIDDLE = 0.436 * _POINT_MM  # from the middle of a line down to its baseline, for each point of its size
# A word or number stays whole, and a bracket or closing mark stays with what it belongs to.
_WORD = re.compile(r"[（《“‘]*(?:[!-,.-~]+-*|.)[，。、；：！？）》”’]*", re.DOTALL)


def tally_pictures(sheet: TallySheet, block: TallyBlock, has_all: bool, changed: str) -> Iterator[Picture]:
    """Draw the buildings with the items of one table; ``has_all``: the units of all items stand in a last column.

    ``changed`` is the word of the tag of a changed row. Every fifth rule is thicker, for the eye to follow.
    """
    edges = _edges(len(block.items) + has_all)
    for number, row in enumerate(sheet.rows, start=1):
        qtys = [str(qty or "") for qty in row.qtys[block.first : block.last]]
        households = "" if row.households is None else str(row.households)
        numbers = [households, *qtys, *([str(row.units)] if has_all else [])]
        rule = _FIFTH if number % 5 == 0 and not sheet.is_blank else _HAIR
        name = _name_lines(row)
        least = _BLANK_ROW_MM if sheet.is_blank else _ROW_MM
        height = round(max(least, len(name) * _LINE_MM + 2 * _PADDING_MM) + rule, 4)
        picture = Picture(PAGE_MM, height)
        _name(picture, row, name, (height - rule) / 2, changed)
        _numbers(picture, edges, numbers, (height - rule) / 2, has_all)
        picture.rule((0, round(height - rule, 4)), (PAGE_MM, round(rule, 4)))
        yield picture


def _edges(columns: int) -> list[float]:
    """The left edge of each column behind the name, and the right edge of the page."""
    first = NAME_MM + HOUSEHOLDS_MM
    wide = (PAGE_MM - first) / (columns or 1)
    return [NAME_MM, *(round(first + at * wide, 4) for at in range(columns)), PAGE_MM]


def _indent(row: TallyRow) -> float:
    return _BAR_MM + 0.6 if row.is_changed else _SIDE_MM


def _width(name: str) -> float:
    """How wide a line of a name is, a little more rather than less: a tag stands right behind it."""
    wide = width_mm("".join(name.split()), _NAME_POINTS)
    finer = 0.23 * name.count(" ") + 0.01 * sum(map(str.isdigit, name)) + 0.12 * sum(map(str.isupper, name))
    return wide + finer * _NAME_POINTS * _POINT_MM


def _name_lines(row: TallyRow) -> list[str]:
    """The lines of a name; behind the last one is room for the tag of a changed row."""
    room = NAME_MM - _indent(row) - _SIDE_MM
    lines = _broken(row.building, room)
    beside_tag = room - _TAG_GAP_MM - _TAG_MM
    return _broken(row.building, beside_tag) if row.is_changed and _width(lines[-1]) > beside_tag else lines


def _broken(name: str, room: float) -> list[str]:
    """Break a name into lines between its words and characters; a word that is longer than a line anywhere."""
    lines = [""]
    for word in _WORD.findall(name):
        for piece in [word] if _width(word) <= room else word:
            if lines[-1] and _width((lines[-1] + piece).strip()) > room:
                lines.append("")
            lines[-1] += piece
    return [line.strip() for line in lines]


def _name(picture: Picture, row: TallyRow, lines: Sequence[str], middle: float, changed: str) -> None:
    x = _indent(row)
    for at, line in enumerate(lines):
        own = middle + (at - (len(lines) - 1) / 2) * _LINE_MM
        baseline = round(own + _NAME_POINTS * _BELOW_MIDDLE, 4)
        room = NAME_MM - _SIDE_MM - x
        if row.is_changed and at == len(lines) - 1:
            room = round(min(_width(line), room - _TAG_GAP_MM - _TAG_MM), 4)
            picture.rule((0, 0), (_BAR_MM, picture.height))
            picture.mark((round(x + room + _TAG_GAP_MM, 4), round(own - 2.1, 4)), _TAG_MM, changed, "changed")
        picture.text((x, baseline), room, line, (_NAME_POINTS, True, "l"))


def _numbers(picture: Picture, edges: Sequence[float], numbers: Sequence[str], middle: float, has_all: bool) -> None:
    baseline = round(middle + _NUMBER_POINTS * _BELOW_MIDDLE, 4)
    for at, ((left, right), number) in enumerate(zip(pairwise(edges), numbers, strict=True)):
        is_all = has_all and at == len(numbers) - 1
        rule = round(_ALL if is_all else _HAIR, 4)
        inside = round(left + rule + _SIDE_MM, 4)
        picture.text((inside, baseline), round(right - _SIDE_MM - inside, 4), number, (_NUMBER_POINTS, is_all, "c"))
        picture.rule((left, 0), (rule, picture.height))
