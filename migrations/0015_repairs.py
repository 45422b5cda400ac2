"""Bring databases of four earlier heads to the schema that 0014 was meant to leave; add the worker's clock.

Migrations 0005, 0006 and 0009 were edited while databases made by them were in use, and edited back when 0014 came.
What 0014 leaves therefore depends on the head that made the database: `settled_words` is missing in databases made
before it was written into 0006, the two columns of `desk_entry` in those that had the rest of 0014 already. Each step
here looks first, so a database that needs nothing gets nothing.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0015_repairs"
down_revision = "0014_substitution"
branch_labels = None
depends_on = None

INSTANT = sa.Text().with_variant(TIMESTAMP(timezone=True), "postgresql")
BEFORE = ("door_note_before", "remark_before")


def upgrade() -> None:
    inspector = sa.inspect(op.get_bind())
    if not inspector.has_table("settled_words"):
        _settled_words()
    present = {column["name"] for column in inspector.get_columns("desk_entry")}
    for name in BEFORE:
        if name not in present:
            op.add_column("desk_entry", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    _worker_clock()


def downgrade() -> None:
    """What was repaired stays: it is what 0014 leaves on a new database."""
    op.drop_table("clock_doubt")
    op.drop_table("worker_tick")


def _settled_words() -> None:
    op.create_table(
        "settled_words",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("words_sha256", sa.Text(), nullable=False),
        sa.Column("settled_by_id", sa.Integer(), nullable=False),
        sa.Column("settled_at", INSTANT, nullable=False),
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


def _worker_clock() -> None:
    op.create_table(
        "worker_tick",
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("wall_at", INSTANT, nullable=False),
        sa.Column("uptime_s", sa.Integer(), nullable=False),
        sa.Column("anchor_wall_at", INSTANT, nullable=False),
        sa.Column("anchor_uptime_s", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("boot_id", name=op.f("pk_worker_tick")),
        sqlite_strict=True,
    )
    op.create_table(
        "clock_doubt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("last_known_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("confirmed_by_kind", sa.Text(), nullable=True),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("reason IN ('moved', 'stale')", name=op.f("ck_clock_doubt_reason")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_doubt")),
        sqlite_strict=True,
    )
