"""Find the tries that count no more by their time: each try deletes them, behind which every other writer waits."""

from alembic import op

revision = "0026_throttle_index"
down_revision = "0025_moved_in"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_throttle_window_start", "throttle", ["window_start"])


def downgrade() -> None:
    op.drop_index("ix_throttle_window_start", "throttle")
