"""Let the bags of an order go to another door than the household's, and remember of each bag where it goes.

Tables of their own: a column that refers to another table would make SQLite build orders and bags anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016_other_door"
down_revision = "0015_repairs"
branch_labels = None
depends_on = None

TABLES = (("other_door", "order_id", "household_order"), ("bag_door", "bag_id", "bag"))


def upgrade() -> None:
    for table, key, owner in TABLES:
        op.create_table(
            table,
            sa.Column(key, sa.Integer(), nullable=False),
            sa.Column("household_id", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint([key], [f"{owner}.id"], name=op.f(f"fk_{table}_{key}_{owner}"), ondelete="RESTRICT"),
            sa.ForeignKeyConstraint(
                ["household_id"], ["household.id"], name=op.f(f"fk_{table}_household_id_household"), ondelete="RESTRICT"
            ),
            sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{table}")),
            sqlite_strict=True,
        )


def downgrade() -> None:
    """Raises where bags go to other doors: the older tables would send them back."""
    for table, _key, _owner in TABLES:
        if op.get_bind().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one():
            raise RuntimeError("bags go to other doors: the older tables have no place for them")
    for table, _key, _owner in reversed(TABLES):
        op.drop_table(table)
