"""Keep which building goes to another service point, from the next cycle or at once, and which point it leaves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0021_building_moves"
down_revision = "0020_order_desk"
branch_labels = None
depends_on = None

INSTANT = sa.Text().with_variant(TIMESTAMP(timezone=True), "postgresql")
WAITING = sa.text("starts_at IS NULL")


def upgrade() -> None:
    places = (("building_id", "building"), ("from_point_id", "service_point"), ("to_point_id", "service_point"))
    op.create_table(
        "building_move",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(column, sa.Integer(), nullable=False) for column, _table in places),
        sa.Column("starts_at", INSTANT, nullable=True),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_building_move_{column}_{table}"), ondelete="RESTRICT"
            )
            for column, table in places
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building_move")),
        sqlite_strict=True,
    )
    op.create_index("ix_building_move_from_point_id", "building_move", ["from_point_id"])
    op.create_index(
        "uq_building_move_waiting",
        "building_move",
        ["building_id"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    op.drop_table("building_move")
