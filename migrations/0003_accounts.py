"""Create accounts, who holds which role, captains and carers."""

import sqlalchemy as sa
from alembic import op

from migrations.frozen import column_types as types

revision = "0003_accounts"
down_revision = "0002_places"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("is_active", types.Flag(), nullable=False),
        sa.Column("must_change_password", types.Flag(), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("username", name=op.f("uq_account_username")),
        sqlite_strict=True,
    )
    op.create_table(
        "throttle",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("window_start", types.UtcDateTime(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "window_start", name=op.f("pk_throttle")),
        sqlite_strict=True,
    )
    op.create_table(
        "captaincy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("is_deputy", types.Flag(), nullable=False),
        sa.Column("starts_on", types.LocalDate(), nullable=False),
        sa.Column("ends_on", types.LocalDate(), nullable=True),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_captaincy_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_captaincy_account_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_captaincy_building_id_building"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captaincy")),
        sqlite_strict=True,
    )
    op.create_index("ix_captaincy_account_id", "captaincy", ["account_id"], unique=False)
    op.create_index("ix_captaincy_building_id", "captaincy", ["building_id"], unique=False)
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("subdistrict_id", sa.Integer(), nullable=True),
        sa.Column("community_id", sa.Integer(), nullable=True),
        sa.Column("service_point_id", sa.Integer(), nullable=True),
        sa.Column("building_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", types.UtcDateTime(), nullable=False),
        sa.Column("ends_at", types.UtcDateTime(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "role IN ('subdistrict_admin', 'supplies_team', 'point_leader', 'building_captain', 'runner', 'auditor')",
            name=op.f("ck_role_grant_role"),
        ),
        sa.CheckConstraint(
            "(CASE WHEN subdistrict_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN community_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN service_point_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN building_id IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_role_grant_one_scope"),
        ),
        sa.CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name=op.f("ck_role_grant_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_role_grant_account_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_role_grant_building_id_building"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_role_grant_community_id_community"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["service_point_id"],
            ["service_point.id"],
            name=op.f("fk_role_grant_service_point_id_service_point"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["subdistrict_id"],
            ["subdistrict.id"],
            name=op.f("fk_role_grant_subdistrict_id_subdistrict"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sqlite_strict=True,
    )
    op.create_index("ix_role_grant_account_id", "role_grant", ["account_id"], unique=False)
    op.create_table(
        "care_need",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("carer_id", sa.Integer(), nullable=True),
        sa.Column("door_note", sa.Text(), nullable=False),
        sa.Column("consent_on", types.LocalDate(), nullable=True),
        sa.Column("purge_on", types.LocalDate(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('infant', 'pregnant', 'elderly_alone', 'disabled', 'needs_call')", name=op.f("ck_care_need_kind")
        ),
        sa.ForeignKeyConstraint(
            ["carer_id"], ["account.id"], name=op.f("fk_care_need_carer_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_care_need_household_id_household"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_need")),
        sa.UniqueConstraint("household_id", "kind", name=op.f("uq_care_need_household_id_kind")),
        sqlite_strict=True,
    )
    op.create_table(
        "household_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(), nullable=False),
        sa.Column("revoked_at", types.UtcDateTime(), nullable=True),
        sa.Column("knows_since", types.UtcDateTime(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["household.id"],
            name=op.f("fk_household_token_household_id_household"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_token")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_household_token_token_sha256")),
        sqlite_strict=True,
    )
    op.create_index("ix_household_token_household_id", "household_token", ["household_id"], unique=False)


def downgrade() -> None:
    op.drop_table("household_token")
    op.drop_table("care_need")
    op.drop_table("role_grant")
    op.drop_table("captaincy")
    op.drop_table("throttle")
    op.drop_table("account")
