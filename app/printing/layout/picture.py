"""Grids drawn as one picture: what would be hundreds of table cells is one box for the layout of the page.

A picture is a list of strokes in millimetres from its top left corner; `app.printing.pdf.paint` draws it, and
`app.printing.pdf.svg` says the same as a drawing that every release of the engine knows. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

SCHEME = "louda-paint"
_POINT_MM = 25.4 / 72
_WIDE_FROM = 0x2E80
END = "\0"  # between the pictures of a sheet and its HTML; JSON never holds it


def width_mm(text: str, points: float) -> float:
    """An upper estimate of the width of a line: a Chinese character is as wide as its size, any other 0.58 of it."""
    return sum(1.0 if ord(c) >= _WIDE_FROM or c in "×±·" else 0.58 for c in text) * points * _POINT_MM


def word_look(mark: str) -> tuple[float, bool]:
    """Points of the word in a mark, and whether it is bold: 重 and 碎 in bold close up in a copy."""
    return (8, True) if mark == "changed" else (12, False)


@dataclass
class Picture:
    """A drawing of ``width`` by ``height`` millimetres, black on white."""

    width: float
    height: float
    strokes: list[list[Any]] = field(default_factory=list)

    def text(self, place: tuple[float, float], width: float, words: str, look: tuple[float, bool, str]) -> None:
        """Write one line with its baseline at ``place``, never wider than ``width``; look: points, bold, l c or r."""
        if words:
            self.strokes.append(["t", *place, width, words, *look])

    def rectangle(self, place: tuple[float, float], size: tuple[float, float], points: float) -> None:
        """Outline a rectangle with a line of so many points."""
        self.strokes.append(["r", *place, *size, points])

    def rule(self, place: tuple[float, float], size: tuple[float, float]) -> None:
        """Fill a rectangle."""
        self.strokes.append(["f", *place, *size])

    def mark(self, place: tuple[float, float], width: float, words: str, look: str) -> None:
        """Draw a mark 5.6 mm high: heavy has a thick frame, cold is round, frozen round and double, fragile dashed; the
        tag of a change is black and round."""
        self.strokes.append(["m", *place, width, words, look])

    def pen(self, place: tuple[float, float], size: tuple[float, float], row: str) -> None:
        """Draw nothing, but record that people write here."""
        self.strokes.append(["p", *place, *size, row])

    def tick(self, place: tuple[float, float], side: float, row: str) -> None:
        """Outline a box for the pen; its place is recorded under ``row``."""
        self.strokes.append(["b", *place, side, row])


@dataclass(frozen=True, slots=True)
class BoxInPicture:
    """A box to tick or to write in (``field``: tick or pen), in millimetres from the corner of its picture."""

    field: str
    row: str
    x: float
    y: float
    width: float
    height: float


def boxes_in(drawn: Sequence[Any]) -> dict[str, list[BoxInPicture]]:
    """Address of each picture → its boxes; ``drawn`` as `split` returns it."""
    return {
        f"{SCHEME}:{number}": [_box(one) for one in strokes if one[0] in "bp"]
        for number, (_width, _height, strokes) in enumerate(drawn)
    }


def _box(stroke: Sequence[Any]) -> BoxInPicture:
    kind, x, y, width, *rest = stroke
    height = rest[0] if kind == "p" else width
    return BoxInPicture("pen" if kind == "p" else "tick", str(rest[-1]), x, y, width, height)


class Ink:
    """The pictures of one sheet, numbered as they are used in its template."""

    def __init__(self) -> None:
        self._pictures: list[Picture] = []

    def source(self, picture: Picture) -> str:
        """Keep a picture; return its address for an image."""
        self._pictures.append(picture)
        return f"{SCHEME}:{len(self._pictures) - 1}"

    def page(self, html: str) -> str:
        """The HTML with the pictures it refers to in front."""
        drawn = [[one.width, one.height, one.strokes] for one in self._pictures]
        return f"{json.dumps(drawn, ensure_ascii=False, separators=(',', ':'))}{END}{html}" if drawn else html


def split(page: str) -> tuple[Sequence[Any], str]:
    """Undo `Ink.page`: pictures (width, height, strokes) and HTML."""
    if not page.startswith("["):
        return [], page
    drawn, _end, html = page.partition(END)
    return json.loads(drawn), html
