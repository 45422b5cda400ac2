"""Tables of items: ours, and price lists of wholesale markets, which state prices by weight.

stated           becomes
千克, 2.80       份 of 500 g at 1.40 × (1 + margin)
袋, 4.20         袋 at 4.20 × (1 + margin); its weight from the name ("450g"), else the stated default
单价 5.00        5.00 as it is: a column of sale prices is no wholesale price
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import delete, insert, select

from app.access.permissions import Staff
from app.catalog import scope
from app.catalog.models import Item, ItemAlias, Storage
from app.catalog.rules import SaleUnit, is_fragile, parse_pack_spec, storage_class, whole_sale_unit
from app.catalog.rules import price_fen as fen_per_unit
from app.catalog.schemas import words_in
from app.core.db import db
from app.core.input.imports import ImportedRow, ImportPlan
from app.core.input.records import Column, Record, records, unused_titles
from app.core.input.tables import TableSheet
from app.core.text.pinyin import initials
from app.core.units import yuan

COLUMNS = (
    Column("name", ("商品", "商品名称", "名称", "品名", "item_name", "item", "name"), is_required=True),
    Column("sku", ("编号", "货号", "商品编号", "item_code", "sku", "code")),
    Column("category", ("类别", "分类", "category")),
    Column("sale_unit", ("单位", "销售单位", "sale_unit", "unit"), is_required=True),
    Column("spec", ("规格", "spec")),
    Column("price", ("单价", "售价", "价格", "price")),
    Column("wholesale", ("批发价", "进价", "wholesale_median", "wholesale")),
    Column("weight_g", ("重量", "重量克", "克重", "weight_g")),
    Column("volume_ml", ("体积", "体积毫升", "volume_ml")),
    Column("storage", ("储存", "储存方式", "storage")),
    Column("is_fragile", ("易碎", "fragile", "is_fragile")),
    Column("is_sensitive", ("敏感", "sensitive", "is_sensitive")),
    Column("aliases", ("别名", "alias", "aliases")),
)
ML_PER_G = 2  # loose goods in bags, where the table gives no volume
_STORAGE = {str(kind): kind for kind in Storage} | {kind.label_zh: kind for kind in Storage}


@dataclass(frozen=True)
class ItemImportOptions:
    """`margin_percent` on wholesale prices; `default_weight_g` of a sale unit whose weight nothing states."""

    margin_percent: int = 15
    default_weight_g: int = 500


@dataclass
class _ItemRow:
    record: Record
    sku: str
    values: dict[str, object]
    aliases: tuple[str, ...]
    is_weight_assumed: bool


def plan(by: Staff, sheet: TableSheet, options: ItemImportOptions) -> ImportPlan:
    """An item is known by its number, without one by its name; one of the own subdistrict comes before a shared one.

    What a table does not say stays as it is; what others share is not changed.
    """
    plan = ImportPlan("items", unused=unused_titles(sheet, COLUMNS))
    home = scope.home_of_new(by)
    found = select(Item).where(scope.within(Item, [] if home is None else [home]))
    held = {item.sku: item for item in sorted(db.session.scalars(found), key=lambda item: item.subdistrict_id or 0)}
    keeps_shared = not scope.may_change(by, None)
    named = {item.name: item for item in held.values()}
    aliases = _aliases()
    rows = [_read(record, options) for record in records(sheet, COLUMNS)]
    fresh: list[_ItemRow] = []
    edits: list[tuple[Item, _ItemRow]] = []
    seen: set[str] = set()
    for row in rows:
        there = held.get(row.sku) or (named.get(row.sku) if not row.record.has("sku") else None)
        if row.sku in seen:
            row.record.refuse(_("商品重复：%(name)s", name=row.values["name"]))
        seen.add(row.sku)
        if there is None:
            fresh.append(row)
            plan.added.append(ImportedRow(row.record.number, str(row.values["name"]), _facts(row)))
        elif plan.compare(row.record.number, there.name, _differences(there, row, aliases.get(there.id, ()))):
            edits.append((there, row))
            if there.subdistrict_id is None and keeps_shared:
                row.record.refuse(_("%(name)s是几个街道共用的，不能在这里改；要另建，请换一个编号。", name=there.name))
    plan.take_problems(row.record for row in rows)
    assumed = sum(row.is_weight_assumed for row in fresh)
    if assumed:
        plan.notes.append(_("%(n)s 种没有写重量，按每份 %(g)s 克计。", n=assumed, g=options.default_weight_g))
    if any(row.record.has("wholesale") and not row.record.has("price") for row in rows):
        plan.notes.append(
            _("按批发价加 %(margin)s%% 定价；按千克报价的，换成每份 500 克。", margin=options.margin_percent)
        )
    plan.write = lambda: _write(home, fresh, edits)
    return plan


def _aliases() -> dict[int, tuple[str, ...]]:
    held: dict[int, tuple[str, ...]] = {}
    for item_id, alias in db.session.execute(select(ItemAlias.item_id, ItemAlias.alias).order_by(ItemAlias.id)):
        held[item_id] = (*held.get(item_id, ()), alias)
    return held


def _read(record: Record, options: ItemImportOptions) -> _ItemRow:
    name = record.text("name", longest=60, required=True)
    unit = _unit(record)
    spec = parse_pack_spec(name)
    stated = record.whole("weight_g", least=1, most=100_000)
    in_name = spec.total if spec.measure in ("g", "ml") and spec.total and 1 <= spec.total <= 100_000 else 0
    weight = stated or unit.weight_g or in_name or options.default_weight_g
    values: dict[str, object] = {
        "name": name,
        "category": record.text("category", longest=30),
        "sale_unit": unit.unit,
        "spec": record.text("spec", longest=40)
        or unit.spec
        or (f"{in_name}{spec.measure}/{unit.unit}" if in_name else ""),
        "list_price_fen": _price(record, unit, options),
        "weight_g": weight,
        "volume_ml": record.whole("volume_ml", least=0, most=500_000) or weight * ML_PER_G,
        "storage": _storage(record, name),
        "is_fragile": record.flag("is_fragile") if record.has("is_fragile") else is_fragile(name),
        "is_sensitive": record.flag("is_sensitive"),
    }
    too_many = ValueError()
    try:
        aliases = words_in(record.text("aliases", longest=200), too_many)
    except ValueError:
        record.refuse(_("别名最多 30 个，每个不超过 20 个字。"))
        aliases = ()
    sku = record.text("sku", longest=40) or name
    return _ItemRow(record, sku, values, aliases, not (stated or unit.weight_g or in_name))


def _unit(record: Record) -> SaleUnit:
    try:
        return whole_sale_unit(record.text("sale_unit", required=True))
    except ValueError:
        record.refuse(_("单位看不懂或太小：%(unit)s", unit=record.values.get("sale_unit", "")[:20]))
        return SaleUnit("份", "", None, 1)


def _price(record: Record, unit: SaleUnit, options: ItemImportOptions) -> int:
    column = "price" if record.has("price") else "wholesale"
    if not record.has(column):
        record.refuse(_("没有价格。"))
        return 0
    try:
        fen = fen_per_unit(record.text(column).removeprefix("¥").removesuffix("元"), unit.per_stated)
    except ValueError:
        record.refuse(_("价格看不懂：%(price)s", price=record.text(column)[:20]))
        return 0
    return fen if column == "price" else (fen * (100 + options.margin_percent) + 50) // 100


def _storage(record: Record, name: str) -> Storage:
    word = record.text("storage")
    if word and word not in _STORAGE:
        record.refuse(_("储存方式应为常温、冷藏或冷冻：%(word)s", word=word[:10]))
    return _STORAGE.get(word) or Storage(storage_class(name, record.text("category")))


def _facts(row: _ItemRow) -> tuple[tuple[str, str, str], ...]:
    price, weight = row.values["list_price_fen"], row.values["weight_g"]
    assert isinstance(price, int)
    unit = str(row.values["spec"] or row.values["sale_unit"])
    return ((_("规格"), "", unit), (_("单价"), "", yuan(price)), (_("重量"), "", f"{weight} g"))


def _stated(row: _ItemRow) -> dict[str, object]:
    """The values that the table itself states; a guess never overwrites what somebody corrected by hand."""
    record, found = row.record, {}
    found["name"] = row.values["name"]
    found["list_price_fen"] = row.values["list_price_fen"]
    for column in ("category", "spec", "volume_ml", "storage", "is_fragile", "is_sensitive", "weight_g"):
        if record.has(column):
            found[column] = row.values[column]
    return found


def _differences(there: Item, row: _ItemRow, aliases: Sequence[str]) -> list[tuple[str, str, str]]:
    titles = {"name": _("名称"), "list_price_fen": _("单价"), "weight_g": _("重量"), "storage": _("储存")}
    shown = []
    for column, value in _stated(row).items():
        old = getattr(there, column)
        texts = (yuan(old), yuan(value)) if column == "list_price_fen" else (str(old), str(value))  # type: ignore[arg-type]
        shown.append((titles.get(column) or row.record.title(column), *texts))
    if row.aliases:
        shown.append((_("别名"), "、".join(sorted(aliases)), "、".join(sorted(row.aliases))))
    return shown


def _write(home: int | None, fresh: list[_ItemRow], edits: list[tuple[Item, _ItemRow]]) -> None:
    if fresh:
        db.session.execute(
            insert(Item),
            [
                {"sku": row.sku, "pinyin": initials(str(row.values["name"])), "subdistrict_id": home, **row.values}
                for row in fresh
            ],
        )
    for item, row in edits:
        for column, value in _stated(row).items():
            setattr(item, column, value)
        item.pinyin = initials(item.name)
    db.session.flush()
    there = Item.subdistrict_id.is_(None) if home is None else Item.subdistrict_id == home
    new = select(Item.sku, Item.id).where(there, Item.sku.in_([row.sku for row in fresh if row.aliases]))
    ids = dict(db.session.execute(new).all())
    wanted = {ids[row.sku]: row.aliases for row in fresh if row.aliases}
    wanted |= {item.id: row.aliases for item, row in edits if row.aliases}
    if wanted:
        db.session.execute(delete(ItemAlias).where(ItemAlias.item_id.in_(list(wanted))))
        pairs = [{"item_id": item_id, "alias": alias} for item_id, aliases in wanted.items() for alias in aliases]
        db.session.execute(insert(ItemAlias), pairs)
