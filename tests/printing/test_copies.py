"""What a copy of a copy at 120 dots an inch leaves: each mark is still itself, and answers are large enough to read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import segno
from PIL import Image, ImageChops, ImageStat

from app.printing.layout.picture import Ink, Picture
from app.printing.layout.qr import QUIET
from app.printing.pdf.drawings_rows import MARKS, mark_mm
from app.printing.pdf.page_codes import SIDE_MM, code_place
from app.printing.pdf.render import render_chunk
from tests.printing import invented
from tests.printing.conftest import Gallery
from tests.printing.copies import DPI, copy_of_a_copy, page_at

WORDS = {"cold": "冷", "frozen": "冻", "heavy": "重", "fragile": "易碎"}
STEP_MM, TOP_MM = 20.0, 30.0


def _crop(page: Image.Image, x_mm: float, y_mm: float, size: tuple[float, float]) -> Image.Image:
    left, top, right, bottom = (round(at / 25.4 * DPI) for at in (x_mm, y_mm, x_mm + size[0], y_mm + size[1]))
    return page.crop((left, top, right, bottom))


def _unlike(one: Image.Image, other: Image.Image) -> float:
    """How much two crops differ, at the place where they fit best: a page comes out of a copier a dot or two aside."""
    width, height = one.width - 6, one.height - 6
    core = one.crop((3, 3, 3 + width, 3 + height))
    return min(
        ImageStat.Stat(ImageChops.difference(core, other.crop((dx, dy, dx + width, dy + height)))).mean[0]
        for dx in range(7)
        for dy in range(7)
    )


@pytest.fixture(scope="module")
def marks_page(tmp_path_factory: pytest.TempPathFactory) -> tuple[Image.Image, Image.Image]:
    """A page with the marks of a real hand-out row in its four looks, as it was laid out and after two copiers."""
    folder = tmp_path_factory.mktemp("marks")
    ink, picture = Ink(), Picture(186.0, 120.0)
    for down in range(5):
        for across, look in enumerate(MARKS):
            picture.mark((across * STEP_MM + 3, down * 14 + 3), mark_mm(WORDS[look], look), WORDS[look], look)
    page = '<html><body class="portrait"><img class="painted" style="position:absolute" src="{}" alt=""/></body></html>'
    path = folder / "marks.pdf"
    path.write_bytes(render_chunk([ink.page(page.format(ink.source(picture)))], 2).pdf)
    sharp = page_at(path, 1, folder)
    return sharp, copy_of_a_copy(sharp)


def test_a_copy_of_a_copy_leaves_every_mark_nearest_to_itself(marks_page: tuple[Image.Image, Image.Image]) -> None:
    sharp, copied = marks_page
    size = (10.0, 8.0)
    models = {look: _crop(sharp, 12 + at * STEP_MM + 2, 11 + 2, size) for at, look in enumerate(MARKS)}
    for down in range(5):
        for at, look in enumerate(MARKS):
            seen = _crop(copied, 12 + at * STEP_MM + 2, 11 + down * 14 + 2, size)
            by_unlikeness = sorted((_unlike(seen, model), name) for name, model in models.items())
            assert by_unlikeness[0][1] == look, (look, by_unlikeness)
            assert by_unlikeness[0][0] < 0.8 * by_unlikeness[1][0], (look, by_unlikeness)


def test_no_mark_closes_up_in_a_copy_of_a_copy(marks_page: tuple[Image.Image, Image.Image]) -> None:
    """Ink covers less than three fifths inside the frame, and no less than a tenth: neither a blob nor gone."""
    _sharp, copied = marks_page
    for down in range(5):
        for at, look in enumerate(MARKS):
            wide = mark_mm(WORDS[look], look)
            inside = _crop(copied, 12 + at * STEP_MM + 4, 11 + down * 14 + 4, (wide - 2, 3.6))
            ink = 1 - ImageStat.Stat(inside).mean[0] / 255
            assert 0.1 < ink < 0.6, (look, round(ink, 2))


@pytest.mark.parametrize("name", ["hand_out_list", "drop_off_sheet", "route_sheet", "bag_list"])
def test_each_page_of_a_sheet_that_comes_back_says_number_and_page_in_a_code_that_two_copiers_leave_readable(
    gallery: Gallery, name: str, tmp_path: Path
) -> None:
    """The code mends 15 % of its modules; after two copies at most 6 % may be read wrongly."""
    span = gallery.spans[name]
    number = str(invented.stamped(invented.every_sheet()[name]).stamp.number)
    for at in range(1, span.pages + 1):
        page = copy_of_a_copy(page_at(gallery.path, span.first + at - 1, tmp_path))
        matrix = segno.make(f"{number}/{at}", error="m", micro=False, mask=3, boost_error=False).matrix
        assert len(matrix) <= 25
        side = len(matrix) + 2 * QUIET
        left, top = code_place(page.width / DPI * 25.4, page.height / DPI * 25.4, at)
        step = SIDE_MM / side
        assert _wrong(page, matrix, (left + QUIET * step, top + QUIET * step, step)) <= 0.06 * len(matrix) ** 2


def _wrong(page: Image.Image, matrix: Sequence[Sequence[int]], place: tuple[float, float, float]) -> int:
    """Modules that are read wrongly where the code fits best, a dot or two aside."""
    left, top, step = place

    def misread(dx: int, dy: int) -> int:
        count = 0
        for row, modules in enumerate(matrix):
            for column, dark in enumerate(modules):
                x = round((left + (column + 0.5) * step) / 25.4 * DPI) + dx
                y = round((top + (row + 0.5) * step) / 25.4 * DPI) + dy
                count += (page.getpixel((x, y)) < 128) != bool(dark)
        return count

    return min(misread(dx, dy) for dx in range(-4, 5) for dy in range(-4, 5))
