"""Give each bag a number within its building's day, which paper says before the code.

Bags that are there already are numbered in the order in which they were packed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034_day_numbers"
down_revision = "0033_webhooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bag", sa.Column("day_no", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE bag SET day_no = counted.no FROM"
        " (SELECT id, row_number() OVER (PARTITION BY cycle_id, building_id ORDER BY wave, id) AS no FROM bag) AS counted"
        " WHERE counted.id = bag.id"
    )
    op.create_index("uq_bag_day_no", "bag", ["cycle_id", "building_id", "day_no"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_bag_day_no", table_name="bag")
    op.drop_column("bag", "day_no")
