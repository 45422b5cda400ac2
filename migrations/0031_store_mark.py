"""Remember by a mark which store holds the files of this database, so that a machine with another one is noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0031_store_mark"
down_revision = "0030_fair_queue"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "store_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_mark")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("store_mark")
