"""Keep with a claim the service point it belongs to, and with a desk entry whose order it was before.

An order also says whether its note for the door is the one of the care list: a phone that came by its room alone
typed none, and is not shown it. Of the orders of such phones that is told by the words being the same.
"""

import sqlalchemy as sa
from alembic import op

from migrations.frozen import column_types as types

revision = "0024_claim_points"
down_revision = "0023_routed_lines"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("room_claim", sa.Column("service_point_id", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        sa.text(
            "UPDATE room_claim SET service_point_id ="
            " (SELECT b.service_point_id FROM building AS b WHERE b.id = room_claim.building_id)"
        )
    )
    for name in ("hand_before", "code_before"):
        op.add_column("desk_entry", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("desk_entry", sa.Column("door_before_id", sa.Integer(), nullable=True))
    no, yes = ("false", "true") if op.get_bind().dialect.name == "postgresql" else ("0", "1")
    is_usual = sa.Column("is_usual_note", types.Flag(), nullable=False, server_default=sa.text(no))
    op.add_column("household_order", is_usual)
    op.execute(
        sa.text(
            f"UPDATE household_order SET is_usual_note = {yes} WHERE hand <> '' AND EXISTS (SELECT 1 FROM care_need AS c"
            " WHERE c.household_id = household_order.household_id AND c.door_note <> ''"
            " AND c.door_note = household_order.door_note)"
        )
    )


def downgrade() -> None:
    op.drop_column("household_order", "is_usual_note")
    for name in ("door_before_id", "code_before", "hand_before"):
        op.drop_column("desk_entry", name)
    op.drop_column("room_claim", "service_point_id")
