"""Create items, bundles and suppliers."""

import sqlalchemy as sa
from alembic import op

from migrations.frozen import column_types as types

revision = "0004_catalog"
down_revision = "0003_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bundle",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("list_price_fen", sa.Integer(), nullable=False),
        sa.Column("is_active", types.Flag(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("list_price_fen >= 0", name=op.f("ck_bundle_list_price_fen_least")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle")),
        sa.UniqueConstraint("sku", name=op.f("uq_bundle_sku")),
        sqlite_strict=True,
    )
    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("sale_unit", sa.Text(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=False),
        sa.Column("volume_ml", sa.Integer(), nullable=False),
        sa.Column("storage", sa.Text(), nullable=False),
        sa.Column("is_fragile", types.Flag(), nullable=False),
        sa.Column("is_sensitive", types.Flag(), nullable=False),
        sa.Column("is_active", types.Flag(), nullable=False),
        sa.Column("pinyin", sa.Text(), nullable=False),
        sa.Column("list_price_fen", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("storage IN ('ambient', 'chilled', 'frozen')", name=op.f("ck_item_storage")),
        sa.CheckConstraint("volume_ml >= 0", name=op.f("ck_item_volume_ml_least")),
        sa.CheckConstraint("weight_g >= 1", name=op.f("ck_item_weight_g_least")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("sku", name=op.f("uq_item_sku")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_item_name"), "item", ["name"], unique=False)
    op.create_table(
        "supplier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("min_order_fen", sa.Integer(), nullable=False),
        sa.Column("delivery_fee_fen", sa.Integer(), nullable=False),
        sa.Column("is_active", types.Flag(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("delivery_fee_fen >= 0", name=op.f("ck_supplier_delivery_fee_fen_least")),
        sa.CheckConstraint("min_order_fen >= 0", name=op.f("ck_supplier_min_order_fen_least")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier")),
        sa.UniqueConstraint("name", name=op.f("uq_supplier_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "bundle_component",
        sa.Column("bundle_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty >= 1", name=op.f("ck_bundle_component_qty_least")),
        sa.ForeignKeyConstraint(
            ["bundle_id"], ["bundle.id"], name=op.f("fk_bundle_component_bundle_id_bundle"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_bundle_component_item_id_item"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("bundle_id", "item_id", name=op.f("pk_bundle_component")),
        sqlite_strict=True,
    )
    op.create_table(
        "item_alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_alias_item_id_item"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_alias")),
        sa.UniqueConstraint("alias", "item_id", name=op.f("uq_item_alias_alias_item_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "supplier_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("pack_size", sa.Integer(), nullable=False),
        sa.Column("min_packs", sa.Integer(), nullable=False),
        sa.Column("max_packs", sa.Integer(), nullable=True),
        sa.Column("price_fen", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("min_packs >= 0", name=op.f("ck_supplier_item_min_packs_least")),
        sa.CheckConstraint("pack_size >= 1", name=op.f("ck_supplier_item_pack_size_least")),
        sa.CheckConstraint("price_fen >= 0", name=op.f("ck_supplier_item_price_fen_least")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_supplier_item_item_id_item"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_supplier_item_supplier_id_supplier"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_item")),
        sa.UniqueConstraint("supplier_id", "item_id", name=op.f("uq_supplier_item_supplier_id_item_id")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("supplier_item")
    op.drop_table("item_alias")
    op.drop_table("bundle_component")
    op.drop_table("supplier")
    op.drop_table("item")
    op.drop_table("bundle")
