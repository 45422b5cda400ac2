"""Keep since when those live in a household who live there now, so that nothing of before them opens or is shown."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0025_moved_in"
down_revision = "0024_claim_points"
branch_labels = None
depends_on = None

INSTANT = sa.Text().with_variant(TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "moved_in",
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_moved_in_household_id_household"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("household_id", name=op.f("pk_moved_in")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("moved_in")
