"""What pages and other stages ask about items, bundles and suppliers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, case, func, not_, or_, select

from app.catalog.models import Bundle, BundleComponent, Item, ItemAlias, Storage, Supplier, SupplierItem
from app.catalog.scope import within
from app.core.db import db
from app.core.paging import Page, paginate
from app.core.text import chinese


@dataclass(frozen=True)
class ItemFilter:
    """What the list of items is narrowed to. `state`: "" sold, "off" no longer sold, "all"."""

    text: str = ""
    category: str = ""
    storage: str = ""
    state: str = ""


@dataclass(frozen=True)
class CatalogueItemRow:
    id: int
    sku: str
    name: str
    category: str
    sale_unit: str
    spec: str
    weight_g: int
    storage: str
    price_fen: int
    is_active: bool
    aliases: str


@dataclass(frozen=True)
class NamedItem:
    """An item by every name people use for it, for the reader of chains and free text."""

    id: int
    name: str
    unit: str
    weight_g: int
    aliases: tuple[str, ...]


def matching(text: str) -> ColumnElement[bool]:
    """A condition on Item: name, alias, initials of the name's pinyin, or number contain the text."""
    wanted = chinese.fold(text).strip()[:50]
    aliased = select(ItemAlias.item_id).where(ItemAlias.alias.contains(wanted, autoescape=True))
    return or_(
        Item.name.contains(wanted, autoescape=True),
        Item.pinyin.contains(wanted.lower(), autoescape=True),
        Item.sku == wanted,
        Item.id.in_(aliased),
    )


def items(
    wanted: ItemFilter, page: str | None, url: Callable[[int], str], subdistrict_ids: Sequence[int]
) -> Page[CatalogueItemRow]:
    """Items of these subdistricts and shared ones, a page of them. Three statements."""
    found: Select[Item] = select(Item).where(within(Item, subdistrict_ids))
    if wanted.text.strip():
        found = found.where(matching(wanted.text))
    if wanted.category:
        found = found.where(Item.category == wanted.category)
    if wanted.storage:
        found = found.where(Item.storage == wanted.storage)
    if wanted.state != "all":
        found = found.where(not_(Item.is_active) if wanted.state == "off" else Item.is_active)
    shown = paginate(found.order_by(Item.category, Item.pinyin, Item.name, Item.id), page, url)
    names = aliases_of(item.id for item in shown.rows)
    rows = [_row(item, names.get(item.id, [])) for item in shown.rows]
    return Page(rows, shown.page, shown.pages, shown.total, url)


def _row(item: Item, aliases: list[str]) -> CatalogueItemRow:
    return CatalogueItemRow(
        id=item.id,
        sku=item.sku,
        name=item.name,
        category=item.category,
        sale_unit=item.sale_unit,
        spec=item.spec,
        weight_g=item.weight_g,
        storage=Storage(item.storage).label,
        price_fen=item.list_price_fen,
        is_active=item.is_active,
        aliases="、".join(aliases),
    )


def search_items(text: str, subdistrict_ids: Sequence[int], most: int = 20) -> list[CatalogueItemRow]:
    """Items on sale that a typed text can mean, the closest first: same name, name begins with it, others."""
    wanted = chinese.fold(text).strip()[:50]
    if not wanted:
        return []
    closeness = case((Item.name == wanted, 0), (Item.name.startswith(wanted, autoescape=True), 1), else_=2)
    found = select(Item).where(Item.is_active, within(Item, subdistrict_ids), matching(wanted))
    rows = list(db.session.scalars(found.order_by(closeness, func.length(Item.name), Item.id).limit(most)))
    names = aliases_of(item.id for item in rows)
    return [_row(item, names.get(item.id, [])) for item in rows]


def named_items(subdistrict_id: int) -> list[NamedItem]:
    """What is on sale in a subdistrict, with all its names. Two statements."""
    found = select(Item.id, Item.name, Item.sale_unit, Item.weight_g).order_by(Item.id)
    found = found.where(Item.is_active, within(Item, [subdistrict_id]))
    rows = list(db.session.execute(found).all())
    names = aliases_of(row[0] for row in rows)
    return [NamedItem(i, name, unit, weight, tuple(names.get(i, ()))) for i, name, unit, weight in rows]


def aliases_of(item_ids: Iterable[int]) -> dict[int, list[str]]:
    """Item → its other names."""
    names: dict[int, list[str]] = defaultdict(list)
    ids = list(item_ids)
    for start in range(0, len(ids), 5000):
        part = select(ItemAlias.item_id, ItemAlias.alias).where(ItemAlias.item_id.in_(ids[start : start + 5000]))
        for item_id, alias in db.session.execute(part.order_by(ItemAlias.id)):
            names[item_id].append(alias)
    return dict(names)


def categories(subdistrict_ids: Sequence[int]) -> list[str]:
    """Categories in use."""
    found = select(Item.category).where(Item.category != "", within(Item, subdistrict_ids)).distinct()
    return list(db.session.scalars(found.order_by(Item.category)))


def item_names(subdistrict_ids: Sequence[int]) -> list[str]:
    """Names of items on sale, for completing what is typed."""
    found = select(Item.name).where(Item.is_active, within(Item, subdistrict_ids))
    return list(db.session.scalars(found.order_by(Item.pinyin, Item.name).limit(2000)))


@dataclass(frozen=True)
class CatalogueTotals:
    items: int
    off: int
    bundles: int
    suppliers: int
    without_supplier: int


def totals(subdistrict_ids: Sequence[int]) -> CatalogueTotals:
    """How much the catalogue of these subdistricts holds. Four statements."""
    item, bundle, supplier = (within(kind, subdistrict_ids) for kind in (Item, Bundle, Supplier))
    on, off = db.session.execute(
        select(
            func.count(Item.id).filter(Item.is_active),
            func.count(Item.id).filter(not_(Item.is_active)),
        ).where(item)
    ).one()
    supplied = select(SupplierItem.item_id).join(Supplier).where(Supplier.is_active, supplier)
    without = select(func.count(Item.id)).where(Item.is_active, item, Item.id.not_in(supplied))
    return CatalogueTotals(
        items=on,
        off=off,
        bundles=db.session.scalar(select(func.count(Bundle.id)).where(bundle)) or 0,
        suppliers=db.session.scalar(select(func.count(Supplier.id)).where(Supplier.is_active, supplier)) or 0,
        without_supplier=db.session.scalar(without) or 0,
    )


@dataclass(frozen=True)
class SupplyRow:
    id: int
    supplier_id: int
    supplier: str
    item_id: int
    item: str
    sale_unit: str
    pack_size: int
    min_packs: int
    max_packs: int | None
    price_fen: int
    version: int


def supplies(
    subdistrict_ids: Sequence[int], *, supplier_id: int | None = None, item_id: int | None = None
) -> list[SupplyRow]:
    """What a supplier sells, or who sells an item, as far as it is of these subdistricts or shared. One statement."""
    found = select(SupplierItem, Supplier.name, Item.name, Item.sale_unit).join(Supplier).join(Item)
    found = found.where(within(Supplier, subdistrict_ids), within(Item, subdistrict_ids))
    if supplier_id is not None:
        found = found.where(SupplierItem.supplier_id == supplier_id)
    if item_id is not None:
        found = found.where(SupplierItem.item_id == item_id)
    return [
        SupplyRow(
            row.id, row.supplier_id, supplier, row.item_id, item, unit, row.pack_size, row.min_packs, row.max_packs,
            row.price_fen, row.version,
        )
        for row, supplier, item, unit in db.session.execute(found.order_by(Item.pinyin, Item.name, Supplier.name))
    ]  # fmt: skip


@dataclass(frozen=True)
class SupplierRow:
    id: int
    name: str
    items: int
    min_order_fen: int
    delivery_fee_fen: int
    is_active: bool


def suppliers(subdistrict_ids: Sequence[int]) -> list[SupplierRow]:
    """Suppliers of these subdistricts and shared ones, with how many items they sell. One statement."""
    found = (
        select(Supplier, func.count(SupplierItem.id))
        .outerjoin(SupplierItem, SupplierItem.supplier_id == Supplier.id)
        .where(within(Supplier, subdistrict_ids))
        .group_by(Supplier.id)
        .order_by(Supplier.is_active.desc(), Supplier.name)
    )
    return [
        SupplierRow(row.id, row.name, count, row.min_order_fen, row.delivery_fee_fen, row.is_active)
        for row, count in db.session.execute(found)
    ]


@dataclass(frozen=True)
class ComponentRow:
    item_id: int
    name: str
    sale_unit: str
    qty: int
    price_fen: int


@dataclass(frozen=True)
class BundleRow:
    id: int
    sku: str
    name: str
    price_fen: int
    is_active: bool
    components: tuple[ComponentRow, ...]

    @property
    def parts_fen(self) -> int:
        """What the components would cost one by one."""
        return sum(part.qty * part.price_fen for part in self.components)


def bundles(subdistrict_ids: Sequence[int], bundle_id: int | None = None) -> list[BundleRow]:
    """Bundles of these subdistricts and shared ones, with their components. Two statements."""
    found = select(Bundle).where(within(Bundle, subdistrict_ids)).order_by(Bundle.is_active.desc(), Bundle.name)
    if bundle_id is not None:
        found = found.where(Bundle.id == bundle_id)
    rows = list(db.session.scalars(found))
    parts: dict[int, list[ComponentRow]] = defaultdict(list)
    held = (
        select(BundleComponent.bundle_id, Item.id, Item.name, Item.sale_unit, BundleComponent.qty, Item.list_price_fen)
        .join(Item, Item.id == BundleComponent.item_id)
        .where(BundleComponent.bundle_id.in_([row.id for row in rows]))
        .order_by(Item.name)
    )
    for bundle, item_id, name, unit, qty, price in db.session.execute(held):
        parts[bundle].append(ComponentRow(item_id, name, unit, qty, price))
    return [BundleRow(b.id, b.sku, b.name, b.list_price_fen, b.is_active, tuple(parts[b.id])) for b in rows]
