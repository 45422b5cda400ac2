"""Let jobs say to which subdistrict they belong and when they were taken, so that no subdistrict waits behind another;
keep who does what there is one of."""

import sqlalchemy as sa
from alembic import op

from migrations.frozen import column_types as types

revision = "0030_fair_queue"
down_revision = "0029_api"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("subdistrict_id", sa.Integer(), nullable=True))
    op.add_column("job", sa.Column("taken_at", types.UtcDateTime(), nullable=True))
    op.create_index(op.f("ix_job_subdistrict_id"), "job", ["subdistrict_id"])
    op.execute("UPDATE job SET subdistrict_id = (SELECT subdistrict_id FROM cycle WHERE cycle.id = job.cycle_id)")
    op.create_table(
        "leader",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leader")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("leader")
    op.drop_index(op.f("ix_job_subdistrict_id"), "job")
    op.drop_column("job", "taken_at")
    op.drop_column("job", "subdistrict_id")
