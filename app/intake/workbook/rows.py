"""Rows of an order workbook: which column is what, blank continuation rows filled, total rows left out.

Known shapes: 快团团 `顾客购买表` (one row for buyer × item, the buyer's cells blank on the rows that follow),
群接龙 (收货人 … 订购数量, last row 合计), one column for each item, tables of other systems with numbers of their own
for orders, places and goods, and our own template. 订单金额 is on the first row
of a buyer only and is never summed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from app.core.input.records import title_key
from app.core.input.tables import TableSheet
from app.core.text import chinese

# Meaning → titles, most telling first; compared without brackets, blanks and marks.
COLUMNS: dict[str, tuple[str, ...]] = {
    "buyer": ("下单人", "昵称", "微信昵称", "用户昵称", "微信名", "接龙人", "姓名", "resident", "name"),
    "order": ("订单号", "订单编号", "order_id", "order"),
    "number": ("跟团号", "接龙号", "序号", "编号"),
    "sku": ("商品编号", "商品编码", "item_code", "sku"),
    "item": ("商品", "商品名称", "品名", "物资", "货品", "item", "item_name"),
    "spec": ("规格", "商品规格"),
    "qty": ("数量", "购买数量", "订购数量", "份数", "件数", "订购份数", "qty"),
    "unit": ("单位", "sale_unit", "unit_of_sale"),
    "receiver": ("收货人", "收件人", "联系人"),
    "phone": ("联系电话", "手机", "手机号", "电话", "收货电话", "phone"),
    "address": ("详细地址", "收货地址", "地址", "收件地址"),
    "compound": ("小区", "小区名称", "compound"),
    "compound_code": ("小区编号", "compound_id"),
    "lane": ("弄", "弄号"),
    "building": ("楼号", "楼栋", "楼幢", "栋", "幢", "楼栋号", "号", "门牌", "楼名", "building", "building_no"),
    "building_code": ("楼栋编号", "building_id"),
    "stairwell": ("单元", "单元号", "unit", "stairwell"),
    "room": ("房号", "房间号", "室", "门牌号", "室号", "room", "room_no"),
    "extra": ("其他", "其它", "其他需求", "另需", "补充"),
    "remark": ("团员备注", "买家备注", "备注", "留言"),
    "note": ("备注",),
    "state": ("支付状态", "订单状态", "状态"),
}
PLACE = ("compound", "compound_code", "lane", "building", "building_code", "stairwell", "room")
IDENTITY = ("buyer", "order", "number", "receiver", "phone", "address", *PLACE)
_TOTAL = re.compile("(?:本[页表楼栋单]|以上|全部)?(?:合计|总计|小计|汇总|共计|总数)")
NOTHING = frozenset({"", "0", "无", "没有", "-", "—", "/", "不要", "不用", "不需要", "暂无", "×", "x", "X"})
_GONE = ("已退款", "全额退款", "退款成功", "已取消", "交易关闭", "已关闭", "未支付", "待支付")
_SKIPPED_TITLES = frozenset(
    "商品金额 运费 优惠 订单金额 订单总金额 退款金额 物流方式 服务小区 服务小区联系人 服务小区电话 服务小区地址"
    " 团长 弄号 单价 金额 总价 商品总金额 下单时间 支付时间 订单时间 核销状态 所属团长 规格编码 商品编码 商品id"
    " 分类 价格 小计 合计 总计 共计 应收 实收 实付 应付 已付 已收 付款 金额合计 合计金额 总额 余额".split()
)


@dataclass(frozen=True, slots=True)
class OrderRowOfFile:
    """One order row of a file. row_no: as a spreadsheet shows it; cells by meaning, blanks of a buyer filled."""

    row_no: int
    cells: dict[str, str]
    is_gone: bool = False
    """The file says that the order was refunded, cancelled or never paid."""
    sheet: str = ""
    is_hidden: bool = False
    """The workbook does not show the row."""

    def get(self, name: str) -> str:
        return self.cells.get(name, "")


@dataclass(frozen=True, slots=True)
class OrderSheet:
    """The rows of one sheet and the titles that mean nothing here. above: what stands above the column titles."""

    name: str
    rows: tuple[OrderRowOfFile, ...]
    above: tuple[str, ...] = ()
    unused: tuple[str, ...] = field(default=())


def bare_title(title: str) -> str:
    """`房号（如606）` → 房号."""
    return title_key(chinese.fold(title).split("(")[0])


def order_sheets(sheets: Sequence[TableSheet], is_good: Callable[[str], bool]) -> list[OrderSheet]:
    """Every sheet with orders, in order of the file. is_good: whether a title is the name of goods on offer."""
    return [order for order in (_read(sheet, is_good) for sheet in sheets) if order is not None]


def _head(sheet: TableSheet, is_good: Callable[[str], bool]) -> tuple[int, dict[str, int]] | None:
    for at, row in enumerate(sheet.rows[:20]):
        places: dict[str, int] = {}
        titles = [bare_title(cell) for cell in row]
        for name, known in COLUMNS.items():
            place = next((titles.index(title_key(title)) for title in known if title_key(title) in titles), None)
            if place is not None and place not in places.values():
                places[name] = place
        whose = "address" in places or ("room" in places and "building" in places)
        counts = "qty" in places or "item" in places or any(is_good(title) for title in row if title.strip())
        if (whose and (counts or len(row) > len(places) + 1)) or ("room" in places and counts):
            return at, places
    return None


def _read(sheet: TableSheet, is_good: Callable[[str], bool]) -> OrderSheet | None:
    head = _head(sheet, is_good)
    if head is None:
        return None
    at, places = head
    titles = sheet.rows[at]
    body = sheet.rows[at + 1 :]
    wide = [] if "item" in places or "qty" in places else _item_columns(titles, places, body, is_good)
    if not wide and "qty" not in places and "item" not in places:
        return None
    rows: list[OrderRowOfFile] = []
    above: dict[str, str] = {}
    for row_no, row in enumerate(body, start=at + 2):
        cells = {name: row[place].strip() for name, place in places.items() if place < len(row)}
        if not any(cell.strip() for cell in row) or _is_total(row, cells) or _is_example(cells):
            continue
        cells = _filled(cells, above)
        above = cells
        gone = any(word in cells.get("state", "") for word in _GONE) and "部分" not in cells.get("state", "")
        rows += [
            replace(each, is_gone=gone, sheet=sheet.name, is_hidden=row_no in sheet.hidden_rows)
            for each in _spread(row_no, cells, row, wide)
        ]
    unused = [
        title
        for place, title in enumerate(titles)
        if title.strip()
        and place not in places.values()
        and place not in [column for column, _ in wide]
        and bare_title(title) not in _SKIPPED_TITLES
    ]
    lines = (" ".join(cell.strip() for cell in row if cell.strip()) for row in sheet.rows[:at])
    return OrderSheet(sheet.name, tuple(rows), tuple(filter(None, lines)), tuple(unused))


def _item_columns(
    titles: Sequence[str], places: dict[str, int], body: Sequence[Sequence[str]], is_good: Callable[[str], bool]
) -> list[tuple[int, str]]:
    """Columns that are items: the name of goods whatever stands below it, or an unknown title above whole numbers."""
    found: list[tuple[int, str]] = []
    for place, title in enumerate(titles):
        if not title.strip() or place in places.values() or bare_title(title) in _SKIPPED_TITLES:
            continue
        cells = [row[place].strip() for row in body if place < len(row) and row[place].strip()]
        if is_good(title) or (cells and all(cell.isdigit() and len(cell) < 5 for cell in cells)):
            found.append((place, title.strip()))
    return found


def _is_total(row: Sequence[str], cells: dict[str, str]) -> bool:
    first = [cell.strip().replace(" ", "") for cell in row if cell.strip()][:3]
    if any(_TOTAL.match(cell) and len(cell) <= 6 for cell in first):
        return True
    return not cells.get("item") and not any(cells.get(name) for name in IDENTITY)


def _is_example(cells: dict[str, str]) -> bool:
    """The row of our own template that shows how to write."""
    return any(cells.get(name, "").startswith("示例") for name in ("remark", "note", "buyer"))


def _filled(cells: dict[str, str], above: dict[str, str]) -> dict[str, str]:
    """The buyer's cells from the row above where this row goes on with the same buyer or order number.

    A row that says an address of its own is never filled: it may be another household. Of a place only the levels in
    front of the first that is written are taken from above (merged cells); what stands behind it is the row's own.
    """
    if not above or cells.get("address"):
        return cells
    first = next((at for at, name in enumerate(PLACE) if cells.get(name)), len(PLACE))
    if first < len(PLACE):
        return {**cells, **{name: above.get(name, "") for name in PLACE[:first] if name in cells}}
    said = [name for name in ("buyer", "order", "number", "receiver") if cells.get(name)]
    if said and not any(cells[name] == above.get(name) for name in said):
        return cells
    return {**cells, **{name: cells.get(name) or above.get(name, "") for name in IDENTITY if name in cells}}


def _spread(
    row_no: int, cells: dict[str, str], row: Sequence[str], wide: list[tuple[int, str]]
) -> list[OrderRowOfFile]:
    """One row for each good; a row that only says something beside its blanks is kept, for a person."""
    if not wide:
        blank = cells.get("qty", "") in NOTHING and ("item" not in cells or not cells["item"])
        is_said = bool(cells.get("remark") or cells.get("note") or cells.get("extra"))
        return [] if blank and not is_said and "qty" in cells else [OrderRowOfFile(row_no, cells)]
    found = [
        OrderRowOfFile(row_no, {**cells, "item": title, "qty": row[place].strip()})
        for place, title in wide
        if place < len(row) and row[place].strip() not in NOTHING
    ]
    if not found and any(cells.get(name) for name in ("remark", "note", "extra")):
        return [OrderRowOfFile(row_no, {**cells, "item": "", "qty": ""})]
    return found
