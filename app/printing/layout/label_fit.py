"""Text that never leaves its label: the largest size that fits, two lines if it must, a cut as the last way. Pure.

Widths are upper bounds in thousandths of an em, from the advance widths of Noto Sans CJK SC Bold; a character that is
not in the table counts as a full square. What is cut loses its middle, since a room number stands at the end.

Truth table of `fit_text` (width 62 mm, sizes 36 … 9 pt):

    text                          size   lines
    12-302                        36     12-302
    12-1单元-3302                 26     12-1单元-3302
    庆和苑北区临时商铺西侧二层    13     one line
    40 squares                    8      two lines
    200 squares                   8      two lines, the middle replaced by …
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.printing.layout.labels import LabelStock

_PT_IN_MICROMETRES = 353  # rounded up from 352.78
_NARROW = {**dict.fromkeys(" !'(),.:;[]{}|fijltrI/-", 440), **dict.fromkeys("@%MWmw&", 1010)}
_DIGITS = 590
_LETTERS = 770
_MARK_DMM = {"cold": 68, "frozen": 74, "heavy": 70, "fragile": 112}
_BREAKS = "-·— 单元室号"
_TAIL = 8


@dataclass(frozen=True)
class FittedText:
    """Text as it is printed: its lines and their size in points."""

    lines: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class Space:
    """Room for one text: its width, sizes to try on one line, then sizes to try on two."""

    width_dmm: int
    one_line: tuple[int, ...]
    two_lines: tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """The spaces of a label. ``bag_sizes``: of the figures k/n, beside which the marks stand."""

    place: Space
    area: Space
    bag_sizes: tuple[int, ...]
    code: Space


def width_ems(text: str) -> int:
    """Width in thousandths of an em, never less than what is drawn."""
    return sum(
        _NARROW.get(character)
        or (_DIGITS if character.isdigit() and character.isascii() else _LETTERS if character.isascii() else 1000)
        for character in text
    )


def width_dmm(text: str, size: int) -> int:
    """Width on paper at ``size`` points, rounded up."""
    return -(-width_ems(text) * size * _PT_IN_MICROMETRES // 100_000)


def _cut_in_two(text: str) -> tuple[str, str]:
    """The two halves, broken behind a dash or a blank near the middle if there is one."""
    total, best = width_ems(text), (10**9, 1)
    for at in range(1, len(text)):
        uneven = abs(2 * width_ems(text[:at]) - total)
        best = min(best, (uneven if text[at - 1] in _BREAKS else uneven * 2 + 500, at))
    return text[: best[1]].rstrip(), text[best[1] :].lstrip()


def _shortened(text: str, space: Space, size: int) -> FittedText:
    tail = text[-_TAIL:]
    for keep in range(len(text) - _TAIL - 1, -1, -1):
        halves = _cut_in_two(f"{text[:keep]}…{tail}")
        if max(width_dmm(half, size) for half in halves) <= space.width_dmm:
            return FittedText(halves, size)
    return FittedText((tail[-3:],), size)


def fit_text(text: str, space: Space) -> FittedText:
    """Return the text at the largest size that fits into the space."""
    for size in space.one_line:
        if width_dmm(text, size) <= space.width_dmm:
            return FittedText((text,), size)
    if len(text) < 2:
        return FittedText((text,), space.one_line[-1])
    halves = _cut_in_two(text)
    for size in space.two_lines:
        if max(width_dmm(half, size) for half in halves) <= space.width_dmm:
            return FittedText(halves, size)
    return _shortened(text, space, space.two_lines[-1])


_AREA = ((9, 8), (7, 6))
LAYOUTS = {
    "a4-3x8": Layout(
        Space(620, (36, 32, 29, 26, 23, 20, 18), (18, 16, 14, 12, 10, 8)),
        Space(415, *_AREA),
        (17, 15, 13, 11, 9),
        Space(415, (9, 8, 7, 6), (6,)),
    ),
    "a4-2x7": Layout(
        Space(890, (36, 32, 29, 26, 23, 20), (18, 16, 14, 12, 10, 8)),
        Space(680, *_AREA),
        (17, 15, 13, 11, 9),
        Space(680, (9, 8, 7, 6), (6,)),
    ),
    "roll-60x40": Layout(
        Space(550, (36, 32, 29, 26, 23, 20, 18), (19, 17, 15, 13, 11, 9, 8)),
        Space(372, *_AREA),
        (17, 15, 13, 11, 9),
        Space(372, (9, 8, 7, 6), (6,)),
    ),
    "roll-80x60": Layout(
        Space(735, (46, 41, 36, 32, 29, 26, 23), (25, 22, 19, 16, 13, 11, 9)),
        Space(450, (12, 11, 10), (9, 8, 7, 6)),
        (24, 20, 17, 14, 11),
        Space(450, (11, 10, 9, 8, 7, 6), (6,)),
    ),
}


def bag_size(shown: str, marks: Sequence[str], stock: LabelStock) -> int:
    """The size of the line with k/n, so that the marks fit beside it."""
    layout = LAYOUTS[stock.key]
    left = layout.area.width_dmm - sum(_MARK_DMM[mark] for mark in marks)
    return next((size for size in layout.bag_sizes if width_dmm(shown, size) <= left), layout.bag_sizes[-1])
