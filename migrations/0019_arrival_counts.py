"""Keep each count of the bags at a building, the differences between them, and a captain's duty number.

What was signed before becomes the first count of its stop: the bags that its custody names were there, those that the
team carried to the stop and that it does not name were missing.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0019_arrival_counts"
down_revision = "0018_sessions"
branch_labels = None
depends_on = None

INSTANT = sa.Text().with_variant(TIMESTAMP(timezone=True), "postgresql")

def upgrade() -> None:
    op.create_table(
        "arrival_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("counted_as", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("bags_counted", sa.Integer(), nullable=False),
        sa.Column("bags_missing", sa.Integer(), nullable=False),
        sa.CheckConstraint("counted_as IN ('captain', 'runner', 'desk')", name=op.f("ck_arrival_count_counted_as")),
        sa.CheckConstraint("bags_counted >= 0", name=op.f("ck_arrival_count_bags_counted_least")),
        sa.CheckConstraint("bags_missing >= 0", name=op.f("ck_arrival_count_bags_missing_least")),
        sa.ForeignKeyConstraint(["stop_id"], ["stop.id"], name="fk_arrival_count_stop_id_stop", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name="fk_arrival_count_by_id_account", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival_count")),
        sqlite_strict=True,
    )
    op.create_index("ix_arrival_count_stop_id", "arrival_count", ["stop_id"])
    op.create_table(
        "arrival_missing",
        sa.Column("count_id", sa.Integer(), nullable=False),
        sa.Column("bag_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["count_id"], ["arrival_count.id"], name="fk_arrival_missing_count_id_arrival_count", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["bag_id"], ["bag.id"], name="fk_arrival_missing_bag_id_bag", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("count_id", "bag_id", name=op.f("pk_arrival_missing")),
        sqlite_strict=True,
    )
    op.create_index("ix_arrival_missing_bag_id", "arrival_missing", ["bag_id"])
    op.create_table(
        "arrival_difference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'settled')", name=op.f("ck_arrival_difference_state")),
        sa.CheckConstraint(
            "(state = 'settled') = (settled_at IS NOT NULL)", name=op.f("ck_arrival_difference_settled_once")
        ),
        sa.ForeignKeyConstraint(
            ["stop_id"], ["stop.id"], name="fk_arrival_difference_stop_id_stop", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["settled_by_id"],
            ["account.id"],
            name="fk_arrival_difference_settled_by_id_account",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival_difference")),
        sa.UniqueConstraint("stop_id", name=op.f("uq_arrival_difference_stop_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_arrival_difference_state", "arrival_difference", ["state"])
    op.add_column("captaincy", sa.Column("duty_phone", sa.Text(), nullable=False, server_default=""))
    op.execute(
        "INSERT INTO arrival_count (stop_id, by_id, counted_as, at, bags_counted, bags_missing)"
        " SELECT stop_id, signed_by_id, 'desk', signed_at, bags_counted, bags_missing FROM drop_off ORDER BY id"
    )
    op.execute(
        "INSERT INTO arrival_missing (count_id, bag_id)"
        " SELECT arrival_count.id, plan_bag.bag_id FROM arrival_count"
        " JOIN drop_off ON drop_off.stop_id = arrival_count.stop_id"
        " JOIN plan_bag ON plan_bag.stop_id = arrival_count.stop_id"
        " WHERE NOT EXISTS (SELECT 1 FROM custody"
        " WHERE custody.bag_id = plan_bag.bag_id AND custody.drop_off_id = drop_off.id)"
        " AND EXISTS (SELECT 1 FROM custody WHERE custody.bag_id = plan_bag.bag_id"
        " AND custody.to_kind = 'team' AND custody.at <= drop_off.signed_at)"
        " AND drop_off.bags_missing > 0"
    )


def downgrade() -> None:
    """What the drop-offs say stays; the counts behind them and the duty numbers are lost."""
    op.drop_column("captaincy", "duty_phone")
    for table in ("arrival_difference", "arrival_missing", "arrival_count"):
        op.drop_table(table)
