"""One invented day on paper: every sheet filled with names and numbers that belong to nobody."""

from datetime import date

from app.printing.layout import labels, sketch
from app.printing.numbers import SheetNumber
from app.printing.sheet import Printout, Sheet, SheetHead, SheetItem, Stamp, Totals
from app.printing.sheets.afterwards.exception_list import ExceptionBuilding, ExceptionList, ExceptionRow
from app.printing.sheets.afterwards.settlement_sheet import SettlementBuilding, SettlementRow, SettlementSheet
from app.printing.sheets.bags.bag_label import BagLabel, BagLabels
from app.printing.sheets.bags.bag_list import BagItem, BagList, BagListBuilding, BagRow
from app.printing.sheets.bags.hand_out_list import HandOutList, HandOutRow
from app.printing.sheets.kit import KitCover, KitEntry, blank_forms
from app.printing.sheets.residents.order_form import OrderForm, OrderFormItem
from app.printing.sheets.residents.poster import Poster
from app.printing.sheets.rounds.drop_off_sheet import DropOffBag, DropOffSheet, DropOffStairwell
from app.printing.sheets.rounds.route_sheet import RouteHead, RouteSheet, RouteStop
from app.printing.sheets.supply.goods_receipt import GoodsReceiptSheet, ReceiptSheetLine
from app.printing.sheets.supply.pick_list import PickCell, PickItem, PickListSheet
from app.printing.sheets.supply.purchase_order import PurchaseLine, PurchaseOrderSheet
from app.printing.sheets.supply.shortage_list import ShortageList, ShortBuilding, ShortRow
from app.printing.sheets.tally import RollCallBuilding, RollCallGroup, TallyRow, TallySheet

RARE = "䶮㛃㼆𬱖𣲗𰻝龘𫘦𬭊"
HEAD = SheetHead("凯旋街道", "景芳社区", "11月第4期", "景芳三区点位", date(2026, 11, 22), 1)
ITEMS = tuple(
    SheetItem(number, name, spec, unit, marks)
    for number, (name, spec, unit, marks) in enumerate(
        (
            ("大米", "5 kg/袋", "袋", ("heavy",)),
            ("鸡蛋", "30枚/盒", "盒", ("fragile",)),
            ("纯牛奶", "250 ml×12盒", "箱", ("heavy",)),
            ("冷鲜猪肉", "500 g/份", "份", ("cold",)),
            ("速冻水饺", "1 kg/袋", "袋", ("frozen",)),
            ("上海青", "500 g/份", "份", ()),
            ("土豆", "2.5 kg/网", "网", ("heavy",)),
            ("卷纸", "10卷/提", "提", ()),
            ("食用油", "5 L/桶", "桶", ("heavy", "fragile")),
            ("酱油", "500 ml/瓶", "瓶", ("fragile",)),
            ("婴儿奶粉", "900 g/罐", "罐", ()),
            ("挂面", "1 kg/把", "把", ()),
            ("番茄", "1 kg/份", "份", ()),
            ("洗衣液", "2 kg/瓶", "瓶", ()),
        ),
        start=1,
    )
)
BUILDINGS = tuple(f"{number}幢" for number in (1, 2, 3, 5, 6, 7, 8, 9, 10, 12, 15, 18))
SURNAMES = "王李张刘陈杨赵黄周吴" + RARE


def _qty(*parts: int) -> int:
    mixed = sum(part * weight for part, weight in zip(parts, (7, 13, 29), strict=False))
    return mixed % 11 if mixed % 3 else 0


def a_code(number: int) -> str:
    """Return an invented bag code."""
    return f"K{number:04d}"


def a_tally() -> TallySheet:
    rows = tuple(
        TallyRow(building, 9 + at, tuple(_qty(at, column) for column in range(len(ITEMS))), is_changed=at == 4)
        for at, building in enumerate(BUILDINGS)
    )
    cells = [qty for row in rows for qty in row.qtys if qty]
    calls = (
        RollCallGroup(
            "declined",
            (
                RollCallBuilding("3幢", ("2-501", "2-1203")),
                RollCallBuilding("12幢", tuple(f"1-{at}02" for at in range(3, 24))),
            ),
        ),
        RollCallGroup("unreachable", (RollCallBuilding("9幢", ("1-201",)),)),
        RollCallGroup("away", (RollCallBuilding("10幢", ("2-602",)), RollCallBuilding("18幢", ("3-101",)))),
    )
    return TallySheet(HEAD, Totals(lines=len(cells), units=sum(cells)), ITEMS, rows, calls, 192)


def a_purchase_order() -> PurchaseOrderSheet:
    lines = tuple(
        PurchaseLine(
            item.no,
            item.name,
            item.spec,
            item.unit,
            pack_size=6,
            demand=20 + item.no,
            packs=-(-(20 + item.no) // 6),
            surplus=-(20 + item.no) % 6,
            price_fen=2380 * item.no,
            amount_fen=2380 * item.no * -(-(20 + item.no) // 6),
            note="整箱起订" if item.no % 5 == 0 else "",
            is_changed=item.no == 3,
        )
        for item in ITEMS
    )
    totals = Totals(
        lines=len(lines), units=sum(line.packs * 6 for line in lines), amount_fen=sum(line.amount_fen for line in lines)
    )
    return PurchaseOrderSheet(
        HEAD,
        totals,
        "CG-0012-1",
        "城北配送有限公司",
        "景芳三区西门",
        date(2026, 11, 23),
        "06:30–08:00",
        lines,
        "周审批",
        8000,
    )


def a_goods_receipt() -> GoodsReceiptSheet:
    lines = tuple(
        ReceiptSheetLine(item, 24 + item.no, f"{item.no}箱", rest_minutes=0 if item.no in (6, 13) else 30)
        for item in ITEMS
    )
    totals = Totals(lines=len(lines), units=sum(line.ordered for line in lines))
    return GoodsReceiptSheet(HEAD, totals, "", "CG-0012-1", "城北配送有限公司", "景芳三区西门仓", "", lines)


def a_shortage_list() -> ShortageList:
    buildings = tuple(
        ShortBuilding(
            building,
            tuple(
                ShortRow(
                    f"{1 + at % 2}单元-{3 + at}0{at % 4 + 1}",
                    "速冻水饺",
                    "袋",
                    3,
                    at % 3,
                    "到货少于订数,按每户先一份分,下一波优先补。",
                )
                for at in range(start, start + 4)
            ),
        )
        for start, building in enumerate(BUILDINGS[:7])
    )
    missing = sum(row.ordered - row.share for building in buildings for row in building.rows)
    return ShortageList(HEAD, Totals(lines=28, units=missing), buildings)


def _pick_cells(item: SheetItem) -> tuple[PickCell, ...]:
    own = (PickCell(building, _qty(at, item.no) + 1, _qty(at, item.no) + 1) for at, building in enumerate(BUILDINGS))
    return (*own, PickCell("商务楼A座", 0, 2, is_changed=True))


def a_pick_list() -> PickListSheet:
    items = tuple(PickItem(item, _pick_cells(item)) for item in ITEMS)
    cells = [cell.qty for item in items for cell in item.cells if cell.qty]
    return PickListSheet(HEAD, Totals(lines=len(cells), units=sum(cells)), items)


def _bag(number: int, room: str) -> BagRow:
    goods = [
        BagItem(item.name, item.unit, 1 + number % 3, 1 + number % 3, item.marks) for item in ITEMS[number % 5 : 5]
    ]
    goods.append(BagItem("速冻水饺", "袋", number % 2, 2, ("frozen",)))
    goods.append(BagItem("生抽", "瓶", 1, 1, ("fragile",), replaces="酱油"))
    note = "敲门重一点" if number % 6 == 0 else ""
    return BagRow(a_code(number), room, 1 + number % 2, 2, tuple(goods), note, is_changed=number == 5)


def a_bag_list() -> BagList:
    buildings = tuple(
        BagListBuilding(building, tuple(_bag(start * 8 + at, f"1-{2 + at}0{at % 2 + 1}") for at in range(8)))
        for start, building in enumerate(BUILDINGS[:4])
    )
    packed = [item.qty for building in buildings for bag in building.bags for item in bag.items if item.qty]
    return BagList(HEAD, Totals(bags=32, lines=len(packed), units=sum(packed)), buildings)


def some_labels(count: int) -> tuple[BagLabel, ...]:
    places = ("12-302", "1-1-601", "12-1单元-3302", "商务楼A座-1205", "庆和苑北区临时商铺西侧二层", "8-1001")
    marks = ((), ("cold",), ("heavy",), ("fragile", "cold"), ("frozen", "heavy"), ())
    return tuple(
        BagLabel(
            a_code(at),
            places[at % 6],
            "景芳三区 · 西门点位",
            1 + at % 2,
            2,
            f"1-{at % 4 + 1}",
            marks[at % 6],
            no=at + 1,
            of=count,
        )
        for at in range(count)
    )


def a_label_run(stock: labels.LabelStock = labels.A4_3X8, count: int = 30, start: int = 2) -> BagLabels:
    return BagLabels(HEAD, Totals(bags=count), some_labels(count), stock, start)


def a_sketch() -> sketch.PrintedSketch | None:
    places = [sketch.SketchPlace("depot", "西门点位", 30268000, 120196000)]
    places.append(sketch.SketchPlace("gate", "北门", 30270900, 120198200))
    places.append(sketch.SketchPlace("gate", "庆和苑南门", 30269900, 120201600))
    for at in range(9):
        north, east = (at * 37) % 29, (at * 53) % 41
        compound = "景芳三区" if at < 6 else "庆和苑"
        lat, lon = 30268600 + north * 80 + (1500 if at >= 6 else 0), 120197000 + east * 60 + (3200 if at >= 6 else 0)
        places.append(sketch.SketchPlace("stop", BUILDINGS[at], lat, lon, at + 1, compound, at >= 7))
    return sketch.draw(places)


def a_route_sheet() -> RouteSheet:
    stops = tuple(
        RouteStop(
            seq=at + 1,
            compound="景芳三区" if at < 6 else "庆和苑",
            building=BUILDINGS[at],
            stairwells="1–3单元" if at % 2 else "1、2单元",
            bags=6 + at,
            grams=41_250 + at * 3_300,
            zone="封控区" if at >= 7 else "防范区",
            is_sealed=at >= 7,
            window="8:00–12:00 检测" if at == 2 else "",
            hint="花坛右侧快递架" if at % 3 == 0 else "",
            hand_to="楼长签收，放楼下" if at < 7 else "楼长签收，放单元门口",
            arrive=f"{9 + at // 6}:{(at * 9) % 60:02d}",
            marks=("cold",) if at == 1 else (),
            is_changed=at == 3,
            gate="北门 06:00–22:00" if at < 6 else "庆和苑南门",
            phone=f"199 0000 01{at}0",
            numbers=f"1–{6 + at}" if at != 4 else "1–4、7、9–13",
            captain=f"{SURNAMES[at]}*",
            address="景芳路 18 号" if at < 6 else "庆和街 5 号",
        )
        for at in range(9)
    )
    head = RouteHead(
        "3", "志愿二队", "手推车", "西门点位", "北门、庆和苑南门", "09:00", 490_000, 4, "199 0000 0110", 2350, 74, 250
    )
    return RouteSheet(HEAD, Totals(bags=sum(stop.bags for stop in stops), lines=9), head, stops, a_sketch())


def a_drop_off_sheet() -> DropOffSheet:
    stairwells = tuple(
        DropOffStairwell(
            f"{number}单元",
            tuple(a_code(number * 20 + at) for at in range(9 + number)),
            30 + number,
            bags=tuple(
                DropOffBag(
                    number * 10 + at - 9, 1 + at // 2, f"{1 + at // 2}0{1 + at % 2}", ("heavy",) if at == 3 else ()
                )
                for at in range(9 + number)
            ),
        )
        for number in (1, 2, 3)
    )
    return DropOffSheet(
        HEAD,
        Totals(bags=33, units=96),
        "景芳三区",
        "12幢",
        "张*",
        "3",
        4,
        "to_building",
        "口罩手套",
        "楼下快递架",
        stairwells,
        day_bags=35,
        call="0571 0000 0120",
    )


def a_hand_out_list(has_lift: bool = True) -> HandOutList:
    rows, number = [], 0
    for stairwell in ("1单元", "2单元"):
        for floor in range(1, 12):
            for door in (1, 2, 3):
                if (floor * door + len(rows)) % 4 == 0:
                    continue
                number += 1
                codes = (a_code(number * 2), a_code(number * 2 + 1)) if number % 5 == 0 else (a_code(number * 2),)
                numbered = [code for row in rows for code in row.codes]
                rows.append(
                    HandOutRow(
                        stairwell,
                        floor,
                        f"{floor}0{door}",
                        f"{SURNAMES[number % len(SURNAMES)]}*",
                        codes,
                        "先打电话" if number % 7 == 0 else "",
                        ("cold",) if number % 6 == 0 else (),
                        is_short=number % 9 == 0,
                        is_changed=number == 11,
                        numbers=tuple(range(len(numbered) + 1, len(numbered) + 1 + len(codes))),
                    )
                )
    totals = Totals(bags=sum(len(row.codes) for row in rows), lines=len(rows))
    return HandOutList(
        HEAD, totals, "景芳三区", "12幢", "张*", has_lift, "to_door", tuple(rows), day_bags=60, call="0571 0000 0120"
    )


def an_exception_list() -> ExceptionList:
    rows = tuple(
        ExceptionRow(
            f"2-{floor}01", a_code(300 + floor), "鸡蛋 30枚/盒", "破损", "昨天 16:20", 1, "补送" if floor == 3 else ""
        )
        for floor in range(2, 6)
    )
    buildings = (ExceptionBuilding("3幢", rows), ExceptionBuilding("12幢", rows[:2]))
    return ExceptionList(HEAD, Totals(lines=6), buildings)


def a_settlement_sheet() -> SettlementSheet:
    buildings = tuple(
        SettlementBuilding(
            building,
            tuple(
                SettlementRow(f"1-{2 + at}02", 12_350 + at * 410, 12_350 if at % 3 else 0, -at * 120, at * 120)
                for at in range(7)
            ),
        )
        for building in BUILDINGS[:5]
    )
    due = sum(row.due_fen for building in buildings for row in building.rows)
    return SettlementSheet(HEAD, Totals(lines=35, amount_fen=due), buildings)


def a_poster() -> Poster:
    return Poster(
        HEAD,
        Totals(),
        "景芳三区",
        "12幢",
        "https://louda.example/o#b=12&k=9QF2",
        "11月22日 20:00",
        "11月23日 上午",
        "送到门口，不用下楼",
        "199 0000 0120",
    )


def some_offers() -> tuple[OrderFormItem, ...]:
    return tuple(OrderFormItem(item, 1290 * item.no, item.no % 3) for item in ITEMS)


def an_order_form() -> OrderForm:
    return OrderForm(HEAD, Totals(), some_offers(), "11月22日 20:00")


def a_kit() -> tuple[Sheet, ...]:
    entries = tuple(
        KitEntry(
            "drop_off_sheet",
            "楼栋交接单",
            f"景芳三区 {building}",
            str(SheetNumber("drop_off_sheet", 12, 1, at + 1, 1)),
            9 + at,
        )
        for at, building in enumerate(BUILDINGS)
    )
    cover = KitCover(HEAD, Totals(lines=12, bags=sum(entry.bags for entry in entries)), entries, "199 0000 0110")
    return (cover, *blank_forms(cover, some_offers(), BUILDINGS))


def stamped(sheet: Sheet, revision: int = 2, subject: int = 34) -> Printout:
    """Return the sheet with an invented number."""
    number = SheetNumber(sheet.kind, 12, 1, subject, revision)
    return Printout(sheet, Stamp(number, "11-22 08:15", replaces=revision - 1))


def every_sheet() -> dict[str, Sheet]:
    """Return one of each, by the name of its picture."""
    kit = a_kit()
    named: dict[str, Sheet] = {
        "tally": a_tally(),
        "purchase_order": a_purchase_order(),
        "goods_receipt": a_goods_receipt(),
        "shortage_list": a_shortage_list(),
        "pick_list": a_pick_list(),
        "bag_list": a_bag_list(),
        "route_sheet": a_route_sheet(),
        "drop_off_sheet": a_drop_off_sheet(),
        "hand_out_list": a_hand_out_list(),
        "exception_list": an_exception_list(),
        "settlement_sheet": a_settlement_sheet(),
        "poster": a_poster(),
        "order_form": an_order_form(),
    }
    named |= {
        f"labels_{key}": a_label_run(stock, 30 if stock.per_page > 1 else 6, 0) for key, stock in labels.STOCKS.items()
    }
    named |= {f"kit_{at}_{sheet.kind}": sheet for at, sheet in enumerate(kit)}
    return named
