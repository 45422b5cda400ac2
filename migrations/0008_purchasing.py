"""Create tallies, demand and purchase orders."""

import sqlalchemy as sa
from alembic import op

from migrations.frozen import column_types as types

revision = "0008_purchasing"
down_revision = "0007_intake"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "demand",
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("qty_demanded", sa.Integer(), nullable=False),
        sa.Column("qty_purchased", sa.Integer(), nullable=False),
        sa.Column("qty_from_stock", sa.Integer(), nullable=False),
        sa.Column("qty_waived", sa.Integer(), nullable=False),
        sa.Column("qty_surplus", sa.Integer(), nullable=False),
        sa.Column("waive_reason", sa.Text(), nullable=False),
        sa.Column("is_covered", types.Flag(), nullable=False),
        sa.CheckConstraint(
            "NOT is_covered OR qty_purchased + qty_from_stock + qty_waived - qty_surplus = qty_demanded",
            name=op.f("ck_demand_covered"),
        ),
        sa.CheckConstraint("qty_demanded >= 0", name=op.f("ck_demand_qty_demanded_least")),
        sa.CheckConstraint("qty_from_stock >= 0", name=op.f("ck_demand_qty_from_stock_least")),
        sa.CheckConstraint("qty_purchased >= 0", name=op.f("ck_demand_qty_purchased_least")),
        sa.CheckConstraint("qty_surplus >= 0", name=op.f("ck_demand_qty_surplus_least")),
        sa.CheckConstraint("qty_waived >= 0", name=op.f("ck_demand_qty_waived_least")),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_demand_cycle_id_cycle"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_demand_item_id_item"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("cycle_id", "item_id", name=op.f("pk_demand")),
        sqlite_strict=True,
    )
    op.create_table(
        "purchase_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("sent_at", types.UtcDateTime(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'approved', 'sent', 'closed', 'cancelled')", name=op.f("ck_purchase_order_state")
        ),
        sa.CheckConstraint("approved_by_id <> created_by_id", name=op.f("ck_purchase_order_two_persons")),
        sa.ForeignKeyConstraint(
            ["approved_by_id"],
            ["account.id"],
            name=op.f("fk_purchase_order_approved_by_id_account"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["account.id"], name=op.f("fk_purchase_order_created_by_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["cycle.id"], name=op.f("fk_purchase_order_cycle_id_cycle"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_purchase_order_supplier_id_supplier"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order")),
        sa.UniqueConstraint("cycle_id", "supplier_id", "seq", name=op.f("uq_purchase_order_cycle_id_supplier_id_seq")),
        sa.UniqueConstraint("number", name=op.f("uq_purchase_order_number")),
        sqlite_strict=True,
    )
    op.create_table(
        "purchase_order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purchase_order_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("packs", sa.Integer(), nullable=False),
        sa.Column("pack_size", sa.Integer(), nullable=False),
        sa.Column("price_fen", sa.Integer(), nullable=False),
        sa.Column("qty_demanded", sa.Integer(), nullable=False),
        sa.Column("qty_awaited", sa.Integer(), nullable=False),
        sa.Column("qty_received", sa.Integer(), nullable=False),
        sa.Column("qty_undelivered", sa.Integer(), nullable=False),
        sa.Column("is_manual", types.Flag(), nullable=False),
        sa.CheckConstraint("pack_size >= 1", name=op.f("ck_purchase_order_line_pack_size_least")),
        sa.CheckConstraint("packs >= 1", name=op.f("ck_purchase_order_line_packs_least")),
        sa.CheckConstraint("price_fen >= 0", name=op.f("ck_purchase_order_line_price_fen_least")),
        sa.CheckConstraint(
            "qty_awaited + qty_received + qty_undelivered = packs * pack_size",
            name=op.f("ck_purchase_order_line_every_unit_accounted"),
        ),
        sa.CheckConstraint("qty_awaited >= 0", name=op.f("ck_purchase_order_line_qty_awaited_least")),
        sa.CheckConstraint("qty_received >= 0", name=op.f("ck_purchase_order_line_qty_received_least")),
        sa.CheckConstraint("qty_undelivered >= 0", name=op.f("ck_purchase_order_line_qty_undelivered_least")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_purchase_order_line_item_id_item"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["purchase_order_id"],
            ["purchase_order.id"],
            name=op.f("fk_purchase_order_line_purchase_order_id_purchase_order"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order_line")),
        sa.UniqueConstraint(
            "purchase_order_id", "item_id", name=op.f("uq_purchase_order_line_purchase_order_id_item_id")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "tally",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("service_point_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", types.UtcDateTime(), nullable=True),
        sa.Column("reopen_reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'confirmed')", name=op.f("ck_tally_state")),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["account.id"], name=op.f("fk_tally_confirmed_by_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_tally_cycle_id_cycle"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["service_point_id"],
            ["service_point.id"],
            name=op.f("fk_tally_service_point_id_service_point"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally")),
        sa.UniqueConstraint("cycle_id", "service_point_id", name=op.f("uq_tally_cycle_id_service_point_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "tally_line",
        sa.Column("tally_id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty >= 0", name=op.f("ck_tally_line_qty_least")),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_tally_line_building_id_building"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_tally_line_item_id_item"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["tally_id"], ["tally.id"], name=op.f("fk_tally_line_tally_id_tally"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tally_id", "building_id", "item_id", name=op.f("pk_tally_line")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("tally_line")
    op.drop_table("tally")
    op.drop_table("purchase_order_line")
    op.drop_table("purchase_order")
    op.drop_table("demand")
