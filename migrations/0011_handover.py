"""Create hand-outs, confirmations, disputes and money."""

import sqlalchemy as sa
from alembic import op

from migrations.frozen import column_types as types

revision = "0011_handover"
down_revision = "0010_dispatch"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("household_order_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("marked_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('paid', 'refund', 'correction')", name=op.f("ck_payment_kind")),
        sa.ForeignKeyConstraint(
            ["household_order_id"],
            ["household_order.id"],
            name=op.f("fk_payment_household_order_id_household_order"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["marked_by_id"], ["account.id"], name=op.f("fk_payment_marked_by_id_account"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("household_order_id", "cause", name=op.f("uq_payment_household_order_id_cause")),
        sqlite_strict=True,
    )
    op.create_table(
        "statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("household_order_id", sa.Integer(), nullable=False),
        sa.Column("ordered_fen", sa.Integer(), nullable=False),
        sa.Column("accepted_fen", sa.Integer(), nullable=False),
        sa.Column("settled_at", types.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("accepted_fen >= 0", name=op.f("ck_statement_accepted_fen_least")),
        sa.CheckConstraint("ordered_fen >= 0", name=op.f("ck_statement_ordered_fen_least")),
        sa.ForeignKeyConstraint(
            ["household_order_id"],
            ["household_order.id"],
            name=op.f("fk_statement_household_order_id_household_order"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint("household_order_id", name=op.f("uq_statement_household_order_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "confirmation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bag_id", sa.Integer(), nullable=False),
        sa.Column("by_kind", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint("by_kind IN ('household', 'captain', 'timeout')", name=op.f("ck_confirmation_by_kind")),
        sa.ForeignKeyConstraint(["bag_id"], ["bag.id"], name=op.f("fk_confirmation_bag_id_bag"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation")),
        sa.UniqueConstraint("bag_id", name=op.f("uq_confirmation_bag_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "dispute",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("bag_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("seen_at", types.UtcDateTime(), nullable=True),
        sa.Column("started_at", types.UtcDateTime(), nullable=True),
        sa.Column("resolved_at", types.UtcDateTime(), nullable=True),
        sa.Column("resolved_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('missing', 'damaged', 'wrong')", name=op.f("ck_dispute_kind")),
        sa.CheckConstraint("state IN ('open', 'redelivered', 'refunded', 'rejected')", name=op.f("ck_dispute_state")),
        sa.CheckConstraint("qty >= 1", name=op.f("ck_dispute_qty_least")),
        sa.ForeignKeyConstraint(["bag_id"], ["bag.id"], name=op.f("fk_dispute_bag_id_bag"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_dispute_order_line_id_order_line"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"], ["account.id"], name=op.f("fk_dispute_resolved_by_id_account"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_dispute_order_line_id"), "dispute", ["order_line_id"], unique=False)
    op.create_index("ix_dispute_state", "dispute", ["state"], unique=False)
    op.create_table(
        "hand_out",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bag_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('left', 'no_answer', 'refused', 'wrong_address', 'bag_missing', 'wrong_bag', 'damaged', 'building_sealed', 'other')",
            name=op.f("ck_hand_out_outcome"),
        ),
        sa.ForeignKeyConstraint(["bag_id"], ["bag.id"], name=op.f("fk_hand_out_bag_id_bag"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_hand_out_by_id_account"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_out")),
        sqlite_strict=True,
    )
    op.create_index("ix_hand_out_bag_id", "hand_out", ["bag_id"], unique=False)
    op.create_table(
        "line_amount",
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_line_amount_amount_fen_least")),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_line_amount_order_line_id_order_line"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("order_line_id", name=op.f("pk_line_amount")),
        sqlite_strict=True,
    )
    op.create_table(
        "confirmation_line",
        sa.Column("confirmation_id", sa.Integer(), nullable=False),
        sa.Column("bag_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("qty_bagged", sa.Integer(), nullable=False),
        sa.Column("qty_accepted", sa.Integer(), nullable=False),
        sa.Column("qty_disputed", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "qty_accepted + qty_disputed = qty_bagged", name=op.f("ck_confirmation_line_accepted_and_disputed")
        ),
        sa.CheckConstraint("qty_accepted >= 0", name=op.f("ck_confirmation_line_qty_accepted_least")),
        sa.CheckConstraint("qty_disputed >= 0", name=op.f("ck_confirmation_line_qty_disputed_least")),
        sa.ForeignKeyConstraint(
            ["bag_id", "order_line_id", "qty_bagged"],
            ["bag_line.bag_id", "bag_line.order_line_id", "bag_line.qty"],
            name=op.f("fk_confirmation_line_bag_id_order_line_id_qty_bagged_bag_line"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["confirmation_id"],
            ["confirmation.id"],
            name=op.f("fk_confirmation_line_confirmation_id_confirmation"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("confirmation_id", "bag_id", "order_line_id", name=op.f("pk_confirmation_line")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("confirmation_line")
    op.drop_table("line_amount")
    op.drop_table("hand_out")
    op.drop_table("dispute")
    op.drop_table("confirmation")
    op.drop_table("statement")
    op.drop_table("payment")
