"""Let accounts hold the role of an order desk: intake and proxy orders in a subdistrict, at a point or in a building.

SQLite cannot change a CHECK: the table is built anew there. No guard watches it, and nothing refers to it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0020_order_desk"
down_revision = "0019_arrival_counts"
branch_labels = None
depends_on = None

INSTANT = sa.Text().with_variant(TIMESTAMP(timezone=True), "postgresql")
BEFORE = ("subdistrict_admin", "supplies_team", "point_leader", "building_captain", "runner", "auditor")
SCOPES = ("subdistrict_id", "community_id", "service_point_id", "building_id")


def upgrade() -> None:
    _allow(BEFORE, (*BEFORE, "order_desk"))


def downgrade() -> None:
    """Raises where somebody held the role: the older table has no place for it."""
    held = sa.text("SELECT count(*) FROM role_grant WHERE role = 'order_desk'")
    if op.get_bind().execute(held).scalar_one():
        raise RuntimeError("the role of an order desk was granted: the older table has no place for it")
    _allow((*BEFORE, "order_desk"), BEFORE)


def _allow(before: tuple[str, ...], now: tuple[str, ...]) -> None:
    name = op.f("ck_role_grant_role")
    with op.batch_alter_table("role_grant", copy_from=_grants(before), table_kwargs={"sqlite_strict": True}) as grants:
        grants.drop_constraint(name, type_="check")
        grants.create_check_constraint(name, _one_of(now))


def _one_of(roles: tuple[str, ...]) -> str:
    return "role IN (" + ", ".join(f"'{role}'" for role in roles) + ")"


def _grants(roles: tuple[str, ...]) -> sa.Table:
    """The table as migration 0003 made it."""
    one = " + ".join(f"(CASE WHEN {scope} IS NULL THEN 0 ELSE 1 END)" for scope in SCOPES)
    places = [(column, column.removesuffix("_id")) for column in ("account_id", *SCOPES)]
    return sa.Table(
        "role_grant",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        *(sa.Column(scope, sa.Integer(), nullable=True) for scope in SCOPES),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(_one_of(roles), name=op.f("ck_role_grant_role")),
        sa.CheckConstraint(f"{one} = 1", name=op.f("ck_role_grant_one_scope")),
        sa.CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name=op.f("ck_role_grant_ends_after_start")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_role_grant_{column}_{table}"), ondelete="RESTRICT"
            )
            for column, table in places
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sa.Index("ix_role_grant_account_id", "account_id"),
    )
