"""What the printed page says, read back from the PDF."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import segno

from app.printing.layout import qr
from app.printing.sheet import Sheet
from app.printing.sheets.bags.hand_out_list import HandOutList
from tests import messages
from tests.printing import invented
from tests.printing.conftest import Gallery

NAMES = tuple(name for name in invented.every_sheet() if not name.startswith("labels"))
CODE_MM = 112  # the side of the poster's code, quiet zone of two modules included
CODE = re.compile(r"K\d{4}")


@pytest.mark.parametrize("name", NAMES)
def test_each_sheet_prints_its_number_and_page_count(gallery: Gallery, name: str) -> None:
    sheet = invented.every_sheet()[name]
    text = gallery.text(name)
    assert str(invented.stamped(sheet).stamp.number) in text
    assert f"1/{gallery.spans[name].pages}" in "".join(text.split())
    assert messages.DESTROY_AFTER_USE in text


@pytest.mark.parametrize(
    ("name", "sheet"),
    [
        ("bag_list", invented.a_bag_list()),
        ("drop_off_sheet", invented.a_drop_off_sheet()),
        ("hand_out_list", invented.a_hand_out_list()),
        ("labels_a4-3x8", invented.a_label_run()),
        ("labels_a4-2x7", invented.a_label_run()),
    ],
)
def test_each_bag_code_is_printed_exactly_once_on_each_kind_of_sheet(gallery: Gallery, name: str, sheet: Sheet) -> None:
    found = Counter(CODE.findall(gallery.text(name)))
    assert len(found) == sheet.control.bags
    assert set(found.values()) == {1}


def test_no_character_of_the_sheets_is_missing_from_the_fonts(gallery: Gallery) -> None:
    assert gallery.rendered.missing_glyphs == ()


def test_rare_characters_of_names_are_on_the_page(gallery: Gallery) -> None:
    text = gallery.text("hand_out_list")
    assert [character for character in invented.RARE if f"{character}*" not in text] == []


@pytest.mark.parametrize("name", ["route_sheet", "drop_off_sheet", "labels_a4-3x8"])
def test_sheets_that_travel_name_no_household_phone_or_health(gallery: Gallery, name: str) -> None:
    text = gallery.text(name)
    assert not re.search(r"1[3-8]\d{9}|阳性|确诊|密接|感染", text)


def test_a_route_sheet_has_no_rooms(gallery: Gallery) -> None:
    assert not re.search(r"\d-\d{3,4}\b|\d{3,4}室", gallery.text("route_sheet"))


def _rooms(sheet: HandOutList) -> list[str]:
    return [row.room for row in sheet.stairwells()[0].rows]


def test_with_a_lift_the_list_starts_on_the_top_floor_and_without_on_the_first() -> None:
    riding, walking = _rooms(invented.a_hand_out_list(True)), _rooms(invented.a_hand_out_list(False))
    assert (riding[0], riding[-1][:-2]) == ("1102", "1")
    assert (walking[0][:-2], walking[-1][:-2]) == ("1", "11")
    assert sorted(riding) == sorted(walking)


def test_a_share_of_nothing_is_printed_as_short(gallery: Gallery) -> None:
    sheet = invented.a_shortage_list()
    nothing = sum(1 for building in sheet.buildings for row in building.rows if row.share == 0)
    assert gallery.text("shortage_list").count("缺货") - gallery.spans["shortage_list"].pages == nothing


def test_control_totals_are_printed(gallery: Gallery) -> None:
    sheet = invented.a_purchase_order()
    assert "13447.00" in gallery.text("purchase_order")
    assert str(sheet.control.units) in gallery.text("purchase_order")


def test_a_long_building_repeats_its_head_on_the_next_page(gallery: Gallery) -> None:
    assert gallery.text("hand_out_list").count("原因号") >= 3


def test_changed_rows_are_marked(gallery: Gallery) -> None:
    marks = gallery.text("tally").count("改")
    changed = sum(row.is_changed for row in invented.a_tally().rows)
    assert marks == changed + 1, "one mark a row and one in the legend of the head"


def _modules(path: Path, page: int, folder: Path) -> list[list[bool]]:
    """Sample the poster's code at the middle of each module from a 100 dpi grey picture."""
    target = folder / "poster"
    command = [
        "pdftoppm",
        "-r",
        "100",
        "-gray",
        "-f",
        str(page),
        "-l",
        str(page),
        "-singlefile",
        str(path),
        str(target),
    ]
    subprocess.run(command, check=True)
    header, size, _, data = (folder / "poster.pgm").read_bytes().split(b"\n", 3)
    assert header == b"P5"
    width = int(size.split()[0])
    grey = [data[at : at + width] for at in range(0, len(data), width)]
    expected = _expected()
    # Nothing else on the poster has ink on so many lines without a gap.
    runs = [len(run) for run in "".join("#" if 0 in line else " " for line in grey).split(" ")]
    lengths = {sum(runs[:at]) + at: length for at, length in enumerate(runs)}
    top = max(lengths, key=lambda start: lengths[start])
    left = min(grey[row].index(0) for row in range(top, top + 5))
    side = CODE_MM / 25.4 * 100 / (len(expected) + 4)
    centre = [int((at + 0.5) * side) for at in range(len(expected))]
    return [[grey[top + y][left + x] < 128 for x in centre] for y in centre]


def _expected() -> list[list[bool]]:
    made = segno.make(invented.a_poster().order_url, error="m", micro=False, mask=3, boost_error=False)
    return [[bool(module) for module in row] for row in made.matrix]


def test_the_poster_code_on_paper_is_the_code_of_its_address(gallery: Gallery, tmp_path: Path) -> None:
    assert _modules(gallery.path, gallery.spans["poster"].first, tmp_path) == _expected()


def test_a_code_nobody_could_scan_is_refused() -> None:
    with pytest.raises(ValueError, match="too much text"):
        qr.png("x" * 601)
