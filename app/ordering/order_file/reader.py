"""Reading a table of orders, one row per household and item, against the register and the offers of a cycle.

Households are found by compound, building, stairwell and room; nothing is guessed. Quantities are whole sale units;
a weight is converted by the weight of the sale unit (1.5 千克 of an item sold as 500g/份 is 3 份) when it comes out
whole, else the row is refused. Two orders of one flat belong to two families when their telephone numbers differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from flask_babel import gettext as _
from sqlalchemy import select

from app.catalog.models import Item
from app.catalog.queries import aliases_of
from app.core.db import db
from app.core.events import Actor
from app.core.input.records import Column, Record, RowProblem, records
from app.core.input.tables import TableSheet
from app.core.text import chinese
from app.core.text.goods_names import GoodsName, NameIndex
from app.ordering.bulk import BulkOrderRow, OrderContact
from app.ordering.models import Offer
from app.ordering.order_file.queries import known_families, register_of_cycle
from app.ordering.order_file.titles import TITLES
from app.ordering.orders import OfferPick
from app.places.address.register import building_key, room_key, stairwell_key

COLUMNS = (
    Column("order", ("订单号", "订单编号", "order_id", "order"), is_required=True),
    Column("compound", (*TITLES["compound"], "compound")),
    Column("compound_code", ("小区编号", "compound_id")),
    Column("building", (*TITLES["building"], "building", "building_no")),
    Column("building_code", ("楼栋编号", "building_id")),
    Column("stairwell", (*TITLES["stairwell"], "unit", "stairwell")),
    Column("room", (*TITLES["room"], "room", "room_no"), is_required=True),
    Column("name", ("姓名", "收货人", "resident", "name")),
    Column("phone", (*TITLES["phone"], "phone")),
    Column("sku", ("商品编号", "商品编码", "item_code", "sku")),
    Column("item", (*TITLES["item"], "item", "item_name")),
    Column("qty", (*TITLES["qty"], "qty"), is_required=True),
    Column("unit", ("单位", "sale_unit", "unit_of_sale")),
)
GRAMS = {"kg": 1000, "千克": 1000, "公斤": 1000, "g": 1, "克": 1, "斤": 500}
MOST_UNITS = 999


@dataclass(frozen=True)
class Sold:
    """An offer of a single item, as an order file names it."""

    offer_id: int
    sale_unit: str
    weight_g: int


@dataclass
class Known:
    """The cycle's households and offers, by the words a file uses."""

    by_code: dict[tuple[str, str, str], int] = field(default_factory=dict)  # building code, stairwell, room
    by_name: dict[tuple[str, str, str, str], int] = field(default_factory=dict)  # compound, building, stairwell, room
    by_sku: dict[str, Sold] = field(default_factory=dict)
    by_offer: dict[int, Sold] = field(default_factory=dict)
    names: NameIndex = field(default_factory=lambda: NameIndex(()))

    def household(self, record: Record) -> int | None:
        """The household a row names, None where the register does not have it."""
        flat = (stairwell_key(record.text("stairwell")), room_key(record.text("room", required=True)))
        if record.has("building_code"):
            found = self.by_code.get((record.text("building_code"), *flat))
            if found is not None:
                return found
        compound = record.text("compound_code") or record.text("compound")
        return self.by_name.get((compound, building_key(record.text("building")), *flat))

    def sold(self, record: Record) -> list[Sold]:
        """The offers a row may name, by item number first; more than one where goods share a name."""
        by_number = self.by_sku.get(record.text("sku"))
        return [by_number] if by_number else [self.by_offer[one.id] for one in self.names.named(record.text("item"))]


def known(by: Actor, cycle_id: int) -> Known:
    """What can be ordered, and by whom, in a cycle. Three statements. Raises NotFound."""
    found = Known()
    for home in register_of_cycle(by, cycle_id):
        flat = (stairwell_key(home.stairwell), room_key(home.room_no))
        found.by_code[(home.building_code, *flat)] = home.id
        for compound in {home.compound_code, home.compound} - {""}:
            found.by_name[(compound, building_key(home.building), *flat)] = home.id
    single = (
        select(Offer.id, Item.id, Item.sku, Item.name, Item.sale_unit, Item.weight_g)
        .join(Item, Offer.item_id == Item.id)
        .where(Offer.cycle_id == cycle_id, Offer.is_listed)
        .order_by(Offer.position, Offer.id)
    )
    rows = list(db.session.execute(single))
    others = aliases_of(row[1] for row in rows)
    for offer_id, _item_id, sku, _name, sale_unit, weight_g in rows:
        found.by_sku[sku] = found.by_offer[offer_id] = Sold(offer_id, sale_unit, weight_g)
    found.names = NameIndex(GoodsName(offer, (name, *others.get(item, ()))) for offer, item, _sku, name, *_ in rows)
    return found


@lru_cache(maxsize=4096)
def whole_units(typed: str, stated: str, sold: Sold) -> int | None:
    """Sale units meant by a quantity and its unit; None where it does not come out whole or the unit is another."""
    try:
        amount = Fraction(chinese.fold(typed).strip())
    except (ValueError, ZeroDivisionError):
        return None
    unit = chinese.fold(stated).strip().lower()
    if unit in GRAMS and unit != sold.sale_unit:
        amount = amount * GRAMS[unit] / sold.weight_g
    elif unit and unit != sold.sale_unit:
        return None
    whole = amount.denominator == 1 and 0 < amount <= MOST_UNITS
    return int(amount) if whole else None


@dataclass
class _Order:
    """The rows of one order number, gathered."""

    row: int
    household_id: int
    person: OrderContact
    units: dict[int, int] = field(default_factory=dict)


def read_orders(by: Actor, cycle_id: int, sheet: TableSheet) -> tuple[list[BulkOrderRow], list[RowProblem]]:
    """The orders of a table and what is wrong with it, row by row. Reads only. Raises Invalid (no such head)."""
    lookup = known(by, cycle_id)
    orders: dict[str, _Order] = {}
    problems: list[RowProblem] = []
    for record in records(sheet, COLUMNS):
        _take(record, lookup, orders)
        problems.extend(record.problems)
    families, unclear = _families(orders.values())
    problems.extend(unclear)
    return list(_rows(orders.values(), families)), sorted(problems, key=lambda problem: problem.row)


def _take(record: Record, lookup: Known, orders: dict[str, _Order]) -> None:
    reference = record.text("order", longest=40, required=True)
    household = lookup.household(record)
    found = lookup.sold(record)
    if household is None:
        record.refuse(_("这一批的范围里没有这一户：%(where)s", where=_address(record)))
        return
    if len(found) != 1:
        what = record.text("item") or record.text("sku")
        several = _("可选清单里有几种商品叫“%(what)s”，请写商品编号。", what=what)
        record.refuse(several if found else _("可选清单里没有这个商品：%(what)s", what=what))
        return
    (sold,) = found
    units = whole_units(record.text("qty"), record.text("unit"), sold)
    if units is None:
        amount = f"{record.text('qty')}{record.text('unit')}"
        record.refuse(_("数量不是整份：%(typed)s（按%(unit)s卖）", typed=amount, unit=sold.sale_unit))
        return
    person = OrderContact(record.text("name", longest=40), record.text("phone", longest=20))
    order = orders.setdefault(reference, _Order(record.number, household, person))
    if order.household_id != household:
        record.refuse(_("订单 %(order)s 的几行写了不同的住户。", order=reference))
        return
    order.units[sold.offer_id] = order.units.get(sold.offer_id, 0) + units


def _address(record: Record) -> str:
    parts = [record.text(name) for name in ("compound", "building", "building_code", "stairwell", "room")]
    return " ".join(part for part in parts if part)


def _families(orders: Iterable[_Order]) -> tuple[dict[int, int], list[RowProblem]]:
    """Row of each order → which family of its flat it is from (0: the household of the register)."""
    flats: dict[int, list[_Order]] = defaultdict(list)
    for order in orders:
        flats[order.household_id].append(order)
    phones = known_families(list(flats))
    families: dict[int, int] = {}
    problems: list[RowProblem] = []
    for household_id, group in flats.items():
        taken: set[int] = set()
        for order in sorted(group, key=lambda each: each.row):
            family = _family(order.person.phone, phones.get(household_id, {}), taken)
            if family in taken or (taken and not order.person.phone):
                sentence = _("同一户有两张订单，又没有不同的电话可以区分两家。")
                problems.append(RowProblem(order.row, sentence))
            taken.add(family)
            families[order.row] = family
    return families, problems


def _family(phone: str, known_phones: Mapping[str, int], taken: set[int]) -> int:
    if phone and phone in known_phones:
        return known_phones[phone]
    spoken_for = taken | set(known_phones.values())
    return next(number for number in range(len(spoken_for) + 1) if number not in spoken_for)


def _rows(orders: Iterable[_Order], families: Mapping[int, int]) -> Iterator[BulkOrderRow]:
    for order in orders:
        picks = tuple(OfferPick(offer_id, units) for offer_id, units in sorted(order.units.items()))
        yield BulkOrderRow(order.row, order.household_id, picks, order.person, families[order.row])
