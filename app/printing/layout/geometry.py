"""The places of boxes and corner marks on paper, as they are recorded with a document. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

SIDE_MM = 4.0  # of a corner mark
HOLE_MM = 2.0  # in the mark at the bottom right
INSET_MM = 7.0  # from the edges of the paper to the centre of a mark; most printers leave 4.2 mm white


class Box(NamedTuple):
    """One box to tick or to write in: page of the sheet (from 1), place and size in hundredths of a millimetre from
    the top left corner of the paper, the row it belongs to (a bag code, a room, a stop) and which field of that row."""

    page: int
    x: int
    y: int
    w: int
    h: int
    row: str
    field: str


def corners(width_mm: float, height_mm: float) -> tuple[tuple[float, float], ...]:
    """Centres of the four corner marks in millimetres: top left, top right, bottom left, bottom right."""
    right, bottom = width_mm - INSET_MM, height_mm - INSET_MM
    return (INSET_MM, INSET_MM), (right, INSET_MM), (INSET_MM, bottom), (right, bottom)


def to_json(boxes: Sequence[Box]) -> list[list[int | str]]:
    """Boxes as they travel between processes and lie in the database."""
    return [list(box) for box in boxes]


def from_json(rows: Sequence[Sequence[int | str]]) -> tuple[Box, ...]:
    """The reverse of `to_json`."""
    return tuple(
        Box(int(page), int(x), int(y), int(w), int(h), str(row), str(field)) for page, x, y, w, h, row, field in rows
    )
