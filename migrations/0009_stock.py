"""Create receipts, lots and allocation."""

import sqlalchemy as sa
from alembic import op

from migrations.frozen import column_types as types

revision = "0009_stock"
down_revision = "0008_purchasing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rest_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("storage", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("storage IN ('ambient', 'chilled', 'frozen')", name=op.f("ck_rest_rule_storage")),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_rest_rule_minutes_least")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rest_rule")),
        sa.UniqueConstraint("storage", "category", name=op.f("uq_rest_rule_storage_category")),
        sqlite_strict=True,
    )
    op.create_table(
        "stock_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subdistrict_id", sa.Integer(), nullable=False),
        sa.Column("counted_by_id", sa.Integer(), nullable=False),
        sa.Column("rows", types.Json(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["counted_by_id"], ["account.id"], name=op.f("fk_stock_count_counted_by_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["subdistrict_id"],
            ["subdistrict.id"],
            name=op.f("fk_stock_count_subdistrict_id_subdistrict"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_count")),
        sqlite_strict=True,
    )
    op.create_table(
        "substitution",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("substitute_id", sa.Integer(), nullable=False),
        sa.Column("ratio_from", sa.Integer(), nullable=False),
        sa.Column("ratio_to", sa.Integer(), nullable=False),
        sa.CheckConstraint("item_id <> substitute_id", name=op.f("ck_substitution_another_item")),
        sa.CheckConstraint("ratio_from >= 1", name=op.f("ck_substitution_ratio_from_least")),
        sa.CheckConstraint("ratio_to >= 1", name=op.f("ck_substitution_ratio_to_least")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_substitution_item_id_item"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["substitute_id"], ["item.id"], name=op.f("fk_substitution_substitute_id_item"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitution")),
        sa.UniqueConstraint("item_id", "substitute_id", name=op.f("uq_substitution_item_id_substitute_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "allocation_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("input_sha256", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "policy IN ('equal_floor', 'proportional', 'first_come', 'need_first')",
            name=op.f("ck_allocation_run_policy"),
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["account.id"], name=op.f("fk_allocation_run_by_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["cycle.id"], name=op.f("fk_allocation_run_cycle_id_cycle"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation_run")),
        sqlite_strict=True,
    )
    op.create_index("ix_allocation_run_cycle_id", "allocation_run", ["cycle_id"], unique=False)
    op.create_table(
        "goods_receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subdistrict_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=True),
        sa.Column("purchase_order_id", sa.Integer(), nullable=True),
        sa.Column("from_whom", sa.Text(), nullable=False),
        sa.Column("received_at", types.UtcDateTime(), nullable=False),
        sa.Column("received_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('purchase', 'donation', 'opening')", name=op.f("ck_goods_receipt_kind")),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["cycle.id"], name=op.f("fk_goods_receipt_cycle_id_cycle"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["purchase_order_id"],
            ["purchase_order.id"],
            name=op.f("fk_goods_receipt_purchase_order_id_purchase_order"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["received_by_id"],
            ["account.id"],
            name=op.f("fk_goods_receipt_received_by_id_account"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["subdistrict_id"],
            ["subdistrict.id"],
            name=op.f("fk_goods_receipt_subdistrict_id_subdistrict"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods_receipt")),
        sa.UniqueConstraint("number", name=op.f("uq_goods_receipt_number")),
        sqlite_strict=True,
    )
    op.create_table(
        "location",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subdistrict_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("service_point_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('depot', 'point', 'outside')", name=op.f("ck_location_kind")),
        sa.ForeignKeyConstraint(
            ["service_point_id"],
            ["service_point.id"],
            name=op.f("fk_location_service_point_id_service_point"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["subdistrict_id"],
            ["subdistrict.id"],
            name=op.f("fk_location_subdistrict_id_subdistrict"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint("subdistrict_id", "name", name=op.f("uq_location_subdistrict_id_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "lot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("goods_receipt_id", sa.Integer(), nullable=False),
        sa.Column("purchase_order_line_id", sa.Integer(), nullable=True),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("batch_no", sa.Text(), nullable=False),
        sa.Column("expires_on", types.LocalDate(), nullable=True),
        sa.Column("released_at", types.UtcDateTime(), nullable=False),
        sa.Column("qty_received", sa.Integer(), nullable=False),
        sa.Column("qty_free", sa.Integer(), nullable=False),
        sa.Column("qty_reserved", sa.Integer(), nullable=False),
        sa.Column("qty_packed", sa.Integer(), nullable=False),
        sa.Column("qty_damaged", sa.Integer(), nullable=False),
        sa.Column("qty_returned", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty_damaged >= 0", name=op.f("ck_lot_qty_damaged_least")),
        sa.CheckConstraint(
            "qty_free + qty_reserved + qty_packed + qty_damaged + qty_returned = qty_received",
            name=op.f("ck_lot_every_unit_accounted"),
        ),
        sa.CheckConstraint("qty_free >= 0", name=op.f("ck_lot_qty_free_least")),
        sa.CheckConstraint("qty_packed >= 0", name=op.f("ck_lot_qty_packed_least")),
        sa.CheckConstraint("qty_received >= 1", name=op.f("ck_lot_qty_received_least")),
        sa.CheckConstraint("qty_reserved >= 0", name=op.f("ck_lot_qty_reserved_least")),
        sa.CheckConstraint("qty_returned >= 0", name=op.f("ck_lot_qty_returned_least")),
        sa.ForeignKeyConstraint(
            ["goods_receipt_id"],
            ["goods_receipt.id"],
            name=op.f("fk_lot_goods_receipt_id_goods_receipt"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_lot_item_id_item"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["purchase_order_line_id"],
            ["purchase_order_line.id"],
            name=op.f("fk_lot_purchase_order_line_id_purchase_order_line"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sqlite_strict=True,
    )
    op.create_index("ix_lot_goods_receipt_id", "lot", ["goods_receipt_id"], unique=False)
    op.create_index("ix_lot_item_id", "lot", ["item_id"], unique=False)
    op.create_index("ix_lot_purchase_order_line_id", "lot", ["purchase_order_line_id"], unique=False)
    op.create_table(
        "stock_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("from_location_id", sa.Integer(), nullable=False),
        sa.Column("to_location_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("cause_kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint("from_location_id <> to_location_id", name=op.f("ck_stock_move_goes_somewhere")),
        sa.CheckConstraint("qty >= 1", name=op.f("ck_stock_move_qty_least")),
        sa.ForeignKeyConstraint(
            ["from_location_id"],
            ["location.id"],
            name=op.f("fk_stock_move_from_location_id_location"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_stock_move_lot_id_lot"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["to_location_id"], ["location.id"], name=op.f("fk_stock_move_to_location_id_location"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_move")),
        sqlite_strict=True,
    )
    op.create_index("ix_stock_move_lot_id", "stock_move", ["lot_id"], unique=False)
    op.create_table(
        "write_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('asked', 'approved', 'rejected')", name=op.f("ck_write_off_state")),
        sa.CheckConstraint("approved_by_id <> asked_by_id", name=op.f("ck_write_off_two_persons")),
        sa.CheckConstraint("qty >= 1", name=op.f("ck_write_off_qty_least")),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["account.id"], name=op.f("fk_write_off_approved_by_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["account.id"], name=op.f("fk_write_off_asked_by_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_write_off_lot_id_lot"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_write_off")),
        sqlite_strict=True,
    )
    op.create_index("ix_write_off_lot_id", "write_off", ["lot_id"], unique=False)
    op.create_table(
        "allocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("qty_packed", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty >= 1", name=op.f("ck_allocation_qty_least")),
        sa.CheckConstraint("qty_packed >= 0 AND qty_packed <= qty", name=op.f("ck_allocation_packed_within")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_allocation_lot_id_lot"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_allocation_order_line_id_order_line"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["allocation_run.id"], name=op.f("fk_allocation_run_id_allocation_run"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
        sa.UniqueConstraint(
            "order_line_id", "lot_id", "run_id", name=op.f("uq_allocation_order_line_id_lot_id_run_id")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_allocation_lot_id", "allocation", ["lot_id"], unique=False)
    op.create_table(
        "share_note",
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("qty_share", sa.Integer(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_share_note_order_line_id_order_line"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["allocation_run.id"], name=op.f("fk_share_note_run_id_allocation_run"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("order_line_id", name=op.f("pk_share_note")),
        sqlite_strict=True,
    )
    op.create_table(
        "share_override",
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint("qty >= 0", name=op.f("ck_share_override_qty_least")),
        sa.ForeignKeyConstraint(
            ["by_id"], ["account.id"], name=op.f("fk_share_override_by_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_share_override_order_line_id_order_line"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("order_line_id", name=op.f("pk_share_override")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("share_override")
    op.drop_table("share_note")
    op.drop_table("allocation")
    op.drop_table("write_off")
    op.drop_table("stock_move")
    op.drop_table("lot")
    op.drop_table("location")
    op.drop_table("goods_receipt")
    op.drop_table("allocation_run")
    op.drop_table("substitution")
    op.drop_table("stock_count")
    op.drop_table("rest_rule")
