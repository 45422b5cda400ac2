"""The two large grids of the day as pictures: the doors of a stairwell, and an item spread over the buildings. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.printing.layout.arrange import GridCell, StairwellGrid
from app.printing.layout.picture import Picture
from app.printing.sheets.supply.pick_list import PickCell

PAGE_MM = 186.0
_HAIR, _LINE = 0.25, 0.5  # thickness of rules in millimetres
_FLOOR_MM = 11.0  # the column of floor numbers
_PICK_MM, _PICK_ACROSS = 12.0, 6
_TWO_ABREAST = 4  # doors a floor up to which two stairwells fit side by side


def floor_picture(grid: StairwellGrid, floors: Sequence[str]) -> Picture:
    """Draw a stairwell, the highest floor on top; ``floors`` are the words for its floors in the same order.

    A door with bags is bold with the numbers of its bags below; one without is thin; where there is no door the field
    is empty. No box: what became of a door is said once, in its row of the list.
    """
    doors = max(len(floor.cells) for floor in grid.floors)
    wide = min(18.5 if doors <= _TWO_ABREAST else 22.0, (PAGE_MM - _FLOOR_MM) / doors)
    tall = min(8.2, 230.0 / len(grid.floors))
    picture = Picture(_FLOOR_MM + doors * wide, len(grid.floors) * tall)
    for down, floor in enumerate(grid.floors):
        y = down * tall
        picture.text((0.5, y + tall * 0.65), _FLOOR_MM - 1, floors[down], (9, True, "c"))
        for across, cell in enumerate(floor.cells):
            if cell is not None:
                _door(picture, (_FLOOR_MM + across * wide, y), (wide, tall), cell)
    _lattice(picture, doors, wide, (len(grid.floors), tall))
    return picture


def _door(picture: Picture, place: tuple[float, float], size: tuple[float, float], door: GridCell) -> None:
    (x, y), (wide, tall), cell = place, size, door
    if not cell.bags:
        picture.text((x + 0.4, y + tall * 0.65), wide - 0.8, cell.room, (9.5, False, "c"))
        return
    held = cell.numbers or f"×{cell.bags}"
    picture.text((x + 0.5, y + tall * 0.44), wide - 1, cell.room, (10, True, "c"))
    picture.text((x + 0.5, y + tall * 0.88), wide - 1, held, (9, True, "c"))


def _lattice(picture: Picture, doors: int, wide: float, down: tuple[int, float]) -> None:
    floors, tall = down
    for at in range(floors + 1):
        picture.rule((0, min(at * tall, picture.height - _HAIR)), (picture.width, _HAIR))
    picture.rule((0, 0), (_HAIR, picture.height))
    for at in range(doors + 1):
        thick = _LINE if at == 0 else _HAIR
        picture.rule((min(_FLOOR_MM + at * wide, picture.width - thick), 0), (thick, picture.height))


def pick_pictures(item_no: int, cells: Sequence[PickCell], words: tuple[str, str]) -> Iterator[Picture]:
    """Draw the buildings of an item, six in a row, each row a picture so that a page can end between them.

    ``words``: what is printed for nothing (缺货), and the tag of a change (改).
    """
    wide = PAGE_MM / _PICK_ACROSS
    for first in range(0, len(cells), _PICK_ACROSS):
        own = cells[first : first + _PICK_ACROSS]
        picture = Picture(PAGE_MM, _PICK_MM)
        for across, cell in enumerate(own):
            _pick(picture, across * wide, f"{item_no} {cell.building}", (cell, words))
        if first == 0:
            picture.rule((0, 0), (wide * len(own), _HAIR))
        picture.rule((0, _PICK_MM - _HAIR), (wide * len(own), _HAIR))
        for across in range(len(own) + 1):
            picture.rule((min(across * wide, PAGE_MM - _HAIR), 0), (_HAIR, _PICK_MM))
        yield picture


def _pick(picture: Picture, x: float, row: str, what: tuple[PickCell, tuple[str, str]]) -> None:
    (cell, (short, changed)), wide = what, PAGE_MM / _PICK_ACROSS
    tag = 6.4 if cell.is_changed else 0.0
    picture.text((x + 1, 3.9), wide - 2 - tag, cell.building, (9.5, True, "l"))
    if cell.is_changed:
        picture.mark((x + wide - tag, 0.3), tag - 0.6, changed, "changed")
    if cell.qty or cell.ordered <= cell.qty:
        picture.text((x + 1, 10.4), 13, str(cell.qty), (17, True, "l"))
    else:
        picture.text((x + 1.6, 9.9), 11, short, (10, True, "l"))
        picture.rectangle((x + 0.9, 6.1), (9.4, 5), 0.9)
    picture.tick((x + wide - 11.5, 5.4), 5.0, row)
    picture.text((x + wide - 6, 9.6), 3, "±", (8, False, "l"))
