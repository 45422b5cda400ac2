"""Let each subdistrict number its goods, suppliers, compounds and buildings by itself.

Until now these numbers were unique in the installation. Goods and suppliers get the subdistrict that they belong to:
where there is one subdistrict only, it; where there are several, everybody used them, and they stay shared (none).
"""

import sqlalchemy as sa
from alembic import op

from migrations.frozen.unique_keys import add_unique, drop_unique

revision = "0032_scoped_codes"
down_revision = "0031_store_mark"
branch_labels = None
depends_on = None

NUMBERED = (("item", "sku"), ("bundle", "sku"), ("supplier", "name"))
PLACES = ("compound", "building")


def upgrade() -> None:
    for table, word in NUMBERED:
        drop_unique(table, f"uq_{table}_{word}")
        _add_subdistrict(table)
        op.execute(
            f"UPDATE {table} SET subdistrict_id = (SELECT min(id) FROM subdistrict)"
            " WHERE (SELECT count(*) FROM subdistrict) = 1"
        )
        op.create_index(f"uq_{table}_own", table, ["subdistrict_id", word], unique=True)
        shared = sa.text("subdistrict_id IS NULL")
        op.create_index(
            f"uq_{table}_shared", table, [word], unique=True, sqlite_where=shared, postgresql_where=shared
        )
    for table in PLACES:
        op.drop_index(f"ix_{table}_code", table)
        _add_subdistrict(table)
    op.execute(
        "UPDATE compound SET subdistrict_id = (SELECT subdistrict_id FROM community"
        " WHERE community.id = compound.community_id)"
    )
    op.execute(
        "UPDATE building SET subdistrict_id = (SELECT subdistrict_id FROM compound"
        " WHERE compound.id = building.compound_id)"
    )
    for table in PLACES:
        op.create_index(f"uq_{table}_code", table, ["subdistrict_id", "code"], unique=True)


def _add_subdistrict(table: str) -> None:
    op.add_column(table, sa.Column("subdistrict_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Fails where two subdistricts use the same number: an older table has no place for both."""
    for table in reversed(PLACES):
        op.drop_index(f"uq_{table}_code", table)
        op.drop_column(table, "subdistrict_id")
        op.create_index(f"ix_{table}_code", table, ["code"], unique=True)
    for table, word in reversed(NUMBERED):
        op.drop_index(f"uq_{table}_shared", table)
        op.drop_index(f"uq_{table}_own", table)
        op.drop_column(table, "subdistrict_id")
        add_unique(table, f"uq_{table}_{word}", [word])
