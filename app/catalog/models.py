"""Items in whole sale units, the words people use for them, bundles, suppliers and their packs.

Each belongs to a subdistrict, or to none: then all of the installation share it (catalog/scope.py).
"""

from __future__ import annotations

from sqlalchemy import Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import STRICT, Base, BooleanFlag, Versioned, check_at_least, choice_column, fk, plain_text
from app.core.labels import Labelled


class Storage(Labelled):
    AMBIENT = "ambient", "常温"
    CHILLED = "chilled", "冷藏"
    FROZEN = "frozen", "冷冻"


def _one_in_each(table: str, word: str) -> tuple[Index, Index]:
    """Unique in a subdistrict, and among what is shared."""
    shared = text("subdistrict_id IS NULL")
    return (
        Index(f"uq_{table}_own", "subdistrict_id", word, unique=True),
        Index(f"uq_{table}_shared", word, unique=True, sqlite_where=shared, postgresql_where=shared),
    )


class Supplier(Versioned, Base):
    __tablename__ = "supplier"
    __table_args__ = (
        *_one_in_each("supplier", "name"),
        check_at_least("min_order_fen", 0),
        check_at_least("delivery_fee_fen", 0),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = plain_text()
    min_order_fen: Mapped[int] = mapped_column(Integer, default=0)
    delivery_fee_fen: Mapped[int] = mapped_column(Integer, default=0)
    is_active: Mapped[bool] = mapped_column(BooleanFlag, default=True)
    subdistrict_id: Mapped[int | None] = mapped_column(Integer)


class Item(Versioned, Base):
    __tablename__ = "item"
    __table_args__ = (
        *_one_in_each("item", "sku"),
        check_at_least("weight_g", 1),
        check_at_least("volume_ml", 0),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    sku: Mapped[str] = plain_text()
    name: Mapped[str] = plain_text(index=True)
    category: Mapped[str] = plain_text(default="")
    sale_unit: Mapped[str] = plain_text()  # 份 袋 盒 瓶 …: whole things
    spec: Mapped[str] = plain_text(default="")  # "500g/袋", as printed
    weight_g: Mapped[int] = mapped_column(Integer)
    volume_ml: Mapped[int] = mapped_column(Integer, default=0)
    storage: Mapped[str] = choice_column("storage", Storage, default=Storage.AMBIENT)
    is_fragile: Mapped[bool] = mapped_column(BooleanFlag, default=False)
    is_sensitive: Mapped[bool] = mapped_column(BooleanFlag, default=False)
    is_active: Mapped[bool] = mapped_column(BooleanFlag, default=True)
    pinyin: Mapped[str] = plain_text(default="")  # initials, for search
    list_price_fen: Mapped[int] = mapped_column(Integer, default=0)
    subdistrict_id: Mapped[int | None] = mapped_column(Integer)


class ItemAlias(Base):
    __tablename__ = "item_alias"
    __table_args__ = (UniqueConstraint("alias", "item_id"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    item_id: Mapped[int] = fk("item.id")
    alias: Mapped[str] = plain_text()


class Bundle(Versioned, Base):
    __tablename__ = "bundle"
    __table_args__ = (*_one_in_each("bundle", "sku"), check_at_least("list_price_fen", 0), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    sku: Mapped[str] = plain_text()
    name: Mapped[str] = plain_text()
    list_price_fen: Mapped[int] = mapped_column(Integer, default=0)
    is_active: Mapped[bool] = mapped_column(BooleanFlag, default=True)
    subdistrict_id: Mapped[int | None] = mapped_column(Integer)
    components: Mapped[list[BundleComponent]] = relationship(order_by="BundleComponent.item_id")


class BundleComponent(Base):
    __tablename__ = "bundle_component"
    __table_args__ = (check_at_least("qty", 1), STRICT)

    bundle_id: Mapped[int] = fk("bundle.id", primary_key=True)
    item_id: Mapped[int] = fk("item.id", primary_key=True)
    qty: Mapped[int] = mapped_column(Integer)
    item: Mapped[Item] = relationship()


class SupplierItem(Versioned, Base):
    """A supplier sells an item in packs of `pack_size` sale units at `price_fen` a pack."""

    __tablename__ = "supplier_item"
    __table_args__ = (
        UniqueConstraint("supplier_id", "item_id"),
        check_at_least("pack_size", 1),
        check_at_least("min_packs", 0),
        check_at_least("price_fen", 0),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    supplier_id: Mapped[int] = fk("supplier.id")
    item_id: Mapped[int] = fk("item.id")
    pack_size: Mapped[int] = mapped_column(Integer)
    min_packs: Mapped[int] = mapped_column(Integer, default=0)
    max_packs: Mapped[int | None] = mapped_column(Integer)
    price_fen: Mapped[int] = mapped_column(Integer)
    supplier: Mapped[Supplier] = relationship()
    item: Mapped[Item] = relationship()
