"""Tables of what suppliers sell: item, pack size, least packs, price of a pack. Suppliers that are new are added."""

from __future__ import annotations

from collections import defaultdict

from flask_babel import gettext as _
from sqlalchemy import insert, select

from app.access.permissions import Staff
from app.catalog import scope
from app.catalog.models import Item, ItemAlias, Supplier, SupplierItem
from app.core.db import db
from app.core.input.imports import ImportedRow, ImportPlan
from app.core.input.records import Column, Record, records, unused_titles
from app.core.input.tables import TableSheet
from app.core.text import chinese
from app.core.units import yuan

COLUMNS = (
    Column("supplier", ("供应商", "supplier"), is_required=True),
    Column(
        "item",
        ("商品", "商品名称", "名称", "品名", "item", "item_name", "商品编号", "sku", "item_code"),
        is_required=True,
    ),
    Column("pack_size", ("每件", "每件数量", "件装", "pack_size"), is_required=True),
    Column("price", ("每件价格", "价格", "price"), is_required=True),
    Column("min_packs", ("起订件数", "起订量", "min_packs")),
    Column("max_packs", ("最多件数", "max_packs")),
)

_Key = tuple[str, int]


def plan(by: Staff, sheet: TableSheet) -> ImportPlan:
    """A line is known by supplier and item; an item is found by number, name, or an alias that only it has.

    What is of the own subdistrict comes before what is shared; suppliers that others share are not changed.
    """
    plan = ImportPlan("supplies", unused=unused_titles(sheet, COLUMNS))
    home = scope.home_of_new(by)
    reach = [] if home is None else [home]
    items, names = _items(reach)
    suppliers = _suppliers(reach)
    held = _held(suppliers)
    kept = {name for name, row in suppliers.items() if not scope.may_change(by, row.subdistrict_id)}
    rows = list(records(sheet, COLUMNS))
    fresh: dict[_Key, dict[str, int | None]] = {}
    edits: list[tuple[SupplierItem, dict[str, int | None]]] = []
    for record in rows:
        supplier = record.text("supplier", longest=60, required=True)
        item_id = _item(record, items)
        values = _values(record)
        if supplier in kept:
            record.refuse(_("%(name)s是几个街道共用的供应商，不能在这里改。", name=supplier))
        if item_id is None:
            continue
        key = (supplier, item_id)
        label = f"{supplier} · {names[item_id]}"
        there = held.get(key)
        if key in fresh or (there is not None and any(there is row for row, _v in edits)):
            record.refuse(_("重复：%(label)s", label=label))
        elif there is None:
            fresh[key] = values
            facts = ((_("每件"), "", str(values["pack_size"])), (_("每件价格"), "", yuan(values["price_fen"] or 0)))
            plan.added.append(ImportedRow(record.number, label, facts))
        elif plan.compare(record.number, label, _differences(there, values, record)):
            edits.append((there, values))
    plan.take_problems(rows)
    plan.write = lambda: _write(home, suppliers, fresh, edits)
    return plan


def _suppliers(reach: list[int]) -> dict[str, Supplier]:
    found = db.session.scalars(select(Supplier).where(scope.within(Supplier, reach)))
    return {row.name: row for row in sorted(found, key=lambda row: row.subdistrict_id or 0)}


def _items(reach: list[int]) -> tuple[dict[str, set[int]], dict[int, str]]:
    meant: dict[str, set[int]] = defaultdict(set)
    names: dict[int, str] = {}
    seen = scope.within(Item, reach)
    for item_id, sku, name in db.session.execute(select(Item.id, Item.sku, Item.name).where(seen)):
        names[item_id] = name
        meant[f"#{sku}"].add(item_id)
        meant[chinese.fold(name)].add(item_id)
    for item_id, alias in db.session.execute(select(ItemAlias.item_id, ItemAlias.alias).join(Item).where(seen)):
        meant[f"~{chinese.fold(alias)}"].add(item_id)
    return meant, names


def _item(record: Record, items: dict[str, set[int]]) -> int | None:
    typed = record.text("item", longest=60, required=True)
    folded = chinese.fold(typed)
    found = next((items[key] for key in (f"#{typed}", folded, f"~{folded}") if items.get(key)), set())
    if len(found) == 1:
        return next(iter(found))
    record.refuse(
        _("没有这个商品：%(name)s", name=typed) if not found else _("不止一个商品叫：%(name)s，请写编号", name=typed)
    )
    return None


def _held(suppliers: dict[str, Supplier]) -> dict[_Key, SupplierItem]:
    names = {row.id: name for name, row in suppliers.items()}
    found = db.session.scalars(select(SupplierItem).where(SupplierItem.supplier_id.in_(list(names))))
    return {(names[row.supplier_id], row.item_id): row for row in found}


def _values(record: Record) -> dict[str, int | None]:
    most = record.whole("max_packs", least=1, most=1_000_000, default=0) or None
    least = record.whole("min_packs", least=0, most=100_000)
    if most is not None and most < least:
        record.refuse(_("最多件数不能少于起订件数。"))
    if not record.has("pack_size"):
        record.refuse(_("没有写每件几份。"))
    return {
        "pack_size": record.whole("pack_size", least=1, most=100_000, default=1),
        "price_fen": record.fen("price"),
        "min_packs": least,
        "max_packs": most,
    }


def _differences(there: SupplierItem, values: dict[str, int | None], record: Record) -> list[tuple[str, str, str]]:
    shown = [
        (_("每件"), str(there.pack_size), str(values["pack_size"])),
        (_("每件价格"), yuan(there.price_fen), yuan(values["price_fen"] or 0)),
    ]
    if record.has("min_packs"):
        shown.append((_("起订件数"), str(there.min_packs), str(values["min_packs"])))
    if record.has("max_packs"):
        shown.append((_("最多件数"), str(there.max_packs or ""), str(values["max_packs"])))
    else:
        values.pop("max_packs")
    return shown


def _write(
    home: int | None,
    suppliers: dict[str, Supplier],
    fresh: dict[_Key, dict[str, int | None]],
    edits: list[tuple[SupplierItem, dict[str, int | None]]],
) -> None:
    new = [name for name in dict.fromkeys(name for name, _item_id in fresh) if name not in suppliers]
    added = [Supplier(name=name, subdistrict_id=home) for name in new]
    db.session.add_all(added)
    db.session.flush()
    ids = {row.name: row.id for row in (*suppliers.values(), *added)}
    if fresh:
        rows = [{"supplier_id": ids[name], "item_id": item, **values} for (name, item), values in fresh.items()]
        db.session.execute(insert(SupplierItem), rows)
    for row, values in edits:
        for column, value in values.items():
            setattr(row, column, value)
