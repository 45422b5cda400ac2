"""Where the pen goes: corner marks on each page that has boxes, and the place of every box as it was laid out.

A photograph of a ticked sheet is straightened by its four corner marks: black squares with their centres 7 mm from the
two edges of the paper, the one at the bottom right with a hole, so that a page upside down is noticed. After that each
box is where the record says. Places are whole hundredths of a millimetre from the top left corner of the paper.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from weasyprint.document import Page

from app.printing.layout.geometry import HOLE_MM, INSET_MM, SIDE_MM, Box, corners

_HUNDREDTHS = 2540 / 96  # of a millimetre in a CSS pixel
_PIXELS = 96 / 25.4  # in a millimetre
_FIELDS = {"tick": "tick", "pen": "pen", "pen-first": "pen"}


@dataclass(frozen=True, slots=True)
class _Found:
    box: Any
    row: str
    field: str


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A box inside a picture, asked like a box of the layout."""

    x: float
    y: float
    width: float
    height: float

    def border_box_x(self) -> float:
        return self.x

    def border_box_y(self) -> float:
        return self.y

    def border_width(self) -> float:
        return self.width

    def border_height(self) -> float:
        return self.height


def _field(element: Any) -> str:
    """What kind of box an element of the sheet is: a box to tick, a cell to write in, or none (empty)."""
    if element is None or element.tag == "th":
        return ""
    return next((_FIELDS[name] for name in (element.get("class") or "").split() if name in _FIELDS), "")


def _walk(box: Any, row: str) -> Iterator[_Found]:
    element = box.element
    if element is not None:
        row = element.get("data-row") or row
        field = _field(element)
        if field and box.element_tag == element.tag:
            yield _Found(box, row, field)
    for field, own, x, y, width, height in getattr(getattr(box, "replacement", None), "boxes", ()):
        yield _Found(_Drawn(box.content_box_x() + x, box.content_box_y() + y, width, height), own, field)
    for child in getattr(box, "children", ()):
        yield from _walk(child, row)


def boxes_of(pages: list[Any]) -> list[Box]:
    """The boxes of a laid out document in reading order; fields of a row are counted: tick1, pen1, tick2 …"""
    found: list[Box] = []
    for number, page in enumerate(pages, start=1):
        counted: Counter[tuple[str, str]] = Counter()
        for one in _walk(page._page_box, ""):
            counted[one.row, one.field] += 1
            name = f"{one.field}{counted[one.row, one.field]}"
            x, y = one.box.border_box_x(), one.box.border_box_y()
            lengths = (x, y, one.box.border_width(), one.box.border_height())
            x, y, w, h = (round(length * _HUNDREDTHS) for length in lengths)
            found.append(Box(number, x, y, w, h, one.row, name))
    return found


class MarkedPage(Page):  # type: ignore[misc]
    """A page with the four marks on top of everything else."""

    def paint(self, stream: Any, scale: float = 1) -> None:
        """Paint the page, then its marks."""
        super().paint(stream, scale)
        with stream.stacked():
            stream.transform(a=scale, d=scale)
            stream.set_color(self._page_box.style["color"])
            _draw(stream, self.width / _PIXELS, self.height / _PIXELS)


def mark_corners(pages: list[Any]) -> None:
    """Have the four marks drawn on top of each page."""
    for page in pages:
        # Another class, not another method of this one page: that would be a cycle, which keeps all boxes in memory.
        page.__class__ = MarkedPage


def _draw(stream: Any, width_mm: float, height_mm: float) -> None:
    side = SIDE_MM * _PIXELS
    for x, y in corners(width_mm, height_mm):
        stream.rectangle(x * _PIXELS - side / 2, y * _PIXELS - side / 2, side, side)
    hole = HOLE_MM * _PIXELS
    right, bottom = (width_mm - INSET_MM) * _PIXELS, (height_mm - INSET_MM) * _PIXELS
    stream.rectangle(right - hole / 2, bottom - hole / 2, hole, hole)
    stream.fill(even_odd=True)
