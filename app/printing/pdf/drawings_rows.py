"""Rows of the bag list as pictures: fifteen boxes of the layout become one; what other rows share with it. Pure.

Why not rows of HTML, as on all other sheets: with some twenty rows a building, processor time of the bag list is 2.3 ×
(0.26 s a sheet for 0.11 s) and of the hand-out list 1.5 × (0.24 s for 0.17 s), of the whole kit about 1.4 ×.

Widths of text are estimated before it is set (a Chinese character is as wide as its size, any other 0.58 of it), which
is never too little for the fonts in use; a line that is too long all the same shrinks into its place when it is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from app.printing.layout.picture import Picture, width_mm
from app.printing.pdf.drawings import PAGE_MM
from app.printing.sheets.bags.bag_list import BagItem, BagRow

Words = Mapping[str, str]
"""Printed words: short, changed, ordered (with {} for the number), and the marks cold, frozen, heavy, fragile."""

_POINT_MM = 25.4 / 72
_LINE_MM, _GAP_MM = 6.0, 2.6
RULE_MM = 0.3  # thinner lines do not survive a photocopy
_BAR_MM = 1.6  # at the left of a changed row


MARKS = ("cold", "frozen", "heavy", "fragile")


def mark_mm(word: str, look: str) -> float:
    """The width of a mark with its word."""
    return max(6.2, width_mm(word, 12) + 1.8) + (1.6 if look == "frozen" else 0.0)


@dataclass(frozen=True)
class _Piece:
    """Part of a word of the list: text, or a mark, a framed text or a struck one by ``look``."""

    text: str
    look: str = ""
    points: float = 10
    is_bold: bool = False

    @property
    def width(self) -> float:
        if self.look in MARKS:
            return mark_mm(self.text, self.look) + 0.8
        return width_mm(self.text, self.points) + {"framed": 3.0}.get(self.look, 0.8)


def room_text(picture: Picture, room: str, wide: float, middle: float) -> None:
    points = next(size for limit, size in ((9, 16), (12, 12), (10**6, 9.5)) if len(room) <= limit)
    picture.text((2, middle + points * _POINT_MM * 0.36), wide, room, (points, True, "l"))


def _put(picture: Picture, x: float, baseline: float, pieces: Iterable[_Piece]) -> float:
    for piece in pieces:
        width = piece.width
        if piece.look in MARKS:
            picture.mark((x + 0.2, baseline - 4.2), width - 0.8, piece.text, piece.look)
        elif piece.look == "framed":
            picture.text((x + 1, baseline), width - 2.6, piece.text, (piece.points, True, "c"))
            picture.rectangle((x, baseline - 3.7), (width - 0.8, 4.7), 0.9)
        else:
            picture.text((x, baseline), width, piece.text, (piece.points, piece.is_bold, "l"))
            if piece.look == "struck":
                picture.rule((x, baseline - 1.4), (width - 0.8, 0.3))
        x += width
    return x


def _item(item: BagItem, words: Words) -> list[_Piece]:
    pieces = [_Piece(item.replaces, "struck")] if item.replaces else []
    pieces.append(_Piece(item.item))
    if item.qty:
        pieces.append(_Piece(f"×{item.qty}", is_bold=True))
        if item.is_short:
            pieces.append(_Piece(words["ordered"].format(item.ordered), "framed", 9))
    else:
        pieces.append(_Piece(words["short"], "framed", 9))
    return pieces + [_Piece(words[mark], mark) for mark in item.marks]


def _broken(group: list[_Piece], wide: float) -> Iterator[list[_Piece]]:
    """Break a group that is wider than a line: its texts are folded, everything stays in its order."""
    line: list[_Piece] = []
    used = 0.0
    for piece in group:
        texts = folded(piece.text, piece.points, wide - 1) if piece.width > wide else [piece.text]
        for text in texts:
            own = replace(piece, text=text)
            if line and used + own.width > wide:
                yield line
                line, used = [], 0.0
            line.append(own)
            used += own.width
    if line:
        yield line


def _lines(groups: Iterable[list[_Piece]], wide: float) -> Iterator[list[list[_Piece]]]:
    """Break groups that stay together into lines of a width; a group that is wider is broken itself."""
    line: list[list[_Piece]] = []
    used = 0.0
    for group in (part for whole in groups for part in _broken(whole, wide)):
        width = sum(piece.width for piece in group)
        if line and used + width > wide:
            yield line
            line, used = [], 0.0
        line.append(group)
        used += width + _GAP_MM
    if line:
        yield line


_NEVER_FIRST = "，。、；：！？）》”’,.;:!?)"


def folded(text: str, points: float, wide: float) -> list[str]:
    """Break a text into lines anywhere, as Chinese allows, but not before a closing mark."""
    lines = [""]
    for character in text:
        if width_mm(lines[-1] + character, points) > wide:
            carried = lines[-1][-1:] if character in _NEVER_FIRST and len(lines[-1]) > 1 else ""
            lines[-1] = lines[-1][: len(lines[-1]) - len(carried)]
            lines.append(carried)
        lines[-1] += character
    return [line for line in lines if line]


def _remark(picture: Picture, place: tuple[float, float], wide: float, lines: list[str]) -> None:
    x, middle = place
    for at, line in enumerate(lines):
        picture.text((x, middle + (at - (len(lines) - 1) / 2) * 3.8 + 1.1), wide, line, (8.5, False, "l"))


def frame(picture: Picture, is_changed: bool, changed: tuple[float, str]) -> None:
    """The rule below a row; a changed row has a bar at its edge and a tag."""
    picture.rule((0, picture.height - RULE_MM), (PAGE_MM, RULE_MM))
    if is_changed:
        x, word = changed
        picture.rule((0, 0), (_BAR_MM, picture.height))
        picture.mark((x, picture.height / 2 - 2.1), 5.8, word, "changed")


def bag_picture(bag: BagRow, words: Words) -> Picture:
    """Draw one bag: room, bag k of n and its code, what goes in, remark, box."""
    lines = list(_lines((_item(item, words) for item in bag.items), 93.0))
    note = folded(bag.note, 8.5, 23.0)
    height = max(10.6, len(lines) * _LINE_MM + 1.8, len(note) * 3.8 + 2)
    picture = Picture(PAGE_MM, round(height, 2))
    middle = height / 2
    room_text(picture, bag.room, 21.5 if bag.is_changed else 27.5, middle)
    picture.text((31.5, middle - 0.4), 22, f"{bag.k}/{bag.n}", (13, True, "l"))
    picture.text((31.5, middle + 3.6), 22, bag.code, (8, False, "l"))
    for at, line in enumerate(lines):
        x, baseline = 55.0, middle + (at - (len(lines) - 1) / 2) * _LINE_MM + 1.3
        for group in line:
            x = _put(picture, x, baseline, group) + _GAP_MM
    _remark(picture, (149.5, middle), 23.5, note)
    picture.tick((176, middle - 3.7), 7.4, bag.code)
    frame(picture, bag.is_changed, (24, words["changed"]))
    return picture
