"""Create cycles, household orders and their counters."""

import sqlalchemy as sa
from alembic import op

from migrations.frozen import column_types as types

revision = "0005_ordering"
down_revision = "0004_catalog"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cycle",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subdistrict_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("opens_at", types.UtcDateTime(), nullable=False),
        sa.Column("cutoff_at", types.UtcDateTime(), nullable=False),
        sa.Column("deliver_on", types.LocalDate(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("closed_at", types.UtcDateTime(), nullable=True),
        sa.Column("purge_on", types.LocalDate(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('closed','purged')) = (closed_at IS NOT NULL)", name=op.f("ck_cycle_closed_has_time")
        ),
        sa.CheckConstraint(
            "policy IN ('equal_floor', 'proportional', 'first_come', 'need_first')", name=op.f("ck_cycle_policy")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'open', 'locked', 'running', 'closed', 'purged', 'cancelled')",
            name=op.f("ck_cycle_state"),
        ),
        sa.CheckConstraint("cutoff_at > opens_at", name=op.f("ck_cycle_cutoff_after_opening")),
        sa.ForeignKeyConstraint(
            ["subdistrict_id"],
            ["subdistrict.id"],
            name=op.f("fk_cycle_subdistrict_id_subdistrict"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycle")),
        sqlite_strict=True,
    )
    op.create_table(
        "offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("bundle_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("price_fen", sa.Integer(), nullable=False),
        sa.Column("limit_per_household", sa.Integer(), nullable=True),
        sa.Column("is_soft_limit", types.Flag(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_listed", types.Flag(), nullable=False),
        sa.CheckConstraint("(item_id IS NULL) <> (bundle_id IS NULL)", name=op.f("ck_offer_item_or_bundle")),
        sa.CheckConstraint("limit_per_household >= 1", name=op.f("ck_offer_limit_per_household_least")),
        sa.CheckConstraint("price_fen >= 0", name=op.f("ck_offer_price_fen_least")),
        sa.ForeignKeyConstraint(
            ["bundle_id"], ["bundle.id"], name=op.f("fk_offer_bundle_id_bundle"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_offer_cycle_id_cycle"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_offer_item_id_item"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("cycle_id", "bundle_id", name=op.f("uq_offer_cycle_id_bundle_id")),
        sa.UniqueConstraint("cycle_id", "item_id", name=op.f("uq_offer_cycle_id_item_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "cycle_point",
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("service_point_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["cycle.id"], name=op.f("fk_cycle_point_cycle_id_cycle"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["service_point_id"],
            ["service_point.id"],
            name=op.f("fk_cycle_point_service_point_id_service_point"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("cycle_id", "service_point_id", name=op.f("pk_cycle_point")),
        sqlite_strict=True,
    )
    op.create_table(
        "offer_component",
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty >= 1", name=op.f("ck_offer_component_qty_least")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_offer_component_item_id_item"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_offer_component_offer_id_offer"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("offer_id", "item_id", name=op.f("pk_offer_component")),
        sqlite_strict=True,
    )
    op.create_table(
        "household_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=True),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("service_point_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("placed_by_kind", sa.Text(), nullable=False),
        sa.Column("placed_by_id", sa.Integer(), nullable=False),
        sa.Column("placed_at", types.UtcDateTime(), nullable=False),
        sa.Column("total_fen", sa.Integer(), nullable=False),
        sa.Column("door_note", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("other_need", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "source IN ('form', 'telephone', 'door', 'paper', 'chain', 'sheet', 'standing', 'free')",
            name=op.f("ck_household_order_source"),
        ),
        sa.CheckConstraint(
            "state IN ('placed', 'withdrawn', 'locked', 'settled', 'voided')", name=op.f("ck_household_order_state")
        ),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_household_order_revision_least")),
        sa.CheckConstraint("total_fen >= 0", name=op.f("ck_household_order_total_fen_least")),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_household_order_building_id_building"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["cycle.id"], name=op.f("fk_household_order_cycle_id_cycle"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["household.id"],
            name=op.f("fk_household_order_household_id_household"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["service_point_id"],
            ["service_point.id"],
            name=op.f("fk_household_order_service_point_id_service_point"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_order")),
        sa.UniqueConstraint("code", name=op.f("uq_household_order_code")),
        sa.UniqueConstraint("cycle_id", "household_id", name=op.f("uq_household_order_cycle_id_household_id")),
        sa.UniqueConstraint("id", "cycle_id", name=op.f("uq_household_order_id_cycle_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_household_order_household_id", "household_order", ["household_id"], unique=False)
    op.create_index(
        "ix_household_order_point", "household_order", ["cycle_id", "service_point_id", "building_id"], unique=False
    )
    op.create_table(
        "roll_call",
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("is_override", types.Flag(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('ordered', 'declined', 'unreachable', 'away')", name=op.f("ck_roll_call_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["cycle.id"], name=op.f("fk_roll_call_cycle_id_cycle"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_roll_call_household_id_household"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["account.id"], name=op.f("fk_roll_call_recorded_by_id_account"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("cycle_id", "household_id", name=op.f("pk_roll_call")),
        sqlite_strict=True,
    )
    op.create_table(
        "order_choice",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("unit_price_fen", sa.Integer(), nullable=False),
        sa.Column("is_substitutable", types.Flag(), nullable=False),
        sa.CheckConstraint("qty >= 1", name=op.f("ck_order_choice_qty_least")),
        sa.CheckConstraint("unit_price_fen >= 0", name=op.f("ck_order_choice_unit_price_fen_least")),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_order_choice_offer_id_offer"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["household_order.id"],
            name=op.f("fk_order_choice_order_id_household_order"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("order_id", "offer_id", name=op.f("pk_order_choice")),
        sqlite_strict=True,
    )
    op.create_table(
        "order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("is_substitutable", types.Flag(), nullable=False),
        sa.Column("qty_ordered", sa.Integer(), nullable=False),
        sa.Column("qty_open", sa.Integer(), nullable=False),
        sa.Column("qty_allocated", sa.Integer(), nullable=False),
        sa.Column("qty_packed", sa.Integer(), nullable=False),
        sa.Column("qty_dropped_off", sa.Integer(), nullable=False),
        sa.Column("qty_accepted", sa.Integer(), nullable=False),
        sa.Column("qty_disputed", sa.Integer(), nullable=False),
        sa.Column("qty_short", sa.Integer(), nullable=False),
        sa.Column("qty_cancelled", sa.Integer(), nullable=False),
        sa.Column("qty_refunded", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty_accepted >= 0", name=op.f("ck_order_line_qty_accepted_least")),
        sa.CheckConstraint("qty_allocated >= 0", name=op.f("ck_order_line_qty_allocated_least")),
        sa.CheckConstraint("qty_cancelled >= 0", name=op.f("ck_order_line_qty_cancelled_least")),
        sa.CheckConstraint("qty_disputed >= 0", name=op.f("ck_order_line_qty_disputed_least")),
        sa.CheckConstraint("qty_dropped_off >= 0", name=op.f("ck_order_line_qty_dropped_off_least")),
        sa.CheckConstraint(
            "qty_open + qty_allocated + qty_packed + qty_dropped_off + qty_accepted + qty_disputed + qty_short + qty_cancelled + qty_refunded = qty_ordered",
            name=op.f("ck_order_line_every_unit_in_one_stage"),
        ),
        sa.CheckConstraint("qty_open >= 0", name=op.f("ck_order_line_qty_open_least")),
        sa.CheckConstraint("qty_ordered >= 1", name=op.f("ck_order_line_qty_ordered_least")),
        sa.CheckConstraint("qty_packed >= 0", name=op.f("ck_order_line_qty_packed_least")),
        sa.CheckConstraint("qty_refunded >= 0", name=op.f("ck_order_line_qty_refunded_least")),
        sa.CheckConstraint("qty_short >= 0", name=op.f("ck_order_line_qty_short_least")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_order_line_item_id_item"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["order_id", "cycle_id"],
            ["household_order.id", "household_order.cycle_id"],
            name=op.f("fk_order_line_order_id_cycle_id_household_order"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("id", "cycle_id", name=op.f("uq_order_line_id_cycle_id")),
        sa.UniqueConstraint("order_id", "item_id", name=op.f("uq_order_line_order_id_item_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_order_line_cycle_item", "order_line", ["cycle_id", "item_id"], unique=False)
    op.create_table(
        "line_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("from_stage", sa.Text(), nullable=False),
        sa.Column("to_stage", sa.Text(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("cause_kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Integer(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "from_stage IN ('open', 'allocated', 'packed', 'dropped_off', 'accepted', 'disputed', 'short', 'cancelled', 'refunded')",
            name=op.f("ck_line_move_from_stage"),
        ),
        sa.CheckConstraint(
            "to_stage IN ('open', 'allocated', 'packed', 'dropped_off', 'accepted', 'disputed', 'short', 'cancelled', 'refunded')",
            name=op.f("ck_line_move_to_stage"),
        ),
        sa.CheckConstraint("from_stage <> to_stage", name=op.f("ck_line_move_goes_somewhere")),
        sa.CheckConstraint("qty >= 1", name=op.f("ck_line_move_qty_least")),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_line_move_order_line_id_order_line"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_move")),
        sa.UniqueConstraint(
            "order_line_id",
            "cause_kind",
            "cause_id",
            "from_stage",
            "to_stage",
            name=op.f("uq_line_move_order_line_id_cause_kind_cause_id_from_stage_to_stage"),
        ),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("line_move")
    op.drop_table("order_line")
    op.drop_table("order_choice")
    op.drop_table("roll_call")
    op.drop_table("household_order")
    op.drop_table("offer_component")
    op.drop_table("cycle_point")
    op.drop_table("offer")
    op.drop_table("cycle")
