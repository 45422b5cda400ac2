"""What makes a sheet usable in gloves: black and white, heads that repeat, buildings kept whole, totals and marks."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from app.printing.layout.arrange import GRID_COLUMNS, GridCell, floor_grid
from app.printing.layout.picture import width_mm
from app.printing.limits import RenderLimits
from app.printing.pdf.drawings_rows import bag_picture
from app.printing.pdf.render import ASSETS
from app.printing.renderer.engine import PageSpan, render_to_file
from app.printing.sheet import Sheet, SheetItem, Totals
from app.printing.sheets.afterwards.settlement_sheet import SettlementBuilding, SettlementRow, SettlementSheet
from app.printing.sheets.bags.bag_list import BagItem, BagList, BagListBuilding, BagRow
from app.printing.sheets.bags.hand_out_list import EmptyDoor, HandOutRow
from app.printing.sheets.residents.order_form import TWO_SLIPS, OrderForm
from app.printing.sheets.tally import TallyRow
from tests.printing import invented
from tests.printing.conftest import Gallery, text_of

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "print"
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|rgba|hsla)\(")
REPEATED = {
    "hand_out_list": "原因号",
    "goods_receipt": "静置至",
    "pick_list": "",
    "bag_list": "装好",
    "settlement_sheet": "已办",
    "shortage_list": "给居民的话",
}


def test_the_style_knows_black_and_white_only() -> None:
    for path in (ASSETS / "sheets.css", *TEMPLATES.glob("*")):
        assert set(COLOUR.findall(path.read_text("utf-8"))) <= {"#000", "#fff"}, path.name


def test_every_printed_page_is_grey_through_and_through(gallery: Gallery, tmp_path: Path) -> None:
    subprocess.run(["pdftoppm", "-r", "20", str(gallery.path), str(tmp_path / "p")], check=True)
    pages = sorted(tmp_path.glob("p-*.ppm"))
    assert len(pages) == gallery.rendered.pages
    for page in pages:
        data = page.read_bytes().split(b"\n", 3)[3]
        assert data[0::3] == data[1::3] == data[2::3], page.name


def _page_texts(gallery: Gallery, name: str) -> list[str]:
    span = gallery.spans[name]
    return [text_of(gallery.path, PageSpan(span.first + at, 1)) for at in range(span.pages)]


@pytest.mark.parametrize("name", sorted(REPEATED))
def test_the_head_of_the_table_and_the_name_of_the_sheet_are_on_every_page(gallery: Gallery, name: str) -> None:
    pages = _page_texts(gallery, name)
    assert len(pages) > 1
    number = str(invented.stamped(invented.every_sheet()[name]).stamp.number)
    for page in pages:
        assert number in page
    with_rows = pages if name != "hand_out_list" else pages[:-1]  # its last page holds the picture
    assert all(REPEATED[name] in page for page in with_rows)


def _money(rows: int, buildings: int) -> SettlementSheet:
    made = tuple(
        SettlementBuilding(
            f"{number}号楼", tuple(SettlementRow(f"{number}-{at:03d}", 100, 0, 0, 0) for at in range(rows))
        )
        for number in range(1, buildings + 1)
    )
    total = Totals(lines=rows * buildings, amount_fen=rows * buildings * 100)
    return SettlementSheet(invented.HEAD, total, made)


def _pages_of_rooms(sheet: Sheet, folder: Path) -> dict[str, set[int]]:
    """Building number → pages on which its rooms are."""
    path = folder / "sheet.pdf"
    rendered = render_to_file([invented.stamped(sheet)], path, RenderLimits(processes=1))
    found: dict[str, set[int]] = {}
    for page in range(1, rendered.pages + 1):
        for building in re.findall(r"^ *(\d+)-\d{3}\b", text_of(path, PageSpan(page, 1)), re.MULTILINE):
            found.setdefault(building, set()).add(page)
    return found


@pytest.mark.parametrize("rows", [7, 13, 20, 22])
def test_no_building_that_fits_on_a_page_is_broken(rows: int, tmp_path: Path) -> None:
    pages = _pages_of_rooms(_money(rows, 5), tmp_path)
    assert len(pages) == 5
    assert {building: len(own) for building, own in pages.items()} == dict.fromkeys(pages, 1)


def test_a_building_longer_than_a_page_starts_below_the_head_and_not_on_the_next_page(tmp_path: Path) -> None:
    assert min(_pages_of_rooms(_money(60, 1), tmp_path)["1"]) == 1


def test_a_long_bag_list_starts_on_its_first_page(tmp_path: Path) -> None:
    small = invented.a_bag_list().buildings[0]
    bags = tuple(replace(small.bags[at % 8], room=f"1-{at + 100}", code=f"K{at:04d}") for at in range(40))
    packed = [item.qty for bag in bags for item in bag.items if item.qty]
    total = Totals(bags=40, lines=len(packed), units=sum(packed))
    sheet = replace(invented.a_bag_list(), control=total, buildings=(replace(small, bags=bags),))
    assert min(_pages_of_rooms(sheet, tmp_path)["1"]) == 1


def _changed(value: object) -> int:
    """Rows marked as changed anywhere in a context."""
    if isinstance(value, tuple):
        return sum(_changed(part) for part in value)
    if not dataclasses.is_dataclass(value):
        return 0
    own = int(bool(getattr(value, "is_changed", False)))
    return own + sum(_changed(getattr(value, field.name)) for field in dataclasses.fields(value))


@pytest.mark.parametrize("name", ["tally", "purchase_order", "pick_list", "bag_list", "route_sheet", "hand_out_list"])
def test_what_changed_since_the_last_version_is_marked_and_the_old_version_is_void(gallery: Gallery, name: str) -> None:
    sheet = invented.every_sheet()[name]
    text = gallery.text(name)
    assert _changed(sheet) > 0
    assert text.count("改") == _changed(sheet) + 1, "one mark a row and one in the legend of the head"
    assert "第1版作废" in text


@pytest.mark.parametrize(
    "name",
    "tally purchase_order goods_receipt shortage_list pick_list bag_list route_sheet drop_off_sheet hand_out_list "
    "exception_list settlement_sheet".split(),
)
def test_the_control_totals_on_paper_are_those_of_the_context(gallery: Gallery, name: str) -> None:
    control = invented.every_sheet()[name].control
    line = gallery.text(name).partition("核对数")[2][:160]
    printed = set(re.findall(r"\d+(?:\.\d\d)?", line))
    wanted = [
        control.bags,
        control.units if name != "route_sheet" else 0,
        control.lines if name != "drop_off_sheet" else 0,
    ]
    assert {str(number) for number in wanted if number} <= printed
    if control.amount_fen:
        assert f"{control.amount_fen // 100}.{control.amount_fen % 100:02d}" in printed


def test_the_picture_of_the_building_shows_doors_with_and_without_bags() -> None:
    sheet = invented.a_hand_out_list()
    grids = replace(sheet, empty_doors=(EmptyDoor("1单元", 11, "1101"),)).grid()
    top = grids[0].floors[0]
    assert [(cell.room, cell.bags > 0) for cell in top.cells if cell] == [
        ("1101", False),
        ("1102", True),
        ("1103", True),
    ]
    assert [floor.floor for floor in grids[0].floors] == list(range(11, 0, -1)), "a picture of the house, top on top"


def test_a_corridor_wider_than_the_paper_becomes_several_pictures() -> None:
    cells = [("1单元", floor, GridCell(f"{floor}{door:02d}", 1)) for floor in (1, 2) for door in range(1, 31)]
    grids = floor_grid(cells)
    assert [len(grid.floors[0].cells) for grid in grids] == [10, 10, 10]
    assert all(len(grid.floors[0].cells) <= GRID_COLUMNS for grid in grids)


def test_marks_differ_in_shape_and_not_only_in_their_word() -> None:
    style = (ASSETS / "sheets.css").read_text("utf-8")
    shapes = {
        name: re.search(rf"\.mark\.{name} {{([^}}]*)}}", style) for name in ("cold", "frozen", "heavy", "fragile")
    }
    bodies = {name: found[1].strip() for name, found in shapes.items() if found}
    assert len(set(bodies.values())) == 4


def test_every_font_stack_ends_in_fonts_that_know_the_rare_names() -> None:
    for path in (ASSETS / "sheets.css", TEMPLATES / "_sketch.html"):
        stacks = re.findall(r'font-family[:=]\s*"?([^;}]+?)(?:;|}|" font-size)', path.read_text("utf-8"))
        assert stacks
        assert all("Noto Sans CJK SC" in stack and "BabelStone Han" in stack for stack in stacks), path.name


def _many_bags_with_long_names() -> BagList:
    name = "有机认证东北五常稻花香二号新米真空小包装礼盒限量版第三批次直供社区惠民专享装"
    items = (
        BagItem(name, "袋", 2, 3, ("heavy", "fragile")),
        BagItem("生抽", "瓶", 1, 1, replaces=name),
        BagItem(name, "袋", 0, 2, ("cold",)),
    )
    bag = BagRow("K0001", "商务楼A座-1205室", 1, 1, items, "请放门口鞋柜上，不要按门铃，孩子在睡觉，谢谢。")
    return BagList(invented.HEAD, Totals(bags=1, lines=2, units=3), (BagListBuilding("桂花苑 2号楼", (bag,)),))


def test_a_name_of_forty_characters_stays_in_its_column_and_is_printed_whole() -> None:
    bag = _many_bags_with_long_names().buildings[0].bags[0]
    words = {"short": "缺货", "changed": "改", "ordered": "订{}"}
    words |= {"cold": "冷", "frozen": "冻", "heavy": "重", "fragile": "易碎"}
    drawn = bag_picture(bag, words)
    texts = [one for one in drawn.strokes if one[0] == "t"]
    goods = [one for one in texts if 54 <= one[1] < 149]
    assert all(one[1] + width_mm(one[4], one[5]) <= 149 for one in goods)
    assert len("".join(one[4] for one in goods if not one[6])) >= 3 * len(bag.items[0].item)
    assert all(0 < one[2] < drawn.height for one in texts)
    notes = [one[4] for one in texts if 149 <= one[1] < 176]
    assert "".join(notes) == bag.note
    assert not any(line[0] in "，。" for line in notes), "no line begins with a closing mark"


@pytest.mark.parametrize(("floors", "begins_new_page"), [(4, False), (7, True)])
def test_a_stairwell_that_fits_on_a_page_is_not_broken(floors: int, begins_new_page: bool, tmp_path: Path) -> None:
    rows = tuple(
        HandOutRow(f"{stairwell}单元", floor, f"{floor}0{door}", "王*", (f"K{stairwell}{floor}{door:02d}",))
        for stairwell in (1, 2)
        for floor in range(1, floors + 1)
        for door in (1, 2)
    )
    total = Totals(bags=len(rows), lines=len(rows))
    sheet = replace(invented.a_hand_out_list(), control=total, rows=rows, has_grid=False)
    rendered = render_to_file([invented.stamped(sheet)], tmp_path / "x.pdf", RenderLimits(processes=1))
    pages = [text_of(tmp_path / "x.pdf", PageSpan(page, 1)) for page in range(1, rendered.pages + 1)]
    for stairwell in (1, 2):
        on = [at for at, page in enumerate(pages) if re.search(rf"\bK{stairwell}\d{{3}}\b", page)]
        assert len(on) == 1, (stairwell, on)
    assert ("2单元" in pages[0]) != begins_new_page


@pytest.mark.parametrize("name", ["hand_out_list", "bag_list", "settlement_sheet", "tally"])
def test_rules_and_boxes_survive_a_photocopy_in_two_tones(gallery: Gallery, name: str, tmp_path: Path) -> None:
    """At 200 dpi and one bit a pixel every row still ends in a rule across the page."""
    page = str(gallery.spans[name].first)
    command = ["pdftoppm", "-r", "200", "-gray", "-singlefile", "-f", page, "-l", page, str(gallery.path)]
    subprocess.run([*command, str(tmp_path / "p")], check=True)
    with Image.open(tmp_path / "p.pgm") as picture:
        wide = picture.width
        copied = picture.point(lambda grey: 0 if grey < 128 else 255)
        rows = [copied.crop((0, y, wide, y + 1)).tobytes().count(0) for y in range(picture.height)]
    rules = sum(1 for at, dark in enumerate(rows) if dark > wide * 0.7 and rows[at - 1] <= wide * 0.7)
    assert rules >= 10, f"{rules} rules are left"


def test_a_tally_of_many_items_says_on_each_table_which_it_holds_and_adds_up_each_building(tmp_path: Path) -> None:
    items = tuple(SheetItem(number, f"商品{number}", "", "份") for number in range(1, 61))
    rows = tuple(
        TallyRow(f"桂花苑 {number}号楼", 3, tuple((number * at) % 5 for at in range(60))) for number in range(1, 41)
    )
    cells = [qty for row in rows for qty in row.qtys if qty]
    total = Totals(lines=len(cells), units=sum(cells))
    sheet = replace(invented.a_tally(), control=total, items=items, rows=rows, roll_call=())
    rendered = render_to_file([invented.stamped(sheet)], tmp_path / "x.pdf", RenderLimits(processes=1))
    pages = [text_of(tmp_path / "x.pdf", PageSpan(page, 1)) for page in range(1, rendered.pages + 1)]
    for first in (1, 16, 31, 46):
        own = [page for page in pages if f"第{first}–{first + 14}种商品，共60种" in page]
        assert own, first
        assert all(f"商品{first}" in page for page in own), "the head is repeated on each of its pages"
    assert all(re.search(r"第\d+–\d+种商品，共60种", page) for page in pages if "号楼" in page)
    ends = [int(found[1]) for page in pages for found in re.finditer(r"桂花苑 40号楼.*?(\d+)\n", page)]
    assert ends[-1] == sum(rows[-1].qtys)


@pytest.mark.parametrize("is_bilingual", [False, True])
def test_two_order_slips_share_a_page_up_to_the_number_of_offers_that_is_said_to_fit(
    is_bilingual: bool, tmp_path: Path
) -> None:
    offers = (invented.some_offers() * 2)[:TWO_SLIPS]
    head = replace(invented.HEAD, is_bilingual=is_bilingual)
    sheet = OrderForm(head, Totals(), offers, "11月22日 20:00", OrderForm.slips_for(len(offers)))
    rendered = render_to_file([invented.stamped(sheet)], tmp_path / "x.pdf", RenderLimits(processes=1))
    assert (sheet.slips, rendered.pages) == (2, 1)
    assert OrderForm.slips_for(TWO_SLIPS + 1) == 1
