"""Edit items, bundles and suppliers; whose they are is told in scope.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select

from app.access.permissions import Staff
from app.catalog import queries, scope
from app.catalog.models import Bundle, BundleComponent, Item, ItemAlias, Storage, Supplier, SupplierItem
from app.catalog.schemas import PutComponent, PutSupply, SaveBundle, SaveItem, SaveSupplier
from app.core import events
from app.core.db import check_version, command, db
from app.core.errors import Invalid
from app.core.lookup import row_or_not_found
from app.core.text.pinyin import initials
from app.core.units import yuan

R = TypeVar("R", Item, Bundle, Supplier)


@command
def save_item(by: Staff, item_id: int | None, wanted: SaveItem) -> Item:
    """Add an item (`item_id` None) or change one; cycles that run keep what they froze.

    Raises NotFound, StaleEdit, Invalid for a number that is taken.
    """
    item = scope.require_edit(by, Item, item_id) if item_id is not None else None
    if item is not None:
        check_version(item, wanted.version, _item_as_stored(item))
    home = item.subdistrict_id if item is not None else scope.home_of_new(by)
    if _is_taken(Item, Item.sku == wanted.sku, item_id, home):
        raise Invalid({"sku": [_("编号已被另一个商品使用。")]})
    if item is None:
        item = Item(subdistrict_id=home)
        db.session.add(item)
    for name in ("sku", "name", "category", "sale_unit", "spec", "weight_g", "volume_ml", "list_price_fen"):
        setattr(item, name, getattr(wanted, name))
    item.storage, item.pinyin = Storage(wanted.storage), initials(wanted.name)
    item.is_fragile, item.is_sensitive, item.is_active = wanted.is_fragile, wanted.is_sensitive, wanted.is_active
    db.session.flush()
    _put_aliases(item, wanted.aliases)
    events.record(by, "save", item, list_price_fen=item.list_price_fen)
    return item


def _put_aliases(item: Item, aliases: tuple[str, ...]) -> None:
    held = {row.alias: row for row in db.session.scalars(select(ItemAlias).where(ItemAlias.item_id == item.id))}
    for alias in set(aliases) - set(held) - {item.name}:
        db.session.add(ItemAlias(item_id=item.id, alias=alias))
    for alias in set(held) - set(aliases):
        db.session.delete(held[alias])


def _item_as_stored(item: Item) -> dict[str, str]:
    return {
        _("名称"): item.name,
        _("规格"): item.spec,
        _("单位"): item.sale_unit,
        _("重量"): f"{item.weight_g} g",
        _("单价"): yuan(item.list_price_fen),
        _("在售"): _("是") if item.is_active else _("否"),
    }


@command
def save_bundle(by: Staff, bundle_id: int | None, wanted: SaveBundle) -> Bundle:
    """Add or change a bundle. Raises NotFound, StaleEdit, Invalid."""
    bundle = scope.require_edit(by, Bundle, bundle_id) if bundle_id is not None else None
    if bundle is not None:
        stored = {_("名称"): bundle.name, _("价格"): yuan(bundle.list_price_fen)}
        check_version(bundle, wanted.version, stored)
    home = bundle.subdistrict_id if bundle is not None else scope.home_of_new(by)
    if _is_taken(Bundle, Bundle.sku == wanted.sku, bundle_id, home):
        raise Invalid({"sku": [_("编号已被另一个套餐使用。")]})
    if bundle is None:
        bundle = Bundle(subdistrict_id=home)
        db.session.add(bundle)
    bundle.sku, bundle.name = wanted.sku, wanted.name
    bundle.list_price_fen, bundle.is_active = wanted.list_price_fen, wanted.is_active
    db.session.flush()
    events.record(by, "save", bundle, list_price_fen=bundle.list_price_fen)
    return bundle


@command
def put_component(by: Staff, bundle_id: int, wanted: PutComponent) -> Bundle:
    """Set how many of an item a bundle holds; 0 takes it out. Offers of running cycles keep their composition.

    Raises NotFound, Invalid for an item that is unknown or not the only one of that name.
    """
    bundle = scope.require_edit(by, Bundle, bundle_id)
    item_id = item_meant(wanted.item, _reach(bundle.subdistrict_id))
    held = db.session.get(BundleComponent, (bundle.id, item_id))
    if wanted.qty == 0:
        if held is not None:
            db.session.delete(held)
    elif held is None:
        db.session.add(BundleComponent(bundle_id=bundle.id, item_id=item_id, qty=wanted.qty))
    else:
        held.qty = wanted.qty
    db.session.flush()
    events.record(by, "put_component", bundle, item_id=item_id, qty=wanted.qty)
    return bundle


@command
def save_supplier(by: Staff, supplier_id: int | None, wanted: SaveSupplier) -> Supplier:
    """Add or change a supplier. Raises NotFound, StaleEdit, Invalid."""
    supplier = scope.require_edit(by, Supplier, supplier_id) if supplier_id is not None else None
    if supplier is not None:
        stored = {
            _("名称"): supplier.name,
            _("起订金额"): yuan(supplier.min_order_fen),
            _("配送费"): yuan(supplier.delivery_fee_fen),
        }
        check_version(supplier, wanted.version, stored)
    home = supplier.subdistrict_id if supplier is not None else scope.home_of_new(by)
    if _is_taken(Supplier, Supplier.name == wanted.name, supplier_id, home):
        raise Invalid({"name": [_("已有同名供应商。")]})
    if supplier is None:
        supplier = Supplier(subdistrict_id=home)
        db.session.add(supplier)
    supplier.name, supplier.is_active = wanted.name, wanted.is_active
    supplier.min_order_fen, supplier.delivery_fee_fen = wanted.min_order_fen, wanted.delivery_fee_fen
    db.session.flush()
    events.record(by, "save", supplier)
    return supplier


@command
def put_supply(by: Staff, supplier_id: int, wanted: PutSupply) -> SupplierItem:
    """What a supplier sells of an item: pack size, least and most packs, price of a pack.

    Raises NotFound, StaleEdit, Invalid.
    """
    supplier = scope.require_edit(by, Supplier, supplier_id)
    item_id = item_meant(wanted.item, _reach(supplier.subdistrict_id))
    if wanted.max_packs is not None and wanted.max_packs < wanted.min_packs:
        raise Invalid({"max_packs": [_("最多件数不能少于起订件数。")]})
    held = db.session.scalar(
        select(SupplierItem).where(SupplierItem.supplier_id == supplier.id, SupplierItem.item_id == item_id)
    )
    if held is None:
        held = SupplierItem(supplier_id=supplier.id, item_id=item_id)
        db.session.add(held)
    elif wanted.version:
        check_version(held, wanted.version, {_("每件"): str(held.pack_size), _("每件价格"): yuan(held.price_fen)})
    held.pack_size, held.price_fen = wanted.pack_size, wanted.price_fen
    held.min_packs, held.max_packs = wanted.min_packs, wanted.max_packs
    db.session.flush()
    events.record(by, "put_supply", held, pack_size=held.pack_size, price_fen=held.price_fen)
    return held


@command
def drop_supply(by: Staff, supply_id: int) -> SupplierItem:
    """The supplier no longer sells the item. Raises NotFound."""
    held = row_or_not_found(SupplierItem, supply_id)
    scope.require_edit(by, Supplier, held.supplier_id)
    db.session.delete(held)
    events.record(by, "drop_supply", ("supplier_item", supply_id), item_id=held.item_id)
    return held


def _is_taken(kind: type[R], same: ColumnElement[bool], own_id: int | None, home: int | None) -> bool:
    """Whether another row of the same home is called so; the unique keys say the same."""
    there = kind.subdistrict_id.is_(None) if home is None else kind.subdistrict_id == home
    return db.session.scalar(select(kind.id).where(same, there, kind.id != (own_id or 0)).limit(1)) is not None


def _reach(home: int | None) -> tuple[int, ...]:
    """Whose items, beside shared ones, something of this home may be made of."""
    return () if home is None else (home,)


def item_meant(typed: str, subdistrict_ids: Sequence[int], field: str = "item") -> int:
    """The one item that a typed name, alias or number means, of these subdistricts or shared.

    Raises Invalid, beside `field`, with what it could be.
    """
    found = queries.search_items(typed, subdistrict_ids)
    exact = [row for row in found if typed in (row.name, row.sku) or typed in row.aliases.split("、")]
    if len(exact) == 1 or (not exact and len(found) == 1):
        return (exact or found)[0].id
    if not found:
        raise Invalid({field: [_("没有这个商品：%(name)s", name=typed)]})
    names = "、".join(row.name for row in (exact or found)[:5])
    raise Invalid({field: [_("不止一个商品符合：%(names)s。请写全名或编号。", names=names)]})
