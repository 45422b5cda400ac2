"""Keep which lines of a list are another service point's, and to which list of that point they were handed over."""

import sqlalchemy as sa
from alembic import op

revision = "0023_routed_lines"
down_revision = "0022_household_entry"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chain_line", sa.Column("elsewhere", sa.Text(), nullable=True))
    op.add_column("chain_line", sa.Column("routed_to_id", sa.Integer(), nullable=True))
    op.add_column("chain_line", sa.Column("routed_line_id", sa.Integer(), nullable=True))
    op.add_column("chain_paste", sa.Column("routed_from_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("chain_paste", "routed_from_id")
    op.drop_column("chain_line", "routed_line_id")
    op.drop_column("chain_line", "routed_to_id")
    op.drop_column("chain_line", "elsewhere")
