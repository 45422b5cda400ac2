"""Order workbooks → rows with a household, or the reason to ask; totals checked against the file's own summary.

columns 楼号/房号   详细地址    remark                 outcome
one household     same/none   none or same address   ROW
none              household   none or same address   ROW
one household     another     any                    REVIEW address_conflict, both as candidates
one household     any         送到 another address     REVIEW redirect, the other as `deliver_to`
none              none        any                    REVIEW with the resolver's reason
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask_babel import lazy_gettext as _l

from app.core.errors import Invalid
from app.core.input import control_totals
from app.core.input.control_totals import Alarm, ControlTotal, CountedLine
from app.core.input.tables import TableSheet
from app.core.text import chinese
from app.intake import rules
from app.intake.grammar.goods import goods
from app.intake.grammar.goods.lexicon import Lexicon
from app.intake.grammar.goods.scan import scan
from app.intake.grammar.model import ChainGoods, EntryFlag, EntryOutcome
from app.intake.workbook.codes import NO_CODES, TableCodes, whole_units
from app.intake.workbook.places import Places, remark_changes
from app.intake.workbook.rows import PLACE, OrderRowOfFile, OrderSheet, bare_title, order_sheets
from app.places.address.rules import AddressScope, Register, RegisteredHousehold

ALL_ITEMS = "合计"


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """One order row of a file. A REVIEW row may carry the household that its columns name, as a proposal."""

    row_no: int
    outcome: EntryOutcome
    buyer: str
    goods: tuple[ChainGoods, ...]
    household: RegisteredHousehold | None = None
    deliver_to: RegisteredHousehold | None = None
    note: str = ""
    restricted_note: str = ""
    flags: frozenset[EntryFlag] = frozenset()
    reason: str = ""
    candidates: tuple[RegisteredHousehold, ...] = ()
    sheet: str = ""
    written: str = ""
    """The address as the file has it."""
    remark: str = ""
    order: str = ""
    """The number of the order, where the file has a column of them."""
    phone: str = ""

    @property
    def text(self) -> str:
        """What the row says, in one line."""
        goods = "、".join(f"{each.item} {each.qty or '?'}" for each in self.goods)
        return " ".join(filter(None, (self.buyer, self.written, goods, self.remark)))


@dataclass(frozen=True, slots=True)
class Workbook:
    """rows in order of the file; totals: item → whole units of the rows; alarms: where the summary sheets differ.

    unused_titles: columns that were not read; unread: sheets that hold something and were not; hidden: sheets that
    the workbook does not show, which are left alone.
    """

    rows: tuple[PlacedRow, ...]
    totals: dict[str, int]
    alarms: tuple[Alarm, ...]
    unused_titles: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


def read_workbook(
    sheets: Sequence[TableSheet],
    register: Register,
    lexicon: Lexicon,
    scope: AddressScope | None = None,
    codes: TableCodes = NO_CODES,
) -> Workbook | None:
    """Orders of a workbook whose sheets were read safely (`core.tables.read_sheets`); None when it holds no orders.

    The one reader of order tables, for the page and the command line.
    """
    shown = [sheet for sheet in sheets if not sheet.is_hidden]
    found = order_sheets(shown, lambda title: not lexicon.is_open and lexicon.knows(bare_title(title)))
    if not found:
        return None
    rows: list[PlacedRow] = []
    for orders in found:
        places = Places(register, lexicon, scope, (orders.name, *orders.above), codes)
        rows += [_placed(row, places, lexicon, codes) for row in orders.rows]
    unused = tuple(f"{orders.name} {title}".strip() for orders in found for title in orders.unused)
    unread = [sheet.name for sheet in shown if _holds(sheet) and all(sheet.name != orders.name for orders in found)]
    unread = [name for name in unread if not any(summary_totals([sheet]) for sheet in shown if sheet.name == name)]
    hidden = tuple(sheet.name for sheet in sheets if sheet.is_hidden and _holds(sheet))
    whole = tuple(rows)
    return Workbook(whole, _totals(whole), _alarms(sheets, found, whole), unused, tuple(unread), hidden)


def no_order_table() -> Invalid:
    """What is said of a file without orders."""
    return Invalid({"file": [_l("这个文件里没有找到订单表。需要有商品、数量和地址（或楼号、房号）的列。")]})


def _holds(sheet: TableSheet) -> bool:
    return any(cell.strip() for row in sheet.rows for cell in row)


def _totals(rows: Sequence[PlacedRow]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows:
        if row.outcome is EntryOutcome.SKIP:
            continue
        for each in row.goods:
            sums[each.item] = sums.get(each.item, 0) + (each.qty or 0)
    return sums


def _placed(row: OrderRowOfFile, places: Places, lexicon: Lexicon, codes: TableCodes) -> PlacedRow:
    ordered = _goods(row, lexicon, codes)
    buyer = row.get("buyer") or row.get("receiver")
    remark = _remark(row)
    triage = rules.triage(remark)
    placed = PlacedRow(
        row.row_no,
        EntryOutcome.ROW,
        buyer,
        ordered,
        note=triage.public,
        restricted_note=triage.restricted,
        flags=triage.flags,
        sheet=row.sheet,
        written=" ".join(filter(None, (*(row.get(name) for name in PLACE), row.get("address")))),
        remark=triage.public,
        order=row.get("order"),
        phone=row.get("phone"),
    )
    place = places.of(row, remark)
    if row.is_gone:
        return replace(placed, outcome=EntryOutcome.SKIP, household=place.household, reason="refunded_or_unpaid")
    placed = replace(
        placed,
        household=place.household,
        candidates=place.candidates,
        deliver_to=place.deliver_to,
        flags=placed.flags | place.flags,
    )
    problem = place.reason or _said_besides(row, remark)
    problem = problem or next((each.problem for each in ordered if each.problem), "")
    if problem or not ordered:
        return replace(placed, outcome=EntryOutcome.REVIEW, reason=problem or "no_goods")
    return placed


def _goods(row: OrderRowOfFile, lexicon: Lexicon, codes: TableCodes) -> tuple[ChainGoods, ...]:
    """The goods of a row; the specification in brackets is part of the name, its numbers are no quantity."""
    number, written, unit = row.get("sku"), chinese.fold(row.get("qty")), row.get("unit")
    name = codes.goods.get(number) or row.get("item") or number
    if not name:
        parsed = goods.parse(
            scan(written, lexicon), lexicon, lexicon.only_item or ("接龙商品" if lexicon.is_open else "")
        )
        return tuple(replace(each, problem=each.problem or parsed.problem) for each in parsed.goods)
    qty = _whole(written)
    if qty is None and not unit and any(ch.isalpha() for ch in written) and not lexicon.is_open:
        return _written_out(chinese.fold(name), written, lexicon)
    found = lexicon.match(name)
    if not found.item or not found.certain:
        shorter = lexicon.match(chinese.fold(name).split("(")[0])
        found = shorter if shorter.certain and shorter.item else found
    item = name if lexicon.is_open else found.item or name
    problem = "" if found.certain else ("item_unclear" if lexicon.knows(name) else "unknown_item")
    if written and unit and found.item and not lexicon.is_open:
        units = whole_units(written, unit, lexicon.unit(item), codes.weights.get(item, 0))
        if isinstance(units, str):
            return (ChainGoods(item, None, "", "", units),)
        qty = units
    if qty is None:
        problem = "unclear_number" if written else "no_quantity"
    elif qty == 0:
        problem = "zero"
    elif qty > lexicon.limit(item):
        problem = "over_limit"
    return (ChainGoods(item, qty or None, "", "", problem),)


def _written_out(name: str, written: str, lexicon: Lexicon) -> tuple[ChainGoods, ...]:
    """A cell that is no plain number: 1板, 2 份, 要1, 一份; 鸡蛋、牛奶 with 各1. What is no quantity is asked."""
    found = lexicon.match(name)
    if found.item and found.certain:
        parsed = goods.parse(scan(written, lexicon), lexicon, found.item)
        one = parsed.goods[0] if len(parsed.goods) == 1 else None
        if one is not None and one.item == found.item and one.qty and not parsed.note:
            return (replace(one, problem=one.problem or parsed.problem),)
        return (ChainGoods(found.item, None, "", "", (one.problem if one else "") or "unclear_number"),)
    parsed = goods.parse(scan(f"{name}{written}", lexicon), lexicon, "")
    if parsed.goods and all(lexicon.knows(each.item) for each in parsed.goods):
        return tuple(replace(each, problem=each.problem or parsed.problem) for each in parsed.goods)
    return (ChainGoods(name, None, "", "", "unknown_item"),)


def _said_besides(row: OrderRowOfFile, remark: str) -> str:
    """Why a row waits whose cells are clear: a remark that withdraws or changes, goods beside the columns, ..."""
    if row.is_hidden:
        return "hidden_row"
    if "部分" in row.get("state") and "退" in row.get("state"):
        return "part_refunded"
    if row.get("extra"):
        return "unclear_words"
    return remark_changes(remark)


def _whole(text: str) -> int | None:
    number, _, fraction = text.strip().partition(".")
    if not number.isdigit() or not number.isascii() or len(number) > 6 or fraction.strip("0"):
        return None
    return int(number)


def _remark(row: OrderRowOfFile) -> str:
    """`22:帮忙送到87-105`: the number of the row or order before the colon says nothing."""
    text = chinese.fold(" ".join(filter(None, (row.get("remark"), row.get("note")))))
    number, colon, rest = text.partition(":")
    return rest.strip() if colon and number.strip() in (row.get("number"), row.get("order")) else text


def _alarms(sheets: Sequence[TableSheet], orders: Sequence[OrderSheet], rows: Sequence[PlacedRow]) -> tuple[Alarm, ...]:
    """Sums of the rows against the summary sheets of the same file; a difference is said, never corrected."""
    written = [row for sheet in orders for row in sheet.rows]
    lines = [
        CountedLine(source.get("item") or each.item, (each.qty or 0) * 1000, f"row {row.row_no}")
        for source, row in zip(written, rows, strict=True)
        if row.outcome is not EntryOutcome.SKIP
        for each in row.goods
    ]
    totals = summary_totals(sheets)
    if not totals:
        return ()
    everything = [replace(line, key=ALL_ITEMS) for line in lines]
    whole = [total for total in totals if total.key == ALL_ITEMS]
    parts = [total for total in totals if total.key != ALL_ITEMS]
    found = control_totals.alarms(lines, parts) if parts else ()
    return (*(control_totals.alarms(everything, whole) if whole else ()), *found)


def summary_totals(sheets: Sequence[TableSheet]) -> list[ControlTotal]:
    """Totals by item and over all from 服务小区商品汇总表 (one column for each item), else from 商品汇总表."""
    for reader in (_wide_summary, _long_summary):
        for sheet in sheets:
            found = reader(sheet)
            if found:
                return found
    return []


def _wide_summary(sheet: TableSheet) -> list[ControlTotal]:
    if not sheet.rows:
        return []
    titles = [bare_title(cell) for cell in sheet.rows[0]]
    if "商品总数" not in titles:
        return []
    first = titles.index("商品总数")
    sums: dict[str, int] = {}
    for row in sheet.rows[1:]:
        for place in range(first, min(len(row), len(titles))):
            qty = _whole(row[place])
            key = ALL_ITEMS if place == first else sheet.rows[0][place].strip()
            if qty is not None and key:
                sums[key] = sums.get(key, 0) + qty
    return [ControlTotal(key, qty * 1000) for key, qty in sums.items()]


def _long_summary(sheet: TableSheet) -> list[ControlTotal]:
    if not sheet.rows:
        return []
    titles = [bare_title(cell) for cell in sheet.rows[0]]
    if "商品" not in titles or "销售数量" not in titles:
        return []
    sums: dict[str, int] = {}
    for row in sheet.rows[1:]:
        cells = dict(zip(titles, row, strict=False))
        qty = _whole(cells.get("销售数量", ""))
        if qty is not None and cells.get("商品"):
            key = f"{cells['商品']}({cells['规格']})" if cells.get("规格") else cells["商品"]
            sums[key] = sums.get(key, 0) + qty
    total = ControlTotal(ALL_ITEMS, sum(sums.values()) * 1000)
    return [total, *(ControlTotal(key, qty * 1000) for key, qty in sums.items())] if sums else []
