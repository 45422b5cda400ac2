"""Where the pen goes: the place of every box as it was laid out, and corner marks on each page that has boxes.

A photograph of a ticked sheet is straightened by its four corner marks: black squares with their centres 7 mm from the
two edges of the paper, the one at the bottom right with a hole, so that a page upside down is noticed. After that each
box is where the record says. Places are whole hundredths of a millimetre from the top left corner of the paper.

The layout is read from private attributes of WeasyPrint's pages: no public name tells where an element came to lie
without a link to it in the file. Where a release has other attributes, no box is recorded and no mark is printed: the
sheet itself is whole, and what was ticked on it is typed in instead of photographed.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pikepdf

from app.printing.layout.geometry import HOLE_MM, INSET_MM, SIDE_MM, Box, corners
from app.printing.layout.picture import BoxInPicture

_HUNDREDTHS = 2540 / 96  # of a millimetre in a CSS pixel
_PIXELS = 96 / 25.4  # in a millimetre
_POINTS = 72 / 25.4  # in a millimetre
_FIELDS = {"tick": "tick", "pen": "pen", "pen-first": "pen"}

log = logging.getLogger("louda.printing")

Pictures = Mapping[str, Sequence[BoxInPicture]]
"""The boxes inside the pictures of a sheet, by address."""


@dataclass(frozen=True, slots=True)
class _FoundMark:
    """A box in CSS pixels from the top left corner of its page."""

    x: float
    y: float
    width: float
    height: float
    row: str
    field: str


def _field(element: Any) -> str:
    """What kind of box an element of the sheet is: a box to tick, a cell to write in, or none (empty)."""
    if element is None or element.tag == "th":
        return ""
    return next((_FIELDS[name] for name in (element.get("class") or "").split() if name in _FIELDS), "")


def _walk(box: Any, row: str, pictures: Pictures) -> Iterator[_FoundMark]:
    element = box.element
    if element is not None and box.element_tag == element.tag:
        row = element.get("data-row") or row
        field = _field(element)
        if field:
            place = box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height()
            yield _FoundMark(*place, row, field)
        if element.tag == "img":
            x, y = box.content_box_x(), box.content_box_y()
            for one in pictures.get(element.get("src"), ()):
                place = x + one.x * _PIXELS, y + one.y * _PIXELS, one.width * _PIXELS, one.height * _PIXELS
                yield _FoundMark(*place, one.row, one.field)
    for child in getattr(box, "children", ()):
        yield from _walk(child, row, pictures)


def boxes_of(pages: Sequence[Any], pictures: Pictures) -> list[Box]:
    """The boxes of a laid out document in reading order; fields of a row are counted: tick1, pen1, tick2 …"""
    found: list[Box] = []
    for number, page in enumerate(pages, start=1):
        counted: Counter[tuple[str, str]] = Counter()
        try:
            own = list(_walk(page._page_box, "", pictures))
        except AttributeError as error:
            log.warning("places of boxes are not recorded: this release of WeasyPrint lays out otherwise (%s)", error)
            return []
        for one in own:
            counted[one.row, one.field] += 1
            name = f"{one.field}{counted[one.row, one.field]}"
            lengths = (one.x, one.y, one.width, one.height)
            x, y, w, h = (round(length * _HUNDREDTHS) for length in lengths)
            found.append(Box(number, x, y, w, h, one.row, name))
    return found


class CornerMarks:
    """Draws the four marks on top of pages of one PDF; what is written once is shared by all pages."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._begin = pdf.make_stream(b"q")
        self._marks: dict[tuple[float, float], pikepdf.Stream] = {}

    def draw_on(self, page: pikepdf.Page) -> None:
        """Draw them on a page that lies in this PDF."""
        left, bottom, right, top = (float(edge) for edge in page.mediabox)
        size = round(right - left, 2), round(top - bottom, 2)
        if size not in self._marks:
            self._marks[size] = self._pdf.make_stream(b"Q " + _marks(*size))
        # The page's own content may end with another scale than it began with.
        page.contents_add(self._begin, prepend=True)
        page.contents_add(self._marks[size])


@cache
def _marks(width: float, height: float) -> bytes:
    """The marks of a page of this size in points; what lies in two rectangles stays white."""
    side, hole = SIDE_MM * _POINTS, HOLE_MM * _POINTS
    centres = [(x * _POINTS, height - y * _POINTS) for x, y in corners(width / _POINTS, height / _POINTS)]
    inset = INSET_MM * _POINTS
    squares = [(x, y, side) for x, y in centres] + [(width - inset, inset, hole)]
    path = b" ".join(b"%.3f %.3f %.3f %.3f re" % (x - a / 2, y - a / 2, a, a) for x, y, a in squares)
    return b"q 0 g " + path + b" f* Q"
