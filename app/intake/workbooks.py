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

from app.core import chinese, control_totals
from app.core.control_totals import Alarm, ControlTotal, CountedLine
from app.core.tables import Sheet
from app.intake import rules
from app.intake.grammar import goods, words
from app.intake.grammar.lexicon import Lexicon
from app.intake.grammar.model import Flag, Goods, Outcome
from app.intake.grammar.scan import scan
from app.intake.sheet_rows import OrderSheet, SheetRow, bare_title, find_order_sheet
from app.places.rules import Household, Register, Resolution, Scope, building_key, locate, resolve, room_key

ALL_ITEMS = "合计"
_LIMIT = 200


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """One order row of a file. A REVIEW row may carry the household that its columns name, as a proposal."""

    row_no: int
    outcome: Outcome
    buyer: str
    goods: tuple[Goods, ...]
    household: Household | None = None
    deliver_to: Household | None = None
    note: str = ""
    restricted_note: str = ""
    flags: frozenset[Flag] = frozenset()
    reason: str = ""
    candidates: tuple[Household, ...] = ()


@dataclass(frozen=True, slots=True)
class Workbook:
    """rows in order of the file; totals: item → whole units of the rows; alarms: where the summary sheets differ."""

    rows: tuple[PlacedRow, ...]
    totals: dict[str, int]
    alarms: tuple[Alarm, ...]
    unused_titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    household: Household | None
    reason: str = ""
    candidates: tuple[Household, ...] = ()
    deliver_to: Household | None = None
    flags: frozenset[Flag] = frozenset()


def read_workbook(
    sheets: Sequence[Sheet], register: Register, lexicon: Lexicon, scope: Scope | None = None
) -> Workbook | None:
    """Orders of a workbook whose sheets were read safely (`core.tables.read_sheets`); None when it holds no orders."""
    order_sheet = find_order_sheet(sheets)
    if order_sheet is None:
        return None
    rows = tuple(_placed(row, register, lexicon, scope) for row in order_sheet.rows)
    totals = _totals(rows)
    return Workbook(rows, totals, _alarms(sheets, order_sheet, rows), order_sheet.unused)


def _totals(rows: Sequence[PlacedRow]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows:
        if row.outcome is Outcome.SKIP:
            continue
        for each in row.goods:
            sums[each.item] = sums.get(each.item, 0) + (each.qty or 0)
    return sums


def _placed(row: SheetRow, register: Register, lexicon: Lexicon, scope: Scope | None) -> PlacedRow:
    ordered = _goods(row, lexicon)
    buyer = row.get("buyer") or row.get("receiver")
    remark = _remark(row)
    triage = rules.triage(remark)
    placed = PlacedRow(
        row.row_no,
        Outcome.ROW,
        buyer,
        ordered,
        note=triage.public,
        restricted_note=triage.restricted,
        flags=triage.flags,
    )
    if row.is_gone:
        return replace(placed, outcome=Outcome.SKIP, reason="refunded_or_unpaid")
    place = _where(row, remark, register, scope)
    placed = replace(
        placed,
        household=place.household,
        candidates=place.candidates,
        deliver_to=place.deliver_to,
        flags=placed.flags | place.flags,
    )
    problem = place.reason or next((each.problem for each in ordered if each.problem), "")
    if problem or not ordered:
        return replace(placed, outcome=Outcome.REVIEW, reason=problem or "no_goods")
    return placed


def _goods(row: SheetRow, lexicon: Lexicon) -> tuple[Goods, ...]:
    """The goods of a row; the specification in brackets is part of the name, its numbers are no quantity."""
    name, written = row.get("item"), chinese.fold(row.get("qty"))
    if not name:
        parsed = goods.parse(scan(written, lexicon), lexicon, lexicon.only_item or "接龙商品")
        return parsed.goods
    qty = _whole(written)
    found = lexicon.match(name)
    if not found.item or not found.certain:
        shorter = lexicon.match(chinese.fold(name).split("(")[0])
        found = shorter if shorter.certain and shorter.item else found
    item = name if lexicon.is_open else found.item or name
    problem = "" if found.certain else "unknown_item"
    if qty is None:
        problem = "unclear_number" if written else "no_quantity"
    elif qty == 0:
        problem = "zero"
    elif qty > lexicon.limit(item):
        problem = "over_limit"
    return (Goods(item, qty or None, "", "", problem),)


def _whole(text: str) -> int | None:
    number, _, fraction = text.strip().partition(".")
    if not number.isdigit() or not number.isascii() or len(number) > 6 or fraction.strip("0"):
        return None
    return int(number)


def _remark(row: SheetRow) -> str:
    """`22:帮忙送到87-105`: the number of the order before the colon says nothing."""
    text = chinese.fold(" ".join(filter(None, (row.get("remark"), row.get("note")))))
    number, colon, rest = text.partition(":")
    return rest.strip() if colon and number.strip() == row.get("number") else text


def _where(row: SheetRow, remark: str, register: Register, scope: Scope | None) -> _Place:
    columns = _from_columns(row, register, scope)
    written = resolve(row.get("address")[:_LIMIT], register, scope) if row.get("address") else None
    chosen = columns.household if columns else None
    other = written.household if written else None
    if chosen and other and chosen != other:
        place = _Place(chosen, "address_conflict", (chosen, other))
    elif chosen or other:
        place = _Place(chosen or other)
    else:
        failed = columns or written
        place = _Place(None, failed.reason.value if failed else "no_address", failed.candidates if failed else ())
    return _with_remark(place, remark, register, scope)


def _with_remark(place: _Place, remark: str, register: Register, scope: Scope | None) -> _Place:
    """An address in the remark may repeat, contradict or redirect."""
    found = [each for each in locate(remark, register, words.SHORT_UNITS, scope) if each.is_strong]
    if not found:
        return place
    said = found[0].resolution.household
    before = remark[: found[0].start]
    if any(word in before for word in words.REDIRECTS) and said != place.household:
        candidates = (*place.candidates, *found[0].resolution.candidates)
        flags = frozenset({Flag.REDIRECT})
        return replace(place, reason="redirect", deliver_to=said, candidates=candidates, flags=flags)
    if said is None or said == place.household:
        return place
    candidates = tuple(dict.fromkeys((*place.candidates, *((place.household,) if place.household else ()), said)))
    return replace(place, reason="address_conflict", candidates=candidates)


def _from_columns(row: SheetRow, register: Register, scope: Scope | None) -> Resolution | None:
    building, room = row.get("building").strip(" 。."), row.get("room").strip(" 。.")
    if not building and not room:
        return None
    key = building_key(building)
    if any(ch in key for ch in "-—室") and not _is_building(key, register):
        return resolve(building[:_LIMIT], register, scope)
    door = room_key(room.removesuffix("号"))
    stairwell = row.get("stairwell")
    middle = f"{stairwell.removesuffix('单元')}单元" if stairwell else ""
    text = f"{key}号楼{middle}{door + '室' if door else ''}" if not _is_named(key) else f"{key}{middle}{door}室"
    compound = row.get("compound")
    return resolve(f"{compound}{text}"[:_LIMIT], register, scope)


def _is_building(key: str, register: Register) -> bool:
    return any(key in buildings for buildings in register.buildings.values())


def _is_named(key: str) -> bool:
    return any("\u4e00" <= ch <= "\u9fff" for ch in key)


def _alarms(sheets: Sequence[Sheet], orders: OrderSheet, rows: Sequence[PlacedRow]) -> tuple[Alarm, ...]:
    """Sums of the rows against the summary sheets of the same file; a difference is said, never corrected."""
    by_row = {row.row_no: row for row in orders.rows}
    lines = [
        CountedLine(by_row[row.row_no].get("item") or each.item, (each.qty or 0) * 1000, f"row {row.row_no}")
        for row in rows
        if row.outcome is not Outcome.SKIP
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


def summary_totals(sheets: Sequence[Sheet]) -> list[ControlTotal]:
    """Totals by item and over all from 服务小区商品汇总表 (one column for each item), else from 商品汇总表."""
    for reader in (_wide_summary, _long_summary):
        for sheet in sheets:
            found = reader(sheet)
            if found:
                return found
    return []


def _wide_summary(sheet: Sheet) -> list[ControlTotal]:
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


def _long_summary(sheet: Sheet) -> list[ControlTotal]:
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
