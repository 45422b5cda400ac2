"""Boxes are where the record says: read back from a picture of the printed page."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from app.core.db import db
from app.printing.layout.geometry import INSET_MM, Box, corners, from_json, to_json
from app.printing.models import DocumentGeometry
from tests.printing import invented
from tests.printing.conftest import Gallery
from tests.printing.day import ask, documents
from tests.printing.day import day as day
from tests.world import World

DPI = 150
WITH_BOXES = (
    "bag_list",
    "hand_out_list",
    "drop_off_sheet",
    "pick_list",
    "route_sheet",
    "shortage_list",
    "goods_receipt",
)


class Picture:
    """A page as grey values; asked in millimetres."""

    def __init__(self, path: Path, page: int, folder: Path) -> None:
        target = folder / f"page-{page}"
        command = ["pdftoppm", "-r", str(DPI), "-gray", "-f", str(page), "-l", str(page), "-singlefile"]
        subprocess.run([*command, str(path), str(target)], check=True)
        _magic, size, _most, self._grey = (folder / f"page-{page}.pgm").read_bytes().split(b"\n", 3)
        self.width, self.height = (int(part) for part in size.split())

    def is_dark(self, x_mm: float, y_mm: float, reach: int = 2) -> bool:
        """Whether there is ink within ``reach`` pixels of the place."""
        x, y = round(x_mm / 25.4 * DPI), round(y_mm / 25.4 * DPI)
        places = [(x + across, y + down) for across in range(-reach, reach + 1) for down in range(-reach, reach + 1)]
        return any(
            self._grey[row * self.width + column] < 128
            for column, row in places
            if 0 <= column < self.width and 0 <= row < self.height
        )


def _boxes(gallery: Gallery, name: str) -> tuple[Box, ...]:
    return gallery.rendered.boxes[list(gallery.spans).index(name)]


@pytest.mark.parametrize("name", WITH_BOXES)
def test_each_recorded_box_has_its_outline_on_the_printed_page(gallery: Gallery, name: str, tmp_path: Path) -> None:
    boxes = [box for box in _boxes(gallery, name) if box.field.startswith("tick")]
    assert boxes
    first = gallery.spans[name].first
    pages = {box.page: Picture(gallery.path, first + box.page - 1, tmp_path) for box in boxes}
    for box in boxes:
        x, y, w, h = (value / 100 for value in box[1:5])
        middles = ((x + w / 2, y + 0.15), (x + w / 2, y + h - 0.15), (x + 0.15, y + h / 2), (x + w - 0.15, y + h / 2))
        assert [pages[box.page].is_dark(*place) for place in middles] == [True] * 4, box
        assert not pages[box.page].is_dark(x + w / 2, y + h / 2, reach=1), f"{box} is not empty"


def test_every_bag_of_a_list_has_one_box_under_its_code(gallery: Gallery) -> None:
    for name, codes in (
        ("bag_list", [bag.code for part in invented.a_bag_list().buildings for bag in part.bags]),
        ("drop_off_sheet", [code for part in invented.a_drop_off_sheet().stairwells for code in part.codes]),
    ):
        ticked = [box.row for box in _boxes(gallery, name) if box.field == "tick1"]
        assert sorted(code for code in ticked if code in set(codes)) == sorted(codes), name


def test_corner_marks_stand_at_the_same_places_on_every_page_with_boxes(gallery: Gallery, tmp_path: Path) -> None:
    for name in ("hand_out_list", "goods_receipt"):
        for at in range(gallery.spans[name].pages):
            page = Picture(gallery.path, gallery.spans[name].first + at, tmp_path)
            width, height = page.width / DPI * 25.4, page.height / DPI * 25.4
            *solid, (right, bottom) = corners(width, height)
            assert all(page.is_dark(x, y, reach=0) for x, y in solid)
            assert page.is_dark(right - 1.5, bottom, reach=0)
            assert not page.is_dark(right, bottom, reach=0), "the last mark has a hole"
    assert not Picture(gallery.path, gallery.spans["poster"].first, tmp_path).is_dark(INSET_MM, INSET_MM)


def test_places_are_kept_with_the_version_they_belong_to(day: World) -> None:
    ask(day, "hand_out_list", "bag_label")
    sheet = documents("hand_out_list")[0]
    kept = db.session.get_one(DocumentGeometry, sheet.id)
    assert kept.context_sha256 == sheet.context_sha256
    boxes = from_json(kept.boxes)
    assert len([box for box in boxes if box.field == "tick1"]) >= sheet.totals["lines"]
    assert to_json(boxes) == kept.boxes
    assert db.session.get(DocumentGeometry, documents("bag_label")[0].id) is None
