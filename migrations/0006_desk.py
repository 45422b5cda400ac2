"""Create standing orders, free packs and what the desk entered."""

import sqlalchemy as sa
from alembic import op

from migrations.frozen import column_types as types

revision = "0006_desk"
down_revision = "0005_ordering"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "free_pack",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("scope_kind", sa.Text(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("per_persons", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("given_by_id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "scope_kind IN ('subdistrict', 'community', 'service_point', 'compound', 'building', 'zone')",
            name=op.f("ck_free_pack_scope_kind"),
        ),
        sa.CheckConstraint("state IN ('giving', 'given', 'undoing', 'undone')", name=op.f("ck_free_pack_state")),
        sa.CheckConstraint("households >= 0", name=op.f("ck_free_pack_households_least")),
        sa.CheckConstraint("per_persons >= 1", name=op.f("ck_free_pack_per_persons_least")),
        sa.CheckConstraint("units >= 0", name=op.f("ck_free_pack_units_least")),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["cycle.id"], name=op.f("fk_free_pack_cycle_id_cycle"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["given_by_id"], ["account.id"], name=op.f("fk_free_pack_given_by_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_free_pack_job_id_job"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_free_pack_offer_id_offer"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_free_pack")),
        sqlite_strict=True,
    )
    op.create_index("ix_free_pack_cycle_id", "free_pack", ["cycle_id"], unique=False)
    op.create_table(
        "standing_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=True),
        sa.Column("weekdays", sa.Integer(), nullable=True),
        sa.Column("starts_on", types.LocalDate(), nullable=False),
        sa.Column("ends_on", types.LocalDate(), nullable=True),
        sa.Column("carer_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'paused', 'ended')", name=op.f("ck_standing_order_state")),
        sa.CheckConstraint("(every_days IS NULL) <> (weekdays IS NULL)", name=op.f("ck_standing_order_one_rhythm")),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_standing_order_ends_after_start")),
        sa.CheckConstraint("every_days >= 1", name=op.f("ck_standing_order_every_days_least")),
        sa.CheckConstraint(
            "weekdays IS NULL OR (weekdays > 0 AND weekdays < 128)", name=op.f("ck_standing_order_known_weekdays")
        ),
        sa.ForeignKeyConstraint(
            ["carer_id"], ["account.id"], name=op.f("fk_standing_order_carer_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["household.id"],
            name=op.f("fk_standing_order_household_id_household"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_order")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_standing_order_live",
        "standing_order",
        ["household_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'ended'"),
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_table(
        "desk_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("before", types.Json(), nullable=True),
        sa.Column("source_before", sa.Text(), nullable=True),
        sa.Column("version_after", sa.Integer(), nullable=False),
        sa.Column("undone_at", types.UtcDateTime(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_desk_entry_account_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["cycle.id"], name=op.f("fk_desk_entry_cycle_id_cycle"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["household_order.id"],
            name=op.f("fk_desk_entry_order_id_household_order"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_entry")),
        sqlite_strict=True,
    )
    op.create_index("ix_desk_entry_account", "desk_entry", ["account_id", "cycle_id"], unique=False)
    op.create_table(
        "settled_words",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("words_sha256", sa.Text(), nullable=False),
        sa.Column("settled_by_id", sa.Integer(), nullable=False),
        sa.Column("settled_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["household_order.id"],
            name=op.f("fk_settled_words_order_id_household_order"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["account.id"], name=op.f("fk_settled_words_settled_by_id_account"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_settled_words")),
        sqlite_strict=True,
    )
    op.create_table(
        "free_pack_share",
        sa.Column("free_pack_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("is_own_order", types.Flag(), nullable=False),
        sa.CheckConstraint("qty >= 1", name=op.f("ck_free_pack_share_qty_least")),
        sa.ForeignKeyConstraint(
            ["free_pack_id"],
            ["free_pack.id"],
            name=op.f("fk_free_pack_share_free_pack_id_free_pack"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["household_order.id"],
            name=op.f("fk_free_pack_share_order_id_household_order"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("free_pack_id", "order_id", name=op.f("pk_free_pack_share")),
        sqlite_strict=True,
    )
    op.create_index("ix_free_pack_share_order_id", "free_pack_share", ["order_id"], unique=False)
    op.create_table(
        "standing_booking",
        sa.Column("standing_order_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("left_out", types.Json(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('booked', 'partly', 'had_order', 'nothing')", name=op.f("ck_standing_booking_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["cycle.id"], name=op.f("fk_standing_booking_cycle_id_cycle"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["household_order.id"],
            name=op.f("fk_standing_booking_order_id_household_order"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["standing_order_id"],
            ["standing_order.id"],
            name=op.f("fk_standing_booking_standing_order_id_standing_order"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("standing_order_id", "cycle_id", name=op.f("pk_standing_booking")),
        sqlite_strict=True,
    )
    op.create_index("ix_standing_booking_cycle_id", "standing_booking", ["cycle_id"], unique=False)
    op.create_table(
        "standing_line",
        sa.Column("standing_order_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty >= 1", name=op.f("ck_standing_line_qty_least")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_standing_line_item_id_item"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["standing_order_id"],
            ["standing_order.id"],
            name=op.f("fk_standing_line_standing_order_id_standing_order"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("standing_order_id", "item_id", name=op.f("pk_standing_line")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("standing_line")
    op.drop_table("standing_booking")
    op.drop_table("free_pack_share")
    op.drop_table("settled_words")
    op.drop_table("desk_entry")
    op.drop_table("standing_order")
    op.drop_table("free_pack")
