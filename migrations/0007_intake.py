"""Create errands and what came in as text."""

import sqlalchemy as sa
from alembic import op

from migrations.frozen import column_types as types

revision = "0007_intake"
down_revision = "0006_desk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chain_paste",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("service_point_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("superseded_by_id", sa.Integer(), nullable=True),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("pasted_by_id", sa.Integer(), nullable=False),
        sa.Column("alarms", types.Json(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('preview', 'committing', 'committed', 'undone', 'superseded')", name=op.f("ck_chain_paste_state")
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["cycle.id"], name=op.f("fk_chain_paste_cycle_id_cycle"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["pasted_by_id"], ["account.id"], name=op.f("fk_chain_paste_pasted_by_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"],
            ["chain_paste.id"],
            name=op.f("fk_chain_paste_replaces_id_chain_paste"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["service_point_id"],
            ["service_point.id"],
            name=op.f("fk_chain_paste_service_point_id_service_point"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"],
            ["chain_paste.id"],
            name=op.f("fk_chain_paste_superseded_by_id_chain_paste"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_paste")),
        sa.UniqueConstraint(
            "cycle_id", "service_point_id", "seq", name=op.f("uq_chain_paste_cycle_id_service_point_id_seq")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "errand",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("due_at", types.UtcDateTime(), nullable=True),
        sa.Column("is_sensitive", types.Flag(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seen_at", types.UtcDateTime(), nullable=True),
        sa.Column("started_at", types.UtcDateTime(), nullable=True),
        sa.Column("answered_at", types.UtcDateTime(), nullable=True),
        sa.Column("asked_by_kind", sa.Text(), nullable=False),
        sa.Column("assigned_to_id", sa.Integer(), nullable=True),
        sa.Column("handled_by_id", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('medicine', 'parcel', 'document', 'bill', 'other')", name=op.f("ck_errand_kind")),
        sa.CheckConstraint("state IN ('asked', 'seen', 'started', 'done', 'declined')", name=op.f("ck_errand_state")),
        sa.ForeignKeyConstraint(
            ["assigned_to_id"], ["account.id"], name=op.f("fk_errand_assigned_to_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["handled_by_id"], ["account.id"], name=op.f("fk_errand_handled_by_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_errand_household_id_household"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errand")),
        sqlite_strict=True,
    )
    op.create_index("ix_errand_household_id", "errand", ["household_id"], unique=False)
    op.create_table(
        "chain_booking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paste_id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("base", types.Json(), nullable=True),
        sa.Column("before", types.Json(), nullable=True),
        sa.Column("after", types.Json(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["household.id"],
            name=op.f("fk_chain_booking_household_id_household"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["household_order.id"],
            name=op.f("fk_chain_booking_order_id_household_order"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["paste_id"], ["chain_paste.id"], name=op.f("fk_chain_booking_paste_id_chain_paste"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_booking")),
        sa.UniqueConstraint("paste_id", "household_id", name=op.f("uq_chain_booking_paste_id_household_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "chain_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paste_id", sa.Integer(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("items", types.Json(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("candidates", types.Json(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("restricted_note", sa.Text(), nullable=False),
        sa.Column("earlier_id", sa.Integer(), nullable=True),
        sa.Column("difference", sa.Text(), nullable=False),
        sa.Column("read_as", types.Json(), nullable=True),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.Column("settled_at", types.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('row', 'amend', 'cancel', 'review', 'skip', 'head')", name=op.f("ck_chain_line_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["earlier_id"], ["chain_line.id"], name=op.f("fk_chain_line_earlier_id_chain_line"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_chain_line_household_id_household"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["household_order.id"],
            name=op.f("fk_chain_line_order_id_household_order"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["paste_id"], ["chain_paste.id"], name=op.f("fk_chain_line_paste_id_chain_paste"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["account.id"], name=op.f("fk_chain_line_settled_by_id_account"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_line")),
        sa.UniqueConstraint("paste_id", "line_no", "part", name=op.f("uq_chain_line_paste_id_line_no_part")),
        sqlite_strict=True,
    )
    op.create_index("ix_chain_line_order_id", "chain_line", ["order_id"], unique=False)


def downgrade() -> None:
    op.drop_table("chain_line")
    op.drop_table("chain_booking")
    op.drop_table("errand")
    op.drop_table("chain_paste")
